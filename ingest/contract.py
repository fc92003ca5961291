"""The contract of a feed: one YAML file that says how a centre's deliveries become events.

Strict models (unknown keys are errors), read once, linted as a folder. No Python and no SQL file per feed: what the
language cannot say is a gap in the language. Reference for authors: docs/event_contract.md.
"""

import hashlib
import re
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from ingest.base import ConnectionName, Duration, Strict
from ingest.errors import ContractError
from ingest.expressions import columns_of
from ingest.sources import Source

NAME = re.compile(r"^[a-z][a-z0-9_]{1,62}$")
RESERVED_FIELDS = {
    "line", "batch", "batch_id", "observed_at", "issues", "fault", "admitted", "lon_raw", "lat_raw", "record_status",
    "record_key",
    "record_hash", "told_recorded_at", "category_kind",
}  # fmt: skip
OBSERVED_AT = "observed_at"  # in checks and derived fields: when the delivery was observed, naive UTC
CRIMINAL_NETWORK = "public_security"


class Owner(Strict):
    """Who answers for the feed, and whose desk a rejected record lands on."""

    office: str
    contact: str
    mends: str | None = None

    @property
    def mending_office(self) -> str:
        return self.mends or self.office


class Archive(Strict):
    """Which files of an archive are the delivery: a glob over their names, and what is right where several fit."""

    members: str = "*"
    several: Literal["refuse", "append"] = "refuse"


class Format(Strict):
    """How the bytes of a delivery become records; the first format whose `files` glob fits the name is used.

    `archive` says which files of a `.zip`, `.tar`, `.tar.gz` or `.tgz` are read.
    """

    files: str = "*"
    kind: Literal["csv", "tsv", "json", "jsonl", "geojson", "xlsx", "xls", "xml", "dbf"]
    encoding: Literal["utf-8", "utf-8-sig", "utf-16", "gb18030", "detect"] = "utf-8"
    archive: Archive = Archive()
    delimiter: str | None = None
    records: str = "$[*]"
    sheet: str | int = 0
    header_row: int = Field(default=1, ge=1)
    rename: dict[str, str] = {}

    @model_validator(mode="after")
    def _fits(self) -> "Format":
        if self.delimiter is not None and self.kind not in ("csv", "tsv"):
            raise ValueError("delimiter goes with csv")
        if self.encoding == "detect" and self.kind not in ("csv", "tsv", "dbf"):
            raise ValueError("encoding: detect goes with csv, tsv or dbf; the others say how they are written")
        if self.encoding == "utf-16" and self.kind == "dbf":
            raise ValueError("a dbf table is never written in utf-16")
        if self.kind == "xml" and not re.fullmatch(r"(/[^/\s\[\]@]+){2,}", self.records):
            raise ValueError(f"records {self.records!r} must be the path of a record, such as /orders/order")
        if self.kind == "json" and not re.fullmatch(r"\$(\.[\w\u4e00-\u9fff]+|\.\"[^\"]+\")*(\[\*\])?", self.records):
            raise ValueError(f"records {self.records!r} must be a path such as $, $[*] or $.data.rows[*]")
        return self


class DatedZone(Strict):
    """A time zone that holds for values written in [from, until); the note says why it changed."""

    zone: str
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    note: str | None = None


class TimeRule(Strict):
    """The zone of times written without one, by date where it changed, and whether a written UTC is false.

    `by` says whether the date of the value or of the delivery decides; `formats` are tried where a field gives none.
    """

    zone: str | None = None
    zones: list[DatedZone] = []
    by: Literal["value", "observed_at"] = "value"
    labelled_utc_is_local: bool = False
    formats: list[str] = []

    @model_validator(mode="after")
    def _one(self) -> "TimeRule":
        if (self.zone is None) == (not self.zones):
            raise ValueError("give either zone or zones")
        for earlier, later in zip(self.zones, self.zones[1:], strict=False):
            if earlier.until is None or later.from_ != earlier.until:
                raise ValueError(f"zones must follow each other without gap: {earlier.zone} until = {later.zone} from")
        return self

    @property
    def dated(self) -> list[DatedZone]:
        return self.zones or [DatedZone(zone=str(self.zone))]


class Privacy(Strict):
    """What happens to a personal field at the edge.

    token: replaced by a keyed token of its purpose. name: never leaves the vault, used to scrub the record's texts.
    scrub: free text, identifiers are masked. address: cut at building level, then scrubbed. drop: never leaves the
    vault. clear: told to be no personal value (an identifier of a thing), left as it is.
    """

    rule: Literal["token", "name", "scrub", "address", "drop", "clear"]
    purpose: str = "person"
    also: list[str] = []


FieldType = Literal[
    "string", "integer", "number", "decimal", "boolean", "date", "timestamp", "epoch_ms", "epoch_s", "json"
]


class FieldRule(Strict):
    """One typed field of a record: read from a source column, or derived from the texts of the others."""

    type: FieldType = "string"
    source: str | None = None
    derived: str | None = None
    required: bool = False
    trim: bool = True
    empty: list[str] = ["", "-", "NULL", "null", "None", "无数据"]
    formats: list[str] = []
    zone: str | None = None
    one_of: list[str] | None = None
    map: dict[str, str] = {}
    min: float | None = None
    max: float | None = None
    on_bad: Literal["reject", "warn"] | None = None
    privacy: Privacy | None = None
    hashed: bool = True
    label: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> "FieldRule":
        if self.source and self.derived:
            raise ValueError("a field is read from a source column or derived, not both")
        if self.formats and self.type not in ("timestamp", "date"):
            raise ValueError("formats goes with timestamp or date")
        if (self.min is not None or self.max is not None) and self.type not in (
            "integer",
            "number",
            "decimal",
        ):
            raise ValueError("min and max go with integer, number or decimal")
        if self.privacy and self.type != "string":
            raise ValueError("a privacy rule goes with type string")
        return self

    @property
    def rejects(self) -> bool:
        return self.on_bad == "reject" or (self.on_bad is None and self.required)


class Admit(Strict):
    """What the feed may bring; the rest is over-supply and is filtered before sealing."""

    fields: Literal["any", "listed"] = "any"
    records: str | None = None
    approval: str | None = None


class Check(Strict):
    """A rule over one record: `when_not` is an expression that holds for good records."""

    code: str
    when_not: str
    severity: Literal["reject", "warn"] = "reject"
    field: str | None = None


class Expression(Strict):
    expression: str


class Value(Strict):
    value: str | int | float | None


Cell = str | Expression | Value


class Stream(Strict):
    """What the events are about: a kind and a key."""

    type: str
    key: str | Expression


class Category(Strict):
    """A code, the list that it stands in, and the kind of code where the list has the same digits in several kinds."""

    code_set: str | Expression | Value
    code: Cell
    kind: Cell | None = None


class Grid(Strict):
    scheme: str | Expression | Value
    code: Cell


class EventColumns(Strict):
    """Columns of the event that the record fills; a value is a field name, an expression, or a constant."""

    category: Category | None = None
    nature: Cell | None = None
    channel: Cell | None = None
    level: Cell | None = None
    org_code: Cell | None = None
    actor_token: Cell | None = None
    counterpart_org_code: Cell | None = None
    lon: Cell | None = None
    lat: Cell | None = None
    address: Cell | None = None
    division_code: Cell | None = None
    grid: Grid | None = None
    component_code: Cell | None = None
    appeal_type: Cell | None = None
    text: Cell | None = None
    attributes: list[str] = []


class EventRule(Strict):
    """Which records tell an event, at which time, and what makes it the same event when told again."""

    type: str
    at: str | Expression
    when: str | None = None
    identity: Literal["once", "each"] = "once"
    discriminator: str | Expression | None = None
    stream: Stream | None = None
    version: int = Field(default=1, ge=1)
    set: EventColumns | None = None


class Item(Strict):
    """Snapshot feeds: the time at which an item of the list began, by its own word."""

    at: str | Expression


class Reference(Strict):
    """Reference feeds: the table that the records state, and from when to when each holds."""

    table: str
    valid_from: str | Expression | Value
    valid_to: str | Expression | Value | None = None


class Threshold(Strict):
    hold: float | None = Field(default=None, ge=0, le=1)
    warn: float | None = Field(default=None, ge=0, le=1)


class Gate(Strict):
    """What the landing gate of this feed tolerates, as shares (0 … 1).

    Rejected of the admitted records (fetched less filtered), unlocated and uncategorised of the records, outside of the
    events with coordinates: those beyond the district's bounds; unknown codes, offices and grids of the records whose
    list the log has; same text of the records with a text, empty text of all records.
    """

    rejected_share: Threshold = Threshold(hold=0.05)
    unlocated_share: Threshold = Threshold()
    uncategorised_share: Threshold = Threshold()
    unknown_code_share: Threshold = Threshold(warn=0.05)
    unknown_office_share: Threshold = Threshold(warn=0.05)
    unknown_grid_share: Threshold = Threshold(warn=0.05)
    same_text_share: Threshold = Threshold(warn=0.5)
    empty_text_share: Threshold = Threshold()
    outside_share: Threshold = Threshold(warn=0.0, hold=0.5)
    min_records: int = Field(default=0, ge=0)


class FileReceipt(Strict):
    """Receipts go back as files into a folder: the only way where a one-way gateway (网闸) lets nothing be asked."""

    kind: Literal["file"]
    path: str


class PostReceipt(Strict):
    """Receipts go back over HTTP: a JSON document a landing is posted to `path`, with the source's own connection."""

    kind: Literal["post"]
    path: str = Field(pattern="^/")


class SftpReceipt(Strict):
    """Receipts go back as files into the folder `path` of an SFTP server, the source's own or another one."""

    kind: Literal["sftp"]
    connection: ConnectionName
    path: str


Receipt = Annotated[FileReceipt | PostReceipt | SftpReceipt, Field(discriminator="kind")]


class BreaksWith(Strict):
    """A version of this contract that has landed and that this one breaks with on purpose, and why."""

    version: int = Field(ge=1)
    why: str = Field(min_length=10)


class Admission(Strict):
    """What lets a feed ask a community or its grid workers to type anything (准入): the number, and its last day."""

    number: str = Field(min_length=1)
    expires: date


class FeedContract(Strict):
    """One feed: who owns it, where it comes from, how it reads, what is personal, and which events it tells."""

    feed: str
    version: int = Field(ge=1)
    title: str
    network: str
    owner: Owner
    filled_by: Literal["system", "office", "grid_worker", "community"]
    admission: Admission | None = None
    description: str = ""
    mode: Literal["append", "upsert", "snapshot", "reference"]
    cadence: Duration
    lateness: Duration
    source: Source
    formats: list[Format] = Field(min_length=1)
    time: TimeRule
    crs: Literal["wgs84", "cgcs2000", "gcj02", "bd09", "none"] = "none"
    key: list[str] | Expression
    recorded_at: str | Expression | None = None
    admit: Admit = Admit()
    fields: dict[str, FieldRule] = Field(min_length=1)
    checks: list[Check] = []
    gate: Gate = Gate()
    receipt: Receipt | None = None
    stream: Stream | None = None
    event: EventColumns = EventColumns()
    events: list[EventRule] = []
    item: Item | None = None
    reference: Reference | None = None
    breaks_with: BreaksWith | None = None

    @property
    def source_columns(self) -> dict[str, str]:
        """Field name → column name in the delivery, for fields that are not derived."""
        return {name: rule.source or name for name, rule in self.fields.items() if rule.derived is None}

    @property
    def is_typed_at_the_base(self) -> bool:
        """Whether a community or its grid workers fill it, which needs an admission (基层减负)."""
        return self.filled_by in ("community", "grid_worker")

    @property
    def identifying_fields(self) -> set[str]:
        """Fields that make keys: of the record, of a stream, of an event told more than once."""
        keys: list[str | Expression | None] = [*self.key] if isinstance(self.key, list) else [self.key]
        keys += [self.stream.key] if self.stream else []
        for event in self.events:
            keys += [event.discriminator, event.stream.key if event.stream else None]
        found: set[str] = set()
        for key in keys:
            if isinstance(key, str):
                found.add(key)
            elif isinstance(key, Expression):
                found |= columns_of(key.expression)
        return found & set(self.fields)

    @property
    def content_hash(self) -> str:
        """Hash of what the contract means: comments, layout, and keys at their defaults do not count.

        So a key that the language gains later changes no contract that does not use it.
        """
        return hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:32]

    def format_for(self, name: str) -> Format:
        """The first format whose `files` glob fits a delivery's name. Raises ContractError where none does."""
        for candidate in self.formats:
            if fnmatchcase(name, candidate.files):
                return candidate
        raise ContractError(
            f"feed {self.feed}: no format of the contract fits a delivery named {name!r}; add one to `formats`"
        )


def load_contract(path: Path) -> FeedContract:
    """Read one contract. Raises ContractError naming the file and the place of the first faults."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ContractError(f"{path.name}: not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ContractError(f"{path.name}: a contract is a mapping that begins with `feed:`")
    try:
        return FeedContract.model_validate(raw)
    except ValidationError as error:
        raise ContractError(f"{path.name}: " + "; ".join(sentences(error))) from error


def sentences(error: ValidationError) -> list[str]:
    known = {
        "extra_forbidden": "unknown key (mend the spelling, or see docs/event_contract.md for what may stand here)",
        "missing": "is missing",
    }
    lines = []
    for fault in error.errors()[:12]:
        place = ".".join(str(part) for part in fault["loc"]) or "contract"
        lines.append(f"{place}: {known.get(fault['type'], fault['msg'])}")
    return lines
