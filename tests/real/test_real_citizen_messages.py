"""Messages of citizens: dates of mixed kind, padded texts, and the same complaint sent again."""

import pytest
from real_landing import Landed

pytestmark = pytest.mark.real


def test_every_message_is_dated(citizen_messages: Landed) -> None:
    report = citizen_messages.lands["messages"]
    assert (report.fetched, report.recorded, report.rejected) == (4_326, 4_326, 0)
    assert citizen_messages.one("select count(*) from rejection") == 0
    first, last, midnight = citizen_messages.rows(
        """
        select min(timezone('Asia/Shanghai', timezone('UTC', occurred_at)))::date::varchar,
            max(timezone('Asia/Shanghai', timezone('UTC', occurred_at)))::date::varchar,
            count(*) filter (occurred_at is null)
        from event
        """
    )[0]
    assert (first, last, midnight) == ("2017-06-08", "2020-01-26", 0)


def test_padding_is_gone(citizen_messages: Landed) -> None:
    assert citizen_messages.one(r"select count(*) from event where regexp_matches(text, '^\s|\s$')") == 0
    assert citizen_messages.one("select count(*) from event where text is null") == 0


def test_the_same_text_told_again_is_visible(citizen_messages: Landed) -> None:
    again = citizen_messages.one("select count(*) - count(distinct text) from event")
    assert again == 104


def test_the_same_person_and_subject_again_is_visible_without_the_person(citizen_messages: Landed) -> None:
    again = citizen_messages.one("select count(*) - count(distinct (actor_token, attributes ->> 'subject')) from event")
    assert again == 65
    assert (
        citizen_messages.one("select count(*) from event where not regexp_matches(actor_token, '^1:[0-9a-f]{32}$')")
        == 0
    )


def test_every_message_stays_a_case(citizen_messages: Landed) -> None:
    assert citizen_messages.one("select count(distinct stream_key) from event") == 4_326
