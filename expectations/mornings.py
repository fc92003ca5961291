"""What is asked every morning: the lists must hold just what the cases and their deadlines give."""

from expectations.mart_check import MartCheck, none

# SQL: midnight at which the local day of the build's clock began, local time.
_DAY = "(select cast(cast(timezone(time_zone, timezone('UTC', clock_at)) as date) as timestamp) from log.mount)"
_CLOCK = "(select clock_at from log.mount)"


def morning_checks() -> list[MartCheck]:
    """Checks of rpt_due_soon, rpt_suspension, rpt_shuttle and rpt_handover beside those of their keys."""
    return [*_due_soon(), *_suspensions(), *_shuttle(), *_handovers()]


def _due_soon() -> list[MartCheck]:
    due = (
        f"select case_id, stage, due_at from mart.fct_case_deadline where status = 'open' and stopped_at is null and "
        f"(due_at_local > {_DAY} and due_at_local <= {_DAY} + interval 1 day "
        f"or due_at > {_CLOCK} and due_at <= {_CLOCK} + interval 2 hour)"
    )
    return [
        none(
            "rpt_due_soon",
            "list_differs",
            "The list of what is due is not that of the deadlines of open cases.",
            "临期清单与在办案件的时限不符。",
            f"select 1 from {{batch}} as l full join ({due}) as d on l.case_id = d.case_id and l.stage = d.stage "
            "where l.due_at is distinct from d.due_at",
        ),
        none(
            "rpt_due_soon",
            "band_wrong",
            "The band of a row is not that of the time that is left.",
            "临期档与剩余时间不符。",
            f"select 1 from {{batch}} where band is distinct from case when due_at <= {_CLOCK} then 'overdue_today' "
            f"when due_at <= {_CLOCK} + interval 2 hour then 'two_hours' else 'today' end "
            f"or abs(minutes_left * 60 - (epoch_us(due_at) - epoch_us({_CLOCK})) // 1000000) >= 60",
        ),
    ]


def _suspensions() -> list[MartCheck]:
    return [
        none(
            "rpt_suspension",
            "suspended_differs",
            "The cases that stand suspended are not those with a lasting suspension.",
            "挂账中的案件与台账中持续的挂账不符。",
            "select 1 from (select distinct case_id from {batch} where kind = 'suspension' and is_lasting) as l "
            "full join (select case_id from mart.fct_case where is_suspended) as c on l.case_id = c.case_id "
            "where l.case_id is null or c.case_id is null",
        ),
        none(
            "rpt_suspension",
            "expiry_wrong",
            "Expired though its end has not come, or though it does not last.",
            "未到期或已结束的挂账、延期被记为到期未恢复。",
            f"select 1 from {{batch}} where is_expired_not_resumed and (not is_lasting or until_at > {_CLOCK} "
            "or until_at is null)",
        ),
    ]


def _shuttle() -> list[MartCheck]:
    return [
        none(
            "rpt_shuttle",
            "count_wrong",
            "The tosses of a case are not its returns or dispatches, whichever are more.",
            "扯皮次数与退回、改派次数不符。",
            "select 1 from {batch} where shuttle_count is distinct from greatest(returned_count, redispatched_count)",
        )
    ]


def _handovers() -> list[MartCheck]:
    over = "('closed', 'cancelled')"
    return [
        none(
            "rpt_handover",
            "contradiction_wrong",
            "A hand-over is said to be contradictory, or not, against the states of its sides.",
            "移交两边状态与是否不一致的判断不符。",
            "select 1 from {batch} where is_contradictory is distinct from coalesce("
            f"from_status <> 'open' and to_status = 'open' or from_status = 'open' and to_status in {over} "
            "or from_status <> 'open' and to_status = 'returned' and from_told_by = 'case', false)",
        ),
        none(
            "rpt_handover",
            "workload_wrong",
            "A hand-over counts for neither of its sides.",
            "移交未计入任何一方的工作量。",
            "select 1 from {batch} where counted_network is distinct from "
            "case counted_side when 'from' then from_network when 'to' then to_network end",
        ),
    ]
