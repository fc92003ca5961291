"""What a landing must keep of what its centre promised: checks made from the contract, and checks by hand.

Every check looks at one number per landing (a column of the profile table, see expectations.profile): how many rows
or records break a promise, or which share. Great Expectations then says which landings have too much of it. Severity
`hold` keeps the landing out of the warehouse until a person releases it or it is landed again; `warn` lets it through
and says so.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from expectations.check import BUREAU, Check, Severity
from ingest.city import Bounds
from ingest.contract import EventColumns, EventRule, FeedContract, FieldRule, Threshold
from ingest.privacy import literal, quoted

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

Over = Literal["landing", "events", "records", "statements"]
WITHOUT_EVENT = "record_without_event"
SNAPSHOT = "snapshot_taken"
_ITEM = "event_type = 'item_observed'"
# Columns that every event row has; a null in one of them is a fault of the landing code, not of the centre.
ALWAYS = ("event_id", "content_hash", "identity", "stream_type", "stream_key", "event_type", "occurred_at",
          "recorded_at", "observed_at", "landed_at", "batch_id", "line")  # fmt: skip
RECORD = ("record_key", "record_hash")
CLOCK_SKEW = "interval 10 minute"  # what two well-kept clocks may differ by
EARLIEST = "timestamp '1990-01-01'"  # older times are the zero dates of some database
_CELLS = ("nature", "channel", "level", "org_code", "actor_token", "counterpart_org_code", "address", "division_code",
          "component_code", "appeal_type", "text")  # fmt: skip
# What must never be seen in clear: identity numbers, mobile phones, bank cards, standing alone among other characters.
_IDENTITY = r"(^|[^0-9])[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]([^0-9]|$)"
_MOBILE = r"(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)"
_TOKEN = r"^[0-9]+:[0-9a-f]{32}$"
# The natural key of each reference table: what may hold only one row at a time.
REFERENCE_KEYS: dict[str, tuple[str, ...]] = {
    "grid": ("scheme", "grid_code"),
    "organisation": ("org_code",),
    "code_set": ("code_set",),
    "category": ("code_set", "kind", "category_code"),
    "crosswalk": ("code_set", "kind", "category_code", "to_code_set", "to_kind", "to_category_code"),
    "component": ("component_code",),
    "duty": ("duty_code", "code_set", "kind", "category_code"),
    "calendar": ("day",),
    "limit": ("code_set", "category_code", "stage", "org_code", "filing_condition"),
    "rework_rule": ("code_set", "org_code"),
    "shift": ("schedule_code", "start_minute"),
}
# The stages that may have a limit: those of the dbt project's seed stage.
STAGES = (
    "accept", "pre_filing_check", "register", "dispatch", "sign", "contact", "arrive", "first_measure",
    "second_measure", "handle", "post_disposal_check", "close",
)  # fmt: skip
DAY_UNITS = ("work_day", "natural_day", "urgent_day")
ENOUGH = 20  # with fewer records in a delivery it says nothing that some are the same
UNITS = ("urgent_minute", "urgent_hour", "work_minute", "work_hour", *DAY_UNITS)


@dataclass(frozen=True)
class LandingCheck(Check):
    """A check over one column of the profile: `measure` is the SQL that fills it.

    Over `events`, `records` and (reference tables) `statements` it is an aggregate of rows, over `landing` an
    expression of the receipt's counts and of those found in the log. A landing breaks the check where the column is
    above `at_most`, or below `at_least`.
    """

    measure: str = "0"
    over: Over = "events"
    at_most: float | None = 0
    at_least: float | None = None
    column: str = ""

    @property
    def profile_column(self) -> str:
        """The column of the profile that holds the number; checks at two levels of one number share it."""
        return self.column or self.code


def event_types(contract: FeedContract) -> list[str]:
    """Every event type that a landing of this contract may hold, sorted."""
    if contract.mode == "snapshot":
        told = {"item_observed", SNAPSHOT}
    elif contract.mode == "reference":
        told = {"reference_stated"}
    else:
        told = {rule.type for rule in contract.events}
    return sorted(told | {WITHOUT_EVENT})


def generated(contract: FeedContract, bounds: Bounds | None) -> list[LandingCheck]:
    """The checks that follow from the contract (and the district's box, where the city states one)."""
    return [
        *_conservation(contract),
        *_nulls(contract),
        *_codes(contract),
        *(_places(contract, bounds) if bounds is not None and contract.crs != "none" else []),
        *_shares(contract),
        *_content(contract),
    ]


def by_hand(contract: FeedContract, vocabulary: Collection[str] | None = None) -> list[LandingCheck]:
    """The checks that know the trade: clocks, life cycles, personal values, and each kind of feed.

    `vocabulary` holds the event types whose effect the warehouse knows; None leaves that check out.
    """
    checks = [*_personal(), *_coordinates(contract), *_drift(contract)]
    if contract.mode == "reference":
        return [*checks, *_reference(contract)]
    if contract.mode == "snapshot":
        return [*checks, *_snapshot(contract), *_clocks(contract)]
    checks += [*_clocks(contract), *_life_cycle(contract), *_keys(contract)]
    if contract.source.kind in ("file", "sftp", "object") and contract.recorded_at:
        checks.append(_freshness(contract))
    if vocabulary is not None:
        checks.append(_vocabulary(contract, vocabulary))
    return checks


def suite(name: str, checks: Iterable[LandingCheck]) -> "ExpectationSuite":
    """The checks as a Great Expectations suite over the profile table."""
    import great_expectations as gx
    from great_expectations import expectations as gxe

    made = gx.ExpectationSuite(name=name)
    for check in checks:
        made.add_expectation(
            gxe.ExpectColumnValuesToBeBetween(
                column=check.profile_column,
                min_value=check.at_least,
                max_value=check.at_most,
                severity=check.gx_severity,
                meta=check.meta,
            )
        )
    return made


def count_if(condition: str) -> str:
    """SQL that counts the rows for which a condition holds (unknown is not held)."""
    return f"count(*) filter (where {condition})"


def _one_of(values: Iterable[str]) -> str:
    return "(" + ", ".join(literal(value) for value in values) + ")"


def _conservation(contract: FeedContract) -> list[LandingCheck]:
    """Nothing was lost between the receipt and the rows that it vouches for."""
    return [
        LandingCheck(
            "balance", "hold", BUREAU,
            "The receipt does not balance: fetched is not recorded + duplicate + rejected + filtered.",
            "回执不平衡：接收数不等于入账、重复、退回、过滤之和。",
            "abs(fetched - recorded - duplicate - rejected "
            "- filtered)", "landing",
        ),
        LandingCheck(
            "events_missing", "hold", BUREAU,
            "The log does not hold as many event rows as the receipt counted.",
            "日志中的事件行数与回执记载不符。",
            "abs(receipt_events - event_rows)", "landing",
        ),
        LandingCheck(
            "records_missing", "hold", BUREAU,
            "The recorded records do not all have a row in the log.",
            "入账的记录没有全部写入日志。",
            "abs(recorded - record_lines)", "landing",
        ),
        LandingCheck(
            "rejections_missing", "hold", BUREAU,
            "Not every rejected record has its reason in the rejections.",
            "被退回的记录没有全部写明原因。",
            "abs(rejected - rejected_lines)", "landing",
        ),
        LandingCheck(
            "foreign_rows", "hold", BUREAU,
            "Rows of the attempt name another feed, batch or landing than the receipt.",
            "本次落地的行写着别的接口、批次或落地编号。",
            count_if("feed <> receipt_feed or batch_id <> receipt_batch_id or landing_id <> receipt_landing_id"),
        ),
        LandingCheck(
            "repeated_record", "hold", BUREAU,
            "The same content of the same record was recorded more than once in this landing.",
            "同一记录的同一内容在本次落地中被重复入账。",
            count_if("tellings > 1"), "records",
        ),
        LandingCheck(
            "event_type_not_in_contract", "hold", BUREAU,
            "Rows have an event type that the contract does not tell.",
            "出现合同未声明的事件类型。",
            count_if(f"event_type not in {_one_of(event_types(contract))}"),
        ),
    ]  # fmt: skip


def _nulls(contract: FeedContract) -> list[LandingCheck]:
    """Columns that every row has, and fields that the contract requires, where their values ended up."""
    checks = [
        LandingCheck(
            f"null:{column}", "hold", BUREAU,
            f"Event rows without {column}.", f"事件行缺少 {column}。",
            count_if(f"{column} is null" + (f" and event_type <> {literal(SNAPSHOT)}" if column in RECORD else "")),
        )
        for column in (*ALWAYS, *RECORD)
    ]  # fmt: skip
    owner = contract.owner.mending_office
    for field, places in _places_of_fields(contract).items():
        rule = contract.fields[field]
        if not rule.required or field in _coordinate_fields(contract):
            continue
        empty = " or ".join(f"(event_type in {_one_of(types)} and {value} is null)" for types, value in places)
        checks.append(
            LandingCheck(
                f"required:{field}", "hold", owner,
                f"Events whose required field {_named(field, rule)} is empty.",
                f"必填字段 {_named(field, rule)} 为空。",
                count_if(empty),
            )
        )  # fmt: skip
    return checks


def _codes(contract: FeedContract) -> list[LandingCheck]:
    """Codes outside the set that the contract lists. A code that would have been rejected cannot be there: hold."""
    checks = []
    for field, places in _places_of_fields(contract).items():
        rule = contract.fields[field]
        if rule.one_of is None or rule.type != "string" or (rule.privacy and rule.privacy.rule != "clear"):
            continue
        allowed = _one_of(rule.one_of)
        outside = " or ".join(
            f"(event_type in {_one_of(types)} and {value} not in {allowed})" for types, value in places
        )
        severity: Severity = "hold" if rule.rejects else "warn"
        checks.append(
            LandingCheck(
                f"code:{field}", severity, contract.owner.mending_office,
                f"Events whose {_named(field, rule)} is not among the {len(rule.one_of)} codes of the contract.",
                f"{_named(field, rule)} 的取值不在合同列出的 {len(rule.one_of)} 个代码之内。",
                count_if(outside),
            )
        )  # fmt: skip
    return checks


def _places(contract: FeedContract, bounds: Bounds) -> list[LandingCheck]:
    """Coordinates (WGS-84) outside the district's box: some are strays, most are a wrong coordinate system."""
    (west, east), (south, north) = bounds.lon, bounds.lat
    outside = f"(lon < {west} or lon > {east} or lat < {south} or lat > {north})"
    return _threshold(
        contract.gate.outside_share,
        "outside_share",
        contract.owner.mending_office,
        "events",
        "of the events with coordinates lie outside the district: strays, or (where it is most of them) a coordinate "
        f"system other than the declared {contract.crs}, or longitude and latitude swapped",
        f"坐标在辖区之外的事件占比（若占多数，请核对坐标系是否为合同写明的 {contract.crs}、经纬度是否颠倒）",
        f"coalesce({count_if(outside)} / nullif(count(lon), 0), 0)",
    )


def _shares(contract: FeedContract) -> list[LandingCheck]:
    """What the contract's `gate` tolerates. Shares are of the admitted records: fetched less filtered."""
    owner = contract.owner.mending_office
    checks = [
        *_threshold(
            contract.gate.rejected_share, "rejected_share", owner, "landing",
            "of the admitted records were rejected", "被退回的记录占比",
            "coalesce(rejected / nullif(fetched - filtered, 0), 0)",
        ),
        *_threshold(
            contract.gate.unlocated_share, "unlocated_share", owner, "records",
            "of the records have neither coordinates nor a grid or division code", "无坐标、无网格或区划代码的记录占比",
            f"coalesce({count_if('not located')} / nullif(count(*), 0), 0)",
        ),
    ]  # fmt: skip
    if contract.gate.min_records:
        # What is missing from a list reads as ended; a dump of what is new may have a quiet day.
        whole = contract.mode in ("snapshot", "reference")
        checks.append(
            LandingCheck(
                "too_few_records", "hold" if whole else "warn", owner,
                f"Fewer records than the {contract.gate.min_records} that a delivery of this feed brings at least.",
                f"记录数少于合同约定的 {contract.gate.min_records} 条。",
                "fetched", "landing", at_most=None, at_least=contract.gate.min_records, column="fetched_records",
            )
        )  # fmt: skip
    return checks


def _content(contract: FeedContract) -> list[LandingCheck]:
    """Shares of the records that say too little or what nobody knows: no category, a code of no list, a common text."""
    if contract.mode in ("snapshot", "reference"):
        return []
    gate, event = contract.gate, contract.event
    found: list[LandingCheck] = []
    if event.category is not None:
        found += _share_of(
            contract, gate.uncategorised_share, "uncategorised_share", "category_code is null",
            "have no category", "没有分类代码的记录占比",
        )  # fmt: skip
        found += _unknown(contract, gate.unknown_code_share, "code", "a code", "分类代码不在本市目录中的记录占比")
    if event.org_code is not None:
        found += _unknown(contract, gate.unknown_office_share, "office", "an office", "承办部门不在机构表中的记录占比")
    if event.grid is not None:
        found += _unknown(contract, gate.unknown_grid_share, "grid", "a grid", "网格编码不在网格表中的记录占比")
    if event.text is not None:
        found += _share_of(
            contract, gate.empty_text_share, "empty_text_share", "coalesce(length(trim(text)), 0) < 2",
            "have no text", "没有描述的记录占比",
        )  # fmt: skip
        found += _threshold(
            gate.same_text_share, "same_text_share", contract.owner.mending_office, "records",
            "of the records with a text have one and the same", "描述完全相同的记录占比",
            f"case when count(text) >= {ENOUGH} then max(same_text) / count(text) else 0 end",
        )  # fmt: skip
    return found


def _unknown(contract: FeedContract, threshold: Threshold, name: str, en: str, zh: str) -> list[LandingCheck]:
    """Of the records whose code could be looked up in a list of the log, the share that the list does not have."""
    return _share_of(
        contract, threshold, f"unknown_{name}_share", f"not is_{name}_known",
        f"name {en} that the city's list does not have", zh, of=f"is_{name}_known is not null",
    )  # fmt: skip


def _share_of(
    contract: FeedContract, threshold: Threshold, column: str, condition: str, en: str, zh: str, of: str = "true"
) -> list[LandingCheck]:
    share = f"coalesce({count_if(condition)} / nullif({count_if(of)}, 0), 0)"
    return _threshold(threshold, column, contract.owner.mending_office, "records", f"of the records {en}", zh, share)


def _threshold(
    threshold: Threshold, column: str, owner: str, over: Over, en: str, zh: str, measure: str
) -> list[LandingCheck]:
    levels: list[tuple[Severity, float | None]] = [("hold", threshold.hold), ("warn", threshold.warn)]
    return [
        LandingCheck(
            f"{column}:{severity}", severity, owner,
            f"More than {limit:.2%} {en}.", f"{zh}超过 {limit:.2%}。",
            measure, over, at_most=limit, column=column,
        )
        for severity, limit in levels if limit is not None
    ]  # fmt: skip


def _personal() -> list[LandingCheck]:
    """Personal values that the edge should have taken away. Only counted, never shown."""
    texts = ("text", "address")
    seen = " or ".join(
        f"regexp_matches({column}, {literal(pattern)})" for column in texts for pattern in (_IDENTITY, _MOBILE)
    )
    return [
        LandingCheck(
            "personal_value", "hold", BUREAU,
            "An identity number or a mobile number stands in a text or an address in clear; "
            "give the field a privacy rule and land the batch again.",
            "正文或地址中出现明文身份证号或手机号，请在合同中补充隐私规则后重新落地。",
            count_if(seen),
        ),
        LandingCheck(
            "token_in_clear", "hold", BUREAU,
            "A person's token does not have the form of a token: is it a value in clear?",
            "人员标识不是令牌形式，可能是明文。",
            count_if(f"not regexp_matches(actor_token, {literal(_TOKEN)})"),
        ),
    ]  # fmt: skip


def _coordinates(contract: FeedContract) -> list[LandingCheck]:
    checks = [
        LandingCheck(
            "impossible_place", "hold", BUREAU,
            "Coordinates that can be no place: half a pair, zero and zero, or beyond the poles.",
            "坐标不成立：只有一半、为零，或超出经纬度范围。",
            count_if("((lon is null) <> (lat is null)) or (lon = 0 and lat = 0) or abs(lon) > 180 or abs(lat) > 90"),
        )
    ]  # fmt: skip
    coarse = " or ".join(f"abs({column} * 100 - round({column} * 100)) < 0.00001" for column in ("lon", "lat"))
    if contract.crs in ("wgs84", "cgcs2000"):  # others are converted, and no digits can be counted any more
        checks.append(
            LandingCheck(
                "coarse_coordinates", "warn", contract.owner.mending_office,
                "More than a fifth of 20 or more places have at most two decimals: a kilometre and more, no grid.",
                "超过五分之一的坐标只有两位小数以内（误差一公里以上），无法落到网格。",
                f"case when count(lon) >= {ENOUGH} then {count_if(coarse)} / count(lon) else 0 end",
                "records", at_most=0.2,
            )
        )  # fmt: skip
    return checks


def _drift(contract: FeedContract) -> list[LandingCheck]:
    return [
        LandingCheck(
            "volume_unusual", "warn", contract.owner.mending_office,
            "Far fewer or far more records than in this feed's deliveries of the same hour on the same kind of day.",
            "记录数与该接口同类日期、同一时段的以往批次相差悬殊。",
            "volume_unusual", "landing",
        ),
        LandingCheck(
            "new_columns", "warn", contract.owner.mending_office,
            "The delivery has columns that neither the contract nor an earlier delivery has: was a column renamed?",
            "交付中出现合同和以往交付都没有的列，是否改了列名？",
            "new_columns", "landing",
        ),
        LandingCheck(
            "columns_emptied", "warn", contract.owner.mending_office,
            "Columns that earlier deliveries filled came empty, or filled less than half as often as ever before.",
            "以往批次都有值的字段本次为空，或有值的比例不到以往最低的一半。",
            "columns_emptied", "landing",
        ),
    ]  # fmt: skip


def _clocks(contract: FeedContract) -> list[LandingCheck]:
    """Times that a delivery cannot know yet, or that nobody can mean."""
    owner = contract.owner.mending_office
    checks = [
        LandingCheck(
            "time_before_1990", "warn", owner,
            "Events dated before 1990: a zero date of the source system.", "事件时间早于 1990 年，疑为系统零值。",
            count_if(f"occurred_at < {EARLIEST}"),
        ),
        LandingCheck(
            "recorded_after_delivery", "warn", owner,
            "Records changed after the delivery that brings them: a wrong clock or time zone.",
            "记录的更新时间晚于交付时间，疑为时钟或时区错误。",
            count_if(f"recorded_at > observed_at + {CLOCK_SKEW}"),
        ),
    ]  # fmt: skip
    if contract.mode != "snapshot":  # a planned outage may stand in a list before it begins
        checks.append(
            LandingCheck(
                "occurred_after_delivery", "warn", owner,
                "Events that happened after the delivery that tells them: a wrong clock or time zone.",
                "事件发生时间晚于交付时间，疑为时钟或时区错误。",
                count_if(f"occurred_at > observed_at + {CLOCK_SKEW} and event_type <> {literal(WITHOUT_EVENT)}"),
            )
        )  # fmt: skip
    return checks


def _life_cycle(contract: FeedContract) -> list[LandingCheck]:
    owner = contract.owner.mending_office
    return [
        LandingCheck(
            "closed_before_reported", "warn", owner,
            "Records whose closing lies before their reporting.", "结案时间早于上报时间。",
            count_if("closed_at < reported_at"), "records",
        ),
        LandingCheck(
            "stages_out_of_order", "warn", owner,
            "Records whose stages do not follow one another: accepted, filed, dispatched, handled, closed.",
            "受理、立案、派遣、处置、结案的先后顺序不成立。",
            count_if(
                "accepted_at < reported_at or registered_at < accepted_at or dispatched_at < registered_at "
                "or handled_at < dispatched_at or closed_at < handled_at"
            ),
            "records",
        ),
        LandingCheck(
            "event_told_twice", "warn", BUREAU,
            "One record tells the same event more than once: two event rules of the contract have one identity.",
            "同一记录重复产生同一事件：合同中两条事件规则的标识相同。",
            "count(*) - count(distinct (event_id, line))",
        ),
    ]  # fmt: skip


def _keys(contract: FeedContract) -> list[LandingCheck]:
    """A key names one record, and a record says one thing at a time."""
    owner = contract.owner.mending_office
    checks = [
        LandingCheck(
            "one_key_for_most", "hold", owner,
            "Most of 20 or more records carry one and the same key: each would replace the one before it.",
            "大多数记录使用同一主键，后者会覆盖前者。",
            f"case when count(*) >= {ENOUGH} then max(same_key) / count(*) else 0 end",
            "records", at_most=0.5,
        )
    ]  # fmt: skip
    if contract.mode == "upsert":
        checks.append(
            LandingCheck(
                "record_contradicts_itself", "warn", owner,
                "Records that one delivery tells more than once as of the same moment, with another content each time.",
                "同一批次中，同一记录在同一时刻有不同内容。",
                count_if("is_contradicted"), "records",
            )
        )  # fmt: skip
    return checks


def _freshness(contract: FeedContract) -> LandingCheck:
    """Only of feeds whose deliveries are whole; of an interface that is asked page by page the first ones are older."""
    allowed = int((contract.lateness + 4 * contract.cadence + timedelta(days=1)).total_seconds())
    return LandingCheck(
        "records_stale", "warn", contract.owner.mending_office,
        "The newest record of the delivery is older than the feed may be late, four of its periods and a day.",
        "交付中最新记录的时间早于允许的迟到时间加四个周期再加一天。",
        f"coalesce(max(recorded_at) < max(observed_at) - interval {allowed} second, false)::int",
    )  # fmt: skip


def _vocabulary(contract: FeedContract, vocabulary: Collection[str]) -> LandingCheck:
    known = sorted({*vocabulary, WITHOUT_EVENT})
    return LandingCheck(
        "unknown_event_type", "warn", contract.owner.mending_office,
        "Events of a type whose effect the warehouse does not know; they are kept and change no state.",
        "事件类型未收录，已保留但不影响办理状态。",
        count_if(f"event_type not in {_one_of(known)}"),
    )  # fmt: skip


def _snapshot(contract: FeedContract) -> list[LandingCheck]:
    return [
        LandingCheck(
            "not_one_snapshot", "hold", BUREAU,
            "A delivery of the whole list must leave exactly one snapshot_taken row.",
            "每次全量交付应当恰有一条 snapshot_taken。",
            f"abs(1 - {count_if(f'event_type = {literal(SNAPSHOT)}')})",
        ),
        LandingCheck(
            "item_repeated", "hold", contract.owner.mending_office,
            "One item stands in the list more than once.", "同一事项在清单中重复出现。",
            f"{count_if(_ITEM)} - count(distinct (stream_type, stream_key)) filter (where {_ITEM})",
        ),
    ]  # fmt: skip


def _reference(contract: FeedContract) -> list[LandingCheck]:
    """Dated tables: something is stated, from before until after, and one row at a time."""
    owner = contract.owner.mending_office
    table = contract.reference.table if contract.reference else ""
    checks = [
        LandingCheck(
            "nothing_stated", "hold", owner,
            "The delivery states no row of the reference table.", "交付中没有任何基础数据行。",
            "recorded", "landing", at_most=None, at_least=1, column="recorded_records",
        ),
        LandingCheck(
            "validity_reversed", "hold", owner,
            "Rows that end before they begin (valid_to is not after valid_from).", "有效期的终止不晚于起始。",
            count_if("stated_to <= occurred_at"), "statements",
        ),
    ]  # fmt: skip
    if table == "grid":
        kind = f"json_extract_string({_attribute('polygon')}, '$.type')"
        checks.append(
            LandingCheck(
                "polygon_unreadable", "hold", owner,
                "Grids whose polygon is no GeoJSON Polygon or MultiPolygon.", "网格边界不是 GeoJSON 面。",
                count_if(
                    f"{_attribute('polygon')} is not null and not coalesce(case when "
                    f"json_valid({_attribute('polygon')}) then {kind} in ('Polygon', 'MultiPolygon') end, false)"
                ),
            )
        )  # fmt: skip
    if table == "limit":
        checks.append(
            LandingCheck(
                "limit_unusable", "hold", owner,
                "Limits without a positive value, of an unknown unit, stage or way of counting, or hours that are "
                "counted as days.",
                "时限不是正数，单位、环节或计日方式未知，或以小时按日计算。",
                count_if(
                    f"not coalesce(try_cast({_attribute('limit_value')} as bigint) > 0 "
                    f"and {_attribute('limit_unit')} in {_one_of(UNITS)} "
                    f"and {_attribute('stage')} in {_one_of(STAGES)} "
                    f"and (coalesce({_attribute('day_rule')}, 'rolling') = 'rolling' "
                    f"or {_attribute('day_rule')} = 'day_count' "
                    f"and {_attribute('limit_unit')} in {_one_of(DAY_UNITS)}) "
                    f"and ({_attribute('end_minute')} is null "
                    f"or try_cast({_attribute('end_minute')} as integer) between 0 and 1440) "
                    f"and ({_attribute('roll_over')} is null "
                    f"or try_cast({_attribute('roll_over')} as boolean) is not null), false)"
                ),
            )
        )  # fmt: skip
    if table in REFERENCE_KEYS:
        checks.append(
            LandingCheck(
                "validity_overlap", "hold", owner,
                "Two rows of the same key hold at the same time.", "同一代码的两行有效期重叠。",
                count_if("next_from < coalesce(stated_to, timestamptz 'infinity')"), "statements",
            )
        )  # fmt: skip
    return checks


def statements_sql(contract: FeedContract) -> str | None:
    """SQL over `rows`: each stated reference row, the instant at which it ends, and that at which the next begins.

    `stated_to` is null where the row holds until further notice, `next_from` the start of the next row of the same
    natural key (null for tables whose key is not known here). None for feeds that state no table.
    """
    if contract.reference is None:
        return None
    names = REFERENCE_KEYS.get(contract.reference.table, ())
    following = "cast(null as timestamptz)"
    if names:
        key = ", ".join(_attribute(name) for name in names)
        following = f"lead(occurred_at) over (partition by landing, {key} order by occurred_at, line)"
    return f"""
        select landing, occurred_at, {_end(contract)} as stated_to, {following} as next_from
        from rows where event_type = 'reference_stated'
    """


def _end(contract: FeedContract) -> str:
    """SQL of the instant at which a stated row ends; without a valid_to a row only excludes one of the same start."""
    told = contract.reference.valid_to if contract.reference else None
    if not isinstance(told, str):
        return "occurred_at + interval 1 microsecond"
    value = f"try_cast({_attribute(told)} as timestamp)"
    if contract.fields[told].type in ("timestamp", "epoch_ms", "epoch_s"):
        return f"timezone('UTC', {value})"
    return f"timezone({literal(contract.time.dated[-1].zone)}, {value})"


def _attribute(name: str) -> str:
    return f"json_extract_string(attributes, {literal('$.' + quoted(name))})"


def _named(field: str, rule: FieldRule) -> str:
    return f"{field} ({rule.label})" if rule.label else field


def _coordinate_fields(contract: FeedContract) -> set[str]:
    """Fields that become lon and lat: taken away at landing where they can be no place."""
    found = set()
    for columns in [contract.event, *(rule.set for rule in contract.events if rule.set)]:
        found |= {cell for cell in (columns.lon, columns.lat) if isinstance(cell, str)}
    return found


def _merged(base: EventColumns, over: EventColumns | None) -> EventColumns:
    """The columns of one event: those of the contract, replaced by those that its rule sets; attributes add up."""
    if over is None:
        return base
    given = {name: getattr(over, name) for name in over.model_fields_set}
    given["attributes"] = [*base.attributes, *over.attributes]
    return base.model_copy(update=given)


def _kinds(contract: FeedContract) -> list[tuple[str, EventColumns]]:
    """Event type and columns of each way in which a record becomes an event."""
    if contract.mode == "snapshot":
        return [("item_observed", contract.event)]
    if contract.mode == "reference":
        hidden = {
            name for name, rule in contract.fields.items() if rule.privacy and rule.privacy.rule in ("name", "drop")
        }
        return [("reference_stated", EventColumns(attributes=[name for name in contract.fields if name not in hidden]))]
    rules: list[EventRule] = contract.events
    return [(rule.type, _merged(contract.event, rule.set)) for rule in rules]


def _filled(columns: EventColumns) -> dict[str, str]:
    """SQL of a value of an event row → the field that fills it, where it is a plain field."""
    filled = {name: cell for name in _CELLS if isinstance(cell := getattr(columns, name), str)}
    if columns.category and isinstance(columns.category.code, str):
        filled["category_code"] = columns.category.code
    if columns.grid and isinstance(columns.grid.code, str):
        filled["grid_code_given"] = columns.grid.code
    return {**filled, **{_attribute(name): name for name in columns.attributes}}


def _places_of_fields(contract: FeedContract) -> dict[str, list[tuple[list[str], str]]]:
    """Field → where its value stands: event types and SQL of the value.

    A place counts for an event type only where every rule of that type fills it from the same field.
    """
    kinds = _kinds(contract)
    by_type: dict[str, list[dict[str, str]]] = {}
    for event_type, columns in kinds:
        by_type.setdefault(event_type, []).append(_filled(columns))
    found: dict[str, dict[str, list[str]]] = {}
    for event_type, ways in by_type.items():
        for value, field in ways[0].items():
            if all(way.get(value) == field for way in ways[1:]):
                found.setdefault(field, {}).setdefault(value, []).append(event_type)
    return {field: [(types, value) for value, types in places.items()] for field, places in found.items()}
