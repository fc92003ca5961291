"""What the marts must hold before anyone may see them: suites by hand, one a table.

dbt tests ask whether each transformation is right; these ask whether the whole adds up: keys, sums against the log,
ledgers that carry over, numerators within denominators. `critical` keeps the edition from being published,
`warning` is published with it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from expectations.check import BUREAU, Check, Severity
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
TIMELINESS_COUNTS = (
    "opened", "cancelled", "handle_due", "handled", "handled_on_time", "handled_late", "handled_without_limit",
    "close_due", "closed", "closed_on_time", "closed_late", "closed_without_limit", "without_limit",
)  # fmt: skip
RECEIPT_COUNTS = ("fetched", "recorded", "duplicate", "rejected", "filtered")
VERDICT_COUNTS = ("passed", "warned", "held", "released", "refused", "unjudged")
FEED_COUNTS = (
    "landings", "visible_landings", *VERDICT_COUNTS, *RECEIPT_COUNTS, "log_rows", "events", "retracted_events",
    "repeated_rows", "cases", "unlocated_cases", "unknown_type_events",
)  # fmt: skip

# SQL: the work on the case was finished, by being handled or else by the case being closed.
_HANDLED = "(status <> 'cancelled' and coalesce(handled_at, closed_at) is not null)"
# SQL: the local day of the build's clock; what is dated later is in no ledger.
_CLOCK_DAY = "(select cast(timezone(time_zone, timezone('UTC', clock_at)) as date) from log.mount)"
# SQL: networks of which no case has an event after the clock.
_SETTLED = "network not in (select network from mart.fct_case where last_event_at > (select clock_at from log.mount))"
# Rows of the log that are no facts themselves.
_NO_FACTS = "('reference_stated', 'item_observed', 'snapshot_taken', 'record_without_event')"


@dataclass(frozen=True)
class MartCheck(Check):
    """A check of one table: `make` gives the expectation, without severity and meta."""

    table: str
    make: Callable[[Any], Any]


def checks(log_version: str) -> dict[str, list[MartCheck]]:
    """Table → its checks, for a build of this log version. Tables stand in the schemas SCHEMAS."""
    found = [
        *_mount(log_version),
        *_facts(),
        *(check for table in DIMENSIONS for check in _dimension(table)),
        *_cases(),
        *_ledger(),
        *_timeliness(),
        *_feeds(),
        *_rejections(),
        *_landings(),
        *_unknown_types(),
        *_places(),
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


def _unique(table: str, *key: str) -> list[MartCheck]:
    """The key of a table: never null, never twice."""
    listed = ", ".join(key)

    def once(gxe: Any) -> Any:
        if len(key) == 1:
            return gxe.ExpectColumnValuesToBeUnique(column=key[0])
        return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(key), ignore_row_if="never")

    return [
        *(_told(table, column) for column in key),
        MartCheck(
            f"{table}.{'_'.join(key)}_repeated",
            "critical",
            BUREAU,
            f"More than one row of the same {listed}.",
            f"主键（{listed}）重复。",
            table,
            once,
        ),
    ]


def _told(table: str, column: str) -> MartCheck:
    return MartCheck(
        f"{table}.{column}_null",
        "critical",
        BUREAU,
        f"Rows without {column}, a part of the key.",
        f"主键列 {column} 为空。",
        table,
        lambda gxe: gxe.ExpectColumnValuesToNotBeNull(column=column),
    )


def _counts(table: str, columns: Sequence[str]) -> list[MartCheck]:
    """Counts are told (never null) and not negative."""
    wrong = " or ".join(f"{column} is null or {column} < 0" for column in columns)
    return [
        _none(
            table,
            "count_negative",
            "A count is empty or below zero.",
            "计数为空或为负。",
            f"select 1 from {{batch}} where {wrong}",
        )
    ]


def _none(
    table: str, code: str, en: str, zh: str, query: str, severity: Severity = "critical", owner: str = BUREAU
) -> MartCheck:
    """No row may come out of the query; `{batch}` is the table. Queries select 1: results hold no values."""
    return MartCheck(
        f"{table}.{code}",
        severity,
        owner,
        en,
        zh,
        table,
        lambda gxe: gxe.UnexpectedRowsExpectation(unexpected_rows_query=query),
    )


def _equal_totals(table: str, code: str, en: str, zh: str, ours: str, theirs: str) -> MartCheck:
    """Two queries that give one number each give the same one."""
    return _none(
        table,
        code,
        en,
        zh,
        f"select 1 from (select ({ours}) as ours, ({theirs}) as theirs) where ours is distinct from theirs",
    )


def _one_of(table: str, column: str, values: Sequence[str]) -> MartCheck:
    return MartCheck(
        f"{table}.{column}_unknown",
        "critical",
        BUREAU,
        f"{column} is none of {', '.join(values)}.",
        f"{column} 不在约定取值之内。",
        table,
        lambda gxe: gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values)),
    )


def _mount(log_version: str) -> list[MartCheck]:
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
        _none(
            "mount",
            "other_version",
            "The warehouse was built from another log version than the build says.",
            "数据仓库的日志版本与构建记载不符。",
            f"select 1 from {{batch}} where log_version is distinct from {literal(log_version)}",
        ),
        _none(
            "mount",
            "no_clock",
            "There are visible landings but the build has no clock.",
            "已有可见落地，但构建没有时点。",
            "select 1 from {batch} where clock_at is null and exists (select 1 from log.landing where visible)",
        ),
    ]


def _facts() -> list[MartCheck]:
    """The election, against the log itself: what is repeated without end would be lost here without a trace."""
    table = "evt_grid_event"
    return [
        *_unique(table, "event_id"),
        _none(
            table,
            "not_told",
            "Elected events that the log does not hold, and that are not derived from snapshots.",
            "采信的事件不在日志中，也不是由快照推出。",
            "select 1 from {batch} as e anti join log.event as l "
            "on l.event_id = e.event_id and l.batch_id = e.batch_id and l.line = e.line where not e.is_derived",
        ),
        _none(
            table,
            "fact_lost",
            "Events that count each time they are told, and that were not elected.",
            "应逐次计入的事件没有被采信。",
            f"select 1 from log.event as l anti join {{batch}} as e using (event_id) where l.identity = 'each' "
            f"and l.event_type not in {_NO_FACTS}",
        ),
        _none(
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
        *_unique(table, key),
        _none(
            table,
            "no_unknown",
            f"There is not exactly one member '{unknown}' for facts that name none.",
            f"缺少或重复兜底成员“{unknown}”。",
            f"select 1 from (select count(*) as members from {{batch}} where {key} = {literal(unknown)} "
            f"and {code} = {literal(unknown)}) where members <> 1",
        ),
        _none(
            table,
            "validity_reversed",
            "Members that end before they begin.",
            "有效期的终止不晚于起始。",
            "select 1 from {batch} where valid_to_at <= valid_from_at",
        ),
        _none(
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
        _none(
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
        *_unique(table, "case_id"),
        *_unique(table, "feed", "stream_type", "stream_key"),
        _one_of(table, "status", ("open", "closed", "cancelled")),
        *references,
        _none(
            table,
            "status_contradicts",
            "Status, is_open and closed_at do not agree.",
            "状态、是否在办与结案时间互相矛盾。",
            "select 1 from {batch} where is_open is distinct from (status = 'open') or is_open is distinct from "
            "(closed_at is null) or opened_at is null or first_event_at > last_event_at",
        ),
        _none(
            table,
            "place_contradicts",
            "A case without a place gives no reason, or a placed one does.",
            "未定位的案件没有原因，或已定位的案件写着原因。",
            "select 1 from {batch} where (grid_code = 'unlocated') is distinct from (grid_method = 'unlocated') "
            "or (grid_method = 'unlocated') is distinct from (unlocated_reason is not null)",
        ),
        _none(
            table,
            "limit_contradicts",
            "On time is told without a limit, or a limit without being on time or late.",
            "没有时限却判定是否按时，或有时限却未判定。",
            f"select 1 from {{batch}} where ({_HANDLED} and handle_due_at is not null) is distinct from "
            "(is_handled_on_time is not null) or (status = 'closed' and close_due_at is not null) "
            "is distinct from (is_closed_on_time is not null)",
        ),
        _none(
            table,
            "counts_negative",
            "A count or a duration is below zero.",
            "次数或时长为负。",
            "select 1 from {batch} where event_count < 1 or least(extension_count, suspension_count, reopen_count, "
            "rework_count, urge_count, supervise_count, transfer_count) < 0",
        ),
        _none(
            table,
            "not_in_log",
            "Cases of which the log has no event.",
            "日志中没有任何事件的案件。",
            "select 1 from {batch} as f anti join log.event as e "
            "on e.feed = f.feed and e.stream_type = f.stream_type and e.stream_key = f.stream_key",
        ),
        _none(
            table,
            "ends_before_begin",
            "Cases that were closed or handled before they were opened.",
            "结案或处置早于立案的案件。",
            "select 1 from {batch} where closed_at < opened_at or handled_at < opened_at",
            "warning",
            FEED_OFFICE,
        ),
        _none(
            table,
            "after_clock",
            "Cases with events after the build's clock.",
            "存在晚于构建时点的事件。",
            "select 1 from {batch} where last_event_at > (select clock_at from log.mount)",
            "warning",
            FEED_OFFICE,
        ),
    ]


def _ledger() -> list[MartCheck]:
    table = "rpt_grid_ledger"
    before = (
        "select *, lag(open_at_end) over days as open_before, lag(local_day) over days as day_before from {batch} "
        "window days as (partition by grid_code, network order by local_day)"
    )
    return [
        *_unique(table, "grid_code", "local_day", "network"),
        *_counts(table, LEDGER_COUNTS),
        _none(
            table,
            "does_not_carry_over",
            "Open at the end of a day is not open before + opened + reopened - closed - cancelled.",
            "日末在办数不等于前日在办加新增、重开，减结案、撤销。",
            f"select 1 from ({before}) "
            "where open_at_end <> coalesce(open_before, 0) + opened + reopened - closed - cancelled",
        ),
        _none(
            table,
            "day_missing",
            "A day is missing although cases were open.",
            "有在办案件却缺少当日记录。",
            f"select 1 from ({before}) where local_day - day_before > 1 and open_before <> 0",
        ),
        _none(
            table,
            "overdue_above_open",
            "More cases overdue than open.",
            "超期数大于在办数。",
            "select 1 from {batch} where overdue_at_end > open_at_end",
        ),
        _equal_totals(
            table,
            "opened_total",
            "The ledger opened another number of cases than there are.",
            "台账立案总数与案件总数不符。",
            "select coalesce(sum(opened), 0) from {batch}",
            f"select count(*) from mart.fct_case where opened_on <= {_CLOCK_DAY}",
        ),
        _equal_totals(
            table,
            "open_total",
            "On its last day the ledger of a network has another number of open cases than there are.",
            "台账末日在办数与在办案件数不符。",
            "select coalesce(sum(open_at_end), 0) from {batch} as days "
            "join (select network, max(local_day) as local_day "
            f"from {{batch}} group by network) as last_days using (network, local_day) where {_SETTLED}",
            f"select count(*) from mart.fct_case where is_open and {_SETTLED}",
        ),
        _none(
            table,
            "grid_lost",
            "Grids that dim_grid does not have.",
            "网格不在 dim_grid 中。",
            "select 1 from {batch} anti join mart.dim_grid using (grid_code)",
        ),
    ]


def _timeliness() -> list[MartCheck]:
    table = "rpt_timeliness"
    verbs = (("handle", "handled"), ("close", "closed"))
    parts = " or ".join(f"{done} <> {done}_on_time + {done}_late + {done}_without_limit" for _, done in verbs)
    above = " or ".join(f"{done}_on_time > {verb}_due or {done}_on_time > {done}" for verb, done in verbs)
    return [
        *_unique(table, "org_code", "month"),
        *_counts(table, TIMELINESS_COUNTS),
        _none(
            table,
            "parts_differ",
            "What was done is not on time + late + without limit.",
            "完成数不等于按时、超时、无时限之和。",
            f"select 1 from {{batch}} where {parts}",
        ),
        _none(
            table,
            "on_time_above_total",
            "More on time than were due or done: a rate above 100 %.",
            "按时数大于应办数或完成数。",
            f"select 1 from {{batch}} where {above}",
        ),
        *(
            _equal_totals(
                table,
                f"{column}_total",
                f"The months add up to another number of {column} cases than there are.",
                f"各月 {column} 合计与案件数不符。",
                f"select coalesce(sum({column}), 0) from {{batch}}",
                f"select count(*) from mart.fct_case where {told}",
            )
            for column, told in (
                ("opened", "true"),
                ("handled", _HANDLED),
                ("closed", "status = 'closed'"),
            )
        ),
        _none(
            table,
            "organisation_lost",
            "Organisations that dim_organisation does not have.",
            "机构不在 dim_organisation 中。",
            "select 1 from {batch} anti join mart.dim_organisation using (org_code)",
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
        *_unique(table, "feed"),
        *_counts(table, FEED_COUNTS),
        _none(
            table,
            "feeds_differ",
            "dq_feed and the log do not name the same feeds.",
            "dq_feed 与日志的接口清单不一致。",
            "select 1 from {batch} as d full join log.feed as f using (feed) "
            "where d.network is null or f.network is null",
        ),
        _none(
            table,
            "receipts_differ",
            "A feed's counts are not those of its visible receipts.",
            "接口计数与可见回执之和不符。",
            f"select 1 from {{batch}} as d left join ({per_feed}) as l using (feed) where {differ} "
            "or d.landings <> coalesce(l.landings, 0) or d.visible_landings <> coalesce(l.visible_landings, 0)",
        ),
        _none(
            table,
            "imbalance",
            "A feed does not balance: fetched is not recorded + duplicate + rejected + filtered.",
            "接口收支不平：接收数不等于入账、重复、退回、过滤之和。",
            "select 1 from {batch} where imbalance <> 0 or fetched <> recorded + duplicate + rejected + filtered",
        ),
        _none(
            table,
            "verdicts_differ",
            "The verdicts of a feed do not add up to its landings.",
            "判定数合计与落地数不符。",
            f"select 1 from {{batch}} where landings <> {' + '.join(VERDICT_COUNTS)}",
        ),
        _none(
            table,
            "log_rows_differ",
            "A feed has another number of event rows in the log than the mart counted.",
            "接口的日志行数与统计不符。",
            "select 1 from {batch} as d left join (select feed, count(*) as log_rows from log.event group by feed) "
            "as e using (feed) where d.log_rows <> coalesce(e.log_rows, 0)",
        ),
        _none(
            table,
            "cases_differ",
            "A feed has another number of cases than dq_feed counted.",
            "接口的案件数与统计不符。",
            "select 1 from {batch} as d left join (select feed, count(*) as cases, "
            "count(*) filter (where grid_code = 'unlocated') as unlocated_cases from mart.fct_case group by feed) as c "
            "using (feed) where d.cases <> coalesce(c.cases, 0) or d.unlocated_cases <> coalesce(c.unlocated_cases, 0)",
        ),
        _none(
            table,
            "nothing_of_it",
            "Feeds whose visible landings recorded something, but no event row is in the log.",
            "可见落地有入账记录，日志中却没有事件。",
            "select 1 from {batch} where recorded > 0 and log_rows = 0",
        ),
        _none(
            table,
            "behind",
            "Feeds that have not been heard of for more than two of their periods: figures that rest "
            "on them are incomplete.",
            "接口超过两个周期没有新数据，相关指标不完整。",
            "select 1 from {batch} where is_behind",
            "warning",
            FEED_OFFICE,
        ),
        _none(
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
        *_unique(table, "feed", "field", "code", "severity", "owner"),
        *_counts(table, ("rejections", "landings")),
        _equal_totals(
            table,
            "total",
            "Rejections in the mart and in the log differ in number.",
            "退回统计与日志不符。",
            "select coalesce(sum(rejections), 0) from {batch}",
            "select count(*) from log.rejection",
        ),
    ]


def _landings() -> list[MartCheck]:
    return [
        *_unique("dq_landing", "landing_id"),
        *_counts("dq_landing", RECEIPT_COUNTS),
        _none(
            "dq_landing",
            "receipts_differ",
            "Landings in the mart and receipts in the log differ.",
            "批次台账与日志回执不符。",
            "select 1 from {batch} as d full join log.landing as l using (landing_id) "
            "where d.landing_id is null or l.landing_id is null or d.verdict <> l.verdict "
            "or d.is_visible <> l.visible or d.fetched <> l.fetched",
        ),
        _equal_totals(
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
        *_unique(table, "feed", "event_type"),
        _equal_totals(
            table,
            "total",
            "Unknown event types and the feeds' counts of them differ.",
            "未收录事件的统计前后不符。",
            "select coalesce(sum(events), 0) from {batch}",
            "select coalesce(sum(unknown_type_events), 0) from mart.dq_feed",
        ),
        _none(
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
        _equal_totals(
            "dq_place",
            "total",
            "The ways of placing add up to another number of cases than there are.",
            "定位方式合计与案件总数不符。",
            "select coalesce(sum(cases), 0) from {batch}",
            "select count(*) from mart.fct_case",
        )
    ]
