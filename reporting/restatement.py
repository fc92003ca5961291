"""Restatement of a month: which figures a later edition gives otherwise, by how much, and why.

The rows that a closing froze, or those of an earlier edition, are compared with the same month of another edition, in
SQL over both editions' files. A figure is the sum of its items in both, so its difference is the sum of the differences
of its items: that is checked for every figure before anything is written. Each changed item has a cause, told from the
events that it rests on, from the case's attributes and from the rules.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from ingest.errors import ClosingError
from ingest.files import canonical_json, one_at_a_time
from ingest.home import Home
from ingest.privacy import literal, quoted
from reporting.build import WAREHOUSE
from reporting.checksums import columns_of
from reporting.closing import (
    FIGURES,
    ITEMS,
    RESTATEMENT,
    SCORECARDS,
    Closing,
    Month,
    as_if_closed,
    closing_faults,
    closings,
    edition_of,
    frozen_rows,
    marts_of,
    month_of,
    month_rows,
)
from reporting.edition import MARTS
from reporting.exclusions import ADJUSTED, EXCLUSION, make_exclusions, subject_column
from reporting.objections import proceedings
from reporting.page import query
from reporting.registry import registry
from reporting.rescoring import RESCORED, RESCORED_LINES, can_rescore, make_scores
from reporting.restatement_causes import BASIS, CAUSES, PLACE, any_differs, tell_causes
from reporting.restatement_page import write_page

SUMMARY = "restatement.json"


@dataclass(frozen=True)
class RestatementReport:
    """What a comparison found: changed figures, changed items, and the items by cause.

    `closing` is None where two editions were compared, the earlier of which is `closed_edition`.
    """

    month: str
    closing: int | None
    closed_edition: int
    edition: int
    figures: int
    items: int
    causes: dict[str, int]
    path: Path
    page: Path
    rulings: int = 0

    @property
    def changed(self) -> bool:
        """Whether any item counts otherwise, or an objection was upheld after the closing.

        Figures may stay the same all the same, where differences cancel out.
        """
        return self.items > 0 or self.rulings > 0

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path), "page": str(self.page)}


def restate(
    home: Home, month: Month, edition: str = "", number: int | None = None, out: Path | None = None
) -> RestatementReport:
    """Compare a closing of a month (the last, or `number`) with an edition ('' the current one) and write the report.

    Raises ClosingError where the month is not closed, where an edition cannot be compared, and where a figure is not
    the sum of its items.
    """
    closing = _closing(home, month, number)
    before, _ = edition_of(home, str(closing.record["edition"]))
    after, manifest = edition_of(home, edition)
    folder = _own_folder(out or closing.path / f"{RESTATEMENT}{after.name}")
    with one_at_a_time(home.closings / ".lock"):
        ruled = proceedings(home, month).upheld(after=closing.record["seq"])
        found = _report(folder, lambda connection: _compare(connection, closing, month, before, after, manifest, ruled))
    return _reported(month, closing, manifest, found, folder)


def differ(
    home: Home, earlier: str, later: str = "", month: Month | None = None, out: Path | None = None
) -> RestatementReport:
    """Compare a month of two editions (later: '' the current one) as a restatement does, and write the same report.

    The month is by default the one that the later edition's data end in, in the district's time zone; the folder
    `<home>/differences/<month>-<earlier>-<later>`. Raises ClosingError where an edition is not there or has no figure
    of the month, and where a figure is not the sum of its items.
    """
    before, told = edition_of(home, earlier)
    after, manifest = edition_of(home, later)
    month = month or month_of(manifest)
    folder = _own_folder(out or home.differences / f"{month.name}-{before.name}-{after.name}")
    home.differences.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(home.differences / ".lock"), TemporaryDirectory(dir=home.differences, prefix=".rows-") as rows:
        closing = as_if_closed(before, told, month, Path(rows))
        found = _report(folder, lambda connection: _compare(connection, closing, month, before, after, manifest))
    return _reported(month, closing, manifest, found, folder)


def _own_folder(folder: Path) -> Path:
    """The folder of a report. Raises ClosingError where it holds something else."""
    if folder.exists() and not (folder / SUMMARY).is_file() and any(folder.iterdir()):
        raise ClosingError(f"{folder} holds something else than a restatement; name an empty or a new folder")
    return folder


def _reported(
    month: Month, closing: Closing, manifest: dict[str, Any], found: dict[str, Any], folder: Path
) -> RestatementReport:
    return RestatementReport(
        month.name,
        closing.record["number"],
        closing.record["edition"],
        manifest["number"],
        found["figures"],
        found["items"],
        found["causes"],
        folder,
        folder / "index.html",
        len(found["rulings"]),
    )


def _report(folder: Path, compare: Callable[[duckdb.DuckDBPyConnection], dict[str, Any]]) -> dict[str, Any]:
    """Write a report under another name and put it in its place; what dead ones left beside it is removed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left)
    staging = folder.parent / f".{folder.name}-{uuid.uuid4().hex}"
    staging.mkdir()
    try:
        with duckdb.connect() as connection:
            connection.execute(f"set timezone = 'UTC'; set temp_directory = {literal(str(staging / '.spill'))}")
            found = compare(connection)
            _write(connection, staging, found)
        shutil.rmtree(staging / ".spill", ignore_errors=True)
        _replace(staging, folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return found


def _closing(home: Home, month: Month, number: int | None) -> Closing:
    known = closings(home, month)
    if not known:
        raise ClosingError(f"{month.name} is not closed; `onegrid close {month.name}` closes it")
    chosen = [one for one in known if number in (None, one.record["number"])]
    if not chosen:
        raise ClosingError(f"{month.name} has no closing {number}; `onegrid closings` lists them")
    unsound = closing_faults(home, chosen[-1])
    if unsound:
        raise ClosingError(f"{unsound[0]}: it cannot be compared; run `onegrid verify`")
    return chosen[-1]


def _replace(staging: Path, folder: Path) -> None:
    """Put a finished report in the place of an older one of the same name."""
    old = folder.parent / f".{folder.name}-{uuid.uuid4().hex}"
    if folder.exists():
        folder.rename(old)
    staging.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _compare(
    connection: duckdb.DuckDBPyConnection,
    closing: Closing,
    month: Month,
    before: Path,
    after: Path,
    manifest: dict[str, Any],
    ruled: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Make the tables `figure`, `item`, `contribution` and `cause_sum`; returns what is to be said of the whole."""
    connection.execute(f"attach {literal(str(before / WAREHOUSE))} as closed (read_only)")
    later = "closed"
    if after != before:
        connection.execute(f"attach {literal(str(after / WAREHOUSE))} as later (read_only)")
        later = "later"
    marts = {catalog: marts_of(connection, catalog) for catalog in ("closed", later)}
    for catalog, path in (("closed", before), (later, after)):
        lost = [name for name in (FIGURES, ITEMS, BASIS) if name not in marts[catalog]]
        if lost:
            raise ClosingError(
                f"edition {path.name} has no {' and no '.join(lost)}, so causes cannot be told: its project is too "
                "old; build its log version again with the project in force, and publish that"
            )
    _months(connection, closing, month, later, marts[later])
    _figures(connection)
    _scores(connection, closing, month, later, marts[later])
    _rulings(connection, closing, ruled)
    codes = _subjects(connection)
    _items(connection, codes)
    _contributions(connection, codes)
    rules = {one.code: one.rule_version for one in registry(connection, later, after).values()}
    tell_causes(connection, closing, later, marts, rules, codes)
    _check(connection)
    causes = dict(connection.execute("select cause, count(*) from item group by cause").fetchall())
    [(figures, scores, ruled_scores)] = connection.execute(
        "select (select count(*) from figure), (select count(*) from score), (select count(*) from ruled_score)"
    ).fetchall()
    return {
        "month": month.name,
        "closing": closing.record,
        "edition": manifest["number"],
        "log_version": manifest["log_version"],
        "clock_at": manifest["clock_at"],
        "other_project": manifest["project"]["sha256"] != closing.record["project"]["sha256"],
        "held_feeds": [feed["feed"] for feed in manifest["feeds"] if feed["held_landings"]],
        "figures": figures,
        "scores": scores,
        "rulings": list(ruled),
        "ruled_scores": ruled_scores,
        "assessable_changes": _assessable_changes(connection),
        "items": sum(causes.values()),
        "causes": {cause: causes[cause] for cause in CAUSES if cause in causes},
        "other_tables": _other_tables(connection, closing, month, later, marts[later]),
        "titles": {
            code: (one.title_zh, one.title_en)
            for code, one in {**registry(connection, "closed", before), **registry(connection, later, after)}.items()
            if one.title_zh
        },
        "info": query(connection, f"select * from {later}.{MARTS}.publish_info")[0],
    }


def _months(
    connection: duckdb.DuckDBPyConnection, closing: Closing, month: Month, later: str, marts: dict[str, list[str]]
) -> None:
    """Views of both sides: `closed_figure`, `closed_item` (frozen) and `now_figure`, `now_item`."""
    for name, mart in (("figure", FIGURES), ("item", ITEMS)):
        frozen = literal(str(closing.path / f"{mart}.parquet"))
        connection.execute(f"create view closed_{name} as from read_parquet({frozen})")
        connection.execute(f"create view now_{name} as from {month_rows(later, mart, month, marts[mart])}")


def _figures(connection: duckdb.DuckDBPyConnection) -> None:
    """`figure`: every figure of the month that changed, with its shares as exact fractions in lowest terms."""
    connection.execute(
        f"""
        create table figure as
        with both_sides as (
            select indicator, subject_kind, subject_code,
                closed.numerator as numerator_closed, closed.denominator as denominator_closed,
                now.numerator as numerator_now, now.denominator as denominator_now,
                coalesce(now.numerator, 0) - coalesce(closed.numerator, 0) as numerator_change,
                case when now.denominator is not null or closed.denominator is not null
                    then coalesce(now.denominator, 0) - coalesce(closed.denominator, 0) end as denominator_change
            from closed_figure as closed
            full join now_figure as now using (indicator, subject_kind, subject_code)
        ),
        shares as (
            select *,
                {_fraction("numerator_closed", "denominator_closed")} as share_closed,
                {_fraction("numerator_now", "denominator_now")} as share_now,
                cast(numerator_now as hugeint) * denominator_closed
                    - cast(numerator_closed as hugeint) * denominator_now as change_above,
                cast(denominator_now as hugeint) * denominator_closed as change_below
            from both_sides
            where numerator_change <> 0 or denominator_change <> 0
        )
        select * exclude (change_above, change_below),
            {_fraction("change_above", "change_below")} as share_change
        from shares
        order by all
        """
    )


def _assessable_changes(connection: duckdb.DuckDBPyConnection) -> int:
    """How many figures may be assessed on one side only, where both editions tell it; their numbers may be the same."""
    sides = [{name for name, _ in columns_of(connection, f"{side}_figure")} for side in ("closed", "now")]
    if not all("is_assessable" in columns for columns in sides):
        return 0
    [(count,)] = connection.execute(
        "select count(*) from closed_figure inner join now_figure using (indicator, subject_kind, subject_code) "
        "where closed_figure.is_assessable <> now_figure.is_assessable"
    ).fetchall()
    return int(count)


def _scores(
    connection: duckdb.DuckDBPyConnection, closing: Closing, month: Month, later: str, marts: dict[str, list[str]]
) -> None:
    """`score`: the ratees whose score, maximum or rank changed; without rows where an edition has no scorecards."""
    key, values = ("scorecard", "ratee_code"), ("score", "maximum", "ranking")
    frozen = next((table for table in closing.record["tables"] if table["name"] == SCORECARDS), None)
    told = {column for column, _ in frozen["columns"]} if frozen else set()
    columns = ", ".join(f"closed.{name} as {name}_closed, now.{name} as {name}_now" for name in values)
    if frozen and {*key, *values} <= told & set(marts.get(SCORECARDS, [])):
        closed = f"read_parquet({literal(str(closing.path / frozen['file']))})"
        now = month_rows(later, SCORECARDS, month, marts[SCORECARDS])
    else:
        closed = now = f"(select {', '.join(f'null as {name}' for name in (*key, *values))} where false)"
    connection.execute(
        f"create table score as select {', '.join(key)}, {columns} from {closed} as closed "
        f"full join {now} as now using ({', '.join(key)}) where {any_differs(values, 'closed', 'now')}"
    )


def _fraction(above: str, below: str) -> str:
    """SQL: a fraction in lowest terms as text, null without a base."""
    divisor = f"gcd(cast({above} as hugeint), cast({below} as hugeint))"
    return f"case when {below} > 0 then ({above} // {divisor}) || '/' || ({below} // {divisor}) end"


def _subjects(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Subject kind → the item's column of its code. A kind is told by `<kind>_code`, an organisation by `org_code`, a
    category by `canonical_code`.

    The district has no column; a post is the network with the post of the indicator. Raises ClosingError for a kind
    that items do not tell: its figures could not be explained.
    """
    rows = connection.execute(
        "select subject_kind from closed_figure union select subject_kind from now_figure"
    ).fetchall()
    shared = set.intersection(
        *({name for name, _ in columns_of(connection, f"{side}_item")} for side in ("closed", "now"))
    )
    codes = {kind: subject_column(kind) for (kind,) in sorted(rows) if kind not in ("district", "post")}
    lost = [kind for kind, column in codes.items() if column not in shared]
    if lost:
        raise ClosingError(f"items do not tell the {', '.join(lost)} they count for: those figures cannot be explained")
    return codes


def _rulings(connection: duckdb.DuckDBPyConnection, closing: Closing, ruled: Sequence[dict[str, Any]]) -> None:
    """`ruling`, `ruled_figure`, `ruled_score`: what objections upheld after the closing take out, and what it changes.

    Both sides are figures of the closing, without what it left out itself: no raw row changes by a ruling.
    """
    upheld = closing.record.get("upheld", [])
    rows = frozen_rows(closing.path, closing.record)
    columns = {table["name"]: [name for name, _ in table["columns"]] for table in closing.record["tables"]}
    scored = bool(ruled) and can_rescore(columns)
    make_exclusions(connection, "closed_figure", "closed_item", upheld)
    connection.execute(f"create temp table figure_before as from {ADJUSTED}")
    if scored:
        make_scores(connection, rows)
        connection.execute(f"create temp table score_before as from {RESCORED}")
    make_exclusions(connection, "closed_figure", "closed_item", [*upheld, *ruled])
    later = [one["objection"] for one in ruled]
    connection.execute(
        f"create table ruling as from {EXCLUSION} where list_contains(?, objection) order by all", [later]
    )
    connection.execute(
        f"""
        create table ruled_figure as
        select indicator, subject_kind, subject_code, closed.numerator as numerator_closed,
            closed.denominator as denominator_closed,
            {_fraction("closed.numerator", "closed.denominator")} as share_closed,
            ruled.numerator as numerator_ruled, ruled.denominator as denominator_ruled,
            {_fraction("ruled.numerator", "ruled.denominator")} as share_ruled
        from figure_before as closed
        inner join {ADJUSTED} as ruled using (indicator, subject_kind, subject_code)
        where closed.denominator <> ruled.denominator or closed.numerator <> ruled.numerator
        order by all
        """
    )
    values = ("score", "maximum", "ranking")
    sides = ", ".join(f"closed.{name} as {name}_closed, ruled.{name} as {name}_ruled" for name in values)
    if scored:
        make_scores(connection, rows)
        connection.execute(
            f"create table ruled_score as select scorecard, ratee_code, {sides} from score_before as closed "
            f"inner join {RESCORED} as ruled using (scorecard, ratee_code) "
            f"where {any_differs(values, 'closed', 'ruled')} order by all"
        )
    else:
        connection.execute(
            "create table ruled_score as select '' as scorecard, '' as ratee_code, "
            f"{', '.join(f'0 as {name}_{side}' for name in values for side in ('closed', 'ruled'))} where false"
        )


def _items(connection: duckdb.DuckDBPyConnection, codes: dict[str, str]) -> None:
    """`changed`: every item of the month that counts otherwise, with both of its sides."""
    columns = ["numerator", "denominator", *dict.fromkeys(("network", *codes.values(), *PLACE, "org_code"))]
    sides = ", ".join(f"closed.{name} as {name}_closed, now.{name} as {name}_now" for name in columns)
    connection.execute(
        f"""
        create table changed as
        select indicator, item_id,
            coalesce(now.feed, closed.feed) as feed,
            coalesce(now.stream_type, closed.stream_type) as stream_type,
            coalesce(now.stream_key, closed.stream_key) as stream_key,
            closed.counted_at_local as counted_at_local_closed, now.counted_at_local as counted_at_local_now,
            closed.also_counted_at_local as also_counted_at_local_closed,
            now.also_counted_at_local as also_counted_at_local_now,
            {sides}
        from closed_item as closed
        full join now_item as now using (indicator, item_id)
        where {any_differs(columns, "closed", "now")}
        """
    )


def _contributions(connection: duckdb.DuckDBPyConnection, codes: dict[str, str]) -> None:
    """`contribution`: what each changed item adds to the difference of each figure."""
    kinds = {"district": "'district'", **codes}
    parts = [
        f"select indicator, item_id, {literal(kind)} as subject_kind, {column} as subject_code, above, below from side"
        for kind, column in kinds.items()
    ]
    posts = "select distinct indicator, split_part(subject_code, '/', 2) as post from {} where subject_kind = 'post'"
    names = ", ".join(dict.fromkeys(("network", *codes.values())))
    connection.execute(
        f"""
        create table contribution as
        with side as (
            select indicator, item_id, {names}, -numerator as above, -coalesce(denominator, 0) as below
            from closed_item semi join changed using (indicator, item_id)
            union all
            select indicator, item_id, {names}, numerator as above, coalesce(denominator, 0) as below
            from now_item semi join changed using (indicator, item_id)
        ),
        posts as ({posts.format("closed_figure")} union {posts.format("now_figure")}),
        parts as (
            {" union all ".join(parts)}
            union all
            select indicator, item_id, 'post', network || '/' || post, above, below
            from side inner join posts using (indicator)
        )
        select indicator, subject_kind, subject_code, item_id,
            cast(sum(above) as bigint) as numerator_change, cast(sum(below) as bigint) as denominator_change
        from parts
        where subject_code is not null
        group by all
        having sum(above) <> 0 or sum(below) <> 0
        """
    )


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise ClosingError unless every figure's difference is the sum of its items' differences, exactly."""
    wrong = query(
        connection,
        """
        with explained as (
            select indicator, subject_kind, subject_code,
                sum(numerator_change) as above, sum(denominator_change) as below
            from cause_sum group by all
        )
        select indicator, subject_kind, subject_code, numerator_change, denominator_change, above, below
        from figure full join explained using (indicator, subject_kind, subject_code)
        where coalesce(numerator_change, 0) <> coalesce(above, 0)
            or coalesce(denominator_change, 0) <> coalesce(below, 0)
        order by all
        """,
    )
    if wrong:
        first = wrong[0]
        raise ClosingError(
            f"{len(wrong)} figures are not the sum of their items, the first is {first['indicator']} of "
            f"{first['subject_kind']} {first['subject_code']}: it changed by {first['numerator_change']}, its items by "
            f"{first['above']}. Run `onegrid verify`; if all is sound, this is a fault of the code: report it"
        )


def _other_tables(
    connection: duckdb.DuckDBPyConnection, closing: Closing, month: Month, later: str, marts: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """Of every other frozen table: the rows that stand in one edition only, as table `other_<mart>`."""
    found = []
    for table in closing.record["tables"]:
        name = table["name"]
        if name in (FIGURES, ITEMS, EXCLUSION, ADJUSTED, RESCORED, RESCORED_LINES):
            continue
        told = {"name": name, "rows": table["rows"], "closed_only": None, "now_only": None}
        columns = [column for column, _ in table["columns"] if column in marts.get(name, [])]
        if name in marts:
            listed = ", ".join(quoted(column) for column in columns)
            frozen = f"select {listed} from read_parquet({literal(str(closing.path / table['file']))})"
            now = f"select {listed} from {month_rows(later, name, month, marts[name])}"
            connection.execute(
                f"create table {quoted('other_' + name)} as "
                f"select 'closed' as edition, * from ({frozen} except all {now}) "
                f"union all select 'now' as edition, * from ({now} except all {frozen})"
            )
            counts = dict(
                connection.execute(
                    f"select edition, count(*) from {quoted('other_' + name)} group by edition"
                ).fetchall()
            )
            told |= {"closed_only": counts.get("closed", 0), "now_only": counts.get("now", 0)}
        found.append(told)
    return found


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, found: dict[str, Any]) -> None:
    """The tables as CSV and Parquet, the page, and the summary."""
    files = {"figures": "figure", "items": "item", "contributions": "contribution", "causes": "cause_sum"}
    if found["scores"]:
        files["scores"] = "score"
    if found["rulings"]:
        files |= {"rulings": "ruling", "ruled_figures": "ruled_figure"}
    if found["ruled_scores"]:
        files["ruled_scores"] = "ruled_score"
    others = {
        table["name"]: f"other_{table['name']}"
        for table in found["other_tables"]
        if table["closed_only"] or table["now_only"]
    }
    for name, table in {**files, **others}.items():
        ordered = f"select * from {quoted(table)} order by all"
        for form, options in (("csv", "format csv, header"), ("parquet", "format parquet, compression zstd")):
            connection.execute(f"copy ({ordered}) to {literal(str(folder / f'{name}.{form}'))} ({options})")
    write_page(connection, folder / "index.html", found)
    summary = {name: value for name, value in found.items() if name not in ("info", "titles")}
    (folder / SUMMARY).write_bytes(canonical_json(summary))


def read_summary(folder: Path) -> dict[str, Any]:
    """What a restatement said, from its folder."""
    summary: dict[str, Any] = json.loads((folder / SUMMARY).read_bytes())
    return summary
