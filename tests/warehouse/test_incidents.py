"""A town where several networks tell of one thing, and where people and numbers have their say."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.dbt


@pytest.fixture(scope="module")
def incidents(built: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    assert built["outcomes"]["incidents"]["success"], built["outcomes"]["incidents"]
    with duckdb.connect(str(built["root"] / "incidents" / "onegrid.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def members(incidents: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str, str]]:
    """Number of a case → (number of its incident's first case, role, what linked it)."""
    rows = incidents.execute(
        "select cases.stream_key, firsts.stream_key, links.role, links.linked_by "
        "from mart.bridge_incident_case as links inner join mart.fct_case as cases using (case_id) "
        "inner join mart.fct_case as firsts on links.incident_id = firsts.case_id"
    ).fetchall()
    return {key: (first, role, linked_by) for key, first, role, linked_by in rows}


def test_four_networks_tell_one_burst(members: dict[str, tuple[str, str, str]]) -> None:
    assert members["w1"] == ("w1", "first_finder", "first")
    assert {key: members[key] for key in ("h1", "c1", "p1")} == dict.fromkeys(
        ("h1", "c1", "p1"), ("w1", "follower", "score")
    )
    assert members["c2"][0] == "c2"


def test_the_incident_counts_once_and_each_appeal_counts(incidents: duckdb.DuckDBPyConnection) -> None:
    row = incidents.execute(
        "select one.first_network, one.first_channel_kind, one.canonical_name, one.status, one.case_count, "
        "one.network_count, one.appeal_count, one.second_network_seconds, one.telling_seconds, one.life_seconds, "
        "one.recurrence_of from mart.fct_incident as one "
        "inner join mart.fct_case as cases on one.incident_id = cases.case_id where cases.stream_key = 'w1'"
    ).fetchall()
    assert row == [("water", "public", "供水管道破裂", "closed", 4, 4, 1, 900, 2_700, 32_100, None)]


def test_the_second_burst_is_another_that_came_back(incidents: duckdb.DuckDBPyConnection) -> None:
    rows = incidents.execute(
        "select later.stream_key, before.stream_key, recurrence_seconds from mart.fct_incident as incidents "
        "inner join mart.fct_case as later on incidents.incident_id = later.case_id "
        "inner join mart.fct_case as before on incidents.recurrence_of = before.case_id"
    ).fetchall()
    assert rows == [("w2", "w1", 1_263_600)]
    assert incidents.execute("select sum(recurrences), sum(incidents) from mart.rpt_recurrence").fetchall()[0][0] == 1


def test_the_calls_about_a_stop_of_supply_lie_in_it_and_are_no_part_of_it(incidents: duckdb.DuckDBPyConnection) -> None:
    rows = incidents.execute(
        "select cases.stream_key, outages.stream_key from mart.fct_incident as incidents "
        "inner join mart.fct_case as cases on incidents.incident_id = cases.case_id "
        "inner join mart.fct_outage as outages on incidents.outage_id = outages.outage_id"
    ).fetchall()
    assert rows == [("w1", "stop-1")]


def test_a_persons_newest_word_goes_before_every_score(members: dict[str, tuple[str, str, str]]) -> None:
    assert [members[key][0] for key in ("apart-1", "apart-2")] == ["apart-1", "apart-2"]
    assert members["back-2"] == ("back-1", "follower", "score")
    assert members["away"] == ("far", "follower", "human")
    assert [members[key][0] for key in ("feed-1", "feed-2")] == ["feed-1", "feed-2"]


def test_numbers_that_records_name_link_them(members: dict[str, tuple[str, str, str]]) -> None:
    assert members["new-order"] == ("old-order", "follower", "duplicate")
    assert members["taken"] == ("handed", "transfer", "transfer")


def test_transfers_are_counted(incidents: duckdb.DuckDBPyConnection) -> None:
    rows = incidents.execute(
        "select cases.stream_key, one.transfer_count from mart.fct_incident as one "
        "inner join mart.fct_case as cases on one.incident_id = cases.case_id where one.transfer_count > 0"
    ).fetchall()
    assert rows == [("handed", 2)]


def test_words_that_cannot_all_be_kept_are_shown(
    incidents: duckdb.DuckDBPyConnection, members: dict[str, tuple[str, str, str]]
) -> None:
    assert [members[key][0] for key in ("torn-1", "torn-2", "torn-3")] == ["torn-1", "torn-1", "torn-3"]
    rows = incidents.execute(
        "select cases.stream_key, others.stream_key from mart.rpt_link_review as reviews "
        "inner join mart.fct_case as cases using (case_id) "
        "inner join mart.fct_case as others on reviews.other_case_id = others.case_id where reason = 'contradiction'"
    ).fetchall()
    assert rows == [("torn-3", "torn-2")]


def test_every_link_keeps_evidence_that_adds_up(incidents: duckdb.DuckDBPyConnection) -> None:
    prior = incidents.execute("select points from intermediate.link_weight where evidence = 'prior'").fetchall()[0][0]
    rows = incidents.execute(
        "select score, place_points + area_points + time_points + matter_points + words_points + person_points "
        "+ thing_points + ended_points + teller_points from mart.bridge_incident_case where linked_by = 'score'"
    ).fetchall()
    assert rows
    assert all(score == max(-12_000, min(12_000, total + prior)) for score, total in rows)


def test_no_text_address_or_token_leaves_the_restricted_models(incidents: duckdb.DuckDBPyConnection) -> None:
    marts = incidents.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'mart' "
        "and data_type = 'VARCHAR'"
    ).fetchall()
    for table, column in marts:
        found = incidents.execute(
            f"select count(*) from mart.{table} where {column} like '%柳汀路%' or {column} like '%爆裂%' "
            f"or {column} in ('t1', 't2')"
        ).fetchall()
        assert found == [(0,)], (table, column)
