"""A deployment is a folder: city.yml, feeds/*.yml, and what lies beside them. The code knows no city."""

import hashlib
import os
import re
from functools import cached_property
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from ingest.audiences import About, Audiences
from ingest.base import Strict
from ingest.contract import FeedContract, load_contract, sentences
from ingest.errors import ContractError
from ingest.lint import lint


class Network(Strict):
    title: str


class Bounds(Strict):
    """The box that the district lies in, degrees WGS-84 / CGCS2000."""

    lon: tuple[float, float]
    lat: tuple[float, float]


class Continuity(Strict):
    """How far figures of a month that is over may move between two editions before a person has to say why.

    `band`: as a share of what they were; `least`: that many cases never ask; `settled_days`: days after the end of a
    month before it counts as over.
    """

    band: float = Field(default=0.05, ge=0, le=1)
    least: int = Field(default=20, ge=0)
    settled_days: int = Field(default=7, ge=0)


class Mail(Strict):
    """Alerts by mail: a relay by its connection (smtp or smtps), and whom they come from."""

    connection: str
    sender: str


class Alerts(Strict):
    """Where alerts go. Each office is told of its own feeds, at the contact of its contract; `office` and `contact`
    answer for the rest. `webhook` is a connection that takes JSON by POST.
    """

    office: str
    contact: str
    webhook: str | None = None
    mail: Mail | None = None


class ClosingRules(Strict):
    """How a month is closed. `objection_days`: working days in which units may object to its draft; 0 closes at once.
    `adjudicator`: the office that rules on what they say.
    """

    objection_days: int = Field(default=3, ge=0, le=60)
    adjudicator: str = "考核办"


class Delivery(Strict):
    """An edition goes to a PostgreSQL database as soon as it is published: docs/bi.md.

    `connection` by name; `readers`: roles that may read there; `schema`: where they find the marts; `keep`: whole
    editions that stay in the database.
    """

    connection: str
    readers: tuple[str, ...] = ()
    schema_: str = Field(default="mart", alias="schema", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    keep: int = Field(default=2, ge=1)


class CityFile(Strict):
    """city.yml: name, clock for people, unified grid scheme, networks and box of a deployment, continuity, alerts,
    how a month is closed, and the databases that editions are delivered to.
    """

    city: str
    title: str
    time_zone: str
    unified_scheme: str = "unit"
    networks: dict[str, Network]
    bounds: Bounds | None = None
    continuity: Continuity = Continuity()
    alerts: Alerts | None = None
    closing: ClosingRules = ClosingRules()
    deliveries: tuple[Delivery, ...] = ()


class City:
    """A deployment folder, read lazily. Raises ContractError where city.yml or a contract is wrong."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        path = self.root / "city.yml"
        if not path.is_file():
            raise ContractError(f"{root} is no city: it has no city.yml (give --city a folder such as cities/sandbox)")
        try:
            self.settings = CityFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            raise ContractError(f"city.yml: not valid YAML: {error}") from error
        except ValidationError as error:
            raise ContractError("city.yml: " + "; ".join(sentences(error))) from error

    @property
    def name(self) -> str:
        return self.settings.city

    @cached_property
    def contracts(self) -> dict[str, FeedContract]:
        """Feed name → contract, in name order, each of them linted."""
        found: dict[str, FeedContract] = {}
        faults = self.lint()
        if faults:
            raise ContractError(_few(faults))
        for path in self.contract_files():
            contract = load_contract(path)
            found[contract.feed] = contract
        return found

    def contract(self, feed: str) -> FeedContract:
        """One contract, linted alone: a broken contract stops its own feed and no other."""
        path = self.root / "feeds" / f"{feed}.yml"
        if path not in self.contract_files():
            raise ContractError(f"no feed {feed!r} in city {self.name}; it has: {', '.join(self.feeds) or 'none'}")
        contract = load_contract(path)
        faults = lint(contract, path.name, set(self.settings.networks))
        if faults:
            raise ContractError(_few(faults))
        return contract

    @property
    def feeds(self) -> list[str]:
        """Feed names by their files, sound or not."""
        return [path.stem for path in self.contract_files()]

    def contract_files(self) -> list[Path]:
        return sorted((self.root / "feeds").glob("*.yml"))

    def lint(self) -> list[str]:
        """Faults of all contracts as sentences; empty when the folder is sound."""
        faults: list[str] = []
        versions: dict[str, str] = {}
        for path in self.contract_files():
            try:
                contract = load_contract(path)
            except ContractError as error:
                faults.append(str(error))
                continue
            if contract.feed in versions:
                faults.append(f"{path.name}: feed {contract.feed!r} stands in {versions[contract.feed]} as well")
            versions[contract.feed] = path.name
            faults.extend(lint(contract, path.name, set(self.settings.networks)))
        try:
            faults.extend(self.audiences.lint(set(self.settings.networks), set(self.feeds)))
        except ContractError as error:
            faults.append(str(error))
        return faults

    @cached_property
    def audiences(self) -> Audiences:
        """Who reads what of an edition. Raises ContractError where audiences.yml is wrong."""
        return Audiences(self.root)

    def about(self) -> dict[str, About]:
        """Subject (visit, dispute, police, …) → the rows that are about it, by all contracts that can be read."""
        found: dict[str, FeedContract | None] = {}
        for path in self.contract_files():
            try:
                found[path.stem] = load_contract(path)
            except ContractError:
                found[path.stem] = None
        return self.audiences.about(found)

    def source_path(self, path: str) -> Path:
        """A contract's path: relative to the city folder, or starting with ${VARIABLE} of the environment."""

        def lookup(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in os.environ:
                raise ContractError(f"the environment variable {name} is not set; the source path {path!r} needs it")
            return os.environ[name]

        return self.root / re.sub(r"\$\{(\w+)\}", lookup, path)

    @cached_property
    def content_hash(self) -> str:
        """Hash of city.yml and every contract file, as they lie on disk."""
        digest = hashlib.sha256()
        for path in [self.root / "city.yml", *self.contract_files()]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:32]


def _few(faults: list[str]) -> str:
    more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
    return "; ".join(faults[:3]) + more + " (all of them: onegrid feed lint)"


def open_city(path: Path) -> City:
    """The city in a folder. Raises ContractError where there is none."""
    return City(path)
