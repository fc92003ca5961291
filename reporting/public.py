"""The public edition: what is admitted mart by mart, from closed months only, rounded so that nothing small is told.

Each public edition holds all closed months, each by its last closing. Reference data enter as they are (a map column
only with its 审图号). Figures are counted again from the frozen items without those about barred subjects, for one kind
of subject, as cells that share no thing: what is above the line, and what is below it and not above. Each cell is
rounded to a multiple of 5, up or down by a keyed hash of which cell it is, so that on average nothing is added or
lost; all else (denominators, the district) is the sum of rounded cells and tells nothing more. A row that rounds to
nought is left out, as are the rows that hold nothing.

Why two public editions cannot be subtracted to a count of 1 to 4: the same cell rounds by the same threshold whenever
its month is closed again, so a difference of 0 stands for -4 to 4 and one of 5 for 1 to 9. A second pattern over the
same things would break this, so the pattern (kind of subject, one indicator a window) and the key are those of the
first public edition, for ever.
"""

import csv
import hashlib
import hmac
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from ingest.audiences import AUDIENCES, BARRED, Approval, Audiences
from ingest.city import City
from ingest.errors import KeyMissingError, PublishError
from ingest.files import canonical_json, one_at_a_time
from ingest.home import Home
from ingest.keys import current_keys, keys_of
from ingest.privacy import literal, quoted
from reporting.audience import PUBLIC, CutReport, newest_manifest, sweep, write_cut
from reporting.build import ROOT, WAREHOUSE
from reporting.classification import Class, of_edition
from reporting.closing import Closing, closings
from reporting.cutting import ITEMS, SOURCE, about_rows, comment_on, copy, create, marts_of
from reporting.edition import MARTS
from reporting.sealed import MANIFEST
from reporting.suppress import texts

BASE = 5
FIGURES = "rpt_indicator"
_CODES = {"network": "network", "street": "street_code", "community": "community_code", "organisation": "org_code"}
_COLUMNS = ("indicator", "subject_kind", "subject_code", "period_kind", "period_start", "numerator", "denominator")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def threshold(key: bytes, cell: str) -> int:
    """From which remainder a cell rounds up: 1 to 5, each alike, known to who holds the key; 5 is never reached."""
    return 1 + int.from_bytes(hmac.new(key, cell.encode(), hashlib.sha256).digest()) % BASE


def rounded(count: int, key: bytes, cell: str) -> int:
    """A count as a multiple of 5; over all keys its mean is the count."""
    down, rest = divmod(count, BASE)
    return BASE * (down + (rest >= threshold(key, cell)))


def cut_public(city: City, home: Home) -> CutReport | None:
    """The public edition of all closed months; None where the city has no public, or no month is closed yet.

    Raises PublishError where it would break with the pattern or the key of the public editions before.
    """
    if city.audiences.file.public is None:
        return None
    last = {closing.record["month"]: closing for closing in closings(home)}
    if not last:
        return None
    with one_at_a_time(home.audiences / ".lock"):
        sweep(home)
        months = [last[month] for month in sorted(last)]
        newest = json.loads((home.editions / str(months[-1].record["edition"]) / MANIFEST).read_bytes())
        today = home.now().astimezone(ZoneInfo(newest["time_zone"])).date()
        approvals = city.audiences.admitted(today)
        before = newest_manifest(home, PUBLIC)
        version, key = _key(before)
        told = {
            "audience": PUBLIC,
            "audience_title": city.audiences.file.public.title,
            "rules_sha256": hashlib.sha256(
                canonical_json([one.model_dump(mode="json") for one in approvals])
            ).hexdigest(),
            "cut_from": {
                "edition": newest["number"],
                "closings": [
                    {"month": m.record["month"], "number": m.record["number"], "sha256": m.record["hash"]}
                    for m in months
                ],
            },
            "approvals": [one.model_dump(mode="json") for one in approvals],
            "pattern": _pattern(approvals, before),
            "key_version": version,
            "key_mark": _mark(key),
            **{name: newest[name] for name in ("city", "title", "time_zone", "clock_at")},
            "published_at": home.now().isoformat(),
        }

        def write(staging: Path) -> dict[str, Any]:
            return {"marts": list(_write(city, home, staging, months, approvals, key))}

        return write_cut(home, PUBLIC, told, write)


def _key(before: dict[str, Any] | None) -> tuple[int, bytes]:
    """The key that public counts are rounded by: the one of the first public edition, else the one in force."""
    if before is None:
        keys = current_keys()
        return keys.version, keys.rounding
    try:
        key = keys_of(before["key_version"]).rounding
    except KeyMissingError as error:
        raise KeyMissingError(f"the public edition is rounded by its first key for ever: {error}") from error
    if _mark(key) != before["key_mark"]:
        raise PublishError(
            f"the token key of version {before['key_version']} is not the one that the public editions are rounded by; "
            "two roundings of one count would betray it: put that key back from its backup"
        )
    return before["key_version"], key


def _mark(key: bytes) -> str:
    """What a key is known by, without being it."""
    return hmac.new(key, b"mark", hashlib.sha256).hexdigest()[:16]


def _pattern(approvals: list[Approval], before: dict[str, Any] | None) -> dict[str, Any]:
    """For which kind of subject and by which indicator of each window figures are told, once and for ever."""
    fixed: dict[str, Any] = dict(before["pattern"]) if before else {}
    windows = _windows()
    for approval in approvals:
        if approval.mart != FIGURES:
            continue
        now = {windows[name]: name for name in approval.indicators if name in windows}
        told = fixed.setdefault(FIGURES, {"subject_kind": approval.subject_kind, "windows": {}})
        others = [name for window, name in now.items() if told["windows"].get(window, name) != name]
        if told["subject_kind"] != approval.subject_kind or others:
            what = f"subject_kind {approval.subject_kind}" if not others else f"indicator {', '.join(others)}"
            raise PublishError(
                f"{AUDIENCES}: public.admitted: {FIGURES}: {what} is another pattern than that of the public editions "
                f"before ({told['subject_kind']}; {', '.join(sorted(told['windows'].values()))}): subtracting two "
                "editions would betray small counts. Put the approval back as it was"
            )
        fixed[FIGURES] = {**told, "windows": {**told["windows"], **now}}
    return fixed


def _windows(root: Path = ROOT) -> dict[str, str]:
    """Indicator → the moments in whose period it counts."""
    with (root / "dbt_project" / "seeds" / "indicator.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["indicator"]: f"{row['window_moment']} {row['or_moment']}".strip() for row in csv.DictReader(stream)
        }


def lint_windows(audiences: Audiences) -> Iterator[str]:
    """Approved indicators that the registry does not know, that are no counts, or that share their window."""
    with (ROOT / "dbt_project" / "seeds" / "indicator.csv").open(encoding="utf-8", newline="") as stream:
        known = {row["indicator"]: row for row in csv.DictReader(stream)}
    windows = _windows()
    for approval in audiences.file.public.admitted if audiences.file.public else []:
        where = f"{AUDIENCES}: public.admitted: {approval.mart}"
        for name in approval.indicators:
            if name not in known:
                yield f"{where}: {name!r} is no indicator of the registry"
            elif known[name]["unit"] not in ("count", "share"):
                yield f"{where}: {name} counts {known[name]['unit']}, which cannot be rounded as a count"
        shared = Counter(windows[name] for name in approval.indicators if name in windows)
        for window in sorted(window for window, count in shared.items() if count > 1):
            names = [name for name in approval.indicators if windows.get(name) == window]
            yield f"{where}: {', '.join(names)} count the same things; one less the other would be told: admit one"


def _write(
    city: City, home: Home, staging: Path, months: list[Closing], approvals: list[Approval], key: bytes
) -> Iterator[dict[str, Any]]:
    """Write the marts of a public edition in all forms; gives what the manifest tells of each."""
    edition = home.editions / str(months[-1].record["edition"])
    classes = of_edition(edition)
    (staging / "csv").mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(str(staging / '.spill'))}")
        connection.execute(f"attach {literal(str(edition / WAREHOUSE))} as edition (read_only)")
        create(connection, staging)
        columns = marts_of(connection)
        for approval in sorted(approvals, key=lambda one: one.mart):
            mart = classes.get(approval.mart)
            if mart is None or approval.mart not in columns or mart.about in BARRED:
                continue
            if approval.mart == FIGURES:
                barred = [about for subject, about in city.about().items() if subject in BARRED]
                condition = about_rows(ITEMS, columns, classes, barred)
                rows = [row for one in months for row in _figures(connection, one, approval, condition, key)]
                _register(connection, rows)
                query = f"select {', '.join(_COLUMNS)} from temp.public_figure"
            elif mart.rows == "reference":
                shown: set[Class] = {"open", "map"} if approval.map_review_number.strip() else {"open"}
                kept = [quoted(column) for column in columns[approval.mart] if mart.class_of(column) in shown]
                query = f"select {', '.join(kept)} from {SOURCE}.{quoted(approval.mart)}"
            else:
                continue
            told = copy(connection, staging, approval.mart, query)
            _write_csv(connection, staging / "csv" / f"{approval.mart}.csv", approval.mart)
            yield {**told, "approval": approval.number, "map_review_number": approval.map_review_number}
        _own_tables(connection, months)
        comment_on(connection)


def _figures(
    connection: duckdb.DuckDBPyConnection, closing: Closing, approval: Approval, barred: str | None, key: bytes
) -> list[tuple[Any, ...]]:
    """The rounded figures of a closed month."""
    items = closing.path / f"{ITEMS}.parquet"
    if barred is None or not items.is_file():
        return []
    code = _CODES[approval.subject_kind]
    counted = connection.execute(
        f"select items.indicator, {code}, known.unit, cast(sum(items.numerator) as bigint), "
        "cast(coalesce(sum(items.denominator), 0) as bigint) "
        f"from (select * from read_parquet({literal(str(items))}) where not coalesce({barred}, false)) as items "
        f"inner join {SOURCE}.dim_indicator as known on items.indicator = known.indicator "
        f"where items.indicator in ({texts(approval.indicators)}) and {code} is not null "
        "and known.unit in ('count', 'share') group by all"
    ).fetchall()
    return list(_rows(counted, closing.record["month"], approval.subject_kind, key))


def _rows(
    counted: Iterable[tuple[str, str, str, int, int]], month: str, kind: str, key: bytes
) -> Iterator[tuple[Any, ...]]:
    """Rounded rows of the subjects and of the district, which is their sum. Only a share has a denominator."""
    district: dict[str, tuple[int, int | None]] = {}
    for indicator, code, unit, hits, total in counted:
        cell = f"{FIGURES}|{month}|{indicator}|{kind}|{code}"
        above = rounded(hits, key, f"{cell}|above")
        below = above + rounded(total - hits, key, f"{cell}|rest") if unit == "share" else None
        if above or below:
            before = district.get(indicator, (0, 0))
            district[indicator] = (before[0] + above, None if below is None else (before[1] or 0) + below)
            yield indicator, kind, code, "month", month, above, below
    for indicator, (above, below) in district.items():
        yield indicator, "district", "district", "month", month, above, below


def _register(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> None:
    kinds = (*(pa.string(),) * 5, pa.int64(), pa.int64())
    told = {name: pa.array([row[place] for row in rows], kinds[place]) for place, name in enumerate(_COLUMNS)}
    connection.register("public_told", pa.table(told))
    connection.execute(
        "create or replace temp table public_figure as "
        "select * replace (cast(period_start || '-01' as timestamp) as period_start) from public_told"
    )
    connection.unregister("public_told")


def _own_tables(connection: duckdb.DuckDBPyConnection, months: list[Closing]) -> None:
    """`publish_info` says what a reader of the public edition needs, and `data_dictionary` what is in it."""
    newest = months[-1].record
    clock = f"timestamp {literal(newest['clock_at'][:19].replace('T', ' '))}"
    told = ", ".join(closing.record["month"] for closing in months)
    connection.execute(
        f"create table cut.{MARTS}.publish_info as select city, city_title, time_zone, "
        f"{literal(told)} as closed_months, {clock} as clock_at_utc, {BASE} as rounded_to from {SOURCE}.publish_info"
    )
    connection.execute(
        f"create table cut.{MARTS}.data_dictionary as select told.* from {SOURCE}.data_dictionary as told "
        "semi join (select table_name, column_name from information_schema.columns where table_catalog = 'cut') as own "
        "on told.table_name = own.table_name and told.column_name = own.column_name "
        "order by told.table_name, told.position"
    )


def _write_csv(connection: duckdb.DuckDBPyConnection, file: Path, mart: str) -> None:
    """Open data: UTF-8 with BOM, so that spreadsheets read Chinese; no cell begins as a formula does."""
    cursor = connection.execute(f"select * from cut.{MARTS}.{quoted(mart)} order by all nulls first")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column[0] for column in cursor.description])
    writer.writerows([safe_cell(value) for value in row] for row in cursor.fetchall())
    file.write_bytes(b"\xef\xbb\xbf" + buffer.getvalue().encode())


def safe_cell(value: object) -> str:
    """A cell as text that no spreadsheet takes for a formula. Numbers stay numbers, negative ones too."""
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
