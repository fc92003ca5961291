"""The star that analysts query: keys, references from facts to what they point at, sums that carry over."""

from expectations.mart_check import MartCheck, counts, equal_totals, none, unique

KEYS: dict[str, tuple[str, ...]] = {
    "bridge_incident_case": ("case_id",),
    "dim_canonical_category": ("canonical_code",),
    "dim_category_switch": ("canonical_code", "switched_on"),
    "dim_channel": ("channel",),
    "dim_code_set": ("code_set", "valid_from_on"),
    "dim_component": ("component_code", "valid_from_at"),
    "dim_date": ("day",),
    "dim_duty": ("duty_code", "valid_from_on"),
    "dim_grid_bridge": ("from_grid_id", "to_grid_id", "valid_from_at"),
    "dim_grid_lineage": ("scheme", "changed_at", "from_grid_id", "to_grid_id"),
    "dim_indicator": ("indicator",),
    "dim_mechanism": ("mechanism",),
    "dim_rule": ("limit_id",),
    "dim_staff": ("staff_id",),
    "dq_burden": ("feed", "month_on"),
    "dq_case_attribute": ("feed", "attribute", "word"),
    "dq_case_contradiction": ("case_id", "contradiction"),
    "dq_category": ("feed", "code_set_told", "kind_told", "category_code_told", "status"),
    "dq_control_total": ("network", "local_day"),
    "dq_gate_check": ("feed", "check_code"),
    "dq_gate_check_day": ("feed", "check_code", "local_day"),
    "dq_report_balance": ("feed", "stream_type", "month"),
    "dq_verdict": ("feed", "seq"),
    "dq_watch": ("feed", "seq"),
    "dq_place": ("feed", "scheme_told", "grid_method", "reason", "agreement", "suspected_crs"),
    "fct_case_stage": ("case_id", "valid_from_at"),
    "fct_event": ("event_id",),
    "fct_incident": ("incident_id",),
    "fct_outage": ("outage_id",),
    "fct_outage_grid": ("outage_id", "grid_code"),
    "fct_rating": ("event_id",),
    "rpt_application": ("application_id",),
    "rpt_component": ("component_code",),
    "rpt_custody": ("level", "unit_code", "month_on"),
    "rpt_custody_matter": ("matter_id",),
    "rpt_decision": ("decision_id",),
    "rpt_discovery": ("channel", "device", "grid_code", "month_on"),
    "rpt_due_soon": ("case_id", "stage"),
    "rpt_duty": ("duty_code", "month_on"),
    "rpt_duty_post": ("duty_code", "grid_code"),
    "rpt_duty_outside": ("month_on", "code_set", "kind", "category_code", "status"),
    "rpt_dwell": ("month", "network", "level", "stage"),
    "rpt_handover": ("handover_id",),
    "rpt_hot_spot": ("local_day", "day_part", "grid_code", "category"),
    "rpt_item_basis": ("item_id",),
    "rpt_link_review": ("case_id", "incident_id"),
    "rpt_mechanism": ("indicator", "facet", "facet_value", "subject_kind", "subject_code", "month_on"),
    "rpt_missed_discovery": ("month_on", "grid_code", "canonical_code"),
    "rpt_patrol": ("grid_code", "month_on"),
    "rpt_recurrence": ("month_on", "grid_code", "category"),
    "rpt_shuttle": ("case_id",),
    "rpt_supervision": ("supervision_id",),
    "rpt_suspension": ("event_id",),
    "rpt_whistle": ("whistle_id",),
    "rpt_whistle_rate": ("street_code", "month_on"),
}
# table, its column, the table that it points at, the column there; what is null points at nothing
REFERENCES = (
    ("fct_event", "case_id", "fct_case", "case_id"),
    ("fct_event", "grid_code", "dim_grid", "grid_code"),
    ("fct_case_stage", "case_id", "fct_case", "case_id"),
    ("fct_case_stage", "org_code", "dim_organisation", "org_code"),
    ("fct_rating", "case_id", "fct_case", "case_id"),
    ("fct_outage_grid", "outage_id", "fct_outage", "outage_id"),
    ("fct_outage_grid", "grid_code", "dim_grid", "grid_code"),
    ("dq_case_contradiction", "case_id", "fct_case", "case_id"),
    ("bridge_incident_case", "incident_id", "fct_incident", "incident_id"),
    ("bridge_incident_case", "case_id", "fct_case", "case_id"),
    ("bridge_incident_case", "linked_case_id", "fct_case", "case_id"),
    ("fct_incident", "incident_id", "bridge_incident_case", "case_id"),
    ("fct_incident", "recurrence_of", "bridge_incident_case", "case_id"),
    ("fct_incident", "outage_id", "fct_outage", "outage_id"),
    ("rpt_link_review", "case_id", "fct_case", "case_id"),
    ("rpt_link_review", "incident_id", "fct_incident", "incident_id"),
    ("rpt_duty", "duty_code", "dim_duty", "duty_code"),
    ("rpt_duty_post", "duty_code", "dim_duty", "duty_code"),
    ("rpt_duty_post", "grid_code", "dim_grid", "grid_code"),
    ("dim_grid_bridge", "from_grid_id", "dim_grid", "grid_id"),
    ("dim_grid_bridge", "to_grid_id", "dim_grid", "grid_id"),
    ("rpt_due_soon", "case_id", "fct_case", "case_id"),
    ("rpt_due_soon", "org_code", "dim_organisation", "org_code"),
    ("rpt_handover", "from_case_id", "fct_case", "case_id"),
    ("rpt_handover", "to_case_id", "fct_case", "case_id"),
    ("rpt_shuttle", "case_id", "fct_case", "case_id"),
    ("rpt_suspension", "case_id", "fct_case", "case_id"),
    ("rpt_application", "org_code", "dim_organisation", "org_code"),
    ("rpt_custody_matter", "grid_code", "dim_grid", "grid_code"),
    ("rpt_decision", "org_code", "dim_organisation", "org_code"),
    ("rpt_discovery", "channel", "dim_channel", "channel"),
    ("rpt_discovery", "grid_code", "dim_grid", "grid_code"),
    ("rpt_patrol", "grid_code", "dim_grid", "grid_code"),
    ("rpt_supervision", "org_code", "dim_organisation", "org_code"),
    ("rpt_supervision", "grid_code", "dim_grid", "grid_code"),
    ("rpt_whistle", "org_code", "dim_organisation", "org_code"),
    ("rpt_whistle", "grid_code", "dim_grid", "grid_code"),
    ("rpt_indicator_item", "item_id", "rpt_item_basis", "item_id"),
    ("dim_category_switch", "canonical_code", "dim_canonical_category", "canonical_code"),
)
# table, what its sum is called, the sum of it, the same number from where it comes, what differs (English, Chinese)
TOTALS = (
    ("fct_event", "elected_total", "count(*)", "select count(*) from intermediate.evt_grid_event",
     "fct_event has another number of events than were elected.", "事件表的行数与采信的事件数不符。"),
    ("dq_category", "total", "coalesce(sum(cases), 0)", "select count(*) from mart.fct_case",
     "The codes told add up to another number of cases than there are.", "分类代码统计合计与案件总数不符。"),
    ("bridge_incident_case", "cases_total", "count(*)", "select count(*) from mart.fct_case",
     "A case belongs to no incident, or to two.", "有案件不属于任何事件，或属于多个事件。"),
    ("fct_incident", "cases_total", "coalesce(sum(case_count), 0)", "select count(*) from mart.fct_case",
     "The incidents have another number of cases than there are.", "事件的案件数合计与案件总数不符。"),
    ("rpt_recurrence", "incidents_total", "coalesce(sum(incidents), 0)", "select count(*) from mart.fct_incident",
     "The counts of what comes back leave incidents out.", "复发统计的事件数合计与事件总数不符。"),
    ("rpt_hot_spot", "incidents_total", "coalesce(sum(incidents), 0)", "select count(*) from mart.fct_incident",
     "The counts of hot spots leave incidents out.", "热点统计的事件数合计与事件总数不符。"),
    ("rpt_component", "cases_total", "coalesce(sum(cases), 0)",
     "select count(*) from mart.fct_case where component_code is not null",
     "The components have another number of cases than name one.", "部件案件合计与报有部件的案件数不符。"),
    ("dq_report_balance", "cases_total", "coalesce(sum(reports + children - self_fixed), 0)",
     "select count(*) from mart.fct_case",
     "Reports and children add up to another number than there are cases.", "上报与拆分件合计与案件总数不符。"),
    ("dq_verdict", "total", "count(*)", "select count(*) from log.verdict",
     "The judgements in the mart and in the log differ in number.", "判定台账与日志不符。"),
    ("dq_watch", "total", "count(*)", "select count(*) from log.finding where change = 'opened'",
     "The findings in the mart and in the log differ in number.", "巡检发现与日志不符。"),
    ("rpt_dwell", "seconds_total", "coalesce(sum(dwell_seconds), 0)",
     "select coalesce(sum(dwell_seconds), 0) from mart.fct_case_stage",
     "The dwell by level is not that of the spans.", "停留时长合计与环节区间不符。"),
)  # fmt: skip
BECAME = ("not_accepted", "cancelled", "merged", "own_case", "self_fixed", "pending")
CONTROL_COUNTS = (
    "landings", "fetched", "recorded", "duplicate", "rejected", "filtered", "logged_records", "rejected_records",
    "log_rows", "elected_events", "star_events",
)  # fmt: skip


def star_checks() -> list[MartCheck]:
    """Checks of the tables in KEYS."""
    return [
        *(check for table, key in KEYS.items() for check in unique(table, *key)),
        *(_lost(*reference) for reference in REFERENCES),
        *(
            equal_totals(table, code, en, zh, f"select {ours} from {{batch}}", theirs)
            for table, code, ours, theirs, en, zh in TOTALS
        ),
        *_stages(),
        *_incidents(),
        *_control_totals(),
        *counts("dq_report_balance", ("reports", *BECAME, "children")),
        none(
            "dq_report_balance",
            "not_balanced",
            "Reports are not what was not accepted + cancelled + merged + an own case + self-fixed + pending.",
            "上报数不等于不予受理、作废、并案、独立成案、自行处置、待处理之和。",
            f"select 1 from {{batch}} where reports <> {' + '.join(BECAME)}",
        ),
        none(
            "dim_grid_bridge",
            "not_whole",
            "The parts of a grid of another scheme do not make a whole.",
            "其他体系网格的换算权重之和不为一。",
            "select 1 from {batch} group by from_grid_id, valid_from_at having sum(weight_ppm) <> 1000000",
        ),
        none(
            "dim_date",
            "day_lost",
            "Days on which cases were opened, and that the calendar does not have.",
            "案件立案日不在日历中。",
            "select 1 from mart.fct_case as c anti join {batch} as d on c.opened_on = d.day",
        ),
        none(
            "fct_event",
            "elected_differs",
            "Events that are dated or attributed otherwise than those that were elected.",
            "事件的时间、类型或归属与采信的事件不符。",
            "select 1 from {batch} as f join intermediate.evt_grid_event as e on f.event_id = e.event_id "
            "where f.occurred_at is distinct from e.occurred_at or f.event_type is distinct from e.event_type "
            "or f.stream_key is distinct from e.stream_key",
        ),
        *(_moment_lost(moment) for moment in ("opened_at", "handled_at", "closed_at")),
        none(
            "dim_indicator",
            "indicator_absent",
            "A registered indicator has no figure, though a feed tells the moment that it counts and all it needs.",
            "登记的指标没有任何数值，而其计数环节及所需环节均已有事件。",
            "select 1 from {batch} as d "
            "join (select distinct c.feed, f.stream_type, f.event_type from mart.fct_event as f "
            "join mart.fct_case as c on f.case_id = c.case_id where c.status <> 'cancelled') as e "
            "on d.stream_type = e.stream_type and d.window_moment = e.event_type "
            "left join (select distinct feed, event_type from mart.fct_event) as n "
            "on e.feed = n.feed and concat(' ', d.needs, ' ') like concat('% ', n.event_type, ' %') "
            "where coalesce(d.denominator, d.numerator) = d.window_moment "
            "and coalesce(d.excludes, 'cancelled') = 'cancelled' and (d.needs is null or n.feed is not null) "
            "and d.indicator not in (select indicator from mart.rpt_indicator)",
        ),
        none(
            "dim_indicator",
            "registry_empty",
            "The registry has no indicator.",
            "指标登记为空。",
            "select 1 from (select count(*) as indicators from {batch}) where indicators = 0",
        ),
    ]


def _lost(table: str, column: str, other: str, key: str) -> MartCheck:
    return none(
        table,
        f"{column}_lost",
        f"Rows whose {column} {other} does not have.",
        f"{column} 不在 {other} 中。",
        f"select 1 from {{batch}} as f anti join mart.{other} as d on f.{column} = d.{key} "
        f"where f.{column} is not null",
    )


def _moment_lost(moment: str) -> MartCheck:
    return none(
        "fct_case",
        f"{moment}_lost",
        f"Cases at whose {moment} no event of theirs happened.",
        f"案件的 {moment} 时刻没有对应事件。",
        "select 1 from {batch} as c anti join mart.fct_event as e "
        f"on c.case_id = e.case_id and c.{moment} = e.occurred_at where c.{moment} is not null",
    )


def _stages() -> list[MartCheck]:
    spans = (
        "select *, lead(valid_from_at) over (partition by case_id order by valid_from_at) as next_from_at from {batch}"
    )
    return [
        none(
            "fct_case_stage",
            "not_seamless",
            "The spans of a case do not follow one another without a gap.",
            "案件的环节区间不连续。",
            f"select 1 from ({spans}) where valid_to_at is distinct from next_from_at",
        ),
        none(
            "fct_case_stage",
            "case_missing",
            "Cases without any span.",
            "没有环节区间的案件。",
            "select 1 from mart.fct_case as c anti join {batch} as s on c.case_id = s.case_id",
        ),
    ]


def _incidents() -> list[MartCheck]:
    return [
        none(
            "bridge_incident_case",
            "first_finder_wrong",
            "An incident whose first finder is not its earliest case, or that has none or several.",
            "事件的首报案件不是最早的案件，或缺少、重复。",
            "select 1 from {batch} as b join mart.fct_case as c on b.case_id = c.case_id group by b.incident_id "
            "having sum(case when b.role = 'first_finder' then 1 else 0 end) <> 1 "
            "or min(case when b.role = 'first_finder' then c.opened_at end) <> min(c.opened_at) "
            "or min(case when b.role = 'first_finder' then b.case_id end) <> b.incident_id",
        ),
        none(
            "rpt_missed_discovery",
            "parts_differ",
            "Found first, found later and missed do not make the whole.",
            "首先发现、后来发现与未发现之和不等于事件数。",
            "select 1 from {batch} where found_first + found_later + missed <> incidents",
        ),
    ]


def _control_totals() -> list[MartCheck]:
    """Source = log = mart, by network and day of delivery."""
    table = "dq_control_total"
    per_day = (
        "select network, "
        "cast(timezone((select time_zone from log.mount), timezone('UTC', observed_at)) as date) as day, "
        "sum(fetched) as fetched, sum(recorded) as recorded from log.landing where visible group by all"
    )
    return [
        *counts(table, CONTROL_COUNTS),
        none(
            table,
            "receipts_differ",
            "A day's counts of a network are not those of its receipts.",
            "某网某日的计数与回执不符。",
            f"select 1 from {{batch}} as t full join ({per_day}) as r on t.network = r.network and t.local_day = r.day "
            "where t.fetched is distinct from r.fetched or t.recorded is distinct from r.recorded",
        ),
        none(
            table,
            "source_differs",
            "What was fetched on a day is not recorded + duplicate + rejected + filtered.",
            "某日接收数不等于入账、重复、退回、过滤之和。",
            "select 1 from {batch} where fetched <> recorded + duplicate + rejected + filtered",
        ),
        none(
            table,
            "log_differs",
            "The log holds other records of a day than its receipts count.",
            "某日日志中的记录数与回执不符。",
            "select 1 from {batch} where recorded <> logged_records or rejected <> rejected_records",
        ),
        none(
            table,
            "mart_differs",
            "The star holds other events of a day's deliveries than were elected from them.",
            "某日投递中采信的事件与事件表不符。",
            "select 1 from {batch} where elected_events <> star_events",
        ),
    ]
