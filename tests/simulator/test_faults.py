"""Each fault is planted at its rate, does what its sentence says, and is told apart from all that is sound."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from simulator.deliver import DeliveredFile, deliveries
from simulator.faults import FAULTS, checked, every, plant, spoil, transport
from simulator.faults.book import NEVER
from simulator.faults.transport import LONGEST_STREAK
from simulator.faults.windows import window
from simulator.feeds.channel import Channel, Drop
from simulator.ledger import DUPLICATE, FILTERED, OUTCOMES, RECORDED, REJECTED, Ledger, ledger
from simulator.plan import DAY, HOUR, MINUTE, Plan
from simulator.telling import EARLIEST, as_files
from simulator.told import CHANNELS
from simulator.truth.readings import READINGS

PLAN = Plan(days=60)
CASES, VERSIONS = 1_500, 3


def sound(feed: str = "city_management_cases") -> Ledger:
    """A register of cases, each reported, dispatched and closed; every version an hour after the one before."""
    how, count = READINGS[feed], CASES * VERSIONS
    case, version = np.repeat(np.arange(CASES), VERSIONS), np.tile(np.arange(VERSIONS), CASES)
    reported = DAY + case * 50 * MINUTE
    columns = {
        name: np.full(count, "", dtype=object) for name in (how.key, *how.columns, how.lon, how.lat, how.state) if name
    }
    columns[how.key] = np.array([f"K{number:05d}" for number in case], dtype=object)
    steps = {how.began: 0, how.steps["dispatched"]: 1, how.steps["closed"]: 2}
    for column, step in steps.items():
        columns[column] = np.where(version >= step, texts(feed, reported + step * HOUR), "")
    columns[how.updated] = texts(feed, reported + version * HOUR)
    columns[how.code] = np.array(["0101", "0102", "0103"], dtype=object)[case % 3]
    columns[how.lon], columns[how.lat] = (np.full(count, text, dtype=object) for text in ("123.010000", "30.410000"))
    columns[how.state] = np.array(["1", "7", how.ends[0] if how.ends else "9"], dtype=object)[version]
    if how.code_set_column:
        columns[how.code_set_column] = np.full(count, "2013", dtype=object)
    return ledger(feed, how.key, pd.DataFrame(columns), reported + version * HOUR, incident=case)


def texts(feed: str, at: np.ndarray) -> np.ndarray:
    moments = pd.Series(PLAN.start + np.asarray(at).astype("timedelta64[s]"))
    return moments.dt.strftime(READINGS[feed].times).to_numpy(dtype=object)


def planted(name: str, rate: float, feed: str = "city_management_cases", channel: Channel | None = None) -> Ledger:
    return plant(replace(PLAN, faults={name: rate}), sound(feed), channel or CHANNELS[feed])


def hit(found: Ledger, name: str) -> pd.DataFrame:
    return found.rows[found.fault == name].reset_index(drop=True)


def moments(texts_: pd.Series, feed: str) -> np.ndarray:
    return pd.to_datetime(texts_, format=READINGS[feed].times).to_numpy().astype("datetime64[s]").astype(np.int64)


@pytest.mark.parametrize(
    ("name", "feed", "able"),
    [
        ("repeated_row", "water_repairs", CASES * VERSIONS),
        ("late_row", "city_management_cases", CASES * VERSIONS),
        ("clock_skew", "city_management_cases", CASES * VERSIONS),
        ("equal_timestamps", "city_management_cases", CASES),
        ("false_utc", "city_management_cases", CASES * VERSIONS),
        ("wrong_crs", "city_management_cases", CASES * VERSIONS),
        ("swapped_lonlat", "city_management_cases", CASES * VERSIONS),
        ("zero_coordinates", "city_management_cases", CASES * VERSIONS),
        ("enum_drift", "city_management_cases", CASES * VERSIONS),
        ("contradictory_flags", "city_management_cases", CASES * (VERSIONS - 1)),
        ("impossible_order", "city_management_cases", CASES),
        ("unparsable_time", "city_management_cases", CASES * VERSIONS),
        ("missing_key", "city_management_cases", CASES * VERSIONS),
        ("deletion", "city_management_cases", CASES),
        ("over_supply", "police_incidents", CASES * VERSIONS),
    ],
)
def test_a_fault_strikes_at_its_rate_and_says_what_must_become_of_it(name: str, feed: str, able: int) -> None:
    found = planted(name, 0.1, feed)
    struck = found.fault == name
    assert struck.sum() == pytest.approx(0.1 * able, rel=0.25)
    assert set(found.outcome[struck]) == {FAULTS[name].outcome}
    assert set(found.code[struck]) == {FAULTS[name].code}
    assert set(found.fault) == {"", name}
    assert set(found.outcome[~struck]) == {RECORDED}
    assert (np.diff(found.told_at) >= 0).all()


def test_nothing_is_planted_where_nothing_is_switched_on() -> None:
    before = sound()
    after = plant(PLAN, before, CHANNELS["city_management_cases"])
    pd.testing.assert_frame_equal(after.rows, before.rows)
    assert set(after.fault) == {""}


def test_a_repeated_row_is_the_same_to_the_letter() -> None:
    found = planted("repeated_row", 0.05, "water_repairs")
    copies = np.flatnonzero(found.outcome == DUPLICATE)
    assert len(copies) > 100
    for copy in copies[:50]:
        assert found.rows.iloc[copy].equals(found.rows.iloc[copy - 1])
        assert found.told_at[copy] == found.told_at[copy - 1]


def test_a_late_row_comes_hours_or_days_later_and_what_follows_it_waits() -> None:
    found = planted("late_row", 0.05)
    late = found.fault == "late_row"
    behind = found.told_at - DAY - (found.incident * 50 * MINUTE)
    assert (behind[late] >= 3 * HOUR).all()
    assert (behind[late] < 4 * DAY).all()
    updated = pd.Series(found.rows["update_time"]).groupby(found.rows["rec_id"])
    assert all(group.is_monotonic_increasing for _, group in updated)


def test_out_of_order_tells_an_older_state_after_a_newer_one() -> None:
    found = planted("out_of_order", 0.05, "water_repairs")
    old = np.flatnonzero(found.fault == "out_of_order")
    assert len(old) > 50
    newest: dict[str, str] = {}
    backwards = 0
    for key, updated in zip(found.rows["工单编号"], found.rows["更新时间"], strict=True):
        backwards += updated < newest.get(key, "")
        newest[key] = max(updated, newest.get(key, ""))
    assert backwards == len(old)


def test_a_correction_changes_the_category_after_the_last_step() -> None:
    found = planted("correction", 0.2)
    keys = hit(found, "correction")["rec_id"]
    assert len(keys) > 100
    for key in keys[:40]:
        versions = found.rows[found.rows["rec_id"] == key]
        assert versions["event_type_code"].iloc[-1] != versions["event_type_code"].iloc[-2]
        assert versions["update_time"].iloc[-1] > versions["update_time"].iloc[-2]
        assert versions["archive_time"].iloc[-1] == versions["archive_time"].iloc[-2]


def test_a_deletion_takes_the_record_away() -> None:
    found = planted("deletion", 0.1)
    gone = found.current(PLAN.end)
    assert gone.gone.sum() == (found.fault == "deletion").sum() > 100


def test_equal_timestamps_come_in_batches() -> None:
    found = planted("equal_timestamps", 0.3)
    sizes = Counter(hit(found, "equal_timestamps")["update_time"])
    assert set(sizes.values()) == {20}


def test_a_skewed_clock_is_up_to_twenty_minutes_off() -> None:
    found = planted("clock_skew", 0.1)
    skewed = hit(found, "clock_skew")
    last = skewed[["create_time", "dispatch_time", "archive_time"]].max(axis=1)
    feed = "city_management_cases"
    off = np.abs(moments(skewed["update_time"], feed) - moments(last, feed))
    assert 0 < off.max() <= 20 * MINUTE


def test_false_utc_marks_every_time_of_the_row() -> None:
    found = hit(planted("false_utc", 0.1, "water_repairs"), "false_utc")
    assert found["更新时间"].str.endswith("Z").all()
    assert (found["归档时间"].str.endswith("Z") | (found["归档时间"] == "")).all()


def test_the_column_by_which_a_table_is_asked_stays_a_time() -> None:
    for name in ("false_utc", "unparsable_time", "clock_skew", "equal_timestamps"):
        for feed, column in (("city_management_cases", "update_time"), ("hotline_orders", "updated_at")):
            rows = planted(name, 0.2, feed).rows
            pd.to_datetime(rows[column], format="%Y-%m-%d %H:%M:%S")  # or it raises


def test_numbers_stay_numbers() -> None:
    book = sound()
    rows = book.rows.assign(coordinate_x=123.01, coordinate_y=30.41)
    for name in ("zero_coordinates", "swapped_lonlat", "wrong_crs"):
        found = plant(
            replace(PLAN, faults={name: 0.1}), replace(book, rows=rows), CHANNELS["city_management_cases"]
        ).rows
        assert found["coordinate_x"].dtype == found["coordinate_y"].dtype == np.float64


def test_places_go_wrong_in_three_ways() -> None:
    swapped = hit(planted("swapped_lonlat", 0.1), "swapped_lonlat")
    assert set(zip(swapped["coordinate_x"], swapped["coordinate_y"], strict=True)) == {("30.410000", "123.010000")}
    zero = hit(planted("zero_coordinates", 0.1), "zero_coordinates")
    assert set(zip(zero["coordinate_x"], zero["coordinate_y"], strict=True)) == {("0", "0")}
    wrong = hit(planted("wrong_crs", 0.1), "wrong_crs")
    east = (wrong["coordinate_x"].astype(float) - 123.01) * 96_000
    north = (wrong["coordinate_y"].astype(float) - 30.41) * 111_000
    assert np.hypot(east, north).between(100, 700).all()


def test_a_code_of_the_other_edition_stands_under_this_ones_name() -> None:
    found = hit(planted("other_edition_code", 0.1), "other_edition_code")
    assert len(found) > 50
    assert found["event_type_code"].str.len().eq(5).all()  # 2026 writes five digits
    assert set(found["code_edition"]) == {"2013"}


def test_words_and_flags_of_a_state() -> None:
    drifted = hit(planted("enum_drift", 0.1), "enum_drift")
    assert drifted["act_property_id"].str.endswith("（新）").all()
    contradictory = hit(planted("contradictory_flags", 0.1), "contradictory_flags")
    assert set(contradictory["act_property_id"]) == {"101"}
    assert set(contradictory["archive_time"]) == {""}


def test_rows_that_cannot_be_understood() -> None:
    impossible = hit(planted("impossible_order", 0.1), "impossible_order")
    assert (impossible["archive_time"] < impossible["create_time"]).all()
    unparsable = hit(planted("unparsable_time", 0.1), "unparsable_time")
    assert pd.to_datetime(unparsable["create_time"], format="%Y-%m-%d %H:%M:%S", errors="coerce").isna().all()
    keyless = planted("missing_key", 0.1)
    assert set(hit(keyless, "missing_key")["rec_id"]) == {""}
    assert len(keyless) == CASES * VERSIONS + (keyless.fault == "missing_key").sum()  # the sound row stays


def test_over_supply_is_of_other_classes_and_names_a_person() -> None:
    found = planted("over_supply", 0.1, "police_incidents")
    extra = hit(found, "over_supply")
    assert set(extra["bjlb"].str[:1]) <= {"1", "2", "3"}
    assert extra["bjrsfzh"].str.fullmatch(r"990000\d{11}[\dX]").all()
    assert set(extra["bjrsfzh"]) == found.secrets["id_number"]
    assert not set(extra["jjdbh"]) & set(sound("police_incidents").rows["jjdbh"])


def outages() -> tuple[Ledger, Drop]:
    """A list of outages: each stands in it for two days."""
    count, key = 400, READINGS["power_outages"].key
    begins = DAY + np.arange(count) * 2 * HOUR
    names = np.array([f"T{number:03d}" for number in range(count)], dtype=object)
    rows = pd.DataFrame({key: np.repeat(names, 2), "start": np.repeat(begins, 2) * 1000})
    told_at = np.stack([begins, begins + 2 * DAY], axis=1).ravel()
    channel = CHANNELS["power_outages"]
    assert isinstance(channel, Drop)
    return ledger("power_outages", key, rows, told_at, gone=np.tile([False, True], count)), channel


def lists(found: Ledger, channel: Drop) -> dict[str, list[int]]:
    """In which of the lists each item stands."""
    stands: dict[str, list[int]] = {}
    keys = found.rows[found.key].to_numpy()
    for number, file in enumerate(deliveries(PLAN, found, channel, PLAN.end)):
        for row in file.rows:
            stands.setdefault(keys[row], []).append(number)
    return stands


def test_an_item_vanishes_before_its_time() -> None:
    book, channel = outages()
    before = lists(book, channel)
    found = plant(replace(PLAN, faults={"vanished_item": 0.2}), book, channel)
    after = lists(found, channel)
    vanished = hit(found, "vanished_item")[found.key]
    assert len(vanished) == pytest.approx(80, rel=0.3)
    assert all(len(after.get(key, [])) < len(before[key]) for key in vanished)
    assert all(after[key] == before[key] for key in before if key not in set(vanished))


def test_an_item_returns_after_a_gap() -> None:
    book, channel = outages()
    found = plant(replace(PLAN, faults={"returned_item": 0.2}), book, channel)
    after = lists(found, channel)
    returned = [key for key in hit(found, "returned_item")[found.key] if len(after[key]) > 2]
    assert len(returned) > 40
    assert sum(max(np.diff(after[key])) > 1 for key in returned) > len(returned) / 2


def test_a_quiet_interface_tells_all_when_it_moves_again() -> None:
    found = planted("quiet_feed", 0.1)
    begin, end = window(PLAN, "quiet_feed", "city_management_cases", 0.1)
    assert end - begin == 6 * DAY
    assert not ((found.told_at >= begin) & (found.told_at < end)).any()
    assert len(found) == CASES * VERSIONS
    assert (found.told_at == end).sum() > 100


def test_a_quiet_drop_makes_no_files() -> None:
    plan = replace(PLAN, faults={"quiet_feed": 0.1})
    channel = CHANNELS["power_repairs"]
    assert isinstance(channel, Drop)
    hook = spoil(plan, "power_repairs", channel)
    book = sound("power_repairs")
    files = list(deliveries(plan, book, channel, plan.end, spoil=hook))
    whole = list(deliveries(plan, book, channel, plan.end))
    assert len(whole) - len(files) == hook.counts["quiet_feed"] == 24  # six days, four files a day


def test_a_volume_collapses_and_most_records_are_never_told() -> None:
    found = planted("volume_collapse", 0.2)
    begin, end = window(PLAN, "volume_collapse", "city_management_cases", 0.2)
    lost = found.fault == "volume_collapse"
    assert (found.told_at[lost] == NEVER).all()
    reported = DAY + found.incident * 50 * MINUTE
    inside = (reported >= begin) & (reported < end)
    assert lost[inside].mean() == pytest.approx(0.8, abs=0.1)
    assert not lost[~inside].any()


def files_of(name: str, feed: str) -> tuple[list[DeliveredFile], list[DeliveredFile], Counter[str]]:
    """The files of a feed with every one of them touched by a fault, those without any, and what was counted."""
    plan, book, drop = replace(PLAN, faults={name: 1.0}), sound(feed), as_files(feed, CHANNELS[feed])
    hook = spoil(plan, feed, drop)
    touched = list(deliveries(plan, book, drop, plan.end, EARLIEST, hook))
    return touched, list(deliveries(plan, book, drop, plan.end, EARLIEST)), hook.counts


def test_a_renamed_column_hides_the_first_time() -> None:
    touched, whole, counts = files_of("renamed_column", "water_repairs")
    assert counts["renamed_column"] == len(touched) - 1 == len(whole) - 1  # the last file is empty
    assert "报修时间_1" in touched[3].data.decode("gb18030").splitlines()[0].split(",")
    assert set(touched[3].outcomes) == {REJECTED}
    assert set(touched[3].codes) == {"missing_required"}


def test_an_added_column_harms_nothing() -> None:
    touched, whole, _ = files_of("added_column", "power_repairs")
    assert set(touched[9].outcomes) == {RECORDED}
    assert touched[9].data.count("备用字段1".encode()) == len(touched[9].rows) > 0
    assert len(touched) == len(whole)


def test_a_wrong_encoding_hurts_lines_of_csv_and_the_whole_of_json() -> None:
    touched, whole, _ = files_of("wrong_encoding", "water_repairs")
    assert touched[3].data.decode() == whole[3].data.decode("gb18030")
    assert set(touched[3].codes) <= {"missing_required", "undecodable_bytes"}
    assert len(touched[3].rows) == len(whole[3].rows)
    touched, _, _ = files_of("wrong_encoding", "power_repairs")
    assert touched[9].outcomes.tolist() == [REJECTED]
    assert touched[9].codes.tolist() == ["unreadable_delivery"]
    with pytest.raises(UnicodeDecodeError):
        touched[9].data.decode()


def test_half_a_file_lies_beside_the_whole_one_under_a_passing_name() -> None:
    touched, whole, _ = files_of("half_written", "power_repairs")
    halves = {file.name: file for file in touched if file.name.endswith(".filepart")}
    kept = {file.name: file.data for file in touched if not file.name.endswith(".filepart")}
    assert kept == {file.name: file.data for file in whole}
    some = whole[9]
    assert halves[some.name + ".filepart"].data == some.data[: len(some.data) // 2]
    assert len(halves[some.name + ".filepart"].rows) == 0


def test_requests_fail_at_their_rates_and_a_patient_client_gets_through() -> None:
    rates = {"http_429": 0.1, "http_500": 0.1, "http_timeout": 0.05, "truncated_body": 0.05, "shifting_pages": 0.1}
    line, again = (transport(replace(PLAN, faults=rates), "hotline_orders") for _ in range(2))
    answers = [line.next() for _ in range(20_000)]
    assert answers == [again.next() for _ in range(20_000)]
    for name, rate in rates.items():
        assert line.counts[name] / 20_000 == pytest.approx(rate, rel=0.2)
    longest = max(len(run) for run in "".join("x" if name else " " for name in answers).split())
    assert longest == LONGEST_STREAK
    assert {transport(PLAN, "hotline_orders").next() for _ in range(100)} == {""}


def test_every_fault_has_a_name_an_outcome_and_a_sentence() -> None:
    assert len(FAULTS) == 31
    for fault in FAULTS.values():
        assert fault.outcome in OUTCOMES
        assert (fault.code != "") == (fault.outcome == REJECTED)
        assert 0 < fault.rate <= 1
        assert fault.sentence.endswith(".")
    assert FAULTS["over_supply"].outcome == FILTERED
    assert every().keys() == FAULTS.keys()


def test_a_switch_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault is called http_418"):
        checked({"http_418": 0.1})
    with pytest.raises(ValueError, match="the rate of late_row must lie between 0 and 1"):
        checked({"late_row": 7})


def test_one_fault_more_leaves_the_others_where_they_were() -> None:
    """Each has its own stream: rows that both could strike go to one of them."""
    alone, both = (
        planted("unparsable_time", 0.05),
        plant(
            replace(PLAN, faults={"unparsable_time": 0.05, "missing_key": 0.05}),
            sound(),
            CHANNELS["city_management_cases"],
        ),
    )
    assert set(hit(alone, "unparsable_time")["rec_id"]) == set(hit(both, "unparsable_time")["rec_id"])
