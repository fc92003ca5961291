-- grain: one row per scorecard, month and ratee (scorecard, month, ratee_code): the score, and the rank where one is due
-- Ranked by the share of the points that could be had, in parts per thousand million, so lines that had nothing below
-- them neither help nor hurt. Without a document, by a department over a street, below the minimum or resting on an
-- incomplete feed, a score is shown and not ranked.
with

lines as (
    select * from {{ ref('rpt_scorecard_line') }}
),

scorecards as (
    select * from {{ ref('int_scorecard_version') }}
),

organisations as (
    select org_code, max(org_type) as org_type
    from {{ ref('dim_organisation') }}
    where is_current
    group by org_code
),

assessable as (
    select lines.scorecard, lines.month, lines.ratee_code, bool_and(figures.is_assessable) as is_assessable
    from lines
    inner join scorecards
        on
            lines.scorecard = scorecards.scorecard
            and scorecards.valid_from_on < cast(lines.month + interval 1 month as date)
            and (
                scorecards.valid_to_on is null
                or cast(lines.month + interval 1 month as date) <= scorecards.valid_to_on
            )
    inner join {{ ref('rpt_indicator') }} as figures
        on
            lines.indicator = figures.indicator
            and scorecards.ratee_kind = figures.subject_kind
            and lines.ratee_code = figures.subject_code
            and cast(lines.month as timestamp) = figures.period_start
            and figures.period_kind = 'month'
    group by lines.scorecard, lines.month, lines.ratee_code
),

sums as (
    select
        scorecard, month, ratee_code,
        cast(sum(points) as bigint) as score,
        cast(sum(maximum) as bigint) as maximum,
        cast(max(case when line_no = 1 then denominator else 0 end) as bigint) as denominator,
        max(rule_valid_from_on) as rule_valid_from_on,
        cast(count(*) as bigint) as line_count
    from lines
    group by scorecard, month, ratee_code
),

judged as (
    select
        sums.*,
        scorecards.title, scorecards.assessor_org_code, scorecards.ratee_kind, scorecards.ratee_network,
        scorecards.authority, scorecards.min_denominator,
        {{ whole_quotient('sums.score * 1000000000', 'greatest(sums.maximum, 1)') }} as score_share,
        case
            when scorecards.ratee_kind in ('street', 'community') and organisations.org_type = 'department'
                then 'operational_only'
            when scorecards.authority is null then 'no_authority'
            when not assessable.is_assessable then 'not_assessable'
            when sums.ratee_code in ('unknown', 'unlocated') then 'nobody'
            when sums.denominator < scorecards.min_denominator then 'below_minimum'
        end as why_not_ranked
    from sums
    inner join scorecards
        on
            sums.scorecard = scorecards.scorecard
            and scorecards.valid_from_on < cast(sums.month + interval 1 month as date)
            and (
                scorecards.valid_to_on is null
                or cast(sums.month + interval 1 month as date) <= scorecards.valid_to_on
            )
    inner join assessable
        on
            sums.scorecard = assessable.scorecard
            and sums.month = assessable.month
            and sums.ratee_code = assessable.ratee_code
    left join organisations on scorecards.assessor_org_code = organisations.org_code
)

select
    scorecard, month, ratee_code, ratee_kind, ratee_network, title, assessor_org_code, authority,
    score, maximum, line_count,
    cast(score_share as bigint) as score_share,
    denominator, min_denominator,
    why_not_ranked is null as is_ranked,
    why_not_ranked,
    case
        when why_not_ranked is null
            then cast(rank() over (
                partition by scorecard, month, why_not_ranked is null order by score_share desc
            ) as bigint)
    end as ranking,
    rule_valid_from_on
from judged
