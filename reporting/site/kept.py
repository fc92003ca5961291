"""Words from the project that is kept with an edition: labels of seeds, and what the words of a rule mean."""

import csv
import io
import tarfile
from functools import cached_property
from pathlib import Path

from reporting.build import SNAPSHOT
from reporting.page import Row

Label = tuple[str, str]
"""A word in Chinese and in English."""


class Kept:
    """The project kept with the edition in `folder`; an edition without one has no labels, only codes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SNAPSHOT
        self._rows: dict[str, list[dict[str, str]]] = {}

    def _text(self, name: str) -> str:
        if not self._path.is_file():
            return ""
        with tarfile.open(self._path) as archive:
            stream = archive.extractfile(name) if name in archive.getnames() else None
            return stream.read().decode("utf-8") if stream else ""

    def rows(self, seed: str) -> list[dict[str, str]]:
        """The rows of a seed; none where the edition's project has no such seed."""
        if seed not in self._rows:
            self._rows[seed] = list(csv.DictReader(io.StringIO(self._text(f"dbt_project/seeds/{seed}.csv"))))
        return self._rows[seed]

    def labels(self, seed: str) -> dict[str, Label]:
        """Key of a seed (its first column) → label in Chinese and English."""
        rows = csv.DictReader(io.StringIO(self._text(f"dbt_project/seeds/{seed}.csv")))
        key = (rows.fieldnames or [""])[0]
        return {row[key]: (row.get("label_zh") or row[key], row.get("label_en") or row[key]) for row in rows}

    @cached_property
    def events(self) -> dict[str, Label]:
        """Types of events."""
        return self.labels("event_type")

    @cached_property
    def stages(self) -> dict[str, Label]:
        """Stages of a case."""
        return self.labels("stage")

    @cached_property
    def _words(self) -> dict[str, dict[str, Label]]:
        from reporting.registry import glossary_of

        return glossary_of(self._text)

    def meanings(self, rule: Row) -> dict[str, Label]:
        """The words of a rule of the registry → label and meaning."""
        from reporting.registry import meanings_in

        return meanings_in(self._words, rule)
