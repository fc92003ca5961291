"""Coordinate systems undone, against published pairs where the shared data is at hand, and by going there and back."""

import csv
from pathlib import Path

import numpy as np
import pytest

from ingest.place import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, to_wgs84, wgs84_to_gcj02

METRE = 1 / 111_000  # degrees of latitude


def _points() -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(7)
    return dice.uniform(75, 134, 20_000), dice.uniform(19, 53, 20_000)


def test_there_and_back_again_ends_within_a_millimetre() -> None:
    lon, lat = _points()
    for there, back in ((wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02)):
        x, y = back(*there(lon, lat))
        assert np.max(np.hypot(x - lon, y - lat)) < 0.001 * METRE


def test_outside_the_country_nothing_is_shifted() -> None:
    lon, lat = np.array([-104.9903]), np.array([39.7392])
    assert to_wgs84("gcj02", lon, lat) == (lon, lat)


def test_what_has_no_place_stays_without_one() -> None:
    lon, _ = to_wgs84("bd09", np.array([np.nan]), np.array([31.0]))
    assert np.isnan(lon[0])


def test_published_pairs(shared_data: Path) -> None:
    with (shared_data / "crs-reference" / "crs_pairs_published.csv").open(encoding="utf-8") as file:
        pairs = [row for row in csv.DictReader(file) if row["from_crs"] == "WGS-84" and row["to_crs"] == "GCJ-02"]
    assert pairs
    for row in pairs:
        lon, lat = gcj02_to_wgs84(np.array([float(row["to_lng"])]), np.array([float(row["to_lat"])]))
        assert lon[0] == pytest.approx(float(row["from_lng"]), abs=0.01 * METRE), row["place"]
        assert lat[0] == pytest.approx(float(row["from_lat"]), abs=0.01 * METRE), row["place"]
