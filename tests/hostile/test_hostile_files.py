"""Eighty hostile files: each gives a clear error or rejection, in bounded memory and time, and the next good one lands.

Each is taken in by a process of its own, which reports how high its memory rose.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.hostile.inputs import HOSTILE, Hostile
from tests.hostile.town import make

MOST_MEGABYTES = 512
MOST_SECONDS = 30


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_file_is_named_and_the_next_good_one_lands(hostile: Hostile, tmp_path: Path) -> None:
    make(tmp_path, hostile.feed)
    path = tmp_path / "city" / "drop" / hostile.feed / hostile.file
    path.write_bytes(hostile.make())
    before = {entry.name for entry in tmp_path.parent.iterdir()} | {entry.name for entry in Path("/tmp").iterdir()}
    call = [sys.executable, "-m", "tests.hostile.take_in", str(tmp_path), hostile.feed]
    try:
        child = subprocess.run(
            call, cwd=REPOSITORY, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )  # it is killed when its time is over
    except subprocess.TimeoutExpired:
        pytest.fail(f"not done in {MOST_SECONDS} seconds")
    finally:
        path.unlink()
    assert child.returncode == 0, child.stderr[-2000:]
    told = json.loads(child.stdout.splitlines()[-1])
    assert told["megabytes"] < MOST_MEGABYTES
    assert "GOOD" in told["events"], told
    bad = [receipt for receipt in told["receipts"] if receipt[0].startswith("hostile")]
    heard = told["said"] or told["rejections"] or bad
    assert heard, "a hostile file was passed over in silence"
    assert not any("root:" in text or "Traceback" in text for text in told["said"])
    after = {entry.name for entry in tmp_path.parent.iterdir()} | {entry.name for entry in Path("/tmp").iterdir()}
    assert not [name for name in after - before if "escaped" in name]
