"""What the marts must hold before anyone may see them: suites by hand, one a table.

dbt tests ask whether each transformation is right; these ask whether the whole adds up: keys, sums against the log,
ledgers that carry over, numerators within denominators. `critical` keeps the edition from being published,
`warning` is published with it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from expectations.check import BUREAU
from expectations.core_mechanisms import core_mechanism_checks
from expectations.figures import HANDLED, figure_checks
from expectations.mart_check import MartCheck, counts, equal_totals, none, one_of, unique
from expectations.mornings import morning_checks
from expectations.star import star_checks
from ingest.privacy import literal

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

SCHEMAS = ("mart", "intermediate", "log")
FEED_OFFICE = "接口责任单位 (the feed's office)"
DIMENSIONS = {
    # table: (key, natural key, code that the facts carry, code of the unknown member)
    "dim_grid": ("grid_id", ("scheme", "grid_code"), "grid_code", "unlocated"),
    "dim_organisation": ("organisation_id", ("org_code",), "org_code", "unknown"),
    "dim_category": ("category_id", ("code_set", "kind", "category_code"), "category_code", "unknown"),
}
LEDGER_COUNTS = ("opened", "reopened", "closed", "cancelled", "open_at_end", "overdue_at_end")
RECEIPT_COUNTS = ("fetched", "recorded", "duplicate", "rejected", "filtered")
VERDICT_COUNTS = ("passed", "warned", "held", "released", "refused", "unjudged")
FEED_COUNTS = (
    "landings", "visible_landings", *VERDICT_COUNTS, *RECEIPT_COUNTS, "log_rows", "events", "retracted_events",
    "repeated_rows", "cases", "unlocated_cases", "unknown_type_events",
)  # fmt: skip

# SQL: the local day of the build's clock; what is dated later is in no ledger.
_CLOCK_DAY = "(select cast(timezone(time_zone, timezone('UTC', clock_at)) as date) from log.mount)"
# SQL: networks of which no case has an event after the clock.
_SETTLED = "network not in (select network from mart.fct_case where last_event_at > (select clock_at from log.mount))"
STALE_AFTER = timedelta(days=1)  # a log whose newest delivery is older than that when it is judged
# Rows of the log that are no facts themselves.
_NO_FACTS = "('reference_stated', 'item_observed', 'snapshot_taken', 'record_without_event')"


def checks(log_version: str, now: datetime | None = None) -> dict[str, list[MartCheck]]:
    """Table → its checks, for a build of this log version. Tables stand in the schemas SCHEMAS.

    `now` (aware) is the moment of judging, against which the log's own clock is held; without it no log is too old.
    """
    found = [
        *_mount(log_version, now),
        *_facts(),
        *(check for table in DIMENSIONS for check in _dimension(table)),
        *_cases(),
        *_deadlines(),
        *_ledger(),
        *figure_checks(),
        *_feeds(),
        *_rejections(),
        *_landings(),
        *_burden(),
        *_unknown_types(),
        *_places(),
        *star_checks(),
        *morning_checks(),
        *core_mechanism_checks(),
    ]
    tables: dict[str, list[MartCheck]] = {}
    for check in found:
        tables.setdefault(check.table, []).append(check)
    return tables


def suite(name: str, of_table: Iterable[MartCheck]) -> "ExpectationSuite":
    """The checks of one table as a Great Expectations suite."""
    import great_expectations as gx
    from great_expectations import expectations as gxe

    made = gx.ExpectationSuite(name=name)
    for check in of_table:
        expectation = check.make(gxe)
        expectation.severity = check.gx_severity
        expectation.meta = check.meta
        made.add_expectation(expectation)
    return made


def _mount(log_version: str, now: datetime | None) -> list[MartCheck]:
    oldest = now.astimezone(UTC).replace(tzinfo=None) - STALE_AFTER if now else datetime(1970, 1, 1)
    return [
        MartCheck(
            "mount.not_one_row",
            "critical",
            BUREAU,
            "The build does not say which version of the log it read.",
            "构建未写明所依据的日志版本。",
            "mount",
            lambda gxe: gxe.ExpectTableRowCountToEqual(value=1),
        ),
        none(
            "mount",
            "other_version",
            "The warehouse was built from another log version than the build says.",
            "数据仓库的日志版本与构建记载不符。",
            f"select 1 from {{batch}} where log_version is distinct from {literal(log_version)}",
        ),
        none(
            "mount",
            "no_clock",
            "There are visible landings but the build has no clock.",
            "已有可见落地，但构建没有时点。",
            "select 1 from {batch} where clock_at is null and exists (select 1 from log.landing where visible)",
        ),
        none(
            "mount",
            "stale",
            "No feed at all has delivered anything for more than a day before the build was judged.",
            "判定前一天多没有任何来源的新数据。",
            f"select 1 from {{batch}} where clock_at < timestamp '{oldest:%Y-%m-%d %H:%M:%S}'",
            "warning",
        ),
    ]


def _facts() -> list[MartCheck]:
    """The election, against the log itself: what is repeated without end would be lost here without a trace."""
    table = "evt_grid_event"
    return [
        *unique(table, "event_id"),
        none(
            table,
            "not_told",
            "Elected events that the log does not hold, and that are not derived from snapshots.",
            "采信的事件不在日志中，也不是由快照推出。",
            "select 1 from {batch} as e anti join log.event as l "
            "on l.event_id = e.event_id and l.batch_id = e.batch_id and l.line = e.line where not e.is_derived",
        ),
        none(
            table,
            "fact_lost",
            "Events that count each time they are told, and that were not elected.",
            "应逐次计入的事件没有被采信。",
            f"select 1 from log.event as l anti join {{batch}} as e using (event_id) where l.identity = 'each' "
            f"and l.event_type not in {_NO_FACTS}",
        ),
        none(
            table,
            "stream_lost",
            "Streams that were opened, moved or ended, and have no case.",
            "已发生立案、流转或结案的事项没有案件。",
            "select 1 from {batch} as e anti join mart.fct_case as f "
            "on e.feed = f.feed and e.stream_type = f.stream_type and e.stream_key = f.stream_key "
            "where e.stream_type = 'case' or e.effect <> 'none'",
        ),
    ]


def _dimension(table: str) -> list[MartCheck]:
    key, natural, code, unknown = DIMENSIONS[table]
    same = " and ".join(f"a.{column} is not distinct from b.{column}" for column in natural)
    return [
        *unique(table, key),
        none(
            table,
            "no_unknown",
            f"There is not exactly one member '{unknown}' for facts that name none.",
            f"缺少或重复兜底成员“{unknown}”。",
            f"select 1 from (select count(*) as members from {{batch}} where {key} = {literal(unknown)} "
            f"and {code} = {literal(unknown)}) where members <> 1",
        ),
        none(
            table,
            "validity_reversed",
            "Members that end before they begin.",
            "有效期的终止不晚于起始。",
            "select 1 from {batch} where valid_to_at <= valid_from_at",
        ),
        none(
            table,
            "validity_overlap",
            "Two members of the same code hold at the same time.",
            "同一代码的有效期重叠。",
            f"select 1 from {{batch}} as a join {{batch}} as b on {same} and a.{key} < b.{key} "
            "and coalesce(a.valid_from_at, timestamp '-infinity') < coalesce(b.valid_to_at, timestamp 'infinity') "
            "and coalesce(b.valid_from_at, timestamp '-infinity') < coalesce(a.valid_to_at, timestamp 'infinity')",
        ),
    ]


def _cases() -> list[MartCheck]:
    table = "fct_case"
    references = [
        none(
            table,
            f"{dimension}_lost",
            f"Cases point to a member that {dimension} does not have.",
            f"案件指向 {dimension} 中不存在的成员。",
            f"select 1 from {{batch}} as f left join mart.{dimension} as d using ({key}) "
            f"where d.{key} is null or f.{code} is distinct from d.{code}",
        )
        for dimension, (key, _, code, _) in DIMENSIONS.items()
    ]
    return [
        *unique(table, "case_id"),
        *unique(table, "feed", "stream_type", "stream_key"),
        one_of(table, "status", ("open", "closed", "cancelled")),
        *references,
        none(
            table,
            "status_contradicts",
            "Status, is_open and closed_at do not agree.",
            "状态、是否在办与结案时间互相矛盾。",
            "select 1 from {batch} where is_open is distinct from (status = 'open') or is_open is distinct from "
            "(closed_at is null) or opened_at is null or first_event_at > last_event_at",
        ),
        none(
            table,
            "place_contradicts",
            "A case without a place gives no reason, or a placed one does.",
            "未定位的案件没有原因，或已定位的案件写着原因。",
            "select 1 from {batch} where (grid_code = 'unlocated') is distinct from (grid_method = 'unlocated') "
            "or (grid_method = 'unlocated') is distinct from (unlocated_reason is not null)",
        ),
        none(
            table,
            "limit_contradicts",
            "On time is told without a limit, or a limit without being on time or late.",
            "没有时限却判定是否按时，或有时限却未判定。",
            f"select 1 from {{batch}} where ({HANDLED} and handle_due_at is not null) is distinct from "
            "(is_handled_on_time is not null) or (status = 'closed' and close_due_at is not null) "
            "is distinct from (is_closed_on_time is not null)",
        ),
        none(
            table,
            "counts_negative",
            "A count or a duration is below zero.",
            "次数或时长为负。",
            "select 1 from {batch} where event_count < 1 or least(extension_count, suspension_count, reopen_count, "
            "rework_count, urge_count, supervise_count, transfer_count) < 0",
        ),
        none(
            table,
            "not_in_log",
            "Cases of which the log has no event.",
            "日志中没有任何事件的案件。",
            "select 1 from {batch} as f anti join log.event as e "
            "on e.feed = f.feed and e.stream_type = f.stream_type and e.stream_key = f.stream_key",
        ),
        none(
            table,
            "ends_before_begin",
            "Cases that were closed or handled before they were opened.",
            "结案或处置早于立案的案件。",
            "select 1 from {batch} where closed_at < opened_at or handled_at < opened_at",
            "warning",
            FEED_OFFICE,
        ),
        none(
            table,
            "after_clock",
            "Cases with events after the build's clock.",
            "存在晚于构建时点的事件。",
            "select 1 from {batch} where last_event_at > (select clock_at from log.mount)",
            "warning",
            FEED_OFFICE,
        ),
    ]


def _deadlines() -> list[MartCheck]:
    table = "fct_case_deadline"
    stage_due = "case d.stage when 'handle' then f.handle_due_at else f.close_due_at end"
    return [
        *unique(table, "case_id", "stage"),
        none(
            table,
            "decision_contradicts",
            "On time does not follow from stop, deadline, clock and status.",
            "是否按期与止算时间、截止时间、构建时点或状态不符。",
            "select 1 from {batch} where is_on_time is distinct from case when status = 'cancelled' then null "
            "when stopped_at is not null then stopped_at <= due_at "
            "when due_at <= (select clock_at from log.mount) then false end",
        ),
        none(
            table,
            "case_differs",
            "A deadline is another one than the case has, or one of them is missing.",
            "环节截止时间与案件不一致，或其中之一缺失。",
            f"select 1 from {{batch}} as d left join mart.fct_case as f using (case_id) where f.case_id is null "
            f"or d.stage in ('handle', 'close') and d.due_at is distinct from {stage_due} union all "
            "select 1 from mart.fct_case as f anti join {batch} as d "
            "on f.case_id = d.case_id and d.stage = 'handle' where f.handle_due_at is not null union all "
            "select 1 from mart.fct_case as f anti join {batch} as d "
            "on f.case_id = d.case_id and d.stage = 'close' where f.close_due_at is not null",
        ),
    ]


def _ledger() -> list[MartCheck]:
    table = "rpt_grid_ledger"
    before = (
        "select *, lag(open_at_end) over days as open_before, lag(local_day) over days as day_before from {batch} "
        "window days as (partition by grid_code, network order by local_day)"
    )
    return [
        *unique(table, "grid_code", "local_day", "network"),
        *counts(table, LEDGER_COUNTS),
        none(
            table,
            "does_not_carry_over",
            "Open at the end of a day is not open before + opened + reopened - closed - cancelled.",
            "日末在办数不等于前日在办加新增、重开，减结案、撤销。",
            f"select 1 from ({before}) "
            "where open_at_end <> coalesce(open_before, 0) + opened + reopened - closed - cancelled",
        ),
        none(
            table,
            "day_missing",
            "A day is missing although cases were open.",
            "有在办案件却缺少当日记录。",
            f"select 1 from ({before}) where local_day - day_before > 1 and open_before <> 0",
        ),
        none(
            table,
            "overdue_above_open",
            "More cases overdue than open.",
            "超期数大于在办数。",
            "select 1 from {batch} where overdue_at_end > open_at_end",
        ),
        equal_totals(
            table,
            "opened_total",
            "The ledger opened another number of cases than there are.",
            "台账立案总数与案件总数不符。",
            "select coalesce(sum(opened), 0) from {batch}",
            f"select count(*) from mart.fct_case where opened_on <= {_CLOCK_DAY}",
        ),
        equal_totals(
            table,
            "open_total",
            "On its last day the ledger of a network has another number of open cases than there are.",
            "台账末日在办数与在办案件数不符。",
            "select coalesce(sum(open_at_end), 0) from {batch} as days "
            "join (select network, max(local_day) as local_day "
            f"from {{batch}} group by network) as last_days using (network, local_day) where {_SETTLED}",
            f"select count(*) from mart.fct_case where is_open and {_SETTLED}",
        ),
        none(
            table,
            "grid_lost",
            "Grids that dim_grid does not have.",
            "网格不在 dim_grid 中。",
            "select 1 from {batch} anti join mart.dim_grid using (grid_code)",
        ),
    ]


def _feeds() -> list[MartCheck]:
    table = "dq_feed"
    sums = ", ".join(f"coalesce(sum({column}) filter (where visible), 0) as {column}" for column in RECEIPT_COUNTS)
    differ = " or ".join(f"d.{column} is distinct from coalesce(l.{column}, 0)" for column in RECEIPT_COUNTS)
    per_feed = (
        f"select feed, count(*) as landings, count(*) filter (where visible) as visible_landings, {sums} "
        "from log.landing group by feed"
    )
    return [
        *unique(table, "feed"),
        *counts(table, FEED_COUNTS),
        none(
            table,
            "feeds_differ",
            "dq_feed and the log do not name the same feeds.",
            "dq_feed 与日志的接口清单不一致。",
            "select 1 from {batch} as d full join log.feed as f using (feed) "
            "where d.network is null or f.network is null",
        ),
        none(
            table,
            "receipts_differ",
            "A feed's counts are not those of its visible receipts.",
            "接口计数与可见回执之和不符。",
            f"select 1 from {{batch}} as d left join ({per_feed}) as l using (feed) where {differ} "
            "or d.landings <> coalesce(l.landings, 0) or d.visible_landings <> coalesce(l.visible_landings, 0)",
        ),
        none(
            table,
            "imbalance",
            "A feed does not balance: fetched is not recorded + duplicate + rejected + filtered.",
            "接口收支不平：接收数不等于入账、重复、退回、过滤之和。",
            "select 1 from {batch} where imbalance <> 0 or fetched <> recorded + duplicate + rejected + filtered",
        ),
        none(
            table,
            "verdicts_differ",
            "The verdicts of a feed do not add up to its landings.",
            "判定数合计与落地数不符。",
            f"select 1 from {{batch}} where landings <> {' + '.join(VERDICT_COUNTS)}",
        ),
        none(
            table,
            "log_rows_differ",
            "A feed has another number of event rows in the log than the mart counted.",
            "接口的日志行数与统计不符。",
            "select 1 from {batch} as d left join (select feed, count(*) as log_rows from log.event group by feed) "
            "as e using (feed) where d.log_rows <> coalesce(e.log_rows, 0)",
        ),
        none(
            table,
            "cases_differ",
            "A feed has another number of cases than dq_feed counted.",
            "接口的案件数与统计不符。",
            "select 1 from {batch} as d left join (select feed, count(*) as cases, "
            "count(*) filter (where grid_code = 'unlocated') as unlocated_cases from mart.fct_case group by feed) as c "
            "using (feed) where d.cases <> coalesce(c.cases, 0) or d.unlocated_cases <> coalesce(c.unlocated_cases, 0)",
        ),
        none(
            table,
            "nothing_of_it",
            "Feeds whose visible landings recorded something, but no event row is in the log.",
            "可见落地有入账记录，日志中却没有事件。",
            "select 1 from {batch} where recorded > 0 and log_rows = 0",
        ),
        none(
            table,
            "behind",
            "Feeds that have not been heard of for more than two of their periods: figures that rest "
            "on them are incomplete.",
            "接口超过两个周期没有新数据，相关指标不完整。",
            "select 1 from {batch} where is_behind",
            "warning",
            FEED_OFFICE,
        ),
        none(
            table,
            "held_back",
            "Feeds with landings held at the gate: figures that rest on them are incomplete.",
            "接口有被暂扣的落地，相关指标不完整。",
            "select 1 from {batch} where held > 0",
            "warning",
            FEED_OFFICE,
        ),
    ]


def _rejections() -> list[MartCheck]:
    table = "dq_rejection"
    return [
        *unique(table, "feed", "field", "code", "severity", "owner"),
        *counts(table, ("rejections", "landings")),
        equal_totals(
            table,
            "total",
            "Rejections in the mart and in the log differ in number.",
            "退回统计与日志不符。",
            "select coalesce(sum(rejections), 0) from {batch}",
            "select count(*) from log.rejection",
        ),
    ]


def _burden() -> list[MartCheck]:
    table = "dq_burden"
    return [
        none(
            table,
            "feed_missing",
            "A feed of the city is not in the burden ledger, or is there with other counts than its landings have.",
            "基层负担台账缺少来源，或与批次不符。",
            "select 1 from log.feed as f "
            "left join (select feed, sum(records) as records from {batch} group by all) as b using (feed) "
            "left join (select feed, sum(fetched) as fetched from log.landing where visible group by all) as l "
            "using (feed) where b.records is distinct from coalesce(l.fetched, 0)",
        ),
        none(
            table,
            "not_admitted",
            "A community or its grid workers must fill in a feed without an admission that is in force.",
            "社区或网格员填报的来源没有有效的准入。",
            "select 1 from {batch} where is_typed_at_the_base and (admission_number is null or is_admission_expired)",
            "warning",
        ),
    ]


def _landings() -> list[MartCheck]:
    return [
        *unique("dq_landing", "landing_id"),
        *counts("dq_landing", RECEIPT_COUNTS),
        none(
            "dq_landing",
            "receipts_differ",
            "Landings in the mart and receipts in the log differ.",
            "批次台账与日志回执不符。",
            "select 1 from {batch} as d full join log.landing as l using (landing_id) "
            "where d.landing_id is null or l.landing_id is null or d.verdict <> l.verdict "
            "or d.is_visible <> l.visible or d.fetched <> l.fetched",
        ),
        equal_totals(
            "dq_rejected_record",
            "total",
            "Rejected records in the mart and in the log differ in number.",
            "退回明细与日志不符。",
            "select count(*) from {batch}",
            "select count(*) from log.rejection",
        ),
    ]


def _unknown_types() -> list[MartCheck]:
    table = "dq_unknown_event_type"
    return [
        *unique(table, "feed", "event_type"),
        equal_totals(
            table,
            "total",
            "Unknown event types and the feeds' counts of them differ.",
            "未收录事件的统计前后不符。",
            "select coalesce(sum(events), 0) from {batch}",
            "select coalesce(sum(unknown_type_events), 0) from mart.dq_feed",
        ),
        none(
            table,
            "present",
            "Events of types whose effect is not known change no state.",
            "存在未收录的事件类型，不影响办理状态。",
            "select 1 from {batch}",
            "warning",
            FEED_OFFICE,
        ),
    ]


def _places() -> list[MartCheck]:
    return [
        equal_totals(
            "dq_place",
            "total",
            "The ways of placing add up to another number of cases than there are.",
            "定位方式合计与案件总数不符。",
            "select coalesce(sum(cases), 0) from {batch}",
            "select count(*) from mart.fct_case",
        )
    ]
