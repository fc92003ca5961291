"""Nothing is lost, nothing is doubled: whatever is delivered twice, killed, or landed by many at once."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import landing_sql
from ingest.errors import BalanceError
from ingest.land import land
from ingest.pull import pull
from tests.town import Town

ONE = "C1,2026-11-01 08:00:00,,2026-11-01 08:00:00,A,,,井盖缺失"
ONE_CLOSED = "C1,2026-11-01 08:00:00,2026-11-02 09:00:00,2026-11-02 09:00:00,A,,,井盖缺失"
TWO = "C2,2026-11-01 10:00:00,,2026-11-01 10:00:00,B,,,路灯不亮"
BAD = "C3,昨天,,2026-11-01 10:00:00,B,,,时间写坏"
POINTS = [
    "pull.after_read", "vault.before_key", "vault.before_blob", "vault.after_blob", "chain.manifests.before",
    "chain.manifests.after", "vault.after_manifest", "log.after_events", "log.after_rejections",
    "chain.receipts.before", "chain.receipts.after", "land.before_tables",
]  # fmt: skip
FACTS = "select event_id, content_hash, stream_key, event_type, occurred_at from log.event order by all"


def _rows(town: Town) -> list[tuple[object, ...]]:
    town.let_through()
    return town.visible(FACTS)


def test_three_times_the_same_input_is_once(town: Town) -> None:
    town.drop("cases_1.csv", ONE, TWO)
    for _ in range(3):
        town.ingest()
    assert [r["recorded"] for r in town.log.receipts("cases")] == [2]
    assert len(_rows(town)) == 2


def test_the_same_bytes_under_another_name_are_one_batch(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    town.drop("cases_1_again.csv", ONE)
    town.ingest()
    assert len(town.log.receipts("cases")) == 1


def test_a_row_repeated_within_a_delivery_is_counted_as_duplicate(town: Town) -> None:
    town.drop("cases_1.csv", ONE, ONE, TWO, BAD)
    town.ingest()
    receipt = town.log.receipts("cases")[0]
    counts = {name: receipt[name] for name in ("fetched", "recorded", "duplicate", "rejected", "filtered")}
    assert counts == {"fetched": 4, "recorded": 2, "duplicate": 1, "rejected": 1, "filtered": 0}


def test_a_counter_that_is_off_by_one_commits_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.drop("cases_1.csv", ONE, TWO)
    pull(town.city, town.home, "cases")
    patched = landing_sql.COUNTS_SQL.replace("count(judged.batch) as fetched", "count(judged.batch) + 1 as fetched")
    monkeypatch.setattr(landing_sql, "COUNTS_SQL", patched)
    with pytest.raises(BalanceError, match="does not balance: fetched 3"):
        land(town.city, town.home, "cases")
    assert town.log.receipts("cases") == []
    monkeypatch.undo()
    land(town.city, town.home, "cases")
    assert len(_rows(town)) == 2


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_is_once(make_town: Callable[[str], Town], point: str) -> None:
    calm, struck = make_town("calm"), make_town("struck")
    for town in (calm, struck):
        town.drop("cases_1.csv", ONE, TWO, BAD)
        town.drop("cases_2.csv", ONE_CLOSED)
    calm.ingest()
    killed = [struck.command("pull", "cases", fault=point), struck.command("land", "cases", fault=point)]
    assert -9 in [step.returncode for step in killed], f"{point} was never passed"
    assert struck.command("pull", "cases").returncode == 0
    assert struck.command("land", "cases").returncode == 0
    assert _rows(struck) == _rows(calm)
    assert sum(r["rejected"] for r in struck.log.receipts("cases")) == 1
    assert struck.log.faults() == []


def _land_all(root: Path) -> None:
    town = Town(root)
    pull(town.city, town.home, "cases")
    land(town.city, town.home, "cases")


def test_eight_workers_on_one_feed_make_one_unforked_chain(town: Town) -> None:
    for number in range(12):
        town.drop(f"cases_{number:02}.csv", ONE.replace("C1", f"C{number:02}"), TWO.replace("C2", f"D{number:02}"))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_land_all, args=(town.root,)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 8
    receipts = town.log.receipts("cases")
    assert [receipt["seq"] for receipt in receipts] == list(range(1, 13))
    assert len({receipt["landing_id"] for receipt in receipts}) == 12
    assert town.log.faults() == []
    assert len(_rows(town)) == 24


def test_a_second_receipt_of_the_same_recipe_is_refused(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    again = {**town.log.receipts("cases")[0], "attempt_id": "another"}
    assert town.log.commit({k: v for k, v in again.items() if k not in ("seq", "hash", "prev_hash")}) is None
    assert len(town.log.receipts("cases")) == 1
