"""What each mart holds, as its YAML says: what its rows are about, and how its columns are classified.

Beside every mart stands `config.meta` with `about` (the subject of a row), `class` (the classification of its columns)
and `rows` (what a row is); a column that is classified otherwise says so itself. Every edition keeps the project it was
made with, so what an edition holds is read from the edition alone.
"""

import logging
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from ingest.audiences import AUDIENCES, BARRED, Audiences
from ingest.base import Strict
from ingest.contract import sentences
from ingest.errors import PublishError
from reporting.build import ROOT, SNAPSHOT

Class = Literal["open", "internal", "restricted", "personal_token", "map"]
logger = logging.getLogger(__name__)

_OTHERS = ("label_zh", "sorted_by")  # what a mart says of itself for others
_MARTS = "dbt_project/models/marts/"


class Scope(Strict):
    """Whose a row is: by a column, which may stand in another mart (`of`), where other columns have these values."""

    column: str
    of: str | None = None
    where: dict[str, str] = Field(default_factory=dict)


class Cells(Strict):
    """A mart of figures by subject and month: what suppression hides is found by these columns.

    `kind` is the kind of all its subjects, `kind_column` the column that tells it. The figures rest on the indicator
    in the mart's own column, or on those named in `indicators`, or on those that stand beside the same `column` in the
    mart `of` (`indicators_of`). `echoes` are figures of other months said again, which a suppressed cut leaves out.
    """

    kind: str | None = None
    kind_column: str | None = None
    code: str
    month: str
    indicators: list[str] = Field(default_factory=list)
    indicators_of: Scope | None = None
    echoes: list[str] = Field(default_factory=list)


class MartClass(Strict):
    """The classification of one mart. `rows`: things, figures, the published ranking, reference data, data quality."""

    about: Literal[
        "case", "event", "facility", "component", "component_position", "person", "rating", "visit", "dispute",
        "application", "whistle", "police", "figure", "reference", "feed",
    ]  # fmt: skip
    default: Class = Field(alias="class")
    rows: Literal["thing", "figure", "ranking", "reference", "quality"]
    unit: Scope | None = None
    network: Scope | None = None
    token_rows: dict[str, list[str]] = Field(default_factory=dict)
    cells: Cells | None = None
    columns: dict[str, Class] = Field(default_factory=dict)

    def class_of(self, column: str) -> Class:
        return self.columns.get(column, self.default)


def of_model(model: dict[str, Any]) -> MartClass:
    """The classification of a model of a `_*.yml`. Raises PublishError where it has none, or a wrong one."""
    meta = {k: v for k, v in _meta(model).items() if k not in _OTHERS}
    columns = {column["name"]: _meta(column).get("class") for column in model.get("columns", [])}
    given = {name: kind for name, kind in columns.items() if kind is not None}
    try:
        return MartClass.model_validate({**meta, "columns": given})
    except ValidationError as error:
        raise PublishError(
            f"mart {model['name']}: config.meta does not classify it: {'; '.join(sentences(error))}; say about, class "
            "and rows as docs/audiences.md tells"
        ) from error


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return (node.get("config") or {}).get("meta") or {}


def _models(text: str) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return list((yaml.load(text, Loader=loader) or {}).get("models", []))  # a safe loader, only faster


def of_edition(edition: Path) -> dict[str, MartClass]:
    """Mart → classification, from the project kept with an edition. A mart without one is in no cut."""
    with tarfile.open(edition / SNAPSHOT) as archive:
        texts = {}
        for name in archive.getnames():
            stream = archive.extractfile(name) if name.startswith(_MARTS) and name.endswith(".yml") else None
            if stream is not None:
                texts[name] = stream.read().decode()
    found = {}
    for model in (model for text in texts.values() for model in _models(text)):
        try:
            found[model["name"]] = of_model(model)
        except PublishError as error:
            logger.warning("edition %s: %s", edition.name, error)
    return found


def of_project(root: Path = ROOT) -> dict[str, MartClass]:
    """Mart → classification, from the project in force. Raises PublishError for the first mart that has none."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((root / _MARTS).rglob("_*.yml"))]
    return {model["name"]: of_model(model) for text in texts for model in _models(text)}


def lint_public(audiences: Audiences, marts: dict[str, MartClass]) -> Iterator[str]:
    """What of the public's approvals may not be, as sentences."""
    for approval in audiences.file.public.admitted if audiences.file.public else []:
        where = f"{AUDIENCES}: public.admitted: {approval.mart}"
        mart = marts.get(approval.mart)
        if mart is None:
            yield f"{where}: there is no such mart"
        elif mart.about in BARRED:
            yield f"{where}: rows about {mart.about} never enter the public edition"
        elif mart.rows != "reference" and mart.cells is None:
            yield f"{where}: only reference data and figures by subject and month (`cells`) may enter"
        elif mart.rows != "reference" and approval.mart != "rpt_indicator":
            yield f"{where}: its figures cannot be made again without the barred ones; admit rpt_indicator instead"
        elif mart.rows != "reference" and not approval.indicators:
            yield f"{where}: name the indicators that are approved (`indicators`)"
