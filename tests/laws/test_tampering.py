"""`verify` finds what was changed, removed or lost."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.vault import Vault
from tests.laws.test_once import ONE, TWO
from tests.town import Town


@pytest.fixture
def settled(town: Town) -> Town:
    town.drop("cases_1.csv", ONE)
    town.drop("cases_2.csv", TWO)
    town.ingest()
    town.let_through()
    assert [*town.log.faults(), *Vault(town.home).faults()] == []
    return town


def _faults(town: Town) -> str:
    return "\n".join([*town.log.faults(), *Vault(town.home).faults()])


def _chain(town: Town, *parts: str) -> list[Path]:
    return sorted(town.home.root.joinpath(*parts).glob("*.json"))


def test_a_changed_count_in_a_receipt(settled: Town) -> None:
    path = _chain(settled, "log", "chain", "receipts", "cases")[0]
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps({**record, "fetched": record["fetched"] + 1, "recorded": record["recorded"] + 1}))
    assert "was changed after it was written" in _faults(settled)


def test_the_newest_receipt_lost(settled: Town) -> None:
    _chain(settled, "log", "chain", "receipts", "cases")[-1].unlink()
    assert "its newest records were lost" in _faults(settled)


def test_a_receipt_lost_in_the_middle(settled: Town) -> None:
    _chain(settled, "log", "chain", "receipts", "cases")[0].unlink()
    assert "a record is missing" in _faults(settled)


def test_two_receipts_swapped(settled: Town) -> None:
    first, second = _chain(settled, "log", "chain", "receipts", "cases")
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    assert "missing" in _faults(settled)


def test_a_value_changed_in_the_event_rows(settled: Town) -> None:
    file = next((settled.home.log / "events").rglob("*.parquet"))
    table = pq.ParquetFile(file).read()
    column = table.column_names.index("stream_key")
    pq.write_table(table.set_column(column, "stream_key", pa.array(["X"] * table.num_rows)), file)
    assert "the events rows are not those that were committed" in _faults(settled)


def test_the_event_rows_lost(settled: Town) -> None:
    shutil.rmtree(settled.home.log / "events")
    assert "the events rows are not those that were committed" in _faults(settled)


def test_a_sealed_blob_damaged_and_one_lost(settled: Town) -> None:
    blobs = sorted(p for p in (settled.home.vault / "blobs").rglob("*") if p.is_file())
    data = bytearray(blobs[0].read_bytes())
    data[-1] ^= 1
    blobs[0].write_bytes(bytes(data))
    blobs[1].unlink()
    faults = _faults(settled)
    assert "was damaged" in faults
    assert "is gone" in faults


def test_an_erased_month_is_sound_and_its_rows_stay(settled: Town) -> None:
    for key in (settled.home.vault / "keys" / "cases").glob("*.json"):
        key.unlink()
    assert _faults(settled) == ""
    assert settled.visible("select count(*) from log.event") == [(2,)]
    settled.contract(version=2)
    settled.ingest()
    assert len(settled.log.receipts("cases")) == 2, "what was erased is not landed again"
