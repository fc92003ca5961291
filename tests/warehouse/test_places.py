"""Every point has one grid: inside, on a border, in a hole, before and after a change."""

from collections import Counter
from itertools import pairwise

import duckdb
import pytest

from tests.warehouse.places import DATUMS, NOW, PLACES

pytestmark = pytest.mark.dbt


def test_every_case_comes_to_its_grid(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = {
        key: (code, method, reason, agreement)
        for key, code, method, reason, agreement in warehouse.execute(
            "select stream_key, grid_code, grid_method, unlocated_reason, grid_agreement from mart.fct_case "
            "where feed = 'placed'"
        ).fetchall()
    }
    expected = {f"place-{number}": place for number, (_, _, place) in enumerate(PLACES)}
    assert found == expected


def test_the_fact_points_to_the_grid_of_then(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select grid_id from mart.fct_case where stream_key in ('place-0', 'place-1') order by stream_key"
    ).fetchall()
    assert found == [("unit/S1@2026-01-01",), ("unit/S1a@2026-10-10",)]


def test_the_confidence_is_that_of_the_way_and_of_the_share(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select grid_method, grid_code_told, grid_confidence from mart.fct_case "
        "where feed = 'placed' and (grid_method = 'bridged' or grid_code_told is null) group by all order by all"
    ).fetchall()
    assert found == [
        ("bridged", "W2", 90),
        ("bridged", "W3", 88),  # 98 % of 90
        ("division", None, 80),
        ("point", None, 100),
        ("unlocated", None, 0),
    ]


def test_counts_by_feed_say_how_places_were_found(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select scheme_told, agreement, sum(events), sum(cases) from mart.dq_place where feed = 'placed' group by all"
    ).fetchall()
    expected = Counter((told.get("grid_scheme_given", ""), agreement) for told, _, (_, _, _, agreement) in PLACES)
    assert {(scheme, agreement): cases for scheme, agreement, _, cases in found} == expected
    assert all(events == cases for _, _, events, cases in found)  # a case of this feed tells one event


def test_lineage_is_what_the_polygons_say(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select change_kind, from_grid_code, to_grid_code, from_ppm, to_ppm, evidence from mart.dim_grid_lineage "
        "where scheme = 'unit' and changed_on = date '2026-10-10' order by all"
    ).fetchall()
    assert found == [
        ("appeared", None, "A", None, None, "none"),
        ("continued", "C", "C", 1_000_000, 1_000_000, "area"),
        ("ended", "E", None, None, None, "none"),
        ("merged", "M1", "M", 1_000_000, 500_000, "area"),
        ("merged", "M2", "M", 1_000_000, 500_000, "area"),
        ("moved", "U1", "U1", 1_000_000, 800_000, "area"),
        ("moved", "U2", "U1", 250_000, 200_000, "area"),
        ("moved", "U2", "U2", 750_000, 1_000_000, "area"),
        ("renamed", "P1", "P2", 1_000_000, 1_000_000, "area"),
        ("split", "S1", "S1a", 500_000, 1_000_000, "area"),
        ("split", "S1", "S1b", 500_000, 1_000_000, "area"),
    ]


def test_what_a_scheme_begins_with_appeared_from_nowhere_and_is_no_change(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = warehouse.execute(
        "select from_grid_code, change_kind from mart.dim_grid_lineage "
        "where scheme = 'net' or changed_on < '2026-10-10'"
    ).fetchall()
    assert found == [("W6", "ended")]


def test_the_bridge_says_how_much_of_a_grid_lies_where(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select from_grid_code, to_grid_code, valid_from_on::varchar, valid_to_on::varchar, weight_ppm, is_decisive "
        "from mart.dim_grid_bridge where from_grid_code in ('W1', 'W2', 'W3', 'W4') order by 1, 3, 2"
    ).fetchall()
    old, new = ("2026-01-01", "2026-10-10"), ("2026-10-10", None)
    assert found == [
        ("W1", "U1", *old, 500_000, False),
        ("W1", "U2", *old, 500_000, False),
        ("W1", "U1", *new, 750_000, False),
        ("W1", "U2", *new, 250_000, False),
        ("W2", "U1", *old, 1_000_000, True),
        ("W2", "U1", *new, 1_000_000, True),
        ("W3", "M1", *old, 20_000, False),
        ("W3", "U2", *old, 980_000, True),
        ("W3", "M", *new, 20_000, False),
        ("W3", "U1", *new, 230_000, False),
        ("W3", "U2", *new, 750_000, False),
        ("W4", "C", *old, 500_000, False),
        ("W4", "unlocated", *old, 500_000, False),
        ("W4", "C", *new, 500_000, False),
        ("W4", "unlocated", *new, 500_000, False),
    ]


def test_the_parts_of_a_grid_make_the_whole_at_every_moment(warehouse: duckdb.DuckDBPyConnection) -> None:
    sums = warehouse.execute(
        "select from_grid_id, valid_from_at, valid_to_at, sum(weight_ppm), sum(overlap_m2) - min(from_area_m2) "
        "from mart.dim_grid_bridge group by all order by 1, 2"
    ).fetchall()
    assert {row[3] for row in sums} == {1_000_000}
    assert max(abs(row[4]) for row in sums) < 10  # square metres, of more than ten thousand million
    for before, after in pairwise(sums):
        assert before[0] != after[0] or before[2] == after[1]
    thirds = warehouse.execute(
        "select weight_ppm from mart.dim_grid_bridge "
        "where from_grid_code = 'W7' and valid_from_on < '2026-10-10' order by 1"
    ).fetchall()
    assert thirds == [(333_333,), (333_333,), (333_334,)]


def test_a_hole_is_no_ground(warehouse: duckdb.DuckDBPyConnection) -> None:
    whole, ring = (
        warehouse.execute(
            "select max(from_area_m2) from mart.dim_grid_bridge where from_grid_code = ?", [code]
        ).fetchall()[0][0]
        for code in ("W6", "W8")
    )
    # half a degree each way less a fifth each way, of a square degree: 21 %, but for the cosine of the latitude
    assert abs(ring / whole - 0.21) < 0.0001


def test_an_area_is_that_of_the_ellipsoid(warehouse: duckdb.DuckDBPyConnection) -> None:
    (area,) = warehouse.execute(
        "select from_area_m2 from mart.dim_grid_bridge where from_grid_code = 'W6' limit 1"
    ).fetchall()[0]
    # a degree each way between 20 and 21 north on CGCS2000, from the closed form; corners are whole millimetres, which
    # along four hundred kilometres of border are two hundred square metres
    assert abs(area - 11_548_376_596) < 200


def test_the_grids_of_now_hold_what_was_told_before(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = {
        key: (code, method, reason)
        for key, code, method, reason in warehouse.execute(
            "select stream_key, grid_code_now, grid_now_method, grid_now_reason from mart.fct_case "
            "where feed = 'before'"
        ).fetchall()
    }
    assert found == {f"now-{number}": place for number, (_, _, place) in enumerate(NOW)}


def test_a_report_can_be_cut_by_the_grids_of_now(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The figure of an indicator by today's grids: the item's case has the grid of now."""
    found = warehouse.execute(
        "select members.grid_code, count(*) from mart.fct_case as cases "
        "join mart.dim_grid as members on cases.grid_id_now = members.grid_id "
        "where cases.feed = 'before' group by 1 order by 1"
    ).fetchall()
    assert found == [
        ("A", 1), ("C", 1), ("C1", 1), ("M", 1), ("P2", 1), ("S1a", 1), ("S2", 1), ("U1", 2), ("U2", 2),
        ("unlocated", 4),
    ]  # fmt: skip


def test_figures_are_kept_by_the_grids_of_then_and_of_now(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select figures.grid_now_code, sum(figures.numerator) from mart.rpt_indicator_item as figures "
        "where figures.feed = 'before' and figures.indicator = 'reported' group by 1 order by 1"
    ).fetchall()
    by_then, by_now = (
        dict(
            warehouse.execute(
                "select subject_code, numerator from mart.rpt_indicator where subject_kind = ? "
                "and indicator = 'reported' and period_kind = 'year'",
                [kind],
            ).fetchall()
        )
        for kind in ("grid", "grid_now")
    )
    assert dict(found)["U1"] == 2
    assert by_now["U1"] >= 2
    assert sum(by_then.values()) == sum(by_now.values())
    assert by_then != by_now


def test_a_point_that_fits_only_under_another_system_is_flagged_and_not_moved(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = warehouse.execute(
        "select stream_key, suspected_crs, lon, lat, grid_code from mart.fct_case where feed = 'frames'"
    ).fetchall()
    assert {key: suspected for key, suspected, *_ in found} == {
        f"frame-{number}": suspected for number, (_, _, _, _, suspected) in enumerate(DATUMS)
    }
    for key, suspected, lon, lat, grid in found:
        point = DATUMS[int(key.removeprefix("frame-"))][3]
        assert (lon, lat) == (point or (None, None))
        assert suspected is None or grid == "unlocated"
    counted = warehouse.execute(
        "select suspected_crs, sum(events) from mart.dq_place where feed = 'frames' group by 1 order by 1"
    ).fetchall()
    assert counted == [("", 5), ("bd09", 1), ("gcj02", 1), ("swapped", 1), ("wgs84", 1)]


def test_who_had_the_grid_then(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(
        "select cases.stream_key, staff.staff_token from mart.fct_case as cases "
        "join mart.dim_staff as staff on staff.scheme = 'unit' and staff.grid_code = cases.grid_code "
        "and staff.valid_from_at <= cases.opened_at "
        "and (staff.valid_to_at is null or cases.opened_at < staff.valid_to_at) "
        "where cases.stream_key in ('place-0', 'place-1', 'place-2', 'place-3') order by 1"
    ).fetchall()
    assert found == [("place-0", "token-a"), ("place-1", "token-a"), ("place-2", "token-b"), ("place-3", "token-c")]
