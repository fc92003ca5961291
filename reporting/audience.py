"""Cut an edition for its audiences: for each a folder of its own that holds what its readers may see, and nothing else.

`<home>/audiences/<audience>/<n>` is written like an edition: elsewhere under another name, compared, synced, renamed;
then the audience's own `current` is replaced. Its readers are given that one folder. A cut says which edition it was
made from, and has a report site that is made of the cut alone; what is in it is decided by kind of audience, by the
classification of marts and columns, and by who has the legal duty to see figures about persons.
"""

import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from ingest import faults
from ingest.audiences import About, Audience
from ingest.city import City
from ingest.files import canonical_json, one_at_a_time, sync_folder
from ingest.home import Home
from ingest.privacy import literal
from reporting.build import WAREHOUSE
from reporting.classification import MartClass, of_edition
from reporting.cutting import Cutter
from reporting.edition import CURRENT, edition_numbers
from reporting.sealed import MANIFEST, file_hash, files_of, seal, share
from reporting.site import Reader, write_cut_site
from reporting.site.source import DISTRICT

logger = logging.getLogger(__name__)

PUBLIC = "public"
_STAGING = ".staging"
_MANY = ("units", "centres")  # folders of audiences, one each


@dataclass(frozen=True)
class CutReport:
    """The cut that stands for an audience; `changed` is False where it stood already."""

    audience: str
    number: int
    edition: int
    path: Path
    changed: bool

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def cut_audiences(city: City, home: Home, edition: Path) -> list[CutReport]:
    """Cut an edition (`editions/<n>`) for every audience of the city but the public, which is cut from closings.

    An audience that is not in the file any more loses its `current`. Raises ContractError where audiences.yml is wrong,
    PublishError where a cut is not what it should be; cuts that stand already are left as they are.
    """
    readers, about = city.audiences.readers, city.about()
    if not readers and not home.audiences.is_dir():
        return []
    with one_at_a_time(home.audiences / ".lock"):
        sweep(home)
        _withdraw(home, {*(reader.name for reader in readers), *((PUBLIC,) if city.audiences.file.public else ())})
        classes = of_edition(edition) if readers else {}
        return [_cut_for(home, edition, reader, classes, about) for reader in readers]


def cut_folders(home: Home) -> list[Path]:
    """The folders of all audiences that were ever cut for, in the order of their names."""
    if not home.audiences.is_dir():
        return []
    tops = [
        path for path in home.audiences.iterdir() if not path.name.startswith(".")
    ]  # a cut in the making comes and goes
    found = [path for path in tops if path.name not in _MANY]
    found += [path for top in tops if top.name in _MANY for path in top.iterdir()]
    return sorted(path for path in found if edition_numbers(path))


def sweep(home: Home) -> None:
    """Remove what dead cuts left; the caller holds the lock, so none of them is alive."""
    if (home.audiences / _STAGING).is_dir():
        logger.warning("audiences: what a cut that died had left was removed")
        shutil.rmtree(home.audiences / _STAGING)


def _withdraw(home: Home, named: set[str]) -> None:
    for folder in cut_folders(home):
        name = folder.relative_to(home.audiences).as_posix()
        if name not in named and (folder / CURRENT).is_symlink():
            logger.warning("audience %s is not in audiences.yml any more: its `current` is withdrawn", name)
            (folder / CURRENT).unlink()


def _cut_for(
    home: Home, edition: Path, reader: Audience, classes: dict[str, MartClass], about: dict[str, About]
) -> CutReport:
    manifest = json.loads((edition / MANIFEST).read_bytes())
    duty = reader.has_duty(home.now().astimezone(ZoneInfo(manifest["time_zone"])).date())
    rules = {
        "reader": {**asdict(reader), "duty": reader.duty.model_dump(mode="json") if reader.duty else None},
        "has_duty": duty,
        "about": {name: {k: sorted(v) for k, v in asdict(one).items()} for name, one in about.items()},
    }
    told = {
        "audience": reader.name,
        "audience_title": reader.title,
        "has_duty": duty,
        "rules_sha256": hashlib.sha256(canonical_json(rules)).hexdigest(),
        "cut_from": {"edition": manifest["number"], "manifest_sha256": file_hash(edition / MANIFEST)},
        **{name: manifest[name] for name in ("city", "title", "time_zone", "clock_at", "published_at")},
    }

    def write(staging: Path) -> dict[str, Any]:
        with duckdb.connect() as connection:
            connection.execute(f"set temp_directory = {literal(str(staging / '.spill'))}")
            connection.execute(f"attach {literal(str(edition / WAREHOUSE))} as edition (read_only)")
            marts = Cutter(connection, edition, reader, duty, classes, about).write(staging)
        write_cut_site(staging / "report", staging / WAREHOUSE, edition, site_reader(reader))
        return {"marts": marts}

    return write_cut(home, reader.name, told, write)


def site_reader(reader: Audience) -> Reader:
    """For whom the site of a cut is: a unit's headline is of the unit, a centre's of its network."""
    kinds = {"units": "organisation", "centres": "network"}
    return Reader(reader.title, (kinds[reader.kind], reader.scope) if reader.kind in kinds else DISTRICT)


def write_cut(home: Home, audience: str, told: dict[str, Any], write: Callable[[Path], dict[str, Any]]) -> CutReport:
    """Write a cut, unless the audience's newest is of the same edition by the same rules, and make it current.

    `write` fills a folder and says what the manifest tells besides `told`. The caller holds the lock of the audiences.
    """
    folder = home.audiences / audience
    numbers = edition_numbers(folder)
    newest = numbers[-1] if numbers else 0
    before = newest_manifest(home, audience)
    same = before is not None and all(before[name] == told[name] for name in ("cut_from", "rules_sha256"))
    if same and (folder / str(newest) / WAREHOUSE).is_file():  # it may have been retired
        changed = _make_current(folder, newest)
        return CutReport(audience, newest, told["cut_from"]["edition"], folder / str(newest), changed)
    number = newest + 1
    staging = home.audiences / _STAGING / uuid.uuid4().hex
    (staging / "marts").mkdir(parents=True)
    faults.point("audience.after_staging")
    try:
        manifest = {"number": number, **told, **write(staging)}
        shutil.rmtree(staging / ".spill", ignore_errors=True)
        faults.point("audience.after_marts")
        manifest["files"] = {name: file_hash(staging / name) for name in files_of(staging)}
        share(staging, manifest["files"], folder / str(newest))
        manifest["previous"] = (
            {"number": newest, "manifest_sha256": file_hash(folder / str(newest) / MANIFEST)} if newest else None
        )
        (staging / MANIFEST).write_bytes(canonical_json(manifest))
        seal(staging)
        folder.mkdir(parents=True, exist_ok=True)
        faults.point("audience.before_rename")
        os.rename(staging, folder / str(number))
    finally:
        shutil.rmtree(home.audiences / _STAGING, ignore_errors=True)
    sync_folder(folder)
    faults.point("audience.after_rename")
    _make_current(folder, number)
    faults.point("audience.after_swap")
    logger.info("audience %s: cut %s of edition %s", audience, number, told["cut_from"]["edition"])
    return CutReport(audience, number, told["cut_from"]["edition"], folder / str(number), changed=True)


def newest_manifest(home: Home, audience: str) -> dict[str, Any] | None:
    """The manifest of the newest cut of an audience; None where there is none."""
    numbers = edition_numbers(home.audiences / audience)
    if not numbers:
        return None
    manifest: dict[str, Any] = json.loads((home.audiences / audience / str(numbers[-1]) / MANIFEST).read_bytes())
    return manifest


def _make_current(folder: Path, number: int) -> bool:
    """Point an audience's `current` at a cut in one step; False where it does already."""
    link = folder / CURRENT
    if link.is_symlink() and os.readlink(link) == str(number):
        return False
    fresh = folder / f".{CURRENT}-{uuid.uuid4().hex}"
    for left in folder.glob(f".{CURRENT}-*"):
        left.unlink()
    os.symlink(str(number), fresh)
    faults.point("audience.before_swap")
    os.replace(fresh, link)
    sync_folder(folder)
    return True
