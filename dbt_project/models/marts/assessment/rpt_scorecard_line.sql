-- grain: one row per scorecard, month, ratee and line (scorecard, month, ratee_code, line_no): what the line gives
-- Points are thousandths, rounded half up. A line that has nothing below it gives nothing and asks for nothing.
with

items as (
    select * from {{ ref('rpt_scorecard_item') }}
),

rules as (
    select * from {{ ref('int_score_rule_version') }}
),

sums as (
    select
        scorecard, month, ratee_code, line_no,
        cast(sum(weight * numerator) as bigint) as numerator,
        cast(sum(weight * denominator) as bigint) as denominator,
        count(*) as item_count
    from items
    group by scorecard, month, ratee_code, line_no
),

ruled as (
    select
        sums.*,
        rules.indicator, rules.rule, rules.points as maximum, rules.threshold, rules.step, rules.valid_from_on,
        greatest(
            0, coalesce(rules.threshold, 0) * coalesce(sums.denominator, 0) - 1000 * sums.numerator
        ) as shortfall
    from sums
    inner join rules
        on
            sums.scorecard = rules.scorecard
            and sums.line_no = rules.line_no
            and rules.valid_from_on < cast(sums.month + interval 1 month as date)
            and (
                rules.valid_to_on is null or cast(sums.month + interval 1 month as date) <= rules.valid_to_on
            )
),

deducted as (
    select
        *,
        least(maximum, case rule
            when 'share'
                then
                    maximum
                    - {{ whole_quotient('2 * maximum * numerator + denominator', 'greatest(2 * denominator, 1)') }}
            when 'threshold'
                then
                    {{ whole_quotient(
                        '2 * step * shortfall + 10 * denominator', 'greatest(20 * denominator, 1)'
                    ) }}
            else step * numerator
        end) as deduction
    from ruled
    where rule = 'deduct' or denominator > 0
)

select
    scorecard, month, ratee_code, line_no, indicator, rule, threshold, step, numerator, denominator, item_count,
    cast(maximum as bigint) as maximum,
    cast(deduction as bigint) as deduction,
    cast(maximum - deduction as bigint) as points,
    valid_from_on as rule_valid_from_on
from deducted
