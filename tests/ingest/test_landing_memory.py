"""A landing that outgrows the machine: it spills nothing to a disk, lands what it can, and says what it cannot."""

import duckdb
import pytest

from ingest import land as landing
from ingest.chain import Record
from ingest.contract import FeedContract
from ingest.errors import LandingError
from ingest.log import session
from tests.town import Town

HEADER = "case_no,reported_at,closed_at,updated_at,kind,reporter,phone,story\n"


def rows(first: int, count: int) -> list[str]:
    return [
        f"{number},2026-10-01 08:00:00,,2026-10-01 08:00:00,A,拟青澜,15400001234,{'积水很深 ' * 40}{number}"
        for number in range(first, first + count)
    ]


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def small() -> duckdb.DuckDBPyConnection:
        connection = session()
        connection.execute("set memory_limit = '48MB'; set threads = 1")
        return connection

    monkeypatch.setattr(landing, "session", small)


def test_batches_that_are_too_much_together_land_one_after_the_other(
    town: Town, little_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    prepare = landing.prepare

    def counted(contract: FeedContract, manifests: list[Record], blobs: list[bytes]) -> landing.Rows:
        passes.append(len(manifests))
        return prepare(contract, manifests, blobs)

    monkeypatch.setattr(landing, "prepare", counted)
    for number in range(8):
        town.drop(f"{number}.csv", *rows(number * 1_500, 1_500))
    town.ingest()
    assert passes[0] == 8
    assert passes[1] == 4, "it did not fit"
    assert sum(receipt["recorded"] for receipt in town.log.receipts("cases")) == 12_000
    assert town.log.faults() == []


def test_one_batch_that_is_too_much_is_named_and_kept(
    town: Town, little_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.drop("huge.csv", *rows(0, 60_000))
    with pytest.raises(LandingError, match=r"huge\.csv .* needs more memory than this machine has; it stays sealed"):
        town.ingest()
    assert town.log.receipts("cases") == []
    monkeypatch.undo()
    town.ingest()
    assert sum(receipt["recorded"] for receipt in town.log.receipts("cases")) == 60_000
