"""What linking finds on real feeds where the truth was withheld from it: the models as they are, fitted elsewhere."""

from collections.abc import Callable

import pytest
from real_landing import Landed

from benchmarks.linking_real import Found, link_city, show
from tests.figures import FIGURES

pytestmark = [pytest.mark.real, pytest.mark.dbt]


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Landed], Found]:
    """A function that links a landed city and has its counts printed at the end of the run."""

    def linked(name: str, landed: Landed) -> Found:
        found = link_city(name, landed.home, tmp_path_factory.mktemp(name))
        FIGURES.extend(f"{name}: {count:,} {what}" for what, count in found.counts.items())
        return found

    return linked


def test_messages_sent_again_are_one(citizen_messages: Landed, link: Callable[[str, Landed], Found]) -> None:
    found = link("citizen_messages", citizen_messages)
    again = "messages sent again within a week"
    assert found.counts["cases"] == 4_326
    assert found.counts[f"{again}: pairs"] == found.counts[f"{again}: linked"] == 54
    # texts alone seldom make two writers one: no address, no point, no category
    assert found.counts["linked pairs of two writers"] < 0.02 * found.counts["linked pairs"]
    assert sum("score" in line for line in show(found, 3)) == 3
