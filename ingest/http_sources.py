"""Sources over HTTP: how they let in, turn pages, are asked for what is new, and within which bounds."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ingest.base import ConnectionName, Duration, JsonPath, Strict, ZoneName


class NoAuth(Strict):
    """A source that asks for no credential."""

    kind: Literal["none"] = "none"


class BasicAuth(Strict):
    """Login and password of the connection as HTTP Basic."""

    kind: Literal["basic"]


class HeaderAuth(Strict):
    """The connection's password in a header of its own, after `prefix`."""

    kind: Literal["header"]
    name: str
    prefix: str = ""


class ApiKeyAuth(Strict):
    """The connection's password as a parameter."""

    kind: Literal["api_key"]
    param: str


class BearerAuth(Strict):
    """A bearer token: the connection's password itself, or one that `token_path` gives for login and password.

    A token is asked for again when it has expired, and once when the source answers 401.
    """

    kind: Literal["bearer"]
    token_path: str | None = None
    token_body: Literal["form", "json"] = "form"
    token_params: dict[str, str] = {"grant_type": "client_credentials"}
    login_param: str = "client_id"
    password_param: str = "client_secret"
    token: JsonPath = "$.access_token"
    expires_in: JsonPath = "$.expires_in"


class SignedAuth(Strict):
    """Requests signed with the connection's login (app key) and password (app secret).

    Signed text: all parameters but the signature, sorted by name, `k=v` joined by `&`; the signature is its HMAC
    under the app secret, in hex. The five names are those of the source's parameters.
    """

    kind: Literal["signed"]
    algorithm: Literal["hmac-sha256", "hmac-sm3"] = "hmac-sha256"
    app_key: str = "appKey"
    timestamp: str = "timestamp"
    nonce: str = "nonce"
    sign: str = "sign"
    timestamp_format: str = "epoch_ms"
    place: Literal["params", "headers"] = "params"
    upper_case: bool = False


Auth = Annotated[
    NoAuth | BasicAuth | HeaderAuth | ApiKeyAuth | BearerAuth | SignedAuth,
    Field(discriminator="kind"),
]


class OnePage(Strict):
    """The answer to one request is all there is."""

    kind: Literal["none"] = "none"


class PageNumber(Strict):
    """Numbered pages, up to an empty one or up to the total that the source tells."""

    kind: Literal["page"]
    param: str = "page"
    first: int = 1
    size_param: str | None = None
    size: int | None = Field(default=None, ge=1)
    until: Literal["empty", "total"] = "empty"
    total: JsonPath = "$.total"
    reread: bool = True


class Offset(Strict):
    """Pages by the number of records to leave out, up to an empty one or up to the total that the source tells."""

    kind: Literal["offset"]
    param: str = "offset"
    size_param: str | None = None
    size: int | None = Field(default=None, ge=1)
    until: Literal["empty", "total"] = "empty"
    total: JsonPath = "$.total"
    reread: bool = True


class Cursor(Strict):
    """Each page names the next one by a cursor; a page without one is the last."""

    kind: Literal["cursor"]
    param: str = "cursor"
    next: JsonPath = "$.next"
    size_param: str | None = None
    size: int | None = Field(default=None, ge=1)


class Link(Strict):
    """Each page names the address of the next one: in its Link header (rel="next"), or at a path of its body."""

    kind: Literal["link"]
    next: JsonPath | None = None
    size_param: str | None = None
    size: int | None = Field(default=None, ge=1)


class Keyset(Strict):
    """The next page begins after the last record of this one: `after` maps parameters to that record's fields."""

    kind: Literal["keyset"]
    after: dict[str, str] = Field(min_length=1)
    size_param: str | None = None
    size: int | None = Field(default=None, ge=1)


class Sweep(Strict):
    """Every so often read again from further back: records that a late commit or a clock set back would hide."""

    every: Duration = timedelta(days=1)
    back: Duration = timedelta(days=7)


class Window(Strict):
    """Windows of time from `start` to now, each read through `within`; a window is complete before the next begins.

    `full` is the number of records beyond which the source tells no more: a window that brings so many is halved.
    """

    kind: Literal["window"]
    from_param: str
    to_param: str
    step: Duration
    start: datetime
    format: str = "iso"
    zone: ZoneName | None = None
    overlap: Duration = timedelta(hours=1)
    sweep: Sweep | None = None
    full: int | None = Field(default=None, ge=1)
    within: Annotated[OnePage | PageNumber | Offset | Cursor | Link, Field(discriminator="kind")] = OnePage()

    @model_validator(mode="after")
    def _fits(self) -> "Window":
        if self.step <= timedelta(0):
            raise ValueError("step must be longer than nothing")
        if self.full is not None and self.within.kind != "none":
            raise ValueError("full goes with windows that are one answer each; paging within needs no halving")
        if self.start.tzinfo is None:
            raise ValueError("start needs an offset such as +08:00")
        return self


Pages = Annotated[
    OnePage | PageNumber | Offset | Cursor | Link | Keyset | Window,
    Field(discriminator="kind"),
]


class ChangedSince(Strict):
    """Ask only for what changed: `param` takes the largest `field` sealed so far, less `overlap`; `start` at first.

    `format` is `iso`, `epoch_s`, `epoch_ms` or a strftime format, of the parameter and of the field; `zone` (default:
    the feed's) is that of times written without one.
    """

    param: str
    field: str
    format: str = "iso"
    zone: ZoneName | None = None
    overlap: Duration = timedelta(hours=1)
    start: datetime
    sweep: Sweep | None = None

    @model_validator(mode="after")
    def _fits(self) -> "ChangedSince":
        if self.start.tzinfo is None:
            raise ValueError("start needs an offset such as +08:00")
        return self


class Limits(Strict):
    """How long, how much and how often: bounds of one request and of one pull."""

    connect_timeout: Duration = timedelta(seconds=5)
    read_timeout: Duration = timedelta(seconds=30)
    request_timeout: Duration = timedelta(minutes=5)
    body_mb: float = Field(default=64, gt=0)
    retries: int = Field(default=5, ge=0, le=20)
    backoff: Duration = timedelta(seconds=1)
    longest_wait: Duration = timedelta(minutes=5)
    requests_per_second: float | None = Field(default=None, gt=0)
    pages: int = Field(default=100_000, ge=1)


class Success(Strict):
    """Where an answer with status 200 says whether it succeeded, and the values (as texts) by which it does."""

    path: JsonPath
    one_of: list[str] = Field(min_length=1)


class RestSource(Strict):
    """Pages of an HTTP interface below the base address of a connection."""

    kind: Literal["rest"]
    connection: ConnectionName
    path: str = Field(pattern=r"^/[^?#]*$")
    params: dict[str, str | int | float | bool] = {}
    headers: dict[str, str] = {}
    send: Literal["query", "form", "json"] = "query"
    auth: Auth = NoAuth()
    success: Success | None = None
    pages: Pages = OnePage()
    changed_since: ChangedSince | None = None
    limits: Limits = Limits()
    allow_redirects_to: list[str] = []

    @model_validator(mode="after")
    def _fits(self) -> "RestSource":
        if self.changed_since is not None and isinstance(self.pages, Window):
            raise ValueError("pages by window have a start and an overlap of their own; leave changed_since out")
        if self.send != "query" and isinstance(self.pages, Link):
            raise ValueError("pages by link are asked for by address; send must be query")
        return self


GEOREPORT_MOST = 1000  # GeoReport v2: "limited to the first 1000 requests"


class Open311Source(Strict):
    """Service requests of an Open311 GeoReport v2 endpoint, asked for by windows of time.

    `by` is `requested` (the standard: start_date and end_date; changes of older requests come with the sweep) or
    `updated` (updated_after and updated_before, which many servers have). Without `page_size` a server tells at most
    1,000 requests an answer, so a window that brings so many is halved.
    """

    kind: Literal["open311"]
    connection: ConnectionName
    path: str = Field(default="/requests.json", pattern=r"^/[^?#]*\.json$")
    jurisdiction_id: str | None = None
    service_codes: list[str] = []
    by: Literal["requested", "updated"] = "requested"
    start: datetime
    step: Duration = timedelta(days=1)
    overlap: Duration = timedelta(days=1)
    sweep: Sweep | None = Sweep(every=timedelta(days=1), back=timedelta(days=90))
    page_size: int | None = Field(default=None, ge=1)
    params: dict[str, str | int | float | bool] = {}
    auth: Auth = NoAuth()
    limits: Limits = Limits()
    allow_redirects_to: list[str] = []

    @property
    def as_rest(self) -> RestSource:
        """The same source in the words of the kind `rest`. Raises ValidationError where its parts do not fit."""
        names = {"requested": ("start_date", "end_date"), "updated": ("updated_after", "updated_before")}[self.by]
        within: dict[str, Any] = {"kind": "none"}
        if self.page_size is not None:  # an extension that most servers have; the standard knows none
            within = {"kind": "page", "size_param": "page_size", "size": self.page_size}
        told = {"jurisdiction_id": self.jurisdiction_id, "service_code": ",".join(self.service_codes)}
        return RestSource(
            kind="rest",
            connection=self.connection,
            path=self.path,
            params={**{name: value for name, value in told.items() if value}, **self.params},
            auth=self.auth,
            pages=Window.model_validate(
                {
                    "kind": "window",
                    "from_param": names[0],
                    "to_param": names[1],
                    "full": None if self.page_size else GEOREPORT_MOST,
                    "step": self.step,
                    "start": self.start,
                    "zone": "UTC",
                    "overlap": self.overlap,
                    "sweep": self.sweep,
                    "within": within,
                }
            ),
            limits=self.limits,
            allow_redirects_to=self.allow_redirects_to,
        )
