"""What the marts say of the real feeds: the same figures as the files, under the same words for every network."""

import pytest
from real_landing import Built, Landed

from tests.questions import questions

pytestmark = [pytest.mark.real, pytest.mark.dbt]
STATES = "select feed, status, count(*) from mart.fct_case group by all order by all"


def test_every_case_of_three_networks_has_a_state(san_francisco_marts: Built) -> None:
    assert san_francisco_marts.rows(STATES) == [
        ("fire_calls", "closed", 8_777),
        ("fire_calls", "open", 212),
        ("police_incidents", "open", 9_261),  # no resolution has a time, so no case is closed by guess
        ("service_requests", "closed", 9_630),
        ("service_requests", "open", 370),
    ]


def test_no_case_ends_before_it_begins(san_francisco_marts: Built) -> None:
    assert san_francisco_marts.rows(
        """
        select feed, count(*) filter (open_seconds < 0), count(*) filter (first_event_at < opened_at)
        from mart.fct_case where status = 'closed' group by feed order by feed
        """
    ) == [("fire_calls", 0, 1), ("service_requests", 0, 17)]


def test_hours_of_cases_are_local(san_francisco_marts: Built) -> None:
    night, day = san_francisco_marts.rows(
        """
        select count(*) filter (hour(opened_at_local) = 3), count(*) filter (hour(opened_at_local) = 9)
        from mart.fct_case where feed = 'service_requests'
        """
    )[0]
    assert (night, day) == (48, 816)


def test_cases_stand_in_the_district_that_they_name(san_francisco_marts: Built) -> None:
    placed = san_francisco_marts.rows("select feed, grid_method, count(*) from mart.fct_case group by all order by all")
    assert placed == [
        ("fire_calls", "given", 8_989),
        ("police_incidents", "unlocated", 9_261),  # a police district is no supervisor district, and no border is known
        ("service_requests", "given", 5_727),
        ("service_requests", "unlocated", 4_273),
    ]
    assert san_francisco_marts.rows(
        "select count(distinct grid_code) from mart.fct_case where grid_method = 'given'"
    ) == [(11,)]


@pytest.mark.parametrize("marts", ["san_francisco_marts", pytest.param("bay_area_marts", marks=pytest.mark.laws)])
def test_reports_add_up_to_the_cases(marts: str, request: pytest.FixtureRequest) -> None:
    built: Built = request.getfixturevalue(marts)
    cases, still_open = built.rows("select count(*), count(*) filter (status = 'open') from mart.fct_case")[0]
    opened, closed, reopened, cancelled = built.rows(
        "select sum(opened), sum(closed), sum(reopened), sum(cancelled) from mart.rpt_grid_ledger"
    )[0]
    assert opened == cases
    assert opened + reopened - closed - cancelled == still_open
    [(of_cases,)] = built.rows("select count(*) from mart.fct_case where stream_type = 'case'")
    assert built.rows("select coalesce(sum(opened), 0) from mart.rpt_timeliness") == [(of_cases,)]
    assert built.rows("select sum(cases), sum(imbalance) from mart.dq_feed") == [(cases, 0)]


# what San Francisco does not tell: limits, listed outages, ratings, scorecards
UNTOLD = {2, 6, 16, 17, 18, 19, 20}


def test_the_questions_of_an_analyst_are_answered(san_francisco_marts: Built) -> None:
    asked = questions()
    assert len(asked) >= 20
    empty = {int(title.partition(".")[0]) for title, query in asked.items() if not san_francisco_marts.rows(query)}
    assert empty <= UNTOLD


def test_a_fact_told_by_many_rows_counts_once(san_francisco_marts: Built) -> None:
    repeated = dict(san_francisco_marts.rows("select feed, repeated_rows from mart.dq_feed"))
    assert repeated["police_incidents"] == 739  # further charges tell the same incident
    assert repeated["fire_calls"] == 1_011 + 1_011 + 967  # further units tell the same call, its entry and its end
    assert repeated["service_requests"] == 0


def test_quality_marts_name_what_was_flagged(san_francisco: Landed, san_francisco_marts: Built) -> None:
    flagged = san_francisco_marts.rows(
        "select code, sum(rejections) from mart.dq_rejection where feed = 'fire_calls' group by code order by code"
    )
    assert dict(flagged) == san_francisco.issues("fire_calls")


@pytest.mark.laws
def test_outages_end_by_vanishing_and_three_come_back(bay_area_marts: Built) -> None:
    assert bay_area_marts.rows(STATES) == [
        ("fire_dispatch", "closed", 5_251),
        ("fire_dispatch", "open", 3),
        ("power_outages", "closed", 11_090),
        ("power_outages", "open", 11),
    ]
    told = dict(
        bay_area_marts.rows(
            "select event_type, count(*) from intermediate.evt_grid_event where feed = 'power_outages' group by 1"
        )
    )
    assert (told["appeared"], told["vanished"], told["returned"]) == (11_101, 11_093, 3)
    assert bay_area_marts.rows("select sum(reopen_count) from mart.fct_case where feed = 'power_outages'") == [(3,)]


@pytest.mark.laws
def test_an_outage_closes_at_the_first_look_without_it(bay_area_marts: Built) -> None:
    assert bay_area_marts.rows(
        """
        select count(*) filter (closed_at not in (select observed_at from log.event where feed = 'power_outages')),
            count(*) filter (closed_at <= opened_at)
        from mart.fct_case where feed = 'power_outages' and status = 'closed'
        """
    ) == [(0, 0)]
