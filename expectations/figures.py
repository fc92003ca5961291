"""What the figures must hold before anyone may see them: they add up, to their cases and to one another."""

from expectations.mart_check import MartCheck, counts, equal_totals, none, unique

TIMELINESS_COUNTS = (
    "opened", "cancelled", "handle_due", "handle_due_on_time", "handled", "handled_on_time", "handled_late",
    "handled_without_limit", "close_due", "close_due_on_time", "closed", "closed_on_time", "closed_late",
    "closed_without_limit", "without_limit",
)  # fmt: skip
# SQL: the work on the case was finished, by being handled or else by the case being closed.
HANDLED = "(status <> 'cancelled' and coalesce(handled_at, closed_at) is not null)"


def figure_checks() -> list[MartCheck]:
    """The checks of the marts of assessment."""
    return [*_timeliness(), *_indicators(), *_mechanisms(), *_items(), *_scorecards()]


def _timeliness() -> list[MartCheck]:
    table = "rpt_timeliness"
    verbs = (("handle", "handled"), ("close", "closed"))
    parts = " or ".join(f"{done} <> {done}_on_time + {done}_late + {done}_without_limit" for _, done in verbs)
    above = " or ".join(
        f"{verb}_due_on_time > {verb}_due or {done}_on_time > {verb}_due_on_time or {done}_on_time > {done}"
        for verb, done in verbs
    )
    return [
        *unique(table, "org_code", "month"),
        *counts(table, TIMELINESS_COUNTS),
        none(
            table,
            "parts_differ",
            "What was done is not on time + late + without limit.",
            "完成数不等于按时、超时、无时限之和。",
            f"select 1 from {{batch}} where {parts}",
        ),
        none(
            table,
            "on_time_above_total",
            "More on time than were due or done: a rate above 100 %.",
            "按时数大于应办数或完成数。",
            f"select 1 from {{batch}} where {above}",
        ),
        *(
            equal_totals(
                table,
                f"{column}_total",
                f"The months add up to another number of {column} cases than there are.",
                f"各月 {column} 合计与案件数不符。",
                f"select coalesce(sum({column}), 0) from {{batch}}",
                f"select count(*) from mart.fct_case where stream_type = 'case' and {told}",
            )
            for column, told in (
                ("opened", "true"),
                ("handled", HANDLED),
                ("closed", "status = 'closed'"),
            )
        ),
        none(
            table,
            "organisation_lost",
            "Organisations that dim_organisation does not have.",
            "机构不在 dim_organisation 中。",
            "select 1 from {batch} anti join mart.dim_organisation using (org_code)",
        ),
    ]


def _indicators() -> list[MartCheck]:
    table = "rpt_indicator"
    return [
        *unique(table, "indicator", "subject_kind", "subject_code", "period_kind", "period_start"),
        none(
            table,
            "share_above_one",
            "A share with more above the line than below it, or nothing below it.",
            "比率大于一，或分母为零。",
            "select 1 from {batch} as f join mart.dim_indicator as d using (indicator) "
            "where d.unit = 'share' and (f.denominator is null or f.denominator < 1 or f.numerator > f.denominator)",
        ),
        none(
            table,
            "figure_negative",
            "A figure is empty or below zero.",
            "指标为空或为负。",
            "select 1 from {batch} where numerator is null or numerator < 0 or item_count < 1 or is_assessable is null",
        ),
        none(
            table,
            "subjects_differ",
            "What the members of a kind of subject count is not what the district counts.",
            "各对象合计与全区不符。",
            "with sums as (select indicator, period_kind, period_start, subject_kind, sum(numerator) as numerator, "
            "sum(denominator) as denominator from {batch} group by all) "
            "select 1 from sums as m left join sums as w "
            "on m.indicator = w.indicator and m.period_kind = w.period_kind "
            "and m.period_start = w.period_start and w.subject_kind = 'district' "
            "where m.subject_kind <> 'collector' and (m.numerator is distinct from w.numerator "
            "or m.denominator is distinct from w.denominator)",
        ),
        none(
            table,
            "things_differ",
            "A figure of a year rests on other things than rpt_indicator_item has.",
            "年度指标与其明细不符。",
            "with things as (select indicator, item_id, date_trunc('year', counted_at_local) as year "
            "from mart.rpt_indicator_item where counted_at_local is not null union "
            "select indicator, item_id, date_trunc('year', also_counted_at_local) "
            "from mart.rpt_indicator_item where also_counted_at_local is not null), "
            "counted as (select indicator, year, count(*) as item_count from things group by all) "
            "select 1 from counted as c full join "
            "(from {batch} where subject_kind = 'district' and period_kind = 'year') as f "
            "on c.indicator = f.indicator and c.year = f.period_start "
            "where c.item_count is distinct from f.item_count",
        ),
        none(
            table,
            "indicator_lost",
            "Figures of an indicator that the registry does not have.",
            "指标不在登记中。",
            "select 1 from {batch} anti join mart.dim_indicator using (indicator)",
        ),
    ]


def _mechanisms() -> list[MartCheck]:
    table = "rpt_mechanism"
    return [
        none(
            table,
            "share_above_one",
            "A share of a cut with more above the line than below it, or nothing below it.",
            "分项比率大于一，或分母为零。",
            "select 1 from {batch} as f join mart.dim_indicator as d using (indicator) "
            "where d.unit = 'share' and (f.denominator is null or f.denominator < 1 or f.numerator > f.denominator)",
        ),
        none(
            table,
            "above_whole",
            "The values of a cut hold more things together than the figure that is cut.",
            "分项合计超过被分的指标。",
            "with cut as (select indicator, facet, subject_kind, subject_code, month_on, sum(item_count) as things "
            "from {batch} group by all) select 1 from cut as c left join mart.rpt_indicator as w "
            "on c.indicator = w.indicator and c.subject_kind = w.subject_kind and c.subject_code = w.subject_code "
            "and w.period_kind = 'month' and c.month_on = cast(w.period_start as date) "
            "where w.item_count is null or c.things > w.item_count",
        ),
    ]


def _items() -> list[MartCheck]:
    table = "rpt_indicator_item"
    return [
        *unique(table, "indicator", "item_id"),
        equal_totals(
            table,
            "reported_total",
            "The reported are not as many as there are cases.",
            "上报明细数与案件数不符。",
            "select count(*) from {batch} where indicator = 'reported'",
            "select count(*) from mart.fct_case where stream_type = 'case'",
        ),
    ]


def _scorecards() -> list[MartCheck]:
    return [
        *unique("rpt_scorecard", "scorecard", "month", "ratee_code"),
        *unique("rpt_scorecard_line", "scorecard", "month", "ratee_code", "line_no"),
        *unique("rpt_scorecard_item", "scorecard", "month", "ratee_code", "line_no", "item_id"),
        none(
            "rpt_scorecard",
            "lines_differ",
            "A score is not the sum of its lines.",
            "总分不等于各行之和。",
            "select 1 from {batch} as s full join (select scorecard, month, ratee_code, sum(points) as points, "
            "sum(maximum) as maximum from mart.rpt_scorecard_line group by all) as l "
            "using (scorecard, month, ratee_code) "
            "where s.score is distinct from l.points or s.maximum is distinct from l.maximum",
        ),
        none(
            "rpt_scorecard",
            "rank_wrong",
            "A rank is not one more than how many are better, or one is given or lacking against the reason.",
            "名次与得分或不排名原因不符。",
            "select 1 from (select *, rank() over (partition by scorecard, month, is_ranked "
            "order by score_share desc) as place from {batch}) where is_ranked <> (why_not_ranked is null) "
            "or is_ranked <> (ranking is not null) or ranking <> place",
        ),
        none(
            "rpt_scorecard_line",
            "points_outside",
            "A line gives less than nothing or more than it can.",
            "分项得分超出范围。",
            "select 1 from {batch} where points < 0 or points > maximum or points <> maximum - deduction",
        ),
        none(
            "rpt_scorecard_item",
            "line_differs",
            "A line rests on other things than rpt_scorecard_item has.",
            "分项与其明细不符。",
            "select 1 from mart.rpt_scorecard_line as l left join (select scorecard, month, ratee_code, line_no, "
            "sum(weight * numerator) as numerator, count(*) as item_count from {batch} group by all) as i "
            "using (scorecard, month, ratee_code, line_no) "
            "where l.numerator is distinct from i.numerator or l.item_count is distinct from i.item_count",
        ),
    ]
