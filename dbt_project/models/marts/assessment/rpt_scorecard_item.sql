-- grain: one row per scorecard, month, ratee, line and thing that the line counts (scorecard, month, ratee_code, line_no, item_id)
-- Every point that a line gives or takes is traced to the things it rests on. The rules in force on the last day of the
-- month hold for the whole month.
with

months as (
    -- the months in which a thing counts; `union` keeps each once
    select indicator, item_id, date_trunc('month', counted_at_local) as month_start
    from {{ ref('rpt_indicator_item') }}
    where counted_at_local is not null
    union
    select indicator, item_id, date_trunc('month', also_counted_at_local) as month_start
    from {{ ref('rpt_indicator_item') }}
    where also_counted_at_local is not null
),

dated as (
    select
        indicator,
        item_id,
        cast(month_start as date) as month,
        cast(month_start + interval 1 month as date) as next_month
    from months
),

scorecards as (
    select * from {{ ref('int_scorecard_version') }}
),

rules as (
    select * from {{ ref('int_score_rule_version') }}
),

supervised as (
    select item_id from {{ ref('int_case_measure') }}
    where is_supervised
)

select
    rules.scorecard,
    dated.month,
    case scorecards.ratee_kind
        when 'organisation' then items.org_code
        when 'street' then items.street_code
        when 'community' then items.community_code
        when 'grid' then items.grid_code
        when 'network' then items.network
    end as ratee_code,
    rules.line_no,
    items.item_id,
    rules.indicator,
    items.feed, items.stream_type, items.stream_key,
    -- what was supervised counts twice where the line says so
    cast(case when rules.doubles_supervised and supervised.item_id is not null then 2 else 1 end as bigint) as weight,
    items.numerator,
    items.denominator,
    items.numerator = 0 and coalesce(items.denominator, 0) > 0 as is_missed,
    case when rules.rule = 'deduct' then rules.step * items.numerator end as costs
from dated
inner join {{ ref('rpt_indicator_item') }} as items
    on dated.indicator = items.indicator and dated.item_id = items.item_id
inner join rules
    on
        dated.indicator = rules.indicator
        and dated.next_month > rules.valid_from_on
        and (rules.valid_to_on is null or dated.next_month <= rules.valid_to_on)
inner join scorecards
    on
        rules.scorecard = scorecards.scorecard
        and dated.next_month > scorecards.valid_from_on
        and (scorecards.valid_to_on is null or dated.next_month <= scorecards.valid_to_on)
left join supervised on items.item_id = supervised.item_id
where scorecards.ratee_network is null or items.network = scorecards.ratee_network
