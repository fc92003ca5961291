"""What an upheld objection changes in the scorecards of a month: points, scores and ranks before and after.

The rule is that of the marts `rpt_scorecard_line` and `rpt_scorecard`, over the frozen items that are left; a test
holds both to be one. The frozen scorecards stay as the edition has them. Two tables are frozen beside them:
`closing_score_line`, one row per scorecard, ratee and line, and `closing_score`, one row per scorecard and ratee.
"""

from collections.abc import Mapping

import duckdb

from reporting.exclusions import EXCLUSION

SCORES, LINES, SCORE_ITEMS = "rpt_scorecard", "rpt_scorecard_line", "rpt_scorecard_item"
RESCORED, RESCORED_LINES = "closing_score", "closing_score_line"
_NEEDED = {
    "rpt_indicator": {"is_assessable", "subject_kind", "subject_code"},
    SCORES: {"scorecard", "month", "ratee_code", "ratee_kind", "authority", "score", "maximum", "score_share",
             "denominator", "min_denominator", "why_not_ranked", "ranking"},
    LINES: {"scorecard", "month", "ratee_code", "line_no", "indicator", "rule", "threshold", "step", "numerator",
            "denominator", "maximum", "points"},
    SCORE_ITEMS: {"scorecard", "month", "ratee_code", "line_no", "indicator", "item_id", "weight", "numerator",
                  "denominator"},
}  # fmt: skip


def can_rescore(marts: Mapping[str, list[str]]) -> bool:
    """Whether marts (name → columns) tell how their scores are made; an edition of an older project does not."""
    return all(columns <= set(marts.get(name, [])) for name, columns in _NEEDED.items())


def make_scores(connection: duckdb.DuckDBPyConnection, sources: Mapping[str, str]) -> None:
    """Temp tables closing_score_line and closing_score, from the month's marts (name → SQL, in brackets).

    What is taken out stands in the temp table closing_exclusion, see `make_exclusions`. A line or ratee of which
    nothing is left has no points, score or rank after.
    """
    for name in (RESCORED, RESCORED_LINES):
        connection.execute(f"drop table if exists {name}")
    connection.execute(
        f"""
        create temp table {RESCORED_LINES} as
        with taken as (
            select scorecard, ratee_code, line_no, count(*) as excluded_items
            from {sources[SCORE_ITEMS]} semi join {EXCLUSION} using (indicator, item_id)
            group by all
        ),
        sums as (
            select scorecard, ratee_code, line_no,
                cast(sum(weight * numerator) as bigint) as numerator,
                cast(sum(weight * denominator) as bigint) as denominator
            from {sources[SCORE_ITEMS]} anti join {EXCLUSION} using (indicator, item_id)
            group by all
        ),
        ruled as (
            select told.*, sums.numerator as above, sums.denominator as below,
                sums.line_no is not null as is_left,
                greatest(
                    0, coalesce(told.threshold, 0) * coalesce(sums.denominator, 0) - 1000 * sums.numerator
                ) as shortfall
            from {sources[LINES]} as told
            left join sums using (scorecard, ratee_code, line_no)
        ),
        deducted as (
            select *,
                is_left and (rule = 'deduct' or coalesce(below, 0) > 0) as counts,
                least(maximum, case rule
                    when 'share' then maximum - (2 * maximum * above + below) // greatest(2 * below, 1)
                    when 'threshold' then (2 * step * shortfall + 10 * below) // greatest(20 * below, 1)
                    else step * above
                end) as taken_off
            from ruled
        )
        select scorecard, ratee_code, line_no, deducted.indicator,
            numerator as numerator_before, denominator as denominator_before, maximum as maximum_before,
            points as points_before,
            case when counts then above end as numerator, case when counts then below end as denominator,
            case when counts then maximum end as maximum,
            case when counts then cast(maximum - taken_off as bigint) end as points,
            coalesce(excluded_items, 0) as excluded_items
        from deducted
        left join taken using (scorecard, ratee_code, line_no)
        order by all
        """
    )
    connection.execute(
        f"""
        create temp table {RESCORED} as
        with assessable as (
            select told.scorecard, told.ratee_code, bool_and(figures.is_assessable) as is_assessable
            from {RESCORED_LINES} as told
            inner join {sources[SCORES]} as cards using (scorecard, ratee_code)
            inner join {sources["rpt_indicator"]} as figures
                on told.indicator = figures.indicator and cards.ratee_kind = figures.subject_kind
                and told.ratee_code = figures.subject_code
            where told.points is not null
            group by all
        ),
        sums as (
            select scorecard, ratee_code, cast(sum(points) as bigint) as score, cast(sum(maximum) as bigint) as maximum,
                cast(max(case when line_no = 1 then denominator else 0 end) as bigint) as denominator
            from {RESCORED_LINES}
            where points is not null
            group by all
        ),
        taken as (
            select scorecard, ratee_code, count(distinct item_id) as excluded_items
            from {sources[SCORE_ITEMS]} semi join {EXCLUSION} using (indicator, item_id)
            group by all
        ),
        judged as (
            select told.*, sums.score as new_score, sums.maximum as new_maximum, sums.denominator as new_denominator,
                sums.score * 1000000000 // greatest(sums.maximum, 1) as new_share,
                case
                    when told.why_not_ranked = 'operational_only' then 'operational_only'
                    when told.authority is null then 'no_authority'
                    when not is_assessable then 'not_assessable'
                    when ratee_code in ('unknown', 'unlocated') then 'nobody'
                    when sums.score is null then 'nothing_left'
                    when sums.denominator < told.min_denominator then 'below_minimum'
                end as new_why_not_ranked
            from {sources[SCORES]} as told
            left join sums using (scorecard, ratee_code)
            left join assessable using (scorecard, ratee_code)
        )
        select scorecard, ratee_code, ratee_kind,
            score as score_before, maximum as maximum_before, why_not_ranked as why_not_ranked_before,
            ranking as ranking_before,
            new_score as score, new_maximum as maximum, cast(new_share as bigint) as score_share,
            new_denominator as denominator, new_why_not_ranked as why_not_ranked,
            case when new_why_not_ranked is null then cast(rank() over (
                partition by scorecard, new_why_not_ranked is null order by new_share desc
            ) as bigint) end as ranking,
            coalesce(excluded_items, 0) as excluded_items
        from judged
        left join taken using (scorecard, ratee_code)
        order by all
        """
    )
