"""What an upheld objection takes out of a month's rates: the figures before and after, beside the raw ones.

The raw rows stay as the edition has them. Two tables are frozen beside them: `closing_exclusion`, one row per indicator
and item that is taken out, with objection, reason and approver; and `closing_figure`, every figure of the month before
and after. Only rates lose an item: what is merely counted was there all the same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import ClosingError
from ingest.privacy import literal
from reporting.checksums import checksum, columns_of

EXCLUSION, ADJUSTED = "closing_exclusion", "closing_figure"
_COLUMNS = {"network": "network", "organisation": "org_code", "category": "canonical_code"}
_TOLD = (
    "objection bigint", "item_id varchar", "indicator varchar", "reason varchar", "role varchar", "approver varchar",
    "document varchar", "ruled_at varchar",
)  # fmt: skip


def subject_column(kind: str) -> str:
    """The item's column that holds the code of a kind of subject; the district and posts have none."""
    return _COLUMNS.get(kind, f"{kind}_code")


def exclusion_rows(upheld: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """Upheld objections as rows, one an indicator; see `upheld` in reporting/objections.py."""
    names = ("why", "role", "by", "document", "at")
    return [
        [one["objection"], one["item_id"], indicator, *(one[name] for name in names)]
        for one in upheld
        for indicator in one["indicators"]
    ]


def make_exclusions(
    connection: duckdb.DuckDBPyConnection, figures: str, items: str, upheld: Sequence[dict[str, Any]]
) -> None:
    """Temp tables closing_exclusion and closing_figure, from the month's figures and items (SQL, in brackets).

    Raises ClosingError where an excluded item has no figure that it counts in: then items and figures do not fit.
    """
    for name in (EXCLUSION, ADJUSTED, "told_exclusion"):
        connection.execute(f"drop table if exists {name}")
    connection.execute(f"create temp table told_exclusion ({', '.join(_TOLD)})")
    rows = exclusion_rows(upheld)
    if rows:
        connection.executemany(f"insert into told_exclusion values ({', '.join('?' * len(_TOLD))})", rows)
    # several objections to one item take it out once: the first of them
    connection.execute(
        f"""
        create temp table {EXCLUSION} as
        select told.objection, indicator, item_id, item.feed, item.stream_key, item.numerator, item.denominator,
            told.reason, told.role, told.approver, told.document, told.ruled_at
        from {items} as item
        inner join told_exclusion as told using (indicator, item_id)
        where item.denominator is not null
        qualify row_number() over (partition by indicator, item_id order by told.objection) = 1
        order by all
        """
    )
    kinds = [
        kind for (kind,) in connection.execute(f"select distinct subject_kind from {figures} order by 1").fetchall()
    ]
    parts = [
        f"select indicator, item_id, {literal(kind)} as subject_kind, "
        f"{literal('district') if kind == 'district' else subject_column(kind)} as subject_code, "
        "numerator, denominator from side"
        for kind in kinds
        if kind != "post"
    ]
    connection.execute(
        f"""
        create temp table taken as
        with side as (from {items} semi join {EXCLUSION} using (indicator, item_id)),
        posts as (
            select distinct indicator, split_part(subject_code, '/', 2) as post from {figures}
            where subject_kind = 'post'
        ),
        parts as (
            {" union all ".join(parts)}
            union all
            select indicator, item_id, 'post', network || '/' || post, numerator, denominator
            from side inner join posts using (indicator)
        )
        select indicator, subject_kind, subject_code, sum(numerator) as above, sum(denominator) as below,
            count(*) as excluded
        from parts where subject_code is not null group by all
        """
    )
    connection.execute(
        f"""
        create temp table {ADJUSTED} as
        select indicator, subject_kind, subject_code,
            cast(told.numerator as bigint) as numerator_before, cast(told.denominator as bigint) as denominator_before,
            cast(told.numerator - coalesce(taken.above, 0) as bigint) as numerator,
            cast(told.denominator - coalesce(taken.below, 0) as bigint) as denominator,
            coalesce(taken.excluded, 0) as excluded_items
        from {figures} as told
        left join taken using (indicator, subject_kind, subject_code)
        order by all
        """
    )
    [(lost, wrong)] = connection.execute(
        f"select (select count(*) from taken anti join {ADJUSTED} using (indicator, subject_kind, subject_code)), "
        f"(select count(*) from {ADJUSTED} where denominator < 0)"
    ).fetchall()
    connection.execute("drop table taken; drop table told_exclusion")
    if lost or wrong:
        raise ClosingError(
            f"{lost + wrong} figures are not those of the items that are taken out of them: nothing is closed. "
            "Run `onegrid verify`; if all is sound, this is a fault of the code: report it"
        )


def freeze_exclusions(
    connection: duckdb.DuckDBPyConnection, folder: Path, names: Sequence[str] = (EXCLUSION, ADJUSTED)
) -> list[dict[str, Any]]:
    """Write the tables of the exclusions as Parquet; returns what the record tells of them."""
    tables = []
    for name in names:
        file = f"{name}.parquet"
        connection.execute(
            f"copy (select * from {name} order by all nulls first) to {literal(str(folder / file))} "
            "(format parquet, compression zstd)"
        )
        rows, digest = checksum(connection, name)
        columns = [list(column) for column in columns_of(connection, name)]
        tables.append({"name": name, "file": file, "rows": rows, "checksum": digest, "columns": columns})
    return tables
