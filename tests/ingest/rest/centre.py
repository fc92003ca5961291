"""A centre's REST interface on loopback: orders behind every paging and every login, and every way to misbehave."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

KEY, SECRET = "key-4711", "geheim-0815-secret"
Row = dict[str, Any]


def order(number: int, changed: str = "2026-11-01 08:00:00", kind: str = "A", **more: Any) -> Row:
    """An order of the made-up centre."""
    told = {"case_no": f"C{number:04}", "reported_at": "2026-11-01 08:00:00", "updated_at": changed, "kind": kind}
    return {**told, **more}


@dataclass
class Centre:
    """The state of the server: its rows, what it is asked, and what goes wrong next.

    `faults` answers the next requests in place of the interface (None: no fault); `before_page` runs before each page
    is made, with the number of the request, so that rows may move while they are read.
    """

    rows: list[Row] = field(default_factory=list)
    size: int = 3
    login: str = "none"
    algorithm: str = "sha256"
    faults: list[Callable[[Request], Response] | None] = field(default_factory=list)
    before_page: Callable[[int], None] = lambda _: None
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    token_seconds: int = 3600
    nonces: set[str] = field(default_factory=set)
    receipts: dict[str, bytes] = field(default_factory=dict)
    etags: bool = False
    port: int = 0

    @property
    def uri(self) -> str:
        return f"http://{KEY}:{SECRET}@127.0.0.1:{self.port}"

    def since(self, told: dict[str, str]) -> list[Row]:
        rows = [row for row in self.rows if row["updated_at"] >= told.get("updatedSince", "")]
        if "from" in told:
            rows = [row for row in rows if told["from"] <= row["updated_at"] <= told["to"]]
        return rows

    def let_in(self, request: Request, told: dict[str, str]) -> bool:
        authorization = request.headers.get("authorization", "")
        if self.login == "basic":
            return authorization == "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if self.login == "header":
            return request.headers.get("x-token") == f"T {SECRET}"
        if self.login == "api_key":
            return told.get("key") == SECRET
        if self.login == "static":
            return authorization == f"Bearer {SECRET}"
        if self.login == "bearer":
            return authorization.removeprefix("Bearer ") in self.tokens
        if self.login in ("signed", "signed_headers"):
            names = ("appKey", "timestamp", "nonce", "sign")
            given = dict(told) | {n: request.headers.get(n, "") for n in names if self.login == "signed_headers"}
            sign = given.pop("sign", "")
            fresh = abs(time.time() * 1000 - int(given["timestamp"])) < 60_000 and given["nonce"] not in self.nonces
            self.nonces.add(given["nonce"])
            text = "&".join(f"{name}={given[name]}" for name in sorted(given))
            return fresh and sign == hmac.new(SECRET.encode(), text.encode(), self.algorithm).hexdigest()
        return True


def application(centre: Centre) -> Starlette:
    async def parameters(request: Request) -> dict[str, str]:
        if request.method == "GET":
            return dict(request.query_params)
        body = await request.body()
        return {k: str(v) for k, v in json.loads(body).items()} if body.startswith(b"{") else dict(await request.form())

    async def page(request: Request) -> Response:
        told = await parameters(request)
        centre.asked.append(told)
        centre.headers.append(dict(request.headers))
        fault = centre.faults.pop(0) if centre.faults else None
        if fault is not None:
            return fault(request)
        if not centre.let_in(request, told):
            return JSONResponse({"error": "no"}, 401)
        centre.before_page(len(centre.asked))
        response = ways[request.path_params.get("way", "page")](request, told)
        if centre.etags:
            etag = '"' + hashlib.sha256(response.body.partition(b'"data"')[2]).hexdigest()[:12] + '"'
            if request.headers.get("if-none-match") == etag:
                return Response(status_code=304)
            response.headers["ETag"] = etag
        return response

    def envelope(rows: list[Row], **more: Any) -> JSONResponse:
        return JSONResponse({"code": 0, "requestId": len(centre.asked), "data": {"rows": rows, **more}})

    def by_page(_: Request, told: dict[str, str]) -> Response:
        rows, size = centre.since(told), int(told.get("size", centre.size))
        first = (int(told.get("page", 1)) - 1) * size
        return envelope(rows[first : first + size], total=len(rows))

    def by_offset(_: Request, told: dict[str, str]) -> Response:
        rows, first = centre.since(told), int(told.get("offset", 0))
        return envelope(rows[first : first + centre.size], total=str(len(rows)))

    def by_cursor(_: Request, told: dict[str, str]) -> Response:
        rows, first = centre.since(told), int(told.get("cursor", "c0")[1:])
        following = f"c{first + centre.size}" if first + centre.size < len(rows) else None
        return envelope(rows[first : first + centre.size], nextCursor=following)

    def by_link(request: Request, told: dict[str, str]) -> Response:
        rows, first = centre.since(told), int(told.get("at", 0))
        response = envelope(rows[first : first + centre.size])
        if first + centre.size < len(rows):
            query = "&".join(f"{k}={v}" for k, v in {**told, "at": first + centre.size}.items())
            response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
        return response

    def by_keyset(_: Request, told: dict[str, str]) -> Response:
        after = (told.get("afterTime", ""), told.get("afterNo", "") if "byTime" not in told else "~")
        rows = sorted(centre.rows, key=lambda row: (row["updated_at"], row["case_no"]))
        return envelope([row for row in rows if (row["updated_at"], row["case_no"]) > after][: centre.size])

    def whole(_: Request, told: dict[str, str]) -> Response:
        return envelope(centre.since(told))

    ways = {"page": by_page, "offset": by_offset, "cursor": by_cursor, "link": by_link, "keyset": by_keyset,
            "all": whole}  # fmt: skip

    async def token(request: Request) -> Response:
        told = await parameters(request)
        if (told.get("client_id"), told.get("client_secret")) != (KEY, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        centre.tokens.append(f"token-{len(centre.tokens)}-{SECRET[::-1]}")
        return JSONResponse({"access_token": centre.tokens[-1], "expires_in": centre.token_seconds})

    async def receipt(request: Request) -> Response:
        fault = centre.faults.pop(0) if centre.faults else None
        if fault is not None:
            return fault(request)
        if not centre.let_in(request, dict(request.query_params)):
            return JSONResponse({"error": "no"}, 401)
        centre.receipts[request.headers["idempotency-key"]] = await request.body()
        return JSONResponse({"code": 0}, 201)

    async def moved(request: Request) -> Response:
        return RedirectResponse(f"/api/page?{request.url.query}", 302)

    return Starlette(
        routes=[
            Route("/oauth/token", token, methods=["POST"]),
            Route("/api/moved", moved),
            Route("/api/receipts", receipt, methods=["POST"]),
            Route("/api/{way}", page, methods=["GET", "POST"]),
        ]
    )


@contextmanager
def served(centre: Centre) -> Iterator[Centre]:
    """The centre on a free port of loopback, until the block ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        centre.port = listener.getsockname()[1]
        config = uvicorn.Config(application(centre), log_level="critical", lifespan="off", date_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield centre
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def raw_answers(*answers: bytes | float) -> Iterator[int]:
    """A server that writes these bytes, one answer a connection, and hangs up; a number is silence of seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    if isinstance(answer, float):
                        time.sleep(answer)
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
