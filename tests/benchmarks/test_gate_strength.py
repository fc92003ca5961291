"""The defects of the mutation run are real changes of what is delivered, and the run itself works."""

import os
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.defects import DELIVERIES, MARTS, DeliveryDefect
from benchmarks.gate_strength import Town, run, sound_town


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town whose deliveries are drafted and not written."""
    return sound_town(tmp_path_factory.mktemp("strength") / "town", seed=1)


def test_there_are_sixty_kinds_and_each_has_a_name_of_its_own() -> None:
    names = Counter(defect.name for defect in (*DELIVERIES, *MARTS))
    assert len(names) >= 60
    assert set(names.values()) == {1}


@pytest.mark.parametrize("defect", DELIVERIES, ids=lambda defect: defect.name)
def test_a_defect_changes_a_delivery(sound: Town, defect: DeliveryDefect) -> None:
    newest = sound.drafts[defect.feed][-defect.newest :]
    before = [(draft.name, draft.written()) for draft in newest]
    after = [(draft.name, draft.written()) for one in newest for draft in defect.change(one)]
    assert after != before


@pytest.mark.dbt
@pytest.mark.laws
def test_what_does_not_come_is_seen_and_sound_deliveries_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONEGRID_NOW", os.environ.get("ONEGRID_NOW", ""))  # the run sets the clock; taken back after it
    assert run(tmp_path, clean=1, only="does not come") == 0
    assert "seen   critical the daily file does not come any more: watch: silent" in capsys.readouterr().out
