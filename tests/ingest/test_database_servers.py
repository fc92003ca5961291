"""Tables of real databases, read by time of change: no row lost, none doubled, nothing written, nothing given away."""

import pytest

from ingest.errors import SourceError
from tests.ingest.front import Front, utc

SAME = "2026-11-01 08:00:00"
ALL = {"fetched": 8, "recorded": 8, "duplicate": 0, "rejected": 0}


def eight(front: Front) -> None:
    front.put(*((f"C{n}", SAME if n < 7 else f"2026-11-01 09:0{n}:00") for n in range(8)))


def test_a_table_of_current_rows_comes_in_batches_and_is_landed(front: Front) -> None:
    eight(front)
    assert front.ingest().batches == 3
    assert front.counted() == ALL
    assert front.told() == [(f"C{n}", utc(SAME if n < 7 else f"2026-11-01 09:0{n}:00")) for n in range(8)]


def test_a_log_of_actions_comes_in_batches_and_is_landed(front: Front) -> None:
    front.act(*((n, f"C{n % 3}", SAME) for n in range(1, 8)))
    front.ingest("front_actions")
    front.act((8, "C1", "2026-11-01 08:00:01"))
    assert front.ingest("front_actions").batches == 1
    assert front.counted("front_actions") == ALL
    assert len(front.told(feed="front_actions")) == 8


def test_rows_of_one_moment_are_whole_across_the_border_of_a_batch(front: Front) -> None:
    eight(front)
    for rows in (1, 2, 7):
        front.contract("front_cases", {"batch_rows": rows}, version=rows + 1)
        front.ingest()
        assert len(front.told("distinct stream_key")) == 8


def test_what_the_overlap_reads_again_is_not_landed_again(front: Front) -> None:
    eight(front)
    front.ingest()
    assert [front.ingest().batches for _ in range(2)] == [0, 0]
    assert front.counted() == ALL
    assert len(front.manifests()) == 3


def test_a_row_that_was_changed_is_landed_again(front: Front) -> None:
    eight(front)
    front.ingest()
    front.put(("C1", "2026-11-01 09:10:00", "B"))
    assert front.ingest().batches == 1
    assert front.told("distinct category_code", "front_cases") == [("A",), ("B",)]
    assert front.counted()["fetched"] == 9


def test_a_row_committed_late_comes_once(front: Front) -> None:
    eight(front)
    front.ingest()
    front.put(("late", "2026-11-01 09:00:00"))
    assert [front.ingest().batches for _ in range(2)] == [1, 0]
    assert front.counted()["fetched"] == 9


def test_a_clock_set_back_by_a_day_hides_nothing_from_the_sweep(front: Front) -> None:
    front.contract("front_cases", {"cursor": {"sweep": {"every": "P1D", "back": "P2D"}}})
    eight(front)
    front.ingest()
    front.put(("back", "2026-10-31 09:00:00"))
    assert front.ingest().batches == 0, "beyond the overlap, and no sweep is due"
    front.at("2026-11-06T00:00:00+00:00")
    assert [front.ingest().batches for _ in range(2)] == [1, 0]
    front.at("2026-11-07T00:00:00+00:00")
    assert front.ingest().batches == 0
    assert front.counted()["fetched"] == 9


def test_a_time_in_the_future_does_not_carry_the_cursor_away(front: Front) -> None:
    eight(front)
    front.put(("ahead", "2099-01-01 00:00:00"))
    front.ingest()
    front.put(("now", "2026-11-05 08:00:00"))
    assert [front.ingest().batches for _ in range(2)] == [1, 0]
    assert front.counted()["fetched"] == 10


def test_a_row_without_time_of_change_is_rejected_once_and_stops_nobody(front: Front) -> None:
    eight(front)
    front.put(("timeless", None))
    front.ingest()
    front.put(("another", None), ("new", "2026-11-01 09:10:00"))
    assert [front.ingest().batches for _ in range(2)] == [2, 0]
    assert front.counted() == {"fetched": 11, "recorded": 9, "duplicate": 0, "rejected": 2}
    front.put(("timeless", "2026-11-01 09:11:00"))
    assert front.ingest().batches == 1
    assert len(front.told("distinct stream_key")) == 10


def test_a_text_may_hold_every_sort_of_line_end(front: Front) -> None:
    eight(front)
    front.put(("ends", "2026-11-01 09:10:00", "A", "一\u2028二\x85三\n四\x0b五\r六"))
    front.ingest()
    assert front.ingest().batches == 0
    assert front.counted()["recorded"] == 9


def test_what_is_not_admitted_is_read_again_and_never_landed_again(front: Front) -> None:
    admit = {"fields": "listed", "records": "kind = 'A'"}
    front.contract("front_cases", admit=admit)
    eight(front)
    front.put(("B1", SAME, "B"))
    front.ingest()
    front.ingest()
    assert len(front.told()) == 8
    assert front.counted()["recorded"] == 8


def test_a_missing_column_is_named_before_the_first_row(front: Front) -> None:
    eight(front)
    front.contract("front_cases", fields={"level": {"source": "urgency"}, "place": {"source": "address"}})
    with pytest.raises(SourceError, match=r"to_rec has no column 'urgency', 'address' .*nothing was read"):
        front.ingest()
    assert front.manifests() == []


def test_a_missing_table_is_named(front: Front) -> None:
    front.contract("front_cases", {"table": "to_wreck"})
    with pytest.raises(SourceError, match=r"there is no table 'to_wreck'; mend source\.table"):
        front.ingest()


def test_a_column_of_another_type_is_named_before_the_first_row(front: Front) -> None:
    kinds = {"postgresql": "bytea", "mysql": "blob", "sqlite": "blob"}
    front.run("drop table to_rec")
    front.run(
        "create table to_rec (rec_id varchar(40) primary key, event_type varchar(9), is_deleted date, "
        f"update_time varchar(19), rec_desc {kinds[front.engine.dialect.name]})"
    )
    front.run("insert into to_rec (rec_id, event_type, update_time) values ('C1', 'A', '2026-11-01 08:00:00')")
    words = "the column 'rec_desc' holds bytes.*the column 'is_deleted' is a date and the field 'removed' a boolean"
    with pytest.raises(SourceError, match=words):
        front.ingest()
    assert front.manifests() == []


def test_a_mark_of_deletion_takes_the_case_back(front: Front) -> None:
    eight(front)
    front.ingest()
    front.put(("C1", "2026-11-01 09:10:00", "A", "井盖缺失", 1))
    front.ingest()
    assert ("C1", "retracted", utc("2026-11-01 09:10:00")) in front.told("stream_key, event_type, occurred_at")


def test_a_table_read_whole_is_an_observation_each_time(front: Front) -> None:
    eight(front)
    front.contract("front_cases", {"cursor": None}, mode="snapshot", events=None, item={"at": "updated_at"})
    front.ingest()
    front.run("delete from to_rec where rec_id = 'C1'")
    front.put(("C9", SAME))
    for moment in ("2026-11-05T01:00:00+00:00", "2026-11-05T02:00:00+00:00"):
        front.at(moment)
        front.ingest()
    front.town.let_through("front_cases")
    assert len(front.manifests()) == 3, "as many rows as before, and still another list"
    taken = front.town.visible(
        "select count(*) from log.event where event_type = 'item_observed' and stream_key = 'C9'"
    )
    assert taken == [(2,)]
