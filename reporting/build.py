"""Build: the mounted log through dbt into a warehouse file of its own. The one door to dbt.

A build is named by the log version and the project it was made with, so the same input finds the same build. It never
touches another build or the editions; publishing is a step of its own. dbt runs as a child process, because in one
process it keeps the lock on the file.
"""

import hashlib
import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest import faults
from ingest.city import City, open_city
from ingest.errors import BuildError
from ingest.files import canonical_json, one_at_a_time, write_atomically
from ingest.home import Home
from reporting.link_state import Earlier, find_earlier, keep_record, links_by
from reporting.mount import Mount, find_mount, keep_mount, newest_mount, write_mounted

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
WAREHOUSE = "onegrid.duckdb"
SNAPSHOT = "project.tar"
ROWS_SHOWN = 20
_LEFT_OUT = {"target", "logs", "__pycache__", "dbt_packages", ".user.yml", "deliveries"}


@dataclass(frozen=True)
class BuildReport:
    """A finished build; `changed` is False where it stood already (for the workflow: where it is published already)."""

    build_id: str
    path: Path
    log_version: str
    changed: bool

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def project_snapshot(city: City) -> bytes:
    """The project a build is made with, as a tar whose bytes depend on nothing but its files.

    Holds dbt_project, the expectations, the city's settings and contracts, and the lock of the libraries.
    """
    files = [*_files(ROOT / "dbt_project", "dbt_project"), *_files(ROOT / "expectations", "expectations")]
    files += [("city/city.yml", city.root / "city.yml")]
    files += [(f"city/feeds/{path.name}", path) for path in city.contract_files()]
    if (ROOT / "requirements.lock").is_file():
        files.append(("requirements.lock", ROOT / "requirements.lock"))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, path in sorted(files):
            data = path.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _files(folder: Path, prefix: str) -> list[tuple[str, Path]]:
    return [
        (f"{prefix}/{path.relative_to(folder).as_posix()}", path)
        for path in folder.rglob("*")
        if path.is_file() and not _LEFT_OUT & set(path.relative_to(folder).parts)
    ]


def build(city: City, home: Home, as_of: str | None = None) -> BuildReport:
    """Build the log as it stands, or (`as_of`) an edition or an older log version.

    `as_of` an edition's number uses the project kept with that edition, so it gives what was published then; `as_of`
    a log version uses the project in force: a restatement. Raises BuildError naming what failed, with its first rows.
    """
    if as_of is None:
        mount = newest_mount(home)
        keep_mount(home, mount)
    else:
        mount = find_mount(home, as_of)
    kept = home.editions / str(as_of) / SNAPSHOT
    snapshot = kept.read_bytes() if as_of is not None and kept.is_file() else project_snapshot(city)
    build_id = f"{mount.version}-{hashlib.sha256(snapshot).hexdigest()[:8]}"
    path = home.builds / build_id
    with one_at_a_time(home.builds / ".lock"):
        if (path / "build.json").is_file():
            return BuildReport(build_id, path, mount.version, changed=False)
        shutil.rmtree(path, ignore_errors=True)
        (path / "dbt").mkdir(parents=True)
        (path / SNAPSHOT).write_bytes(snapshot)
        (path / "mount.json").write_bytes(canonical_json(mount.to_dict()))
        _extract(snapshot, path / "project")
        faults.point("build.before_mount")
        # the city as the snapshot keeps it: an edition built again has the feeds, titles and zone of its day
        write_mounted(open_city(path / "project" / "city"), home, mount, path / WAREHOUSE)
        faults.point("build.before_dbt")
        logger.info("build %s: dbt builds log version %s", build_id, mount.version)
        if as_of is None:
            earlier = find_earlier(home.builds, snapshot, WAREHOUSE)
        else:
            earlier = Earlier(links_by(snapshot), None, None, f"this is a build as of {as_of}")
        variables = json.dumps(earlier.variables())
        # unit tests judge the code, not the data
        run_dbt(["build", "--exclude-resource-type", "unit_test", "--vars", variables], path)
        keep_record(path, WAREHOUSE, earlier)
        faults.point("build.before_done")
        _finish(path, build_id, mount)
    return BuildReport(build_id, path, mount.version, changed=True)


def _finish(path: Path, build_id: str, mount: Mount) -> None:
    record = {"build_id": build_id, "log_version": mount.version, "warehouse": WAREHOUSE}
    write_atomically(path / "build.json", canonical_json(record))


def _extract(snapshot: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(snapshot), mode="r:") as archive:
        archive.extractall(folder, filter="data")


def run_dbt(arguments: list[str], path: Path) -> None:
    """Run dbt on the project kept in a build. Raises BuildError with the failed nodes and their first rows."""
    project = path / "project" / "dbt_project"
    environment = {
        **os.environ,
        "ONEGRID_WAREHOUSE": str(path / WAREHOUSE),
        "ONEGRID_DBT_TEMP": str(path / "dbt" / "temp"),
        "DBT_TARGET_PATH": str(path / "dbt" / "target"),
        "DBT_LOG_PATH": str(path / "dbt" / "logs"),
        "DBT_PROFILES_DIR": str(project),
        "DBT_PROJECT_DIR": str(project),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    command = [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    (path / "dbt" / f"{arguments[0]}.out").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode != 0:
        raise BuildError(_failure(path, done.stdout + done.stderr))


def generate_docs(path: Path) -> Path:
    """dbt's documentation of a build as one page that needs no server. Raises BuildError where dbt fails."""
    run_dbt(["docs", "generate", "--static"], path)
    return path / "dbt" / "target" / "static_index.html"


def _failure(path: Path, output: str) -> str:
    """What failed, for a person: each failed node, its message, and the first rows of a failed test."""
    results = path / "dbt" / "target" / "run_results.json"
    lines: list[str] = []
    if results.is_file():
        for result in json.loads(results.read_bytes())["results"]:
            if result["status"] in ("error", "fail"):
                lines.append(f"{result['unique_id']}: {(result['message'] or '').strip()}")
                if result["status"] == "fail" and result.get("compiled_code"):
                    lines.append(_first_rows(path / WAREHOUSE, result["compiled_code"]))
    if not lines:
        lines = output.strip().splitlines()[-ROWS_SHOWN:]
    return (
        f"the build {path.name} failed; nothing was published, the current edition stays.\n"
        + "\n".join(lines)
        + "\nMend the model or the data and run the build again; dbt's own words are in dbt/logs of the build."
    )


def _first_rows(warehouse: Path, sql: str) -> str:
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return str(connection.sql(sql).limit(ROWS_SHOWN))
    except duckdb.Error as error:
        return f"(its rows could not be read: {error})"


def current_edition(home: Home) -> dict[str, Any] | None:
    """The manifest of the current edition, or None before the first."""
    path = home.editions / "current" / "manifest.json"
    return json.loads(path.read_bytes()) if path.is_file() else None
