-- Questions that an analyst asks of an edition, and the queries that answer them. Open an edition's file and paste:
--   duckdb -readonly var/editions/current/onegrid.duckdb
-- Plain SQL over the schema `mart`; the tests run every one of them on the sandbox and on San Francisco.

-- 1. How many cases were reported by each network in each month? 各网每月上报多少件？
select subject_code as network, period_start, numerator as reported
from mart.rpt_indicator
where indicator = 'reported' and subject_kind = 'network' and period_kind = 'month'
order by network, period_start;

-- 2. Which share did each organisation dispose of on time, and may it be judged? 各单位按期处置率是多少，能否考核？
select subject_code as org_code, period_start, numerator, denominator, is_assessable
from mart.rpt_indicator
where indicator = 'handled_on_time_rate' and subject_kind = 'organisation' and period_kind = 'month'
order by period_start, org_code;

-- 3. What is one disputed figure made of? 某个有争议的数字由哪些案件构成？
select items.stream_key, items.feed, items.counted_at_local, items.also_counted_at_local, items.numerator
from mart.rpt_indicator_item as items
where items.indicator = 'reported'
order by items.counted_at_local, items.stream_key
limit 50;

-- 4. How did this month compare with the one before? 环比如何？
select subject_code as network, period_start, numerator, numerator_before, numerator - numerator_before as difference
from mart.rpt_indicator
where indicator = 'closed' and subject_kind = 'network' and period_kind = 'month' and numerator_before is not null
order by network, period_start;

-- 5. Which grids had most cases, by the grids of then? 哪些网格案件最多？
select cases.grid_code, grids.grid_name, count(*) as cases
from mart.fct_case as cases
inner join mart.dim_grid as grids on cases.grid_id = grids.grid_id
group by cases.grid_code, grids.grid_name
order by cases desc, cases.grid_code
limit 20;

-- 6. What is open and overdue now, and since when? 目前哪些案件超期未结？
select network, stream_key, org_code, overdue_since_at, handle_due_at_local
from mart.fct_case
where is_overdue
order by overdue_since_at, stream_key
limit 50;

-- 7. How old are the open cases? 在办案件积压多久？
select
    cases.network,
    sum(case when days.age <= 7 then 1 else 0 end) as up_to_a_week,
    sum(case when days.age between 8 and 30 then 1 else 0 end) as up_to_a_month,
    sum(case when days.age > 30 then 1 else 0 end) as older
from mart.fct_case as cases
cross join (select max(opened_on) as last_day from mart.fct_case) as last
cross join lateral (select last.last_day - cases.opened_on as age) as days
where cases.is_open
group by cases.network
order by cases.network;

-- 8. At which level and stage do cases wait longest? 案件在哪一级、哪个环节停留最久？
select coalesce(level, 'unknown') as level, stage, count(*) as spans, sum(dwell_seconds) / count(*) / 3600 as mean_hours
from mart.fct_case_stage
where dwell_seconds is not null
group by coalesce(level, 'unknown'), stage
order by mean_hours desc;

-- 9. Who held a case, and when? 案件先后由谁承办？
select case_id, valid_from_local, stage, org_code, running_clock, dwell_seconds
from mart.fct_case_stage
where case_id in (select case_id from mart.fct_case order by event_count desc, case_id limit 1)
order by valid_from_local;

-- 10. The whole history of one case. 一件案件的全部经过。
select occurred_at_local, event_type, stage_after, org_code_told, told_count
from mart.fct_event
where case_id in (select case_id from mart.fct_case order by event_count desc, case_id limit 1)
order by case_seq;

-- 11. Which categories are most frequent? 哪些类别最多？
select cases.category_code_set, cases.category_code, max(categories.minor_name) as name, count(*) as cases
from mart.fct_case as cases
left join mart.dim_category as categories on cases.category_id = categories.category_id
group by cases.category_code_set, cases.category_code
order by cases desc, cases.category_code
limit 20;

-- 12. Which told codes does no list know? 哪些分类代码无法对应？
select feed, category_code_set_told, category_code_told, count(*) as cases
from mart.fct_case
where category_id = 'unknown' and category_code_told is not null
group by feed, category_code_set_told, category_code_told
order by cases desc, feed, category_code_told
limit 20;

-- 13. What could not be placed, and why? 哪些案件无法定位，原因是什么？
select feed, unlocated_reason, count(*) as cases
from mart.fct_case
where grid_method = 'unlocated'
group by feed, unlocated_reason
order by cases desc, feed;

-- 14. By which channels do things come, and what does the own network find itself? 各渠道来量，主动发现占多少？
select channels.channel_kind, cases.channel, count(*) as cases
from mart.fct_case as cases
left join mart.dim_channel as channels on coalesce(cases.channel, 'unknown') = channels.channel
group by channels.channel_kind, cases.channel
order by cases desc;

-- 15. At which hours of workdays and days off are cases reported? 工作日与休息日各时段的上报量？
select days.is_workday, extract(hour from cases.opened_at_local) as hour_of_day, count(*) as cases
from mart.fct_case as cases
inner join mart.dim_date as days on cases.opened_on = days.day
group by days.is_workday, extract(hour from cases.opened_at_local)
order by days.is_workday, hour_of_day;

-- 16. Which stages missed their limits? 哪些环节超时？
select stage, limit_unit, count(*) as decided, sum(case when is_on_time then 0 else 1 end) as missed
from mart.fct_case_deadline
where is_on_time is not null
group by stage, limit_unit
order by stage, limit_unit;

-- 17. Under which rule did a case run? 案件适用哪条时限规则？
select deadlines.case_id, deadlines.stage, rules.limit_value, rules.limit_unit, rules.valid_from_on
from mart.fct_case_deadline as deadlines
inner join mart.dim_rule as rules on deadlines.limit_id = rules.limit_id
order by deadlines.case_id, deadlines.stage
limit 20;

-- 18. Which outages touched which grids, and how many cases were told there meanwhile? 停供影响哪些网格，期间有多少报案？
select outages.outage_id, outages.network, outages.status, touched.grid_code, count(cases.case_id) as cases
from mart.fct_outage as outages
inner join mart.fct_outage_grid as touched on outages.outage_id = touched.outage_id
left join mart.fct_case as cases
    on
        touched.grid_code = cases.grid_code
        and cases.opened_at >= outages.started_at
        and (outages.restored_at is null or cases.opened_at < outages.restored_at)
group by outages.outage_id, outages.network, outages.status, touched.grid_code
order by cases desc, outages.outage_id, touched.grid_code
limit 50;

-- 19. How satisfied were the people who were asked? 群众满意度如何？
select network, grade, count(*) as ratings
from mart.fct_rating
where grade is not null
group by network, grade
order by network, ratings desc;

-- 20. Who ranks where, and who is not ranked, and why? 考核排名及不排名原因？
select scorecard, month, ranking, ratee_code, score, maximum, why_not_ranked
from mart.rpt_scorecard
order by scorecard, month, ranking, ratee_code;

-- 21. How far do the data of each feed reach, and what is held back? 各接口数据到何时，有无扣留？
select feed, data_through_at, is_behind, held, rejected
from mart.dq_feed
order by feed;

-- 22. What does each indicator count? 每个指标如何定义？
select indicator, title_zh, numerator, denominator, window_moment, or_moment, excludes, source
from mart.dim_indicator
order by indicator;

-- 23. How often is one thing told, by how many networks, and who tells it first? 一件事被几家重复上报，谁先发现？
select first_network, network_count, count(*) as incidents, sum(case_count) as cases
from mart.fct_incident
group by first_network, network_count
order by first_network, network_count;

-- 24. Which links should a person look at first? 哪些并案需要人工复核？
select reviews.reason, reviews.link_value, cases.feed, cases.stream_key, others.feed as other_feed,
    others.stream_key as other_key, reviews.distance_m, reviews.gap_seconds, reviews.place_level, reviews.matter_level
from mart.rpt_link_review as reviews
inner join mart.fct_case as cases on reviews.case_id = cases.case_id
inner join mart.fct_case as others on reviews.other_case_id = others.case_id
order by reviews.reason, abs(reviews.link_value), reviews.case_id, reviews.incident_id
limit 50;

-- 25. What comes back where, and where is more going on than usual? 哪里复发、哪里异常聚集？
select hot.local_day, hot.day_part, hot.grid_code, hot.category, hot.incidents, hot.heat, again.recurrences
from mart.rpt_hot_spot as hot
left join mart.rpt_recurrence as again
    on
        hot.grid_code = again.grid_code
        and hot.category = again.category
        and date_trunc('month', hot.local_day) = again.month_on
where hot.is_warning or again.recurrences > 0
order by hot.local_day desc, hot.heat desc, hot.grid_code, hot.category, hot.day_part
limit 50;
