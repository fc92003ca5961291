"""The SQL by which a contract turns decoded records into events; pure text, no data.

Steps, one temporary table each, so that each can be looked at: texts → typed → private → judged → events. Field
names are quoted identifiers throughout; values of the contract are literals; keys come from a table, never as text.
"""

from dataclasses import dataclass, replace

from ingest.contract import (
    Category,
    Cell,
    EventColumns,
    EventRule,
    Expression,
    FeedContract,
    FieldRule,
    Grid,
    Value,
)
from ingest.log import EVENT_SCHEMA, UNREADABLE_ITEM
from ingest.privacy import literal, private_sql, quoted

SEPARATOR = "chr(31)"
NOTHING = "chr(30)"
_SPACES = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(12288) || chr(65279)"
TIMESTAMP_FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日",
]
DATE_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S"]
_OFFSET = r"^(.*\d:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|z|UTC|[+-]\d{2}:?\d{2})$"
_SQL_TYPES = {
    "string": "varchar",
    "integer": "bigint",
    "number": "double",
    "decimal": "decimal(24, 6)",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "epoch_ms": "timestamp",
    "epoch_s": "timestamp",
    "json": "varchar",
}
_TRUE = ["true", "t", "yes", "y", "1", "是", "有", "真"]
_FALSE = ["false", "f", "no", "n", "0", "否", "无", "假"]


def _list(values: list[str]) -> str:
    return "(" + ", ".join(literal(value) for value in values) + ")"


def unfilled_sql(contract: FeedContract) -> str:
    """From `decoded`: batch, its rows that could be read, and how many of them lack a value, by column of the contract.

    Columns that every row fills are left out.
    """
    columns = sorted(set(contract.source_columns.values()))
    counted = ", ".join(
        f"{{'name': {literal(name)}, 'rows': count(*) - count(nullif(trim({quoted(name)}, {_SPACES}), ''))}}"
        for name in columns
    )
    return f"""
        select batch, count(*), list_filter([{counted}], lambda told : told['rows'] > 0)
        from decoded where fault is null group by batch
    """


def texts_sql(contract: FeedContract) -> str:
    """From `decoded` to trimmed texts by field name: empties are null, repaired codes mapped, derived fields added."""
    plain, told, derived = [], [], []
    for name, rule in contract.fields.items():
        column = quoted(name)
        if rule.derived is not None:
            continue
        source = quoted(rule.source or name)
        plain.append(f"{f'trim({source}, {_SPACES})' if rule.trim else source} as {column}")
        clean = f"case when {column} in {_list(['', *rule.empty])} then null"
        for old, new in rule.map.items():
            clean += f" when {column} = {literal(old)} then {literal(new)}"
        told.append(f"{clean} else {column} end as {column}")
    for name, rule in contract.fields.items():
        if rule.derived is not None:
            expression = f"cast(({rule.derived}\n) as varchar)"
            derived.append(f"nullif(trim({expression}, {_SPACES}), '') as {quoted(name)}")
    admitted = f"coalesce(({contract.admit.records}\n), false)" if contract.admit.records else "true"
    extra = "".join(f",\n {part}" for part in derived)
    return f"""
        create or replace temp table texts as
        with plain as (select batch, line, fault, batches.observed_at, {", ".join(plain)}
            from decoded join batches using (batch)
        ),
        told as (select batch, line, fault, observed_at, {", ".join(told)} from plain)
        select *{extra}, (fault is not null or {admitted}) as admitted
        from told
    """


def _localised(body: str, contract: FeedContract, rule: FieldRule) -> str:
    """A naive local timestamp to UTC, by the zone that was in force at its written date."""
    if rule.zone:
        return f"timezone('UTC', timezone({literal(rule.zone)}, {body}))"
    branches = ""
    for zone in contract.time.dated[:-1]:
        until = literal(str(zone.until))
        clock = "observed_at" if contract.time.by == "observed_at" else body
        branches += f" when {clock} < timestamp {until} then timezone('UTC', timezone({literal(zone.zone)}, {body}))"
    last = f"timezone('UTC', timezone({literal(contract.time.dated[-1].zone)}, {body}))"
    return f"case{branches} else {last} end" if branches else last


def _typed(name: str, rule: FieldRule, contract: FeedContract) -> str:
    """SQL of a field's typed value from its text; null where the text does not fit. Times become naive UTC."""
    text = quoted(name)
    if rule.type == "string":
        return text
    if rule.type == "json":
        return f"case when json_valid({text}) then {text} end"
    if rule.type == "integer":
        whole = f"regexp_extract({text}, '^([+-]?[0-9]+)(?:[.]0+)?$', 1)"
        return f"try_cast(nullif({whole}, '') as bigint)"
    if rule.type == "number":
        return f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end"
    if rule.type == "decimal":
        return f"try_cast({text} as decimal(24, 6))"
    if rule.type == "boolean":
        return (
            f"case when lower({text}) in {_list(_TRUE)} then true when lower({text}) in {_list(_FALSE)} then false end"
        )
    if rule.type == "date":
        formats = ", ".join(literal(form) for form in rule.formats or DATE_FORMATS)
        return f"cast(try_strptime({text}, [{formats}]) as date)"
    if rule.type in ("epoch_ms", "epoch_s"):
        scale = "" if rule.type == "epoch_ms" else " * 1000"
        body = f"epoch_ms(try_cast({text} as bigint){scale})"
        return _localised(body, contract, rule) if contract.time.labelled_utc_is_local or rule.zone else body
    formats = ", ".join(literal(form) for form in rule.formats or contract.time.formats or TIMESTAMP_FORMATS)
    stem = f"coalesce(nullif(regexp_extract({text}, {literal(_OFFSET)}, 1), ''), {text})"
    body = f"try_strptime({stem}, [{formats}])"
    local = _localised(body, contract, rule)
    if contract.time.labelled_utc_is_local:
        return local
    offset = f"replace(regexp_extract({text}, {literal(_OFFSET)}, 2), ':', '')"
    minutes = (
        f"(case when left({offset}, 1) = '-' then -1 else 1 end) * (cast(substr({offset}, 2, 2) as integer) * 60 "
        f"+ cast(substr({offset}, 4, 2) as integer))"
    )
    return (
        f"case when {offset} = '' then {local} when {offset} in ('Z', 'z', 'UTC') then {body} "
        f"else {body} - to_minutes({minutes}) end"
    )


def _field_issues(name: str, rule: FieldRule, typed: str) -> list[str]:
    """SQL texts, each null or `severity|field|code`."""
    text, severity = quoted(name), "reject" if rule.rejects else "warn"

    def issue(condition: str, code: str, level: str = severity) -> str:
        return f"case when {condition} then {literal(f'{level}|{name}|{code}')} end"

    found = []
    if rule.required:
        found.append(issue(f"{text} is null", "missing_required", "reject"))
    if rule.type not in ("string",):
        found.append(issue(f"{text} is not null and ({typed}) is null", f"not_a_{rule.type.split('_')[0]}"))
    if rule.one_of is not None:
        found.append(issue(f"{text} not in {_list(rule.one_of)}", "not_in_code_set"))
    limits = [f"({typed}) < {rule.min}" for _ in [0] if rule.min is not None]
    limits += [f"({typed}) > {rule.max}" for _ in [0] if rule.max is not None]
    if limits:
        found.append(issue(" or ".join(limits), "out_of_range"))
    return found


def typed_sql(contract: FeedContract) -> str:
    """From texts to typed values and the list of what is wrong with each record."""
    values, issues = [], []
    for name, rule in contract.fields.items():
        typed = _typed(name, rule, contract)
        issues.extend(_field_issues(name, rule, typed))
        kept = typed
        if rule.min is not None or rule.max is not None:
            low = f"({typed}) >= {rule.min}" if rule.min is not None else "true"
            high = f"({typed}) <= {rule.max}" if rule.max is not None else "true"
            kept = f"case when {low} and {high} then {typed} end"
        values.append(f"cast({kept} as {_SQL_TYPES[rule.type]}) as {quoted(name)}")
    lon, lat = coordinate_fields(contract)
    raw = f", {quoted(lon)} as lon_raw, {quoted(lat)} as lat_raw" if lon and lat else ""
    listed = ", ".join(issues) or "cast(null as varchar)"
    return f"""
        create or replace temp table typed as
        select batch, line, fault, admitted, observed_at, {", ".join(values)}{raw},
            list_filter([{listed}], lambda issue: issue is not null) as issues
        from texts
    """


def coordinate_fields(contract: FeedContract) -> tuple[str | None, str | None]:
    """The two numeric fields that the events' place comes from, where it comes from fields."""
    lon, lat = contract.event.lon, contract.event.lat
    if isinstance(lon, str) and isinstance(lat, str):
        return lon, lat
    return None, None


def placed_sql(contract: FeedContract) -> str:
    """Coordinates that can be no place are taken away (the raw texts stay); the checks of the contract are added."""
    lon, lat = coordinate_fields(contract)
    replace, issues = "", []
    if lon and lat:
        x, y = quoted(lon), quoted(lat)
        zero = f"({x} = 0 and {y} = 0)"
        wild = f"(abs({x}) > 180 or abs({y}) > 90)"
        half = f"(({x} is null) <> ({y} is null))"
        gone = f"coalesce({zero}, false) or coalesce({wild}, false) or {half}"
        replace = (
            f" replace (case when {gone} then null else {x} end as {x}, case when {gone} then null else {y} end as {y})"
        )
        issues += [
            f"case when {zero} then {literal(f'warn|{lon}|zero_coordinates')} end",
            f"case when {wild} then {literal(f'warn|{lon}|impossible_coordinates')} end",
            f"case when {half} then {literal(f'warn|{lon}|half_a_coordinate')} end",
        ]
    for check in contract.checks:
        issue = literal(f"{check.severity}|{check.field or ''}|{check.code}")
        issues.append(f"case when ({check.when_not}\n) is false then {issue} end")
    listed = ", ".join(issues) or "cast(null as varchar)"
    return f"""
        create or replace temp table placed as
        select * exclude (issues){replace},
            issues || list_filter([{listed}], lambda issue: issue is not null) as issues
        from typed
    """


def free_text_fields(contract: FeedContract) -> set[str]:
    """Fields that end in a text, an address or the attributes of an event: scrubbed unless the contract says `clear`.

    Codes of a closed set and identifying fields are no free text.
    """
    found: set[str] = set()
    for columns in [contract.event, *(rule.set for rule in contract.events if rule.set)]:
        found.update(columns.attributes)
        found.update(cell for cell in (columns.text, columns.address) if isinstance(cell, str))
    return {name for name in found if contract.fields[name].one_of is None} - contract.identifying_fields


def private_sql_of(contract: FeedContract, key_version: int) -> str:
    """From typed values to what may leave the vault."""
    secret = [
        (quoted(name), "[姓名]" if rule.privacy.rule == "name" else "[隐去]")
        for name, rule in contract.fields.items()
        if rule.privacy and rule.privacy.rule in ("name", "drop", "token") and rule.derived is None
    ]
    free = free_text_fields(contract) if contract.mode != "reference" else set()
    columns = []
    for name, rule in contract.fields.items():
        sql = private_sql(name, rule, secret, key_version, name in free)
        columns.append(f"{sql} as {quoted(name)}")
    lon, _ = coordinate_fields(contract)
    raw = ", lon_raw, lat_raw" if lon else ", cast(null as varchar) as lon_raw, cast(null as varchar) as lat_raw"
    return f"""
        create or replace temp table private as
        select batch, line, fault, admitted, observed_at, issues, {", ".join(columns)}{raw}
        from placed cross join hmac_key
    """


def _cell(cell: Cell | None, cast: str = "varchar") -> str:
    if cell is None:
        return f"cast(null as {cast})"
    if isinstance(cell, Value):
        inner = "null" if cell.value is None else literal(str(cell.value))
    else:
        inner = f"({cell.expression}\n)" if isinstance(cell, Expression) else quoted(cell)
    return f"cast({inner} as {cast})"


def _key_sql(key: list[str] | Expression) -> str:
    if isinstance(key, Expression):
        return f"cast(({key.expression}\n) as varchar)"
    if len(key) == 1:
        return f"cast({quoted(key[0])} as varchar)"
    parts = [f"cast({quoted(name)} as varchar)" for name in key]
    return (
        f"case when {' and '.join(f'{part} is not null' for part in parts)} then concat_ws('|', {', '.join(parts)}) end"
    )


def judged_sql(contract: FeedContract) -> str:
    """Key, content hash and status of each record: recorded, duplicate, rejected or filtered."""
    hashed = [
        f"coalesce(cast({quoted(name)} as varchar), {NOTHING})"
        for name, rule in contract.fields.items()
        if rule.hashed and not (rule.privacy and rule.privacy.rule in ("name", "drop"))
    ]
    recorded = _cell(contract.recorded_at, "timestamp") if contract.recorded_at else "cast(null as timestamp)"
    once_a_delivery = contract.mode == "snapshot"
    repeated = "list_append(issues, 'reject||key_repeated')" if once_a_delivery else "issues"
    return f"""
        create or replace temp table judged as
        with keyed as (
            select *, {_key_sql(contract.key)} as record_key, {recorded} as told_recorded_at,
                left(sha256(concat_ws({SEPARATOR}, {", ".join(hashed)})), 32) as record_hash
            from private
        ),
        fates as (
            select * replace (
                case when fault is not null then ['reject||' || fault]
                     when record_key is null
                        and len(list_filter(issues, lambda issue: starts_with(issue, 'reject|'))) = 0
                        then list_append(issues, 'reject||missing_key') else issues end as issues)
            from keyed
        ),
        first_fate as (
            select *, case when not admitted then 'filtered'
                when len(list_filter(issues, lambda issue: starts_with(issue, 'reject|'))) > 0 then 'rejected'
                else 'recorded' end as fate
            from fates
        ),
        repeats as (
            select *,
                row_number() over (partition by batch, fate, record_key, record_hash order by line) as telling,
                row_number() over (partition by batch, fate, record_key order by line) as key_telling
            from first_fate
        )
        select * exclude (fate, telling, key_telling, issues),
            case when fate = 'recorded' and telling = 1 and key_telling > 1 then {repeated} else issues end as issues,
            case when fate = 'recorded' and telling > 1 then 'duplicate'
                 when fate = 'recorded' and key_telling > 1 and {"true" if once_a_delivery else "false"} then 'rejected'
                 else fate end as record_status
        from repeats
    """


@dataclass(frozen=True)
class _Event:
    """The parts of one event rule as SQL."""

    type: str
    version: int
    identity: str
    stream_type: str
    stream_key: str
    at: str
    when: str
    discriminator: str
    columns: EventColumns


def _merged(base: EventColumns, over: EventColumns | None) -> EventColumns:
    if over is None:
        return base
    given = {name: getattr(over, name) for name in over.model_fields_set}
    if "attributes" in given:
        given["attributes"] = [*base.attributes, *(n for n in over.attributes if n not in base.attributes)]
    return base.model_copy(update=given)


def _event_of(rule: EventRule, contract: FeedContract) -> _Event:
    stream = rule.stream or contract.stream
    if stream is None:
        raise ValueError("linted contracts have a stream")
    at = _cell(rule.at, "timestamp")
    return _Event(
        rule.type,
        rule.version,
        rule.identity,
        literal(stream.type),
        _cell(stream.key),
        at,
        f"({rule.when}\n) and {at} is not null" if rule.when else f"{at} is not null",
        _cell(rule.discriminator) if rule.discriminator is not None else "''",
        _merged(contract.event, rule.set),
    )


def _row_sql(contract: FeedContract, event: _Event, order: int, source: str) -> str:
    """One select that makes the rows of one kind of event."""
    columns = event.columns
    category: Category | None = columns.category
    grid: Grid | None = columns.grid
    told = [f"{literal(name)}, {_told(name, contract)}" for name in columns.attributes]
    if category and category.kind is not None:
        told.insert(0, f"'category_kind', {_cell(category.kind)}")
    attributes = ", ".join(told)

    def named(value: str | Expression | Value | None) -> str:
        return literal(value) if isinstance(value, str) else _cell(value)

    cells = {
        "identity": literal(event.identity),
        "stream_type": event.stream_type,
        "stream_key": event.stream_key,
        "event_type": literal(event.type),
        "event_version": f"cast({event.version} as integer)",
        "occurred_at": event.at,
        "discriminator": event.discriminator,
        "record_key": "record_key",
        "record_hash": "record_hash",
        "category_code_set": named(category.code_set) if category else "cast(null as varchar)",
        "category_code": _cell(category.code) if category else "cast(null as varchar)",
        **{
            name: _cell(getattr(columns, name))
            for name in ("nature", "channel", "level", "org_code", "actor_token", "counterpart_org_code")
        },
        "lon": _cell(columns.lon, "double"),
        "lat": _cell(columns.lat, "double"),
        "lon_raw": "lon_raw",
        "lat_raw": "lat_raw",
        **{name: _cell(getattr(columns, name)) for name in ("address", "division_code")},
        "grid_scheme_given": named(grid.scheme) if grid else "cast(null as varchar)",
        "grid_code_given": _cell(grid.code) if grid else "cast(null as varchar)",
        **{name: _cell(getattr(columns, name)) for name in ("component_code", "appeal_type", "text")},
        "attributes": f"cast(json_object({attributes}) as varchar)" if attributes else "cast(null as varchar)",
    }
    listed = ",\n ".join(f"{sql} as {name}" for name, sql in cells.items())
    return f"select batch, line, {order} as event_order, told_recorded_at, {listed} from {source} where {event.when}"


def _told(name: str, contract: FeedContract) -> str:
    """A field as it stands in the attributes: instants as ISO 8601 in UTC, the rest as it is."""
    if contract.fields[name].type in ("timestamp", "epoch_ms", "epoch_s"):
        return f"strftime({quoted(name)}, '%Y-%m-%dT%H:%M:%SZ')"
    return quoted(name)


def _kinds(contract: FeedContract) -> list[_Event]:
    """The events of a contract in the order of its file; snapshot items and reference statements are events too."""
    if contract.mode == "snapshot" and contract.stream and contract.item:
        return [
            _Event(
                "item_observed", 1, "each", literal(contract.stream.type), _cell(contract.stream.key),
                f"coalesce({_cell(contract.item.at, 'timestamp')}, observed_at)", "true", "batch_id", contract.event,
            )
        ]  # fmt: skip
    if contract.mode == "reference" and contract.reference:
        return [
            _Event(
                "reference_stated", 1, "each", literal(f"reference:{contract.reference.table}"), "record_key",
                _day_start(contract, contract.reference.valid_from), "true", "''",
                EventColumns(attributes=_reference_fields(contract)),
            )
        ]  # fmt: skip
    return [_event_of(rule, contract) for rule in contract.events]


def _reference_fields(contract: FeedContract) -> list[str]:
    hidden = {name for name, rule in contract.fields.items() if rule.privacy and rule.privacy.rule in ("name", "drop")}
    return [name for name in contract.fields if name not in hidden]


def _day_start(contract: FeedContract, cell: str | Expression | Value) -> str:
    """The UTC instant at which a local day begins; a timestamp field is that instant already."""
    value = _cell(cell, "timestamp")
    if isinstance(cell, str) and contract.fields[cell].type in ("timestamp", "epoch_ms", "epoch_s"):
        return value
    return f"timezone('UTC', timezone({literal(contract.time.dated[-1].zone)}, {value}))"


def events_sql(contract: FeedContract) -> str:
    """From judged records to event rows in the log's columns (coordinates still in the feed's system)."""
    kinds = _kinds(contract)
    # `once` when told again is the same fact; `each` also by its time and discriminator.
    rows = [_row_sql(contract, event, order, "recorded") for order, event in enumerate(kinds)]
    nothing = _Event(
        "record_without_event", 1, "each", "'record'", "record_key", "coalesce(told_recorded_at, observed_at)",
        "not exists (select 1 from told where told.batch = recorded.batch and told.line = recorded.line)",
        "record_hash",
        EventColumns(),
    )  # fmt: skip
    taken = _Event(
        "snapshot_taken",
        1,
        "each",
        "'snapshot'",
        literal(contract.feed),
        "observed_at",
        "true",
        "batch_id",
        EventColumns(),
    )
    parts = ["select * from told", _row_sql(contract, nothing, len(kinds), "recorded")]
    if contract.mode == "snapshot":
        parts.append(_row_sql(contract, taken, -1, "taken"))
        parts.append(_row_sql(contract, replace(kinds[0], at="observed_at", columns=EventColumns()), 0, "unread"))
    crs = literal(contract.crs) if contract.crs != "none" else "null"
    once = (
        f"concat_ws({SEPARATOR}, {literal(contract.feed)}, stream_type, stream_key, event_type, "
        "coalesce(discriminator, ''))"
    )
    each = f"concat_ws({SEPARATOR}, {once}, strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%f'))"
    made = {
        "event_id": f"left(sha256(case when identity = 'once' then {once} else {each} end), 32)",
        "feed": literal(contract.feed),
        "network": literal(contract.network),
        "recorded_at": "coalesce(told_recorded_at, observed_at)",
        "source_ref": "batch_id || ':' || line",
        "crs": f"case when lon is not null then {crs} end",
    }
    content = [
        name
        for name in EVENT_SCHEMA.names
        if name not in ("event_id", "content_hash", "recorded_at", "observed_at", "landed_at", "batch_id", "landing_id",
                        "attempt_id", "line", "source_ref", "record_hash")
    ]  # fmt: skip
    cells = ", ".join(f"coalesce(cast({name} as varchar), {NOTHING})" for name in content)
    first = [name for name in EVENT_SCHEMA.names if name != "content_hash"]
    columns = ", ".join(f"{made[name]} as {name}" if name in made else name for name in first)
    placeholder = "cast(null as varchar) as record_key, cast(null as varchar) as record_hash, "
    return f"""
        create or replace temp table event_rows as
        with recorded as (
            select judged.*, batches.batch_id from judged join batches using (batch) where record_status = 'recorded'
        ),
        taken as (
            select batch, 0::bigint as line, cast(null as timestamp) as told_recorded_at, {placeholder}
                cast(null as varchar) as lon_raw, cast(null as varchar) as lat_raw, observed_at, batch_id
            from batches where not exists (select 1 from judged where judged.batch = batches.batch and judged.line = 0)
        ),
        -- a listed item whose record was rejected is still in the list: without this row it would seem to vanish
        unread as (
            select judged.* replace ({literal(UNREADABLE_ITEM)} as record_hash), batches.batch_id
            from judged join batches using (batch)
            where record_status = 'rejected' and record_key is not null and line > 0 and not exists (
                select 1 from judged as other
                where other.batch = judged.batch and other.record_key = judged.record_key
                    and other.record_status = 'recorded'
            )
            qualify row_number() over (partition by judged.batch, judged.record_key order by judged.line) = 1
        ),
        told as ({" union all ".join(rows)}),
        everything as ({" union all ".join(parts)}),
        made as (
            select batch, event_order, {columns}
            from everything join batches using (batch)
        )
        select *, left(sha256(concat_ws({SEPARATOR}, {cells})), 32) as content_hash
        from made order by batch, line, event_order
    """


def rejections_sql(contract: FeedContract) -> str:
    """What was wrong, one row an issue: rejected records, and warnings on recorded ones. No value of the record."""
    owner = literal(contract.owner.mending_office)
    return f"""
        with issues as (
            select batch, line, unnest(issues) as issue from judged where record_status <> 'filtered'
        ),
        parts as (
            select batch, line, string_split(issue, '|') as part from issues
        )
        select {literal(contract.feed)} as feed, {literal(contract.network)} as network,
            batch_id, landing_id, attempt_id, line,
            nullif(part[2], '') as field, part[3] as code, part[1] as severity, {owner} as owner,
            case when part[1] = 'reject' then 'record left out: ' else 'record kept: ' end || part[3]
                || case when part[2] <> '' then ' in ' || part[2] else '' end as message,
            landed_at
        from parts join batches using (batch)
        order by batch, line, field, code
    """


COUNTS_SQL = """
    select batches.batch,
        count(judged.batch) as fetched,
        count(*) filter (where record_status = 'recorded') as recorded,
        count(*) filter (where record_status = 'duplicate') as duplicate,
        count(*) filter (where record_status = 'rejected') as rejected,
        count(*) filter (where record_status = 'filtered') as filtered
    from batches left join judged using (batch)
    group by batches.batch order by batches.batch
"""
