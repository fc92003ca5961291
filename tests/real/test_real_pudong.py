"""Fire calls of Pudong: one call told by two files of different shape, and geocodes of unnamed frame."""

from collections.abc import Callable

import pytest
from real_landing import Landed

pytestmark = pytest.mark.real
CALLS = "select * from event where feed = 'fire_calls'"


def test_both_files_tell_the_same_calls(pudong: Landed) -> None:
    told = pudong.rows(
        """
        select batch_name, recorded, rejected from receipt where feed = 'fire_calls' order by batch_name
        """
    )
    assert told == [("dev_2025-01_02.csv", 995, 0), ("dev_2025-01_02.xlsx", 1_254, 0)]
    calls = pudong.rows(
        f"""
        select count(*), count(*) filter (files = 2) from (
            select stream_key, count(distinct batch_id) as files from ({CALLS}) group by 1
        )
        """
    )
    assert calls == [(1_254, 995)]
    facts = dict(pudong.rows(f"select event_type, count(distinct event_id) from ({CALLS}) group by 1"))
    assert facts == {"reported": 1_254, "dispatched": 1_180, "en_route": 1_067 + 1_189, "on_scene": 1_031 + 1_181}


def test_the_file_with_seconds_is_the_newer_version(pudong: Landed) -> None:
    newest = pudong.rows(
        f"""
        with winner as (
            select record_key, arg_max(batch_id, (recorded_at, observed_at, batch_id, line)) as batch_id,
                count(distinct recorded_at) as clocks
            from ({CALLS}) group by record_key having count(distinct batch_id) = 2
        )
        select batch_name, count(*) from winner join receipt using (batch_id) where clocks = 2 group by 1
        """
    )
    assert len(newest) == 1
    assert newest[0][0] == "dev_2025-01_02.xlsx"
    assert newest[0][1] > 960  # a call whose last known moment falls on a full minute is told equally by both


def test_stage_order_streets_and_codes_are_flagged(pudong: Landed) -> None:
    by_file = dict(
        pudong.rows(
            """
            select batch_name || ' ' || code, count(*) from rejection join receipt using (feed, batch_id)
            where feed = 'fire_calls' group by 1 order by 1
            """
        )
    )
    assert by_file == {
        "dev_2025-01_02.csv micro_out_before_dispatch": 10,
        "dev_2025-01_02.csv not_in_code_set": 7,
        "dev_2025-01_02.csv street_disagrees": 48,
        "dev_2025-01_02.xlsx micro_out_before_dispatch": 23,
        "dev_2025-01_02.xlsx not_in_code_set": 7,
        "dev_2025-01_02.xlsx squad_out_before_report": 1,
        "dev_2025-01_02.xlsx street_disagrees": 65,
    }


def test_codes_told_in_several_ways_become_one(pudong: Landed) -> None:
    assert pudong.one(f"select count(*) from ({CALLS}) where category_code = '机动车'") == 0
    assert pudong.one(f"select count(*) from ({CALLS}) where (attributes ->> 'brigade') like '%(%'") == 0
    water = pudong.rows(f"select distinct attributes ->> 'water_used' from ({CALLS}) order by 1")
    assert {value for (value,) in water} >= {"是", "否"}


def test_no_room_leaves_the_vault(pudong: Landed, raw: Callable[[str], str]) -> None:
    rooms = r"regexp_matches({}, '[0-9]+(室|房|户|单元)')"
    delivered = pudong.one(
        f"select count(*) from read_csv({raw('pudong-fire/dev_2025-01_02.csv')}, all_varchar = true) "
        f"where {rooms.format('火警地址')}"
    )
    assert delivered == 247
    assert pudong.one(f"select count(*) from event where {rooms.format('address')}") == 0
    keyed = "regexp_matches({}, '^[0-9]{{12}}[|][^|]+站[|]1:[0-9a-f]{{32}}$')"
    unkeyed = f"not ({keyed.format('stream_key')} and {keyed.format('record_key')})"
    calls = "feed in ('fire_calls', 'fire_call_places')"
    assert pudong.one(f"select count(*) from event where {calls} and {unkeyed}") == 0


def test_geocodes_are_moved_out_of_gcj02(pudong: Landed, raw: Callable[[str], str]) -> None:
    distances = pudong.rows(
        f"""
        with metro as (
            select unnest(features, recursive := true)
            from read_json({raw("crs-reference/shanghai_metro_wgs84.geojson")}, columns = {{features:
                'STRUCT(properties STRUCT(name VARCHAR, mtype VARCHAR), geometry STRUCT(coordinates DOUBLE[]))[]'}})
        ),
        stations as (
            select name, avg(coordinates[1]) as lon, avg(coordinates[2]) as lat
            from metro where mtype = '地铁站' group by name
        ),
        calls as (
            select regexp_extract(address, ' ([^ ]+?)(地铁站|3号出口)', 1) as station, event.lon, event.lat,
                lon_raw::double as raw_lon, lat_raw::double as raw_lat
            from event where feed = 'fire_call_places' and regexp_matches(address, '地铁')
        ),
        pairs as (
            select calls.*, stations.lon as metro_lon, stations.lat as metro_lat
            from calls join stations on stations.name = calls.station
        )
        select count(*),
            median(sqrt(pow((lon - metro_lon) * 95400, 2) + pow((lat - metro_lat) * 110900, 2))),
            median(sqrt(pow((raw_lon - metro_lon) * 95400, 2) + pow((raw_lat - metro_lat) * 110900, 2)))
        from pairs
        """
    )
    pairs, after, before = distances[0]
    assert pairs >= 4
    assert after < 250 < before


def test_a_geocode_joins_its_call_by_the_same_key(pudong: Landed) -> None:
    joined = pudong.one(
        f"""
        select count(*) from (select distinct stream_key from event where feed = 'fire_call_places')
        join (select distinct stream_key from ({CALLS})) using (stream_key)
        """
    )
    assert joined > 500


def test_geocodes_marked_a_success_outside_the_district_are_flagged(pudong: Landed) -> None:
    assert pudong.issues("micro_stations") == {"point_outside_district": 10}
    assert pudong.lands["micro_stations"].duplicate == 106 - 63  # the list repeats stations word for word
