"""Why an item of a closed month counts otherwise in a later edition.

Its events are compared one by one, by the texts of `rpt_item_basis`; then what is told of the case with what was found
by it; then the rules. Marts of the two editions may have different columns: what both have is compared.
"""

from collections.abc import Iterable

import duckdb

from ingest.privacy import literal, quoted
from reporting.closing import Closing, utc
from reporting.edition import MARTS

BASIS, CASES = "rpt_item_basis", "fct_case"
CAUSES = (
    "late", "withdrawn", "merged", "corrected", "continued",
    "recategorised", "regridded", "reorganised", "reruled", "indirect",
)  # fmt: skip
"""Why an item counts otherwise, the strongest first; where several hold, the first is its cause."""

PLACE = ("grid_code", "community_code", "street_code")
# Of a case: what is told, and what onegrid finds by it. The second changing without the first is a change of reference.
_FOUND = {
    "recategorised": (("category_code_set_told", "category_code_told"), ("category_code_set", "category_code")),
    "regridded": (("lon", "lat", "grid_scheme_told", "grid_code_told"), ("grid_code",)),
    "reorganised": (("org_code_told",), ("org_code",)),
}
_LIMIT_TOLD = (
    "category_code_set_told", "category_code_told", "org_code_told", "filing_condition", "handle_started_at",
    "close_started_at",
)  # fmt: skip


def tell_causes(
    connection: duckdb.DuckDBPyConnection,
    closing: Closing,
    later: str,
    marts: dict[str, dict[str, list[str]]],
    rules: dict[str, str],
    codes: dict[str, str],
) -> None:
    """Make `item`, the items of `changed` with their causes, and `cause_sum`, the change of each figure by cause.

    The closed edition is attached as `closed`, the other as `later`; `rules` are the versions in force there; `codes`
    maps a kind of subject to the item's column of its code.
    """
    _facts(connection, later, marts, utc(closing.record["clock_at"]).isoformat(sep=" "))
    _rules(connection, closing.record["rules"], rules)
    _items(connection)
    _sums(connection, codes)


def _facts(
    connection: duckdb.DuckDBPyConnection, later: str, marts: dict[str, dict[str, list[str]]], clock: str
) -> None:
    """`fact`: of each changed thing, what differs in its events, and in what was found of its case."""
    told = """
        select item_id, split_part(told, '@', 1) as event_type,
            make_timestamp(cast(split_part(split_part(told, '@', 2), '#', 1) as bigint)) as moment,
            split_part(split_part(told, '#', 2), ':', 1) as event_id, split_part(told, ':', 2) as content
        from (
            select item_id, unnest(string_split(events_told, ' ')) as told
            from {catalog}.mart.rpt_item_basis semi join changed using (item_id)
        )
    """
    moment = "coalesce(now.moment, closed.moment)"
    event = f"coalesce(now.event_type, closed.event_type) || ' ' || strftime({moment}, '%Y-%m-%dT%H:%M:%SZ')"
    listed = f"string_agg({event}, ', ' order by {moment}, event_id)"
    connection.execute(
        f"""
        create table event_change as
        select item_id,
            {listed} filter (where closed.event_id is null) as events_added,
            {listed} filter (where now.event_id is null) as events_removed,
            {listed} filter (where closed.content <> now.content) as events_changed,
            bool_or(closed.event_id is null and now.event_type = 'duplicate_of') as is_merged,
            bool_or(now.event_id is null or closed.content <> now.content or now.moment < timestamp {literal(clock)})
                as is_corrected,
            bool_or(closed.event_id is null and now.moment >= timestamp {literal(clock)}) as is_continued
        from ({told.format(catalog="closed")}) as closed
        full join ({told.format(catalog=later)}) as now using (item_id, event_id)
        where closed.event_id is null or now.event_id is null or closed.content <> now.content
        group by item_id
        """
    )
    shared = [name for name in marts["closed"].get(CASES, []) if name in marts[later].get(CASES, [])]
    both = "closed.case_id is not null and now.case_id is not null"
    limits = [name for name in shared if "_limit_" in name or name.endswith("_due_at")]
    tests = {
        cause: f"{both} and {_none_differs(told_by, shared)} and ({any_differs(_in(found, shared), 'closed', 'now')})"
        for cause, (told_by, found) in _FOUND.items()
    }
    values = [name for name in limits if not name.endswith("_due_at")]
    shown = dict.fromkeys([*(name for _, found in _FOUND.values() for name in found if name in shared), *limits])
    differences = ", ".join(
        f"case when closed.{name} is distinct from now.{name} then {literal(name + ': ')} || "
        f"coalesce(cast(closed.{name} as varchar), '—') || ' → ' || coalesce(cast(now.{name} as varchar), '—') end"
        for name in shown
    )
    empty = "select null::varchar as case_id"
    sides = [
        f"select * from {catalog}.{MARTS}.{CASES}" if CASES in marts[catalog] else empty
        for catalog in ("closed", later)
    ]
    connection.execute(
        f"""
        create table fact as
        select things.item_id,
            closed_basis.item_id is null as is_late,
            now_basis.item_id is null as is_withdrawn,
            coalesce(changes.is_merged, false) as is_merged,
            coalesce(changes.is_corrected, false) as is_corrected,
            coalesce(changes.is_continued, false) as is_continued,
            changes.item_id is null as has_same_events,
            {tests["recategorised"]} as is_recategorised,
            {tests["regridded"]} as is_regridded,
            {tests["reorganised"]} as is_reorganised,
            {both} and (
                {_none_differs(_LIMIT_TOLD, shared)} and ({any_differs(values, "closed", "now")})
                or changes.item_id is null and ({any_differs(limits, "closed", "now")})
            ) as is_reruled,
            changes.events_added, changes.events_changed, changes.events_removed,
            case when {both} then concat_ws('; ', {differences or "null"}) end as differences
        from (select distinct item_id from changed) as things
        left join closed.{MARTS}.{BASIS} as closed_basis on things.item_id = closed_basis.item_id
        left join {later}.{MARTS}.{BASIS} as now_basis on things.item_id = now_basis.item_id
        left join event_change as changes on things.item_id = changes.item_id
        left join ({sides[0]}) as closed on things.item_id = closed.case_id
        left join ({sides[1]}) as now on things.item_id = now.case_id
        """
    )


def _in(names: Iterable[str], shared: list[str]) -> list[str]:
    return [name for name in names if name in shared]


def _none_differs(names: Iterable[str], shared: list[str]) -> str:
    """SQL: whether the closed and the present case agree in columns; those that both do not have are left out."""
    return f"not ({any_differs(_in(names, shared), 'closed', 'now')})"


def _rules(connection: duckdb.DuckDBPyConnection, closed: dict[str, str], now: dict[str, str]) -> None:
    """`rule`: indicators whose rule is another one now, or was not there on one side."""
    connection.execute("create table rule (indicator varchar, rule_version_closed varchar, rule_version_now varchar)")
    others = [(code, closed.get(code), now.get(code)) for code in sorted({*closed, *now})]
    others = [row for row in others if row[1] != row[2]]
    if others:
        connection.executemany("insert into rule values (?, ?, ?)", others)


def _items(connection: duckdb.DuckDBPyConnection) -> None:
    """`item`: the changed items with their cause and all causes that hold, from strong to weak.

    What is found of a thing that is no case is compared in the item itself, where its events are the same.
    """
    both = "changed.numerator_closed is not null and changed.numerator_now is not null"
    place = " or ".join(f"changed.{name}_closed is distinct from changed.{name}_now" for name in PLACE)
    conditions = {
        "late": "is_late",
        "withdrawn": "is_withdrawn",
        "merged": "is_merged",
        "corrected": "is_corrected and not is_late and not is_withdrawn and not is_merged",
        "continued": "is_continued and not is_late and not is_merged",
        "recategorised": "is_recategorised",
        "regridded": f"is_regridded or has_same_events and {both} and ({place})",
        "reorganised": f"is_reorganised or has_same_events and {both} and "
        "changed.org_code_closed is distinct from changed.org_code_now",
        "reruled": "is_reruled or rule.indicator is not null",
    }
    listed = ", ".join(f"case when {condition} then {literal(cause)} end" for cause, condition in conditions.items())
    connection.execute(
        f"""
        create table item as
        with told as (
            select changed.*, coalesce(nullif(concat_ws(' ', {listed}), ''), 'indirect') as causes,
                events_added, events_changed, events_removed, differences
            from changed
            inner join fact on changed.item_id = fact.item_id
            left join rule on changed.indicator = rule.indicator
        )
        select indicator, item_id, split_part(causes, ' ', 1) as cause, causes, * exclude (indicator, item_id, causes)
        from told
        order by indicator, item_id
        """
    )


def _sums(connection: duckdb.DuckDBPyConnection, codes: dict[str, str]) -> None:
    """`cause_sum`: the change of each figure by cause.

    Where an item has several causes though its events are the same, the figures of the grid that it left or came to
    change by the grid, those of the office by the office, and all others by the rule if that is among the causes.
    """
    moved = {
        **{kind: "regridded" for kind, column in codes.items() if column in PLACE},
        **{kind: "reorganised" for kind, column in codes.items() if column == "org_code"},
    }
    own = " ".join(
        f"when subject_kind = {literal(kind)} and {_has(cause)} "
        f"and item.{codes[kind]}_closed is distinct from item.{codes[kind]}_now then {literal(cause)}"
        for kind, cause in moved.items()
    )
    connection.execute(
        f"""
        create table cause_sum as
        with told as (
            select contribution.*,
                case
                    when item.cause not in ('regridded', 'reorganised') then item.cause
                    {own}
                    when {_has("reruled")} then 'reruled'
                    else item.cause
                end as cause
            from contribution
            inner join item on contribution.indicator = item.indicator and contribution.item_id = item.item_id
        )
        select indicator, subject_kind, subject_code, cause, count(*) as items,
            cast(sum(numerator_change) as bigint) as numerator_change,
            cast(sum(denominator_change) as bigint) as denominator_change
        from told
        group by all
        order by all
        """
    )


def _has(cause: str) -> str:
    """SQL: whether a cause is among those of an item."""
    return f"list_contains(string_split(item.causes, ' '), {literal(cause)})"


def any_differs(columns: Iterable[str], one: str, other: str) -> str:
    """SQL: whether two rows differ in any of the columns; false without columns."""
    return " or ".join(f"{one}.{quoted(name)} is distinct from {other}.{quoted(name)}" for name in columns) or "false"
