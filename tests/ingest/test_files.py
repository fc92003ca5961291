"""A drop folder: only whole files are taken, each once; a quiet folder is no fault, a missing one is."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.pull import pull
from ingest.vault import Vault
from tests.laws.test_once import ONE, TWO
from tests.town import HEADER, Town

SLOW_WRITER = """
import sys
file = open(sys.argv[1], "a", encoding="utf-8")
file.write(sys.argv[2]); file.flush()
print("half", flush=True)
sys.stdin.readline()
file.write(sys.argv[3]); file.close()
"""


def _names(town: Town) -> list[str]:
    return [manifest["name"] for manifest in Vault(town.home).manifests.of("cases").records()]


def test_a_file_that_a_slow_writer_still_holds_is_never_read(town: Town) -> None:
    path = town.root / "city" / "drop" / "cases_1.csv"
    writer = subprocess.Popen(
        [sys.executable, "-c", SLOW_WRITER, str(path), HEADER + ONE + "\n", TWO + "\n"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"
    report = pull(town.city, town.home, "cases")
    assert (report.batches, report.waiting) == (0, 1)
    writer.communicate("go on\n")
    assert pull(town.city, town.home, "cases").batches == 1
    town.ingest()
    assert town.log.receipts("cases")[0]["fetched"] == 2


def test_a_file_that_has_not_settled_waits(town: Town) -> None:
    text = (town.root / "city" / "feeds" / "cases.yml").read_text(encoding="utf-8")
    contract = text.replace("settle_seconds: 0", "settle_seconds: 60")
    (town.root / "city" / "feeds" / "cases.yml").write_text(contract, encoding="utf-8")
    path = town.drop("cases_1.csv", ONE)
    assert pull(town.city, town.home, "cases").waiting == 1
    os.utime(path, (time.time() - 61, time.time() - 61))
    assert pull(town.city, town.home, "cases").batches == 1


def test_a_marker_says_that_a_file_is_whole(town: Town) -> None:
    text = (town.root / "city" / "feeds" / "cases.yml").read_text(encoding="utf-8")
    contract = text.replace("{rule: stable, settle_seconds: 0}", '{rule: marker, suffix: ".ok"}')
    (town.root / "city" / "feeds" / "cases.yml").write_text(contract, encoding="utf-8")
    path = town.drop("cases_1.csv", ONE)
    assert pull(town.city, town.home, "cases").batches == 0
    path.with_name(path.name + ".ok").touch()
    assert pull(town.city, town.home, "cases").batches == 1


def test_unfinished_hidden_and_outward_names_are_nobodys_delivery(town: Town, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(HEADER + ONE + "\n", encoding="utf-8")
    drop = town.root / "city" / "drop"
    (drop / "link.csv").symlink_to(outside)
    for name in (".cases.csv", "cases.csv.part", "cases.csv.tmp", "notes.txt"):
        (drop / name).write_text(HEADER, encoding="utf-8")
    assert pull(town.city, town.home, "cases").batches == 0
    assert _names(town) == []


def test_a_name_sent_again_with_other_content_is_another_batch(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.ingest()
    town.drop("cases_1.csv", TWO)
    town.ingest()
    assert _names(town) == ["cases_1.csv", "cases_1.csv"]
    assert len(town.log.receipts("cases")) == 2


def test_a_missing_drop_folder_is_an_error_with_an_outcome(town: Town) -> None:
    (town.root / "city" / "drop").rmdir()
    with pytest.raises(SourceError, match="does not exist; create it"):
        pull(town.city, town.home, "cases")
    outcome = Vault(town.home).last_outcome("cases")
    assert outcome is not None
    assert outcome["result"] == "failed"


def test_manifests_form_a_sequence_of_cursors(town: Town) -> None:
    town.drop("cases_1.csv", ONE)
    town.drop("cases_2.csv", TWO)
    town.ingest()
    first, second = Vault(town.home).manifests.of("cases").records()
    assert first["cursor_before"] == ""
    assert second["cursor_before"] == first["cursor_after"]


def test_a_file_whose_name_tells_no_date_does_not_stop_the_others(town: Town) -> None:
    folder = town.root / "city" / "outages"
    (folder / "outages_20261101T0100.json").write_text("[]", encoding="utf-8")
    (folder / "outages_latest.json").write_text("[]", encoding="utf-8")
    (folder / "outages_20261101T0200.json").write_text("[]", encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"'outages_latest\.json' does not fit.*1 files were left; 2 others were sealed"
    ):
        pull(town.city, town.home, "outages")
    assert len(Vault(town.home).manifests.of("outages").records()) == 2
