"""Where a feed comes from: one strict model a kind of source. No model holds a credential, only a connection's name."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ingest.base import Strict
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


class FileSource(Strict):
    """Deliveries dropped as files into a folder: `path` is relative to the city folder, or starts with ${VARIABLE}."""

    kind: Literal["file"]
    path: str
    pattern: str | list[str] = "*"
    ready: Ready = Ready()
    observed_at: ObservedAt = ObservedAt()
    split: HistorySplit | None = None

    @property
    def patterns(self) -> list[str]:
        return [self.pattern] if isinstance(self.pattern, str) else self.pattern


Source = Annotated[FileSource | RestSource | Open311Source, Field(discriminator="kind")]
