"""Rows that are taken away without a mark: all keys are listed every so often, and what is missing is told."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from ingest.contract import FeedContract
from ingest.errors import SourceError
from ingest.lint import lint
from tests.ingest.front import Front

DAYS = [f"2026-11-{day:02}T00:00:00+00:00" for day in range(5, 12)]
KEYS = {"every": "P1D", "gone": "gone_at", "most_gone": 0.5}
EVENTS = [{"type": "reported", "at": "updated_at"}, {"type": "retracted", "at": "gone_at"}]
ALIVE = """
    select stream_key from log.event
    where event_type in ('reported', 'retracted')
    qualify row_number() over (partition by stream_key order by recorded_at desc, observed_at desc, event_type desc) = 1
        and event_type = 'reported'
    order by 1
"""


@pytest.fixture(autouse=True)
def six(front: Front) -> None:
    """Six cases, and a contract that has all keys listed once a day."""
    listed(front)
    front.put(*((f"C{n}", f"2026-11-01 08:0{n}:00") for n in range(6)))
    front.ingest()


def listed(front: Front, **keys: Any) -> None:
    fields = {"gone_at": {"type": "timestamp"}}
    front.contract("front_cases", {"keys": {**KEYS, **keys}}, fields=fields, events=EVENTS)


def day(front: Front, number: int) -> int:
    """Ingest on the n-th day; the number of new batches."""
    front.at(DAYS[number])
    return front.ingest().batches


def take_away(front: Front, *keys: str) -> None:
    for key in keys:
        front.run("delete from to_rec where rec_id = :key", {"key": key})


def alive(front: Front) -> list[str]:
    front.town.let_through("front_cases")
    return [key for (key,) in front.town.visible(ALIVE)]


def retracted(front: Front) -> list[tuple[Any, ...]]:
    return [
        (key, at.isoformat())
        for key, kind, at in front.told("stream_key, event_type, occurred_at")
        if kind == "retracted"
    ]


def test_a_row_that_is_listed_no_more_is_told_once_with_the_time_of_the_listing(front: Front) -> None:
    take_away(front, "C1", "C4")
    assert front.ingest().batches == 0, "no listing is due"
    assert day(front, 1) == 1
    assert [day(front, n) for n in (1, 2, 3)] == [0, 0, 0]
    assert retracted(front) == [("C1", "2026-11-06T00:00:00"), ("C4", "2026-11-06T00:00:00")]
    assert alive(front) == ["C0", "C2", "C3", "C5"]
    assert front.counted() == {"fetched": 8, "recorded": 8, "duplicate": 0, "rejected": 0}


def test_what_is_gone_keeps_what_was_known_of_it(front: Front) -> None:
    take_away(front, "C1")
    day(front, 1)
    told = front.told("distinct stream_key, category_code, text")
    assert ("C1", "A", "井盖缺失") in told


def test_the_time_of_the_listing_is_written_as_the_feed_reads_times(front: Front) -> None:
    fields = {"gone_at": {"type": "timestamp", "formats": ["%d.%m.%Y %H:%M"]}}
    time = {"zone": "America/New_York", "labelled_utc_is_local": True}
    front.contract("front_cases", {"keys": KEYS}, fields=fields, events=EVENTS, time=time)
    take_away(front, "C1")
    day(front, 1)
    assert retracted(front) == [("C1", "2026-11-06T00:00:00")]


def test_a_row_that_comes_back_as_it_was_is_told_again_however_often(front: Front) -> None:
    for number in (1, 3):
        take_away(front, "C1")
        assert day(front, number) == 1
        assert "C1" not in alive(front)
        front.put(("C1", "2026-11-01 08:01:00"))
        assert day(front, number + 1) == 1
        assert "C1" in alive(front)
    assert day(front, 5) == 0


def test_a_row_that_comes_back_changed_is_alive_at_once(front: Front) -> None:
    take_away(front, "C1")
    day(front, 1)
    front.put(("C1", "2026-11-06 09:00:00", "B"))
    assert front.ingest().batches == 1
    assert alive(front) == [f"C{n}" for n in range(6)]
    assert day(front, 2) == 0


def test_a_row_committed_beyond_the_overlap_is_found_by_the_listing(front: Front) -> None:
    front.put(("late", "2026-10-01 08:00:00"), ("C3", "2026-10-01 08:00:00", "B"))
    assert front.ingest().batches == 0
    assert [day(front, n) for n in (1, 2)] == [1, 0]
    assert "late" in alive(front)
    assert front.counted()["fetched"] == 8


def test_a_row_set_back_to_what_it_was_is_told_again_however_often(front: Front) -> None:
    for number in range(1, 6):
        time, kind = ("2026-10-01 08:00:00", "B") if number % 2 else ("2026-10-02 08:00:00", "A")
        front.put(("C1", time, kind))
        assert day(front, number) == 1
    assert day(front, 6) == 0


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_in_the_table_the_next_listing_sets_it_right(front: Front, seed: int) -> None:
    listed(front, every="PT1H", most_gone=1)
    random = Random(seed)
    for hour in range(8):
        for _ in range(random.randrange(6)):
            key = f"C{random.randrange(12)}"
            if random.random() < 0.4:
                take_away(front, key)
            else:
                back = random.choice([0, 0, 5, 60, 1440, 40_000])  # minutes: a late commit, a clock set back
                moment = datetime(2026, 11, 5, 8 + hour) - timedelta(minutes=back)
                front.put((key, random.choice([None, *[str(moment)] * 9]), random.choice("AB")))
        front.at(f"2026-11-05T{hour + 1:02}:00:00+00:00")
        front.ingest()
    assert front.ingest().batches == 0
    with front.engine.connect() as database:
        rows = database.execute(sa.text("select rec_id, event_type, update_time from to_rec")).all()
    timeless = {key for key, _, time in rows if time is None}
    told = {key: kind for key, kind in last_sealed(front).items() if key not in timeless}
    assert told == {key: kind for key, kind, _ in rows if key not in timeless}


def last_sealed(front: Front) -> dict[str, str]:
    """Key → kind, of the rows that are not gone, as the log was told last; rows that were rejected left out."""
    front.town.let_through("front_cases")
    newest = front.town.visible(
        """
        select distinct on (record_key) stream_key, category_code, event_type from (
            select *, max(event_type = 'retracted') over (partition by batch_id, line) as is_gone from log.event
        ) where event_type = 'reported' and not is_gone or event_type = 'retracted'
        order by record_key, observed_at desc
        """
    )
    return {key: kind for key, kind, told in newest if told == "reported"}


def test_rows_before_the_start_are_not_listed(front: Front) -> None:
    fields = {"gone_at": {"type": "timestamp"}}
    start = {"cursor": {"start": "2026-11-01T08:00:00+08:00"}, "keys": KEYS}
    front.contract("front_cases", start, fields=fields, events=EVENTS)
    front.put(("old", "2026-10-01 08:00:00"))
    assert day(front, 1) == 0


def test_a_row_without_a_time_is_listed_too(front: Front) -> None:
    front.put(("timeless", None))
    assert day(front, 1) == 1
    assert [day(front, n) for n in (2, 3)] == [0, 0]
    take_away(front, "timeless")
    assert [day(front, n) for n in (4, 5)] == [1, 0]


def test_a_row_that_lost_its_time_before_it_went_is_told_to_be_gone(front: Front) -> None:
    front.put(("C1", None))
    front.ingest()
    take_away(front, "C1")
    assert [day(front, n) for n in (1, 2)] == [1, 0]
    assert retracted(front) == [("C1", "2026-11-06T00:00:00")]


def test_a_row_whose_clock_was_set_back_before_it_went_is_gone_all_the_same(front: Front) -> None:
    front.put(("C1", "2026-10-01 08:00:00", "B"))
    assert day(front, 1) == 1
    take_away(front, "C1")
    assert [day(front, n) for n in (2, 3)] == [1, 0]
    assert "C1" not in alive(front)


def test_a_listing_that_lacks_too_much_is_not_believed(front: Front) -> None:
    take_away(front, "C0", "C1", "C2", "C3")
    front.put(("new", "2026-11-05 20:00:00"))
    sealed = len(front.manifests())
    with pytest.raises(SourceError, match=r"of 6 rows of to_rec, 4 are not listed any more.* none is taken to be gone"):
        day(front, 1)
    assert len(front.manifests()) == sealed + 1, "what changed was sealed before"
    assert retracted(front) == []
    listed(front, most_gone=1)
    day(front, 1)
    assert len(retracted(front)) == 4


def test_a_listing_that_was_killed_is_made_again(front: Front) -> None:
    take_away(front, "C1")
    front.at(DAYS[1])
    for point in ("pull.after_keys", "vault.after_blob", "chain.manifests.after"):
        assert front.town.command("pull", "front_cases", fault=point).returncode == -9, point
    assert front.ingest().batches == 0
    assert retracted(front) == [("C1", "2026-11-06T00:00:00")]
    assert front.ingest().batches == 0


def test_the_log_rebuilds_from_the_vault_with_all_that_went_and_came(front: Front) -> None:
    take_away(front, "C1")
    day(front, 1)
    front.put(("C1", "2026-11-01 08:01:00"), ("C2", "2026-11-06 09:00:00", "B"))
    day(front, 2)
    facts = "event_id, content_hash, record_hash, recorded_at, observed_at, batch_id, line"
    before = front.told(facts)
    log = front.town.root / "home" / "log"
    log.rename(log.with_name("former_log"))
    front.ingest()
    assert front.told(facts) == before


@pytest.mark.parametrize(
    ("source", "over", "words"),
    [
        ({"keys": {"gone": "vanished_at"}}, {}, "'vanished_at' must be the column of a field of type timestamp"),
        ({"keys": KEYS, "cursor": {"key": "event_type"}}, {}, "a `key` that is the column of source.cursor.key"),
        ({"cursor": {"key": "phone"}}, {"admit": {"fields": "listed"}}, "'phone' must be the column of a field"),
        ({"cursor": None}, {}, "is missing: mode upsert goes on from the newest time of change"),
        ({}, {"formats": [{"kind": "csv"}]}, "rows of a table are sealed as lines of JSON"),
    ],
)
@pytest.mark.parametrize("front", ["sqlite"], indirect=True)
def test_a_contract_that_can_not_be_kept_is_refused(
    front: Front, source: dict[str, Any], over: dict[str, Any], words: str
) -> None:
    contract: FeedContract = front.town.city.contract("front_cases")
    told = contract.model_dump(by_alias=True, exclude_unset=True)
    cursor = source.pop("cursor", {})
    told["source"] = {**told["source"], "keys": None, **source}
    told["source"]["cursor"] = cursor if cursor is None else {**told["source"]["cursor"], **cursor}
    found = lint(FeedContract.model_validate({**told, **over}), "front_cases.yml", {"city_management"})
    assert [fault for fault in found if words in fault]
