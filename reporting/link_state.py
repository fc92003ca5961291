"""Which earlier build the linking of a build goes on from, and how much of it was made anew.

Linking is a function of the cases that are visible, so whether it goes on or begins from scratch changes nothing but
the time it takes. It goes on from the newest finished build that was linked by the same models, macros, weights and
engine; each build keeps in `links.json` what it was linked by and from.
"""

import hashlib
import io
import json
import logging
import tarfile
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb

from ingest.files import canonical_json, write_atomically

logger = logging.getLogger(__name__)

RECORD = "links.json"
_LINKS_BY = (
    "dbt_project/macros/linking.sql", "dbt_project/macros/dialect.sql", "dbt_project/models/incidents/int_link_*.sql",
    "dbt_project/seeds/link_*.csv",
)  # fmt: skip
_TABLES = (
    "int_link_case", "int_link_telling", "int_link_rule", "int_link_word_count", "int_link_word_weight",
    "int_link_word", "int_link_home", "int_link_pair", "int_link_settled",
)  # fmt: skip


@dataclass(frozen=True)
class Earlier:
    """The build that linking goes on from: its folder name and warehouse; both None from scratch, and then why."""

    links_by: str
    build_id: str | None
    warehouse: Path | None
    why: str = ""

    def variables(self) -> dict[str, str]:
        """The variables of the dbt project that say so."""
        return {"links_before": "" if self.warehouse is None else str(self.warehouse)}


def links_by(snapshot: bytes) -> str:
    """SHA-256 (hex) of all that linking is made with: the files of a project's tar, and the engine's version."""
    digest = hashlib.sha256(f"duckdb {duckdb.__version__}\n".encode())
    with tarfile.open(fileobj=io.BytesIO(snapshot), mode="r:") as archive:
        for member in sorted(archive.getmembers(), key=lambda one: one.name):
            if any(fnmatch(member.name, pattern) for pattern in _LINKS_BY):
                source = archive.extractfile(member)
                data = source.read() if source else b""
                digest.update(f"{member.name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return digest.hexdigest()


def find_earlier(builds: Path, snapshot: bytes, warehouse: str) -> Earlier:
    """The newest finished build in a folder of builds that a build with this project can go on from.

    `warehouse` is the file name of a build's tables.
    """
    own = links_by(snapshot)
    finished = [path.parent for path in builds.glob("*/build.json")]
    newest = sorted(finished, key=lambda path: (path / "build.json").stat().st_mtime_ns, reverse=True)
    if not newest:
        return Earlier(own, None, None, "there is no earlier build")
    for path in newest:
        record = _record(path)
        if record is not None and record["links_by"] == own and _is_whole(path / warehouse):
            return Earlier(own, path.name, path / warehouse)
    return Earlier(own, None, None, "no earlier build was linked by the same models, weights and engine")


def _record(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((path / RECORD).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) and "links_by" in found else None


def _is_whole(warehouse: Path) -> bool:
    if not warehouse.is_file():
        return False
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            rows = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'intermediate'"
            ).fetchall()
    except duckdb.Error as error:
        logger.warning("linking does not go on from %s: it cannot be read (%s)", warehouse.parent.name, error)
        return False
    return set(_TABLES) <= {row[0] for row in rows}


def keep_record(path: Path, warehouse: str, earlier: Earlier) -> None:
    """Record in a build's folder what it was linked by and from, and say which way it went."""
    with duckdb.connect(str(path / warehouse), read_only=True) as connection:
        [(cases, renewed)] = connection.execute(
            "select (select count(*) from intermediate.int_link_case), "
            "(select count(*) from intermediate.int_link_renewed)"
        ).fetchall()
    told = {key: value for key, value in asdict(earlier).items() if key != "warehouse"}
    write_atomically(path / RECORD, canonical_json({**told, "cases": cases, "renewed": renewed}))
    if earlier.build_id is None:
        logger.info("build %s: %s cases were linked from scratch: %s", path.name, cases, earlier.why)
    else:
        logger.info(
            "build %s: linking went on from build %s: %s of %s cases were new, gone, changed or touched",
            path.name, earlier.build_id, renewed, cases,
        )  # fmt: skip
