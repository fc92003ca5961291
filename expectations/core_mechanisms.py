"""The five core mechanisms: their lists must hold just what the events give, and their counts must add up."""

from expectations.mart_check import MartCheck, counts, equal_totals, none, one_of

# SQL: the build's clock, UTC, and its local day.
_CLOCK = "(select clock_at from log.mount)"
_DAY = "(select cast(timezone(time_zone, timezone('UTC', clock_at)) as date) from log.mount)"


def core_mechanism_checks() -> list[MartCheck]:
    """Checks of the marts of the core mechanisms beside those of their keys."""
    return [
        *_whistles(),
        *_whistle_rates(),
        *_supervisions(),
        *_decisions(),
        *_applications(),
        *_custody(),
        *_discovery(),
        *_duty_posts(),
    ]


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


def _supervisions() -> list[MartCheck]:
    table = "rpt_supervision"
    ended = f"coalesce(answered_at, closed_at, {_CLOCK})"
    return [
        equal_totals(
            table,
            "orders_total",
            "The list has another number of supervision orders than were issued.",
            "督办逐件与登记的件数不符。",
            "select count(*) from {batch}",
            _streams("supervision", "supervised"),
        ),
        none(
            table,
            "answer_wrong",
            "On time, or how late, does not follow from answer, limit and clock.",
            "是否按时答复、迟延分钟与时间、时限不符。",
            "select 1 from {batch} where is_answered_on_time is distinct from "
            f"({_kept('answered_at', 'answer_by_at')}) "
            f"or abs(minutes_late - greatest(0, epoch_us({ended}) - epoch_us(answer_by_at)) // 60000000) > 1 "
            "or (minutes_late is null) <> (answer_by_at is null)",
        ),
        none(
            table,
            "open_wrong",
            "Open though it was struck off, or of another age than its times say.",
            "是否未核销、账龄与时间不符。",
            "select 1 from {batch} where is_open is distinct from (closed_at is null) or age_days is distinct from "
            f"greatest(0, epoch_us(coalesce(closed_at, {_CLOCK})) // 1000000 - epoch_us(issued_at) // 1000000) "
            "// 86400",
        ),
        none(
            table,
            "relapse_wrong",
            "A relapse without an order about the same matter that was struck off before.",
            "复发的督办没有同一事项此前已核销的督办。",
            "select 1 from {batch} as o anti join {batch} as e on o.matter_key = e.matter_key "
            "and o.closed_before_at = e.closed_at and e.closed_at <= o.issued_at "
            "where o.is_relapse or o.closed_before_at is not null",
        ),
    ]


def _decisions() -> list[MartCheck]:
    table = "rpt_decision"
    return [
        equal_totals(
            table,
            "decisions_total",
            "The list has another number of decisions than were made.",
            "议定事项逐件与登记的件数不符。",
            "select count(*) from {batch}",
            _streams("decision", "decision_made"),
        ),
        one_of(table, "state", ("open", "done", "dropped")),
        none(
            table,
            "overdue_wrong",
            "Overdue though it is over or its day has not passed, or the other way round.",
            "是否超期与状态、限期不符。",
            "select 1 from {batch} where is_overdue is distinct from "
            f"(state = 'open' and coalesce(due_on < {_DAY}, false)) "
            f"or (is_overdue and days_overdue is distinct from {_DAY} - due_on) "
            "or (state = 'dropped' and days_overdue <> 0)",
        ),
    ]


def _applications() -> list[MartCheck]:
    table = "rpt_application"
    return [
        equal_totals(
            table,
            "applications_total",
            "The list has another number of applications than were opened.",
            "待遇逐件与受理的件数不符。",
            "select count(*) from {batch}",
            _streams("application", "application_opened"),
        ),
        one_of(table, "step", ("opened", "reviewed", "approved", "paid", "refused")),
        none(
            table,
            "overdue_wrong",
            "Overdue though it is over or its day has not passed, or the other way round.",
            "是否超期与环节、限办日期不符。",
            "select 1 from {batch} where is_over is distinct from (step in ('paid', 'refused')) "
            f"or is_overdue is distinct from (not is_over and coalesce(due_on < {_DAY}, false)) "
            f"or (is_overdue and days_overdue is distinct from {_DAY} - due_on)",
        ),
    ]


def _custody() -> list[MartCheck]:
    ways = ("open_now", "closed_here", "passed_up", "passed_down", "wrong_level", "left_unsaid")
    table, matters = "rpt_custody", "rpt_custody_matter"
    return [
        *counts(table, ("stays", *ways, "dwell_seconds")),
        equal_totals(
            table,
            "stays_total",
            "The levels have another number of stays than were told.",
            "各级停留次数与登记的不符。",
            "select coalesce(sum(stays), 0) from {batch}",
            _streams("stay", "stay_begun"),
        ),
        none(
            table,
            "ways_differ",
            "The stays are not those that last and those that left in some way.",
            "停留次数不等于在停与各去向之和。",
            f"select 1 from {{batch}} where stays <> {' + '.join(ways)}",
        ),
        none(
            table,
            "percentile_wrong",
            "A percentile is above a higher one, told of no stay, or more than the stays it is of add up to.",
            "分位数次序不对、没有停留却有分位数，或大于停留时长合计。",
            "select 1 from {batch} where dwell_p50_seconds > dwell_p90_seconds or dwell_p90_seconds > dwell_seconds "
            "or (dwell_p50_seconds is null) <> (stays = open_now) or (dwell_p90_seconds is null) <> (stays = open_now) "
            "or (oldest_open_seconds is null) <> (open_now = 0)",
        ),
        equal_totals(
            matters,
            "stays_total",
            "The matters have another number of stays than the levels.",
            "事项的停留次数合计与各级的不符。",
            "select coalesce(sum(stays), 0) from {batch}",
            "select coalesce(sum(stays), 0) from mart.rpt_custody",
        ),
        one_of(matters, "state", ("closed", "held", "between")),
        none(
            matters,
            "state_wrong",
            "Closed without a close, stuck though nobody has it, or handed on more or less often than it stayed.",
            "状态与办结、卡住、流转次数不符。",
            "select 1 from {batch} where (state = 'closed') is distinct from (closed_at is not null) "
            "or (is_closed_at_lowest is not null) is distinct from (state = 'closed') "
            "or (is_stuck and state <> 'held') or transfers is distinct from stays - 1",
        ),
    ]


def _discovery() -> list[MartCheck]:
    table, patrols = "rpt_discovery", "rpt_patrol"
    return [
        *counts(table, ("found", "found_first", "missed_by_own", "self_fixed")),
        equal_totals(
            table,
            "cases_total",
            "The channels have found another number of cases than there are.",
            "各渠道发现数合计与案件数不符。",
            "select coalesce(sum(found), 0) from {batch}",
            "select count(*) from mart.fct_case where stream_type = 'case'",
        ),
        equal_totals(
            table,
            "self_fixed_total",
            "Another number of matters was mended on the spot than was told.",
            "随手做合计与登记的件数不符。",
            "select coalesce(sum(self_fixed), 0) from {batch}",
            _streams("self_fix", "self_fixed"),
        ),
        none(
            table,
            "first_above_found",
            "More found first than found, missed that were not first, or missed by an own channel.",
            "首先发现多于发现，或自有渠道有漏报。",
            "select 1 from {batch} where found_first > found or missed_by_own > found_first "
            "or (channel_kind = 'own' and missed_by_own > 0)",
        ),
        *counts(patrols, ("patrols", "patrol_seconds", "noted", "fixed", "found", "patrolled_days", "grid_days")),
        equal_totals(
            patrols,
            "patrols_total",
            "The grids have another number of patrols than were told.",
            "各网格巡查次数合计与登记的不符。",
            "select coalesce(sum(patrols), 0) from {batch}",
            _streams("patrol", "patrolled"),
        ),
        none(
            patrols,
            "covered_above_days",
            "More days with a patrol than days of the grid, or than patrols.",
            "有巡查天数多于应巡查天数或巡查次数。",
            "select 1 from {batch} where patrolled_days > grid_days or patrolled_days > patrols",
        ),
    ]


def _duty_posts() -> list[MartCheck]:
    table = "rpt_duty_post"
    return [
        *counts(table, ("cases", "accepted")),
        equal_totals(
            table,
            "cells_total",
            "Not every duty of today stands in every grid of today.",
            "并非每项现行职责在每个现行网格都有一行。",
            "select count(*) from {batch}",
            "select (select count(*) from mart.dim_duty where is_current) * (select count(*) from mart.dim_grid "
            "where is_unified and member_kind = 'grid' and is_current)",
        ),
        one_of(table, "post_basis", ("duty", "grid", "none")),
        none(
            table,
            "gap_wrong",
            "A gap though a post is named, or none though nobody is; or a post of nobody in the list of staff.",
            "岗位缺口与岗位依据不符，或岗位人员不在人员表中。",
            "select 1 from {batch} as p left join mart.dim_staff as s on p.post_staff_id = s.staff_id "
            "where p.is_gap is distinct from (p.post_basis <> 'duty') "
            "or (p.post_staff_id is null) is distinct from (p.post_basis = 'none') "
            "or (p.post_staff_id is not null and s.staff_id is null)",
        ),
        none(
            table,
            "accepted_above_cases",
            "More cases taken up than there are, or a time of none.",
            "受理数多于案件数，或没有受理却有时长。",
            "select 1 from {batch} where accepted > cases or (accept_seconds is null) <> (accepted = 0) "
            "or longest_accept_seconds > accept_seconds",
        ),
    ]
