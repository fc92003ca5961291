"""Pictures of the report site for its documentation: `make screenshots` (a made-up district, a Chromium, no network).

    python -m tests.reporting.screenshots REPORT FOLDER

takes the pages of a report of the sandbox and writes what a wall, a phone and a sheet of paper show, as small PNGs.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.reporting.browser import Browser, Page, chromium
from tests.reporting.png import with_palette

SETTLED = 0.4  # seconds for the charts to be drawn
WALL, PHONE, PAPER = (1920, 1080), (390, 844), (760, 1075)
MOST = 150_000
"""Bytes that a picture may have."""
STREET = "329901001"
PICTURES = (
    ("overview", "index.html", WALL), ("overview-phone", "index.html", PHONE),
    ("overview-print", "index.html", PAPER), ("map", "map.html", WALL),
    ("map-street", f"map.html#zh&street={STREET}", WALL), ("map-phone", "map.html", PHONE),
    ("ranking", "ranking.html", WALL), ("timeliness", "timeliness.html", WALL),
    ("timeliness-phone", "timeliness.html", PHONE), ("rates", "rates.html#en", WALL),
    ("hotspots", "hotspots.html", WALL),
    ("incidents", "incidents.html", WALL), ("due", "due.html", WALL), ("due-phone", "due.html", PHONE),
    ("suspensions", "suspensions.html", WALL), ("shuttles", "shuttles.html", WALL),
    ("handovers", "handovers.html", WALL), ("whistles", "mechanism_whistle.html", WALL),
    ("supervision", "mechanism_supervision.html", WALL), ("visits", "mechanism_visit.html", WALL),
    ("custody", "mechanism_custody.html", WALL), ("applications", "mechanism_application.html", WALL),
    ("discovery", "mechanism_discovery.html", WALL), ("requests", "mechanism_request.html", WALL),
    ("appraisals", "mechanism_appraisal.html", WALL), ("burden", "burden.html", WALL),
    ("duties", "duties.html", WALL), ("dossier", f"grids/{STREET}.html", WALL),
    ("dossier-print", f"grids/{STREET}.html", PAPER), ("case", "cases.html", WALL), ("quality", "quality.html", WALL),
)  # fmt: skip


def main(report: Path, folder: Path) -> None:
    """Write the pictures of the pages that the report has; those of pages that it has not are removed."""
    program = chromium()
    if program is None:
        raise SystemExit("chromium is not installed: apt-get install chromium")
    if not (report / "index.html").is_file():
        raise SystemExit(f"{report} holds no report; the pictures stay as they are")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as profile, Browser(program, Path(profile)) as browser:
        for name, place, size in PICTURES:
            file, _, state = place.partition("#")
            if (report / file).is_file():
                page = browser.open(f"{(report / file).as_uri()}#{state or 'zh'}")
                _take(page, folder / f"{name}.png", size)
                page.close()
        page = browser.open((report / "timeliness.html").as_uri())
        page.size(*WALL)
        page.click("#content [data-chosen-by]:not([hidden]) button[data-figure]")
        _take(page, folder / "figure.png", WALL)
        page.close()


def _take(page: Page, path: Path, size: tuple[int, int]) -> None:
    page.size(*size, is_phone=size == PHONE)
    if size == PAPER:
        page.media("print")
        page.value("dispatchEvent(new Event('beforeprint'))")
    time.sleep(SETTLED)
    for scale in (0.75, 0.6, 0.5):
        picture = with_palette(page.picture(1.0 if size == PHONE else scale))
        if len(picture) <= MOST:
            break
    path.write_bytes(picture)
    print(f"{path.name}: {len(picture) / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
