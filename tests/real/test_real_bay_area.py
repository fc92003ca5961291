"""Two snapshot histories of one area and month: 2,695 open lists of outages, 2,109 of the fire dispatch."""

from collections.abc import Callable

import pytest
from real_landing import Landed

pytestmark = pytest.mark.real
LOCAL = "timezone('America/Los_Angeles', timezone('UTC', {}))"
PRESENCE = """
    with looks as (
        select observed_at, row_number() over (order by observed_at, batch_id) as look
        from event where feed = '{feed}' and event_type = 'snapshot_taken'
    ),
    seen as (
        select stream_key, look, record_hash,
            lag(look) over (partition by stream_key order by look) as look_before,
            lag(record_hash) over (partition by stream_key order by look) as hash_before
        from event join looks using (observed_at) where feed = '{feed}' and event_type = 'item_observed'
    )
"""


def test_every_look_is_a_delivery_with_its_own_receipt(bay_area: Landed) -> None:
    receipts = bay_area.rows(
        """
        select feed, count(*), count(distinct landing_id), count(distinct batch_id), max(seq), sum(recorded),
            sum(rejected)
        from receipt group by feed order by feed
        """
    )
    assert receipts == [
        ("fire_dispatch", 2_109, 2_109, 2_109, 2_109, 7_380, 0),
        ("power_outages", 2_695, 2_695, 2_695, 2_695, 92_700, 0),
    ]
    looks = bay_area.rows(
        "select feed, count(*) from event where event_type = 'snapshot_taken' group by feed order by feed"
    )
    assert looks == [("fire_dispatch", 2_109), ("power_outages", 2_695)]


def test_the_gate_judges_every_look(bay_area: Landed) -> None:
    said = {feed: (gate.passed, gate.warned, gate.held) for feed, gate in bay_area.gates.items()}
    # three lists of March hold six to eight outages where the least of earlier days was more than three times as many
    assert said == {"fire_dispatch": (2_109, 0, 0), "power_outages": (2_692, 3, 0)}


def test_thousands_of_deliveries_land_within_three_minutes(bay_area: Landed) -> None:
    print(f"power_outages: pulled and landed in {bay_area.seconds['power_outages']:.1f} s")
    assert bay_area.seconds["power_outages"] < 180


def test_an_unchanged_list_is_still_an_observation(bay_area: Landed, raw: Callable[[str], str]) -> None:
    bodies = bay_area.one(
        f"""
        select count(distinct payload::varchar)
        from read_json({raw("pge-outages/pge_2024-03.jsonl.gz")}, columns = {{payload: 'JSON'}},
            format = 'newline_delimited', maximum_object_size = 100000000)
        """
    )
    assert bodies == 2_686  # nine lists repeat an earlier one, byte for byte
    assert bay_area.lands["power_outages"].landings == 2_695


def test_outage_times_lie_behind_the_look_once_they_are_taken_as_local(bay_area: Landed) -> None:
    least, least_written, worst = bay_area.rows(
        f"""
        select min(epoch(observed_at - recorded_at)) / 3600,
            min(epoch(observed_at - {LOCAL.format("recorded_at")})) / 3600,
            count(*) filter (recorded_at > observed_at)
        from event where feed = 'power_outages' and event_type = 'item_observed'
        """
    )[0]
    assert 0.07 < least < 0.1  # hours: the list lags by five minutes at least
    assert least_written > 7
    assert worst == 0
    assert "updated_after_observation" not in bay_area.issues("power_outages")


def test_daylight_saving_moves_the_offset_on_the_tenth_of_march(bay_area: Landed, raw: Callable[[str], str]) -> None:
    offsets = bay_area.rows(
        f"""
        with told as (
            select distinct unnest(payload)."F_OUTAGE_ID" as id, epoch_ms(unnest(payload)."OUTAGE_START") as written
            from read_json({raw("pge-outages/pge_2024-03.jsonl.gz")}, format = 'newline_delimited',
                maximum_object_size = 100000000,
                columns = {{payload: 'STRUCT("F_OUTAGE_ID" BIGINT, "OUTAGE_START" BIGINT)[]'}})
        ),
        landed as (
            select distinct stream_key, occurred_at from event
            where feed = 'power_outages' and event_type = 'item_observed'
        )
        select written >= timestamp '2024-03-10 03:00' as summer,
            date_diff('hour', written, occurred_at) as hours, count(*)
        from told join landed on landed.stream_key = told.id::varchar
            and abs(date_diff('hour', written, occurred_at)) < 12
        group by all order by all
        """
    )
    by_season = {(summer, hours) for summer, hours, _ in offsets}
    assert by_season == {(False, 8), (True, 7)}
    assert sum(count for *_, count in offsets) >= 11_101


def test_outages_that_vanish_and_come_back(bay_area: Landed) -> None:
    presence = PRESENCE.format(feed="power_outages")
    assert bay_area.one(f"{presence} select count(distinct stream_key) from seen") == 11_101
    returned = bay_area.rows(f"{presence} select stream_key from seen where look > look_before + 1 order by stream_key")
    assert returned == [("2396750",), ("2398867",), ("2417965",)]
    open_at_the_end = bay_area.one(f"{presence} select count(*) from seen where look = 2695")
    assert open_at_the_end == 11  # the other 11,090 ended by vanishing


def test_what_the_list_does_not_know_stays_unknown(bay_area: Landed) -> None:
    causes = bay_area.rows(
        """
        select count(*) filter (category_code is null), count(*) from event
        where feed = 'power_outages' and event_type = 'item_observed'
        """
    )
    assert causes == [(49_440, 92_700)]
    gaps = bay_area.rows(
        """
        select max(minutes), count(*) filter (minutes > 31), count(*) filter (minutes > 60) from (
            select epoch(observed_at - lag(observed_at) over (order by observed_at)) / 60 as minutes
            from event where feed = 'power_outages' and event_type = 'snapshot_taken'
        )
        """
    )
    assert gaps == [(pytest.approx(93.45), 82, 4)]  # what ended in a silence is known to its length only


def test_household_identifiers_are_not_sealed(bay_area: Landed) -> None:
    reasons = bay_area.rows("select distinct unknown_columns from receipt where feed = 'power_outages'")
    assert all("SPID" in told for (told,) in reasons)  # its name is announced; what it held was never sealed
    assert "SPID" not in str(bay_area.rows("select attributes from event where feed = 'power_outages' limit 100"))


def test_the_midnight_flip_keeps_one_occurred_time(bay_area: Landed, raw: Callable[[str], str]) -> None:
    told = f"""
        select line.observed_at::timestamptz as observed_at, unnest(line.payload) as item
        from read_json({raw("sanmateo-fire/smfd_2024-03.jsonl.gz")}, format = 'newline_delimited',
            columns = {{observed_at: 'VARCHAR', payload: 'STRUCT(id VARCHAR, date VARCHAR, time VARCHAR)[]'}}) as line
    """
    items, incidents, both = bay_area.rows(
        f"""
        with told as ({told}),
        forms as (
            select item.id, count(*) filter (contains(item.time, '/')) as long, count(*) as total from told group by 1
        )
        select sum(long), count(*) filter (long > 0), count(*) filter (long > 0 and long < total) from forms
        """
    )[0]
    assert (items, incidents, both) == (110, 65, 28)
    times = bay_area.rows(
        """
        select count(*), count(*) filter (times > 1) from (
            select stream_key, count(distinct occurred_at) as times
            from event where feed = 'fire_dispatch' and event_type = 'item_observed' group by 1
        )
        """
    )
    assert times == [(5_254, 0)]
    latest = bay_area.one(
        """
        select max(epoch(occurred_at - observed_at)) from event
        where feed = 'fire_dispatch' and event_type = 'item_observed'
        """
    )
    assert latest < 0  # nothing happened after it was seen: the zone and the day are right


def test_the_flip_is_no_change_of_the_incident(bay_area: Landed) -> None:
    presence = PRESENCE.format(feed="fire_dispatch")
    versions = bay_area.one(
        f"{presence} select count(*) from seen where hash_before is null or hash_before <> record_hash"
    )
    # 6,590 versions were delivered; 8 differ in the flipping date and time only, 3 in a door number that is not kept
    assert versions == 6_579


def test_medical_calls_have_no_point_and_no_door(bay_area: Landed) -> None:
    no_point, doors = bay_area.rows(
        """
        select count(*) filter (lat is null), count(*) filter (contains(address, '#'))
        from event where feed = 'fire_dispatch' and event_type = 'item_observed'
        """
    )[0]
    assert (no_point, doors) == (5_386, 0)
