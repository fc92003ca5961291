"""The small form of the readers' benchmark: editions and cuts are read while publishers die."""

from pathlib import Path

from benchmarks.readers import run
from reporting.audience import cut_folders
from reporting.build import SNAPSHOT
from tests.reporting import cuts
from tests.reporting.town import Town


def test_readers_of_editions_and_cuts_meet_no_error_and_nothing_torn(tmp_path: Path) -> None:
    build = Town(tmp_path / "town").build()
    (build / SNAPSHOT).write_bytes(cuts.project())
    city = cuts.city(tmp_path, "analysts: {title: 分析}\ncentres:\n  water: {title: 供水}\n")
    report = run(build, city, tmp_path / "home", publications=3, connections=6, processes=2, kills=2)
    assert report.lines()[5:] == ["0 errors, 0 torn reads"]
    assert report.lines()[0].endswith("and 2 cuts of it")
    assert report.pages == report.reads, "each reader read a page too"
    assert len(report.beside) == 3
    assert min(report.alone, report.longest, *report.beside) > 0
    assert (report.kills, report.connections) == (2, 6)
    assert report.most_open > 2
    assert report.reads > 5
    assert report.editions > 1
    assert [len(list(folder.glob("[0-9]*"))) for folder in cut_folders(cuts.home(tmp_path))] == [4, 4]
