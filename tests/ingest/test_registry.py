"""The registry of the mechanisms speaks of nothing that no contract tells: steps, attributes, words and streams."""

import csv
from collections import defaultdict

import pytest

from ingest.city import open_city
from tests.conftest import REPOSITORY

SEEDS = REPOSITORY / "dbt_project" / "seeds"
COLUMNS = {"counterpart_org_code", "level", "channel", "category_code"}  # of the event itself
Rows = list[dict[str, str]]


def seed(name: str) -> Rows:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[set[str], set[str]]]:
    """Of each kind of stream: the event types and the attributes that a contract of the sandbox tells."""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for contract in open_city(REPOSITORY / "cities" / "sandbox").contracts.values():
        for event in contract.events:
            stream = event.stream or contract.stream
            assert stream is not None
            types, attributes = found[stream.type]
            types.add(event.type)
            attributes.update(contract.event.attributes, event.set.attributes if event.set else ())
    return dict(found)


def test_every_word_is_made_of_what_a_contract_tells(told: dict[str, tuple[set[str], set[str]]]) -> None:
    words = seed("work_word")
    assert len(words) > 60
    for word in words:
        types, attributes = told[word["stream_type"]]
        assert {*word["step"].split(), *word["other"].split()} <= types, word["word"]
        assert not word["attribute"] or word["attribute"] in attributes | COLUMNS, word["word"]


def test_every_cut_is_of_what_a_contract_tells(told: dict[str, tuple[set[str], set[str]]]) -> None:
    cuts = seed("work_facet")
    assert len(cuts) > 20
    for cut in cuts:
        assert cut["attribute"] in told[cut["stream_type"]][1] | COLUMNS, cut
    named = {(cut["stream_type"], cut["facet"]) for cut in cuts}
    assert {(value["stream_type"], value["facet"]) for value in seed("facet_value")} <= named


def test_every_indicator_of_other_work_is_made_of_words_of_its_stream() -> None:
    words = {(word["stream_type"], word["word"]): word["rule"] for word in seed("work_word")}
    indicators = [one for one in seed("indicator") if one["stream_type"] != "case"]
    assert len(indicators) > 60
    sums = {"amount", "seconds", "times"}
    moments = {"step", "by", "due", "within", "within_due", "seconds", "times"}
    for one in indicators:
        kind = one["stream_type"]
        for place in ("numerator", "denominator"):
            assert not one[place] or (kind, one[place]) in words, one["indicator"]
        for word in one["excludes"].split():
            assert (kind, word) in words, one["indicator"]
        for place in ("amount", "denominator_amount"):
            assert not one[place] or words[kind, one[place]] in sums, one["indicator"]
        for place in ("window_moment", "or_moment"):
            assert not one[place] or words[kind, one[place]] in moments, one["indicator"]


def test_every_mechanism_shows_streams_that_are_told_and_figures_that_there_are(
    told: dict[str, tuple[set[str], set[str]]],
) -> None:
    codes = {one["indicator"]: one["stream_type"] for one in seed("indicator")}
    mechanisms = seed("mechanism")
    for one in mechanisms:
        kinds = one["stream_types"].split()
        assert set(kinds) | set(one["listed"].split()) <= told.keys(), one["mechanism"]
        assert set(one["indicators"].split()) <= codes.keys(), one["mechanism"]
        types = {verb for kind in one["listed"].split() for verb in told[kind][0]}
        assert set(one["over"].split()) <= types, one["mechanism"]
        assert set(kinds) & set(codes.values()) or one["indicators"] or one["listed"], one["mechanism"]
    shown = {kind for one in mechanisms for kind in one["stream_types"].split()}
    # a stream that has figures has a page that shows them
    assert {kind for kind in codes.values() if kind != "case"} <= shown


def test_every_event_type_of_a_contract_has_its_labels(told: dict[str, tuple[set[str], set[str]]]) -> None:
    labels = {one["event_type"]: one for one in seed("event_type")}
    for types, _ in told.values():
        for verb in types:
            assert labels[verb]["label_zh"], verb
            assert labels[verb]["label_en"], verb
