"""Where a feed comes from: one strict model a kind of source. No model holds a credential, only a connection's name."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ingest.base import ConnectionName, Strict
from ingest.database_source import DatabaseSource
from ingest.http_sources import Open311Source, RestSource


class Ready(Strict):
    """When a file in a drop folder may be read: it has settled, or its marker file lies beside it."""

    rule: Literal["stable", "marker"] = "stable"
    settle_seconds: float = Field(default=5.0, ge=0)
    suffix: str = ".ok"


class ObservedAt(Strict):
    """Where a delivery's own time comes from: the pull (default) or its file name, in the feed's zone."""

    from_: Literal["pull", "file_name"] = Field(default="pull", alias="from")
    regex: str | None = None
    format: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "ObservedAt":
        if self.from_ == "file_name" and not (self.regex and self.format):
            raise ValueError("observed_at from file_name needs a regex with one group and a format")
        return self


class HistorySplit(Strict):
    """A file whose lines are whole deliveries: JSON paths of each line's time (ISO 8601 with offset) and payload."""

    kind: Literal["history"]
    observed_at: str
    payload: str


class Files(Strict):
    """What all sources of files share: which of them, when they may be read, and what becomes of them.

    `after`: a file is left in place, or moved to the folder `archive_to` by the pull after the one that sealed it.
    `max_mb`: a larger file is not read, nor one that unpacks to more (megabytes of 1024² bytes).
    """

    path: str
    pattern: str | list[str] = "*"
    ready: Ready = Ready()
    observed_at: ObservedAt = ObservedAt()
    split: HistorySplit | None = None
    after: Literal["leave", "archive"] = "leave"
    archive_to: str | None = None
    max_mb: float = Field(default=256, gt=0)

    @model_validator(mode="after")
    def _archived(self) -> "Files":
        if (self.after == "archive") != (self.archive_to is not None):
            raise ValueError("after: archive goes with archive_to, the folder that the files are moved to")
        return self

    @property
    def patterns(self) -> list[str]:
        return [self.pattern] if isinstance(self.pattern, str) else self.pattern


class FileSource(Files):
    """Deliveries dropped as files into a folder: `path` is relative to the city folder, or starts with ${VARIABLE}."""

    kind: Literal["file"]


class SftpSource(Files):
    """Files on an SFTP server. Its host key stands in the connection's extra `host_key`; an unknown one is refused."""

    kind: Literal["sftp"]
    connection: ConnectionName


class ObjectSource(Files):
    """Files in an object store: `path` is bucket and prefix; the connection's scheme is the store's (s3, oss, gs …)."""

    kind: Literal["object"]
    connection: ConnectionName

    @model_validator(mode="after")
    def _below_the_store(self) -> "ObjectSource":
        for name, path in (("path", self.path), ("archive_to", self.archive_to or "")):
            if "::" in path or "://" in path or ".." in path.split("/"):
                raise ValueError(f"{name} {path!r} must be bucket/prefix; the store itself stands in the connection")
        return self


Source = Annotated[
    FileSource | SftpSource | ObjectSource | DatabaseSource | RestSource | Open311Source, Field(discriminator="kind")
]
