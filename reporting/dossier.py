"""一格一档 for one place: `onegrid dossier` writes one grid, community or house over 90 days as a page to print.

A grid or community is told from an edition, or from the cut of the audience that asks. A house is told to an audience
that is bound by law to see what is about persons, and from its cut alone: which things are of the house is found in the
restricted warehouse, where addresses stay; what is said of them is what the cut holds. Each such look-up is recorded
first, in a hash-chained log (`log/chain/lookups/dossiers`): who, why, by which document, and the salted hash of what
was asked, so that it can be proved that a house was looked up and not read which.
"""

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import closing
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from ingest.audiences import Audience
from ingest.chain import Chain
from ingest.city import City
from ingest.errors import ReportError
from ingest.home import Home
from ingest.privacy import literal
from reporting.audience import site_reader
from reporting.build import WAREHOUSE
from reporting.closing import edition_of
from reporting.edition import CURRENT
from reporting.sealed import MANIFEST, file_hash
from reporting.site import cases
from reporting.site.dossiers import ADDRESS, Place, make_one, places_of
from reporting.site.shell import SitePage, write
from reporting.site.source import Reader, Source

READS_ADDRESSES = ("analysts", "units", "centres")
"""Kinds of audience whose cuts hold restricted columns; leaders see none, whatever their duty."""
MOST_ADDRESSES = 20
"""Ways of writing one address; what gives more is no address of one house."""
SHORTEST = 4
_BETWEEN = r"[\s,，。.;；#]"


def write_dossier(
    city: City,
    home: Home,
    kind: str,
    asked: str,
    edition: str = "",
    audience: str = "",
    by: str = "",
    why: str = "",
    out: Path | None = None,
) -> Path:
    """Write the dossier of a `grid`, `community` or `address` and return its page, index.html in a folder of its own.

    `edition`: its number, by default the current one; `audience`: whose cut is read instead. Raises ReportError where
    there is no such place, and for an address without an audience on duty, a person (`by`) or a reason (`why`).
    """
    reader = _reader(city, audience) if audience else None
    if kind == ADDRESS:
        _may_see_addresses(city, home, reader, by, why)
    if reader and edition:
        raise ReportError("an audience reads its current cut: leave --edition out, or --for")
    path, manifest = _cut_of(home, reader) if reader else edition_of(home, edition)
    source_edition, told = edition_of(home, str(manifest["cut_from"]["edition"])) if reader else (path, manifest)
    if kind == ADDRESS and reader:
        _record(home, reader, path, by, why, _plain_address(asked))
    with closing(duckdb.connect(str(path / WAREHOUSE), read_only=True)) as connection:
        place = (
            _house(connection, home, told, asked)
            if kind == ADDRESS
            else _place(Source(connection, told, source_edition), kind, asked)
        )
        words = Reader(reader.title, site_reader(reader).subject) if reader else None
        source = Source(connection, told, source_edition, reader=words)
        if source.lacks("fct_case", "dim_grid"):
            raise ReportError(f"{audience or 'this edition'} holds no cases: there is no dossier of it")
        page = SitePage("ledgers", lambda source: make_one(source, place), is_first=True)
        name = f"dossier-{_hash(place.code)[:12] if kind == ADDRESS else place.code}"
        folder = out or home.reports / (name if reader is None else f"{name}-{reader.name.replace('/', '-')}")
        return _write(folder, lambda staging: write(staging, source, [page], [cases.PAGE]))


def _write(folder: Path, pages: Callable[[Path], None]) -> Path:
    """Write under another name, for the owner alone, and put it in the place of an older one of the same name."""
    if folder.exists() and not (folder / "index.html").is_file() and any(folder.iterdir()):
        raise ReportError(f"{folder} holds something else than a dossier; name an empty or a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.with_name(f".{folder.name}-{secrets.token_hex(8)}")
    staging.mkdir(mode=0o700)
    try:
        pages(staging)
        if folder.exists():
            shutil.rmtree(folder)
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return folder / "index.html"


def _reader(city: City, audience: str) -> Audience:
    found = {one.name: one for one in city.audiences.readers}
    if audience not in found:
        raise ReportError(f"no audience {audience!r} in audiences.yml; there are {', '.join(found) or 'none'}")
    return found[audience]


def _may_see_addresses(city: City, home: Home, reader: Audience | None, by: str, why: str) -> None:
    """Raise ReportError unless an audience asks whose duty is in force and whose cut tells where people live."""
    if reader is None or reader.kind not in READS_ADDRESSES:
        raise ReportError(
            "an address names a home: say for which audience with --for, one that reads restricted columns "
            f"({', '.join(READS_ADDRESSES)})"
        )
    if not reader.has_duty(home.now().astimezone(ZoneInfo(city.settings.time_zone)).date()):
        raise ReportError(
            f"{reader.name} has no legal duty in force (`legal_duty` in audiences.yml): it is told nothing by address"
        )
    if not by.strip() or not why.strip():
        raise ReportError("say who looks a house up (--by) and why (--why): both are recorded")


def _cut_of(home: Home, reader: Audience) -> tuple[Path, dict[str, Any]]:
    path = (home.audiences / reader.name / CURRENT).resolve()
    if not (path / WAREHOUSE).is_file():
        raise ReportError(f"{reader.name} has no cut yet; `onegrid audience cut` makes it")
    return path, json.loads((path / MANIFEST).read_bytes())


def _place(source: Source, kind: str, asked: str) -> Place:
    """A grid or community by code or name. Raises ReportError for none, and for several of one name."""
    known = [place for place in places_of(source.grids) if place.kind == kind]
    found = [place for place in known if asked == place.code] or [place for place in known if asked == place.name]
    if len(found) == 1:
        return found[0]
    if found:
        told = ", ".join(f"{place.code} ({place.within})" for place in found)
        raise ReportError(f"several are called {asked!r}: {told}; name one by its code")
    near = get_close_matches(asked, [text for place in known for text in (place.code, place.name or "")], n=3)
    hint = f"; near are {', '.join(near)}" if near else ""
    raise ReportError(f"no {kind} {asked!r} stands at the clock of this edition{hint}")


def _plain_address(asked: str) -> str:
    """An address as it is compared. Raises ReportError for one that names no house."""
    plain = re.sub(_BETWEEN, "", asked).upper()
    if len(plain) < SHORTEST or not re.search(r"\d", plain):
        raise ReportError(f"{asked!r} is no address of a house: name the road or estate with its number")
    return plain


def _house(connection: duckdb.DuckDBPyConnection, home: Home, manifest: dict[str, Any], asked: str) -> Place:
    """The house of an address: temp tables dossier_thing (what was told of it) and dossier_address (how it is written).

    An address is found in what was told of a place where it stands whole: no number goes on before or behind it. Raises
    ReportError where the build is gone, and for what is no address of one house.
    """
    plain = _plain_address(asked)
    build = home.builds / manifest["build_id"] / WAREHOUSE
    if not build.is_file():
        raise ReportError(
            f"the build of edition {manifest['number']} is gone, and addresses are nowhere else; "
            f"`onegrid build --as-of {manifest['number']}` makes it again"
        )
    before, behind = ("(^|[^0-9])" if plain[0].isdigit() else ""), ("($|[^0-9])" if plain[-1].isdigit() else "")
    pattern = f"{before}{re.escape(plain)}{behind}"
    connection.execute(f"attach {literal(str(build))} as build (read_only)")
    connection.execute(
        f"""
        create temp table dossier_told as
        select distinct feed, stream_type, stream_key, address
        from build.intermediate.evt_grid_event
        where address is not null and regexp_matches(
            upper(regexp_replace(address, {literal(_BETWEEN)}, '', 'g')), {literal(pattern)}
        )
        """
    )
    connection.execute("detach build")
    connection.execute(
        "create temp table dossier_thing as select distinct feed, stream_type, stream_key from dossier_told"
    )
    # the ways of writing it, of what the reader's cut holds and of nothing else
    keys = "feed, stream_type, stream_key"
    held = f"select {keys} from mart.fct_event union select {keys} from mart.fct_case"
    connection.execute(
        f"create temp table dossier_address as select address, count(distinct ({keys})) as things "
        f"from dossier_told semi join ({held}) as held using ({keys}) group by address"
    )
    [(ways,)] = connection.execute("select count(*) from dossier_address").fetchall()
    if not ways:
        raise ReportError("nothing that this audience may see was told of that address")
    if ways > MOST_ADDRESSES:
        raise ReportError(f"{ways} addresses hold that: it is not of one house; write more of it")
    return Place(ADDRESS, plain, asked.strip(), "", (plain,))


def _record(home: Home, reader: Audience, cut: Path, by: str, why: str, plain: str) -> None:
    """Write the look-up into its log, before it is made."""
    salt = secrets.token_hex(16)
    body = {
        "audience": reader.name,
        "document": reader.duty.document if reader.duty else "",
        "by": by.strip(),
        "why": why.strip(),
        "cut": int(cut.name),
        "cut_manifest_sha256": file_hash(cut / MANIFEST),
        "salt": salt,
        "asked_sha256": _hash(salt + plain),
        "at": home.now().isoformat(),
    }
    lookups_of(home).append_unless(lambda _: body, lambda _: False)


def lookups_of(home: Home) -> Chain:
    """The log of houses that were looked up."""
    return Chain(home.log / "chain" / "lookups" / "dossiers")


def lookups(home: Home, address: str = "") -> list[dict[str, Any]]:
    """The look-ups recorded, all or those of one address."""
    plain = re.sub(_BETWEEN, "", address).upper()
    return [one for one in lookups_of(home).records() if not plain or one["asked_sha256"] == _hash(one["salt"] + plain)]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
