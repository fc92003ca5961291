"""Linking goes on from the newest earlier build that can be gone on from, and from no other."""

import io
import json
import os
import tarfile
from pathlib import Path

import duckdb
import pytest

from reporting.build import WAREHOUSE
from reporting.link_state import _TABLES, RECORD, Earlier, find_earlier, keep_record, links_by

FILES = {
    "dbt_project/macros/linking.sql": "settle",
    "dbt_project/macros/clock.sql": "clock",
    "dbt_project/models/incidents/int_link_pair.sql": "pairs",
    "dbt_project/models/incidents/int_incident_case.sql": "members",
    "dbt_project/seeds/link_weight.csv": "weights",
    "city/city.yml": "city",
}


def snapshot(**changed: str) -> bytes:
    """A project's tar; `changed` holds other contents by the stem of a file's name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in FILES.items():
            data = changed.get(Path(name).stem, content).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def build(builds: Path, name: str, second: int, project: bytes, finished: bool = True, whole: bool = True) -> Path:
    """A build's folder, finished at that second, with the tables that linking goes on from (or but one of them)."""
    path = builds / name
    path.mkdir(parents=True)
    with duckdb.connect(str(path / WAREHOUSE)) as connection:
        connection.execute("create schema intermediate; create table intermediate.int_link_renewed (case_no bigint)")
        for table in _TABLES[0 if whole else 1 :]:
            connection.execute(f"create table intermediate.{table} (case_no bigint)")
        if not whole:
            connection.execute("create view intermediate.other as select 1 as one")
    if whole:
        keep_record(path, WAREHOUSE, Earlier(links_by(project), None, None, "for a test"))
    else:
        (path / RECORD).write_text(json.dumps({"links_by": links_by(project)}), encoding="utf-8")
    if finished:
        (path / "build.json").write_text("{}", encoding="utf-8")
        os.utime(path / "build.json", (second, second))
    return path


@pytest.mark.parametrize(
    ("changed", "same"),
    [("linking", False), ("int_link_pair", False), ("link_weight", False), ("clock", True), ("city", True)],
)
def test_models_macros_and_weights_make_another_linking_and_nothing_else_does(changed: str, same: bool) -> None:
    assert (links_by(snapshot()) == links_by(snapshot(**{changed: "another"}))) is same


def test_the_first_build_begins_from_scratch(tmp_path: Path) -> None:
    found = find_earlier(tmp_path, snapshot(), WAREHOUSE)
    assert (found.build_id, found.variables(), found.why) == (None, {"links_before": ""}, "there is no earlier build")


def test_the_newest_finished_build_of_the_same_linking_is_gone_on_from(tmp_path: Path) -> None:
    build(tmp_path, "b-old", 100, snapshot())
    wanted = build(tmp_path, "a-new", 200, snapshot(clock="another"))
    build(tmp_path, "z-other", 300, snapshot(link_weight="another"))
    build(tmp_path, "z-unfinished", 400, snapshot(), finished=False)
    build(tmp_path, "z-lacking", 500, snapshot(), whole=False)
    torn = build(tmp_path, "z-torn", 600, snapshot())
    (torn / WAREHOUSE).write_bytes(b"torn")
    found = find_earlier(tmp_path, snapshot(), WAREHOUSE)
    assert (found.build_id, found.warehouse) == ("a-new", wanted / WAREHOUSE)
    assert found.variables() == {"links_before": str(wanted / WAREHOUSE)}


def test_other_weights_begin_from_scratch_and_say_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = build(tmp_path, "a", 100, snapshot())
    found = find_earlier(tmp_path, snapshot(link_weight="another"), WAREHOUSE)
    assert (found.build_id, found.why) == (None, "no earlier build was linked by the same models, weights and engine")
    with caplog.at_level("INFO"):
        keep_record(path, WAREHOUSE, found)
    assert "0 cases were linked from scratch: no earlier build was linked by the same" in caplog.text
    assert json.loads((path / RECORD).read_bytes())["build_id"] is None
