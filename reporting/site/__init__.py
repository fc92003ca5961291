"""The report site of an edition: HTML files that work from a disk, without any network, in Chinese and English.

A page is a module (what it queries) and a template (how it looks). `shell` writes them under one navigation; a page
whose marts an edition lacks is left out. Every figure is read from the edition's own DuckDB file.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from reporting.sealed import MANIFEST
from reporting.site import (
    burden,
    cases,
    closings,
    custody,
    discovery,
    dossiers,
    duties,
    gridmap,
    hotspots,
    incidents,
    mechanisms,
    mornings,
    overview,
    quality,
    ranking,
    supervision,
    timeliness,
    wall,
    whistles,
)
from reporting.site.rates import percent
from reporting.site.shell import write
from reporting.site.source import Reader, Source

__all__ = ["Reader", "percent", "write_cut_site", "write_site"]

PAGES = [
    overview.PAGE, gridmap.PAGE, ranking.PAGE, timeliness.PAGE, mechanisms.THREE_RATES_PAGE, hotspots.PAGE,
    incidents.PAGE, mornings.PAGE, custody.PAGE, whistles.PAGE, supervision.PAGE, discovery.PAGE, duties.PAGE,
    mechanisms.PAGE, dossiers.PAGE, quality.PAGE, burden.PAGE, closings.PAGE,
]  # fmt: skip


def write_site(folder: Path, database: Path, manifest: dict[str, Any], closed: Sequence[dict[str, Any]] = ()) -> None:
    """Write the report of an edition below `folder` from its DuckDB file and its manifest; index.html comes first,
    `wall.json` for a wall screen last.

    `closed`: the closings that are recorded, as `Closing.to_dict` tells them.
    """
    folder.mkdir(parents=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        source = Source(connection, manifest, database.parent, closed)
        write(folder, source, PAGES, [cases.PAGE])
        wall.write(folder, source)


def write_cut_site(folder: Path, database: Path, edition: Path, reader: Reader) -> None:
    """Write the site of a cut below `folder`, from the cut's own DuckDB file and nothing else that has figures.

    Of the edition that it was cut from come the names of networks, the unified scheme, and the labels of words.
    """
    told = json.loads((edition / MANIFEST).read_bytes())
    manifest = {"networks": told.get("networks", {}), "unified_scheme": told.get("unified_scheme")}
    folder.mkdir(parents=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        write(folder, Source(connection, manifest, edition, reader=reader), PAGES, [cases.PAGE])
