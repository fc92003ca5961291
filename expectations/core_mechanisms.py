"""The five core mechanisms: their lists must hold just what the events give, and their counts must add up."""

from expectations.mart_check import MartCheck, counts, equal_totals, none, one_of

# SQL: the build's clock, UTC.
_CLOCK = "(select clock_at from log.mount)"


def core_mechanism_checks() -> list[MartCheck]:
    """Checks of the marts of the core mechanisms beside those of their keys."""
    return [*_whistles(), *_whistle_rates()]


def _streams(stream_type: str, first: str) -> str:
    """SQL: how many streams of a type have told their first step."""
    told = f"stream_type = '{stream_type}' and event_type = '{first}'"
    return f"select count(*) from intermediate.int_stream_step where {told}"


def _kept(step: str, limit: str) -> str:
    """SQL: whether a step kept its limit; unknown while the limit runs."""
    return f"case when {step} is not null then {step} <= {limit} when {limit} <= {_CLOCK} then false end"


def _whistles() -> list[MartCheck]:
    table = "rpt_whistle"
    steps = (("signed", "sign"), ("contacted", "contact"), ("closed", "close"))
    wrong = " or ".join(
        f"is_{step}_on_time is distinct from ({_kept(f'{step}_at', f'{limit}_by_at')})" for step, limit in steps
    )
    return [
        equal_totals(
            table,
            "whistles_total",
            "The list has another number of whistles and departments than were told.",
            "吹哨逐件与哨单登记的件数不符。",
            "select count(*) from {batch}",
            _streams("whistle", "whistle_blown"),
        ),
        one_of(table, "state", ("blown", "signed", "contacted", "arrived", "planned", "closed")),
        none(
            table,
            "on_time_wrong",
            "On time, or not, does not follow from step, limit and clock.",
            "是否按时与时间、时限不符。",
            f"select 1 from {{batch}} where {wrong}",
        ),
        none(
            table,
            "repeat_wrong",
            "A repeat without a whistle of the same street, department and grid before it.",
            "重复吹哨没有对应的前一次吹哨。",
            "select 1 from {batch} as w anti join {batch} as b on w.street_code = b.street_code "
            "and w.org_code = b.org_code and w.grid_code = b.grid_code and w.blown_before_at = b.blown_at "
            "and b.blown_at < w.blown_at where w.is_repeat or w.blown_before_at is not null",
        ),
    ]


def _whistle_rates() -> list[MartCheck]:
    table = "rpt_whistle_rate"
    return [
        *counts(table, ("whistles", "calls", "repeats", "cases")),
        equal_totals(
            table,
            "calls_total",
            "The streets have another number of calls than there are.",
            "各街镇吹哨合计与逐件不符。",
            "select coalesce(sum(calls), 0) from {batch}",
            "select count(*) from mart.rpt_whistle",
        ),
        none(
            table,
            "rate_wrong",
            "The rate is not whistles by cases, or a street is told apart without one.",
            "吹哨率不等于吹哨数除以案件数，或没有吹哨率却判定高低。",
            "select 1 from {batch} where whistles_per_million_cases is distinct from "
            "case when cases > 0 then whistles * 1000000 // cases end "
            "or (tail = 'low' and whistles_per_million_cases >= median_per_million) "
            "or (tail = 'high' and whistles_per_million_cases <= median_per_million) "
            "or (tail <> 'not_comparable' and median_per_million is null)",
        ),
        one_of(table, "tail", ("low", "usual", "high", "not_comparable")),
    ]
