"""The world as landed events: in the log's own columns, one event a step, the same from one process as from two."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from ingest.log import EVENT_SCHEMA
from simulator.bulk import VERBS, write_events
from simulator.happenings.lives import STEPS
from simulator.happenings.world import World
from simulator.plan import NETWORKS, Plan

PLAN = Plan(seed=11, days=40, grids=30, incidents_a_day=40)  # two blocks


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bulk")
    write_events(PLAN, out, processes=1)
    return out


def _files(out: Path) -> list[Path]:
    return sorted((out / "events").rglob("*.parquet"))


def test_its_columns_are_those_of_the_log(written: Path) -> None:
    told = pq.read_schema(_files(written)[0])
    beside = {"network"}  # stands in the folder's name, as in the log
    assert {(field.name, field.type) for field in told} == {
        (field.name, field.type) for field in EVENT_SCHEMA if field.name not in beside
    }


def test_each_step_taken_in_time_is_one_event(written: Path) -> None:
    world = World(PLAN)
    lives = [world.block(number, words=False).lives for number in world.blocks]
    expected = {
        network: sum(
            int(((block[network].steps[step] >= 0) & (block[network].steps[step] < PLAN.end)).sum())
            for block in lives
            for step in STEPS
        )
        for network in NETWORKS
    }
    rows = duckdb.sql(
        "select network, count(*), count(distinct event_id), count(distinct (batch_id, line)), "
        "count(distinct record_key) "  # of a record only the newest version counts: as one of its case, a step is lost
        f"from read_parquet('{written}/events/*/*.parquet', hive_partitioning = true) group by network"
    ).fetchall()
    assert {network: count for network, count, *_ in rows} == {n: c for n, c in expected.items() if c}
    assert all(count == ids == lines == records for _, count, ids, lines, records in rows)


def test_two_processes_write_what_one_writes(written: Path, tmp_path: Path) -> None:
    done = write_events(PLAN, tmp_path, processes=2)
    assert done.processes == 2
    names = [path.relative_to(written) for path in _files(written)]
    assert [path.relative_to(tmp_path) for path in _files(tmp_path)] == names
    for name in names:
        assert pq.read_table(written / name).equals(pq.read_table(tmp_path / name)), name


def test_every_step_of_a_life_has_a_verb() -> None:
    assert set(VERBS) == set(STEPS)
