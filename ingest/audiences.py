"""Audiences as data: who reads what of an edition, in `audiences.yml` of a city folder.

The file says who there is (leaders, analysts, units, centres, the public), which of them has the legal duty to see
figures about persons, and which feeds tell of disputes, which no stream type tells. What each kind of audience may see
is code (`reporting/audience.py`); what a mart holds is told beside the mart. Without the file nothing is cut.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError

from ingest.base import Strict
from ingest.contract import CRIMINAL_NETWORK, FeedContract, sentences
from ingest.errors import ContractError

AUDIENCES = "audiences.yml"
PERSONS = ("visit", "dispute", "application", "rating")
"""Subjects whose small counts are suppressed for readers without the legal duty."""
BARRED = ("police", "dispute", "visit", "whistle", "component_position")
"""Subjects that never enter the public edition."""
STREAMS = {
    "visit": ("visit",), "dispute": ("dispute",), "application": ("application",), "rating": ("rating", "callback"),
    "whistle": ("whistle",),
}  # fmt: skip
"""Subject → the stream types that are about it, whatever the city."""
INDICATORS = {"rating": ("satisfaction_rate", "called_back_rate"), "dispute": ("mediated_rate",)}
"""Subject → the indicators of the registry that are about it, though they count cases."""

Subject = Literal["visit", "dispute", "application", "rating", "police", "whistle"]
Kind = Literal["leaders", "analysts", "units", "centres"]
Code = Annotated[str, Field(pattern=r"^\w[\w.-]{0,62}$")]
Told = Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)]


class Rows(Strict):
    """Feeds and networks whose rows are about a subject, where their stream type does not say so."""

    feeds: list[str] = Field(default_factory=list)
    networks: list[str] = Field(default_factory=list)


class Duty(Strict):
    """The legal duty to see figures about persons: by which document, who approved it, through which day."""

    document: Told
    approver: Told
    expires: date


class Reader(Strict):
    """An audience. Without a duty in force, what is about persons is left out or suppressed."""

    title: str = ""
    legal_duty: Duty | None = None


class Approval(Strict):
    """A mart enters the public edition: number of the approval, approver, last day, and 审图号 where it is a map.

    A mart of figures is admitted for one kind of subject and for the indicators named.
    """

    mart: Told
    number: Told
    approver: Told
    expires: date
    map_review_number: str = ""
    subject_kind: Literal["network", "street", "community", "organisation"] = "street"
    indicators: list[str] = Field(default_factory=list)


class Public(Strict):
    title: str = ""
    admitted: list[Approval] = Field(default_factory=list)


class AudiencesFile(Strict):
    """audiences.yml. `units` by code of the organisation, `centres` by network; who does not stand there has no cut."""

    subjects: dict[Subject, Rows] = Field(default_factory=dict)
    leaders: Reader | None = None
    analysts: Reader | None = None
    units: dict[Code, Reader] = Field(default_factory=dict)
    centres: dict[Code, Reader] = Field(default_factory=dict)
    public: Public | None = None


@dataclass(frozen=True)
class Audience:
    """Who reads a cut: `name` is its folder below `audiences/`, `scope` the organisation or network it is cut for."""

    name: str
    kind: Kind
    scope: str
    title: str
    duty: Duty | None

    def has_duty(self, today: date) -> bool:
        """Whether figures about persons are shown as they are. A unit or centre is on duty for what is its own."""
        return self.duty is not None and today <= self.duty.expires


@dataclass(frozen=True)
class About:
    """Which rows of a mixed mart are about a subject: by feed, by whole network, by stream type, by indicator.

    `touched` are the networks that have any such row: where a mart tells no feed, all their rows count as such.
    """

    feeds: frozenset[str]
    networks: frozenset[str]
    streams: frozenset[str]
    touched: frozenset[str]
    indicators: frozenset[str]


class Audiences:
    """The audiences of a city folder. Raises ContractError where the file is no sound YAML of its form."""

    def __init__(self, root: Path) -> None:
        self.path = root / AUDIENCES
        self.text = self.path.read_text(encoding="utf-8") if self.path.is_file() else ""
        try:
            self.file = AudiencesFile.model_validate(yaml.safe_load(self.text) or {})
        except yaml.YAMLError as error:
            raise ContractError(f"{AUDIENCES}: not valid YAML: {error}") from error
        except ValidationError as error:
            raise ContractError(f"{AUDIENCES}: " + "; ".join(sentences(error))) from error

    @cached_property
    def readers(self) -> list[Audience]:
        """All audiences but the public, in the order of their names."""
        whole: tuple[tuple[Kind, Reader | None], ...] = (
            ("leaders", self.file.leaders),
            ("analysts", self.file.analysts),
        )
        parts: tuple[tuple[Kind, dict[str, Reader]], ...] = (
            ("units", self.file.units),
            ("centres", self.file.centres),
        )
        found = [Audience(kind, kind, "", one.title, one.legal_duty) for kind, one in whole if one is not None]
        for kind, entries in parts:
            found += [Audience(f"{kind}/{code}", kind, code, e.title, e.legal_duty) for code, e in entries.items()]
        return sorted(found, key=lambda audience: audience.name)

    def admitted(self, today: date) -> list[Approval]:
        """What the public may see: approvals that have not run out."""
        return [one for one in (self.file.public.admitted if self.file.public else []) if today <= one.expires]

    def about(self, contracts: Mapping[str, FeedContract | None]) -> dict[str, About]:
        """Subject → its rows, from what the file says and from the stream types in the contracts.

        A contract that cannot be read (None) may tell of anything, so its feed is about every subject.
        """
        found = {}
        given: dict[str, Rows] = {str(subject): rows for subject, rows in self.file.subjects.items()}
        for subject in (*STREAMS, "police"):
            told = given.get(subject, Rows())
            streams = frozenset(STREAMS.get(subject, ()))
            feeds = {name for name, one in contracts.items() if one is None or streams & stream_types(one)}
            feeds |= set(told.feeds)
            networks = {*told.networks, *((CRIMINAL_NETWORK,) if subject == "police" else ())}
            theirs = {one.network for name, one in contracts.items() if one is not None and name in feeds}
            indicators = frozenset(INDICATORS.get(subject, ()))
            touched = frozenset(networks | theirs)
            found[subject] = About(frozenset(feeds), frozenset(networks), streams, touched, indicators)
        return found

    def lint(self, networks: set[str], feeds: set[str]) -> Iterator[str]:
        """What a strict model cannot see, as sentences."""
        for subject, rows in self.file.subjects.items():
            for name in sorted(set(rows.feeds) - feeds):
                yield f"{AUDIENCES}: subjects.{subject}.feeds: {name!r} is no feed of this city"
            for name in sorted(set(rows.networks) - networks):
                yield f"{AUDIENCES}: subjects.{subject}.networks: {name!r} is not among the networks of city.yml"
        for name in sorted(set(self.file.centres) - networks):
            yield f"{AUDIENCES}: centres.{name}: it is not among the networks of city.yml"
        marts = [approval.mart for approval in (self.file.public.admitted if self.file.public else [])]
        for mart in sorted({mart for mart in marts if marts.count(mart) > 1}):
            yield f"{AUDIENCES}: public.admitted: {mart} stands there twice; one approval a mart"


def stream_types(contract: FeedContract) -> set[str]:
    """The stream types that a feed tells of."""
    streams = [contract.stream, *(event.stream for event in contract.events)]
    return {stream.type for stream in streams if stream is not None}
