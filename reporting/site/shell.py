"""The site as files: which pages an edition has, one navigation over all of them, the assets beside them.

A page that has nothing to show (its mart is absent or empty) is left out, and out of the navigation.
"""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from reporting.page import page
from reporting.site.figures import Figures
from reporting.site.source import Source

logger = logging.getLogger(__name__)

ASSETS = Path(__file__).parent.parent / "assets" / "echarts"
GROUPS = {
    "overview": ("总览", "Overview"), "handling": ("办理", "Handling"), "morning": ("早间必看", "Every morning"),
    "mechanisms": ("机制", "Mechanisms"), "ledgers": ("台账", "Ledgers"), "data": ("数据", "Data"),
}  # fmt: skip
LIBRARY = "echarts.min.js"
LIBRARY_VERSION = "6.1.0"
LIBRARY_SHA256 = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"


@dataclass(frozen=True)
class Sheet:
    """One HTML file: its path below report/, its template, what the template and the scripts are given.

    `under`: the file whose entry of the navigation stands for it; without one it has an entry of its own.
    """

    file: str
    template: str
    zh: str
    en: str
    context: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    figures: Figures | None = None
    under: str = ""

    @property
    def root(self) -> str:
        """The way from the file to report/."""
        return "../" * self.file.count("/")

    @property
    def draws(self) -> bool:
        """Whether it needs the library of charts."""
        return bool(self.data.get("charts")) or "map.js" in self.scripts


@dataclass(frozen=True)
class SitePage:
    """A page of the site: its group in the navigation, and what makes its files; none: it is left out.

    The first one must stand: an edition has no report without it.
    """

    group: str
    make: Callable[[Source], list[Sheet]]
    is_first: bool = False


def write(folder: Path, source: Source, pages: list[SitePage], last: list[SitePage]) -> None:
    """Write the pages; those of `last` are made when all others are, and know what these list."""
    began = time.monotonic()
    made = [(one, _made(one, source)) for one in pages]
    explained = [(sheet, *sheet.figures.explained()) for _, sheets in made for sheet in sheets if sheet.figures]
    for _, _, items in explained:
        source.list_items(items)
    told = {id(sheet): figures for sheet, figures, _ in explained}
    for _, figures, _ in explained:
        for code, rule in figures["rules"].items():
            rule["words"] = source.kept.meanings(source.rules[code])
    made += [(one, _made(one, source)) for one in last]
    menu = [
        {
            "names": names,
            "entries": [sheet for one, sheets in made if one.group == group for sheet in sheets if not sheet.under],
        }
        for group, names in GROUPS.items()
    ]
    for _, sheets in made:
        for sheet in sheets:
            _write_sheet(folder, source, sheet, menu, told.get(id(sheet)))
    _copy_assets(folder / "assets")
    logger.info("report: %d pages in %.1f s", sum(len(sheets) for _, sheets in made), time.monotonic() - began)


def _made(one: SitePage, source: Source) -> list[Sheet]:
    """The files of a page; none where an older or a cut edition lacks a mart or a column that the page reads."""
    try:
        return one.make(source)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        if one.is_first:
            raise
        logger.warning("report: %s is left out: %s", one.make.__module__, str(error).splitlines()[0])
        return []


def _write_sheet(
    folder: Path, source: Source, sheet: Sheet, menu: list[dict[str, Any]], told: dict[str, Any] | None
) -> None:
    title = source.info["city_title"] + (f" · {source.reader.title}" if source.reader else "")
    data = {
        "title": {"zh": f"{title} · {sheet.zh}", "en": f"{title} · {sheet.en}"},
        "root": sheet.root,
        **({"explained": told, "names": _names(source, told), "feeds": _feeds(source, told)} if told else {}),
        **sheet.data,
    }
    context = {
        "info": source.info,
        "reader": source.reader,
        "networks": source.networks,
        "menu": menu,
        "sheet": sheet,
        "root": sheet.root,
        "title_zh": sheet.zh,
        "title_en": sheet.en,
        "draws": sheet.draws,
        "library": LIBRARY,
        **sheet.context,
    }
    scripts = ["site.js", *(["charts.js"] if sheet.draws else []), *sheet.scripts]
    path = folder / sheet.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(f"site/{sheet.template}", [f"site/{name}" for name in scripts], context, data), "utf-8")


def _names(source: Source, told: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Names of the subjects of a page's figures: kind → code → name."""
    found: dict[str, dict[str, str]] = {}
    for key in told["figures"]:
        _, kind, code, _, _ = key.split("|")
        name = source.names.get(kind, {}).get(code)
        if name:
            found.setdefault(kind, {})[code] = name
    return found


def _feeds(source: Source, told: dict[str, Any]) -> dict[str, str]:
    return {feed: source.feed_titles.get(feed, feed) for feed in sorted({item[1] for item in told["items"]})}


def _copy_assets(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in (LIBRARY, "LICENSE", "NOTICE"):
        told = name if name == LIBRARY else f"echarts.{name}.txt"
        shutil.copyfile(ASSETS / name, folder / told)
