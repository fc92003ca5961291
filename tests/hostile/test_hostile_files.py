"""A hundred hostile files: each gives a clear word, in bounded memory and time, and the next good one lands.

Each is taken in by a process of its own, which reports how high its memory rose; two of them run beside each other.
"""

import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.hostile.inputs import HOSTILE, Hostile
from tests.hostile.town import make

MOST_MEGABYTES = 512
MOST_SECONDS = 30
BESIDE = 2  # processes at once


class Takers:
    """Processes that take hostile files in: the one that is waited for, and the next one beside it."""

    def __init__(self, hostile: Sequence[Hostile], folder: Callable[[], Path]) -> None:
        self._waiting, self._folder = deque(hostile), folder
        self._running: dict[str, subprocess.Popen[str]] = {}

    def what_became_of(self, hostile: Hostile) -> dict[str, Any]:
        """What the process of a file told; it is killed when its time is over."""
        while self._waiting and (hostile.name not in self._running or len(self._running) < BESIDE):
            self._start(self._waiting.popleft())
        child = self._running.pop(hostile.name)
        try:
            out, err = child.communicate(timeout=MOST_SECONDS)
        finally:
            child.kill()
        assert child.returncode == 0, err[-2000:]
        told: dict[str, Any] = json.loads(out.splitlines()[-1])
        return told

    def _start(self, hostile: Hostile) -> None:
        root = self._folder()
        make(root, hostile.feed)
        (root / "city" / "drop" / hostile.feed / hostile.file).write_bytes(hostile.make())
        call = [sys.executable, "-m", "tests.hostile.take_in", str(root), hostile.feed]
        self._running[hostile.name] = subprocess.Popen(
            call, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def stop(self) -> None:
        for child in self._running.values():
            child.kill()
            child.communicate()


@pytest.fixture(scope="module")
def takers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Takers]:
    """The processes for the files of this run."""
    calls = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    chosen = [call.params["hostile"] for call in calls if "hostile" in call.params]
    found = Takers(chosen, lambda: tmp_path_factory.mktemp("hostile"))
    yield found
    found.stop()


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_file_is_named_and_the_next_good_one_lands(hostile: Hostile, takers: Takers) -> None:
    told = takers.what_became_of(hostile)
    assert told["megabytes"] < MOST_MEGABYTES
    assert "GOOD" in told["events"], told
    bad = [receipt for receipt in told["receipts"] if receipt[0].startswith("hostile")]
    heard = told["said"] or told["rejections"] or bad
    assert heard, "a hostile file was passed over in silence"
    assert not any("root:" in text or "Traceback" in text for text in told["said"])


@pytest.mark.usefixtures("takers")
def test_nothing_climbed_out_of_an_archive(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents, REPOSITORY, *REPOSITORY.parents):
        assert not [entry.name for entry in folder.iterdir() if "escaped" in entry.name]
