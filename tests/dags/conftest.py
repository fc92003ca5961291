"""A made-up city for the timetable, and the DAGs as Airflow's own loader finds them."""

import os
import tempfile
from pathlib import Path

import pytest

# Before anything imports Airflow: it writes its settings file where this points.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRACT = """\
feed: {feed}
version: 1
title: {title}
network: {network}
owner: {{office: {office}, contact: data@example.invalid}}
mode: append
cadence: {cadence}
description: |
  What {feed} brings.
"""


@pytest.fixture
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def timetable_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks, three good feeds, and one contract that is not even YAML."""
    city = tmp_path_factory.mktemp("city")
    (city / "feeds").mkdir()
    (city / "city.yml").write_text("networks: {water: {title: 供水}, power: {title: 供电}}", encoding="utf-8")
    feeds = [
        ("mains", "供水", "water", "Waterworks", "P1D"),
        ("meters", "水表", "water", "Metering", "PT30M"),
        ("outages", "停电", "power", "Grid operator", "PT12H"),
    ]
    for feed, title, network, office, cadence in feeds:
        text = CONTRACT.format(feed=feed, title=title, network=network, office=office, cadence=cadence)
        (city / "feeds" / f"{feed}.yml").write_text(text, encoding="utf-8")
    (city / "feeds" / "torn.yml").write_text("feed: torn\nowner: {office: [", encoding="utf-8")
    return city


@pytest.fixture(scope="session")
def dags(timetable_city: Path) -> dict:
    """Every DAG of dags/, loaded over the made-up city by Airflow's loader; no file may fail to load."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEGRID_CITY", str(timetable_city))
        patch.setenv("ONEGRID_HOME", str(timetable_city / "var"))
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(REPOSITORY / "dags", load_op_links=False)
    assert not bag.import_errors
    return dict(bag.dags)
