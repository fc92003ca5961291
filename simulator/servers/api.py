"""The two HTTP interfaces: that of the police by token and cursor, that of the hotline signed and by page number.

police: `POST /oauth/token` (form: client_id, client_secret) gives a token for `Authorization: Bearer …`. Parameters
`since`, `limit`, `cursor`; an answer is `{"code": "0", "data": {"list": […], "nextCursor": "…"}}`.

hotline: `appKey`, `timestamp` (ms), `nonce` and `sign` stand beside the parameters; sign is the hex HMAC-SHA-256 of all
the others in order of name. Parameters `updatedSince`, `size`, `page` (from 1); an answer is
`{"success": true, "data": {"rows": […], "total": n}}`.

Both take receipts: `POST /receipts`, a JSON document.

Times in parameters and rows are `YYYY-MM-DD HH:MM:SS`, local.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulator.faults import Transport
from simulator.servers.resource import Page, Resource

TOKEN_SECONDS = 1_800
CLOCKS_APART_MS = 300_000  # a signed request is good for five minutes


@dataclass
class Interface:
    """What an HTTP interface of a centre has: its resources by path, its login, what goes wrong, what it was sent.

    stall_seconds: how long it is silent when it does not answer in time.
    """

    resources: dict[str, Resource]
    transports: dict[str, Transport]
    login: str
    password: str
    stall_seconds: float
    receipts: dict[str, bytes] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)


LetIn = Callable[[Interface, Request], bool]
Show = Callable[[Resource, Request, bool], dict[str, Any]]


def police(interface: Interface) -> Starlette:
    """The police's interface to the hotline."""

    async def token(request: Request) -> Response:
        told = dict(await request.form())
        if (told.get("client_id"), told.get("client_secret")) != (interface.login, interface.password):
            return JSONResponse({"error": "invalid_client"}, 401)
        made = secrets.token_urlsafe(24)
        interface.tokens[made] = time.monotonic() + TOKEN_SECONDS
        return JSONResponse({"access_token": made, "token_type": "bearer", "expires_in": TOKEN_SECONDS})

    return _application(interface, _by_token, _by_cursor, [Route("/oauth/token", token, methods=["POST"])])


def hotline(interface: Interface) -> Starlette:
    """The hotline's interface to the district."""
    return _application(interface, _by_signature, _by_number, [])


def _by_token(interface: Interface, request: Request) -> bool:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    return interface.tokens.get(token, 0.0) > time.monotonic()


def _by_signature(interface: Interface, request: Request) -> bool:
    told = dict(request.query_params)
    sign = told.pop("sign", "")
    stamp, nonce = told.get("timestamp", ""), told.get("nonce", "")
    fresh = (
        stamp.isdecimal() and abs(time.time() * 1000 - int(stamp)) < CLOCKS_APART_MS and nonce not in interface.nonces
    )
    interface.nonces.add(nonce)
    text = "&".join(f"{name}={told[name]}" for name in sorted(told))
    right = hmac.new(interface.password.encode(), text.encode(), hashlib.sha256).hexdigest()
    return fresh and told.get("appKey") == interface.login and hmac.compare_digest(sign, right)


def _by_cursor(resource: Resource, request: Request, early: bool) -> dict[str, Any]:
    told = request.query_params
    first = int(base64.urlsafe_b64decode(told["cursor"])) if told.get("cursor") else 0
    page = resource.page(told.get("since", ""), first, _size(resource, told.get("limit")), early)
    following = None if page.following is None else base64.urlsafe_b64encode(str(page.following).encode()).decode()
    return {"code": "0", "data": {"list": page.rows, "nextCursor": following}}


def _by_number(resource: Resource, request: Request, early: bool) -> dict[str, Any]:
    told = request.query_params
    size = _size(resource, told.get("size"))
    page: Page = resource.page(told.get("updatedSince", ""), (int(told.get("page", 1)) - 1) * size, size, early)
    return {"success": True, "data": {"rows": page.rows, "total": page.total}}


def _size(resource: Resource, asked: str | None) -> int:
    return min(int(asked or resource.channel.size), 1_000)


def _application(interface: Interface, let_in: LetIn, show: Show, more: list[Route]) -> Starlette:
    async def rows(request: Request) -> Response:
        path = request.url.path
        if path not in interface.resources:
            return JSONResponse({"error": "not found"}, 404)
        fault = interface.transports[path].next() if path in interface.transports else ""
        if fault == "http_timeout":
            await asyncio.sleep(interface.stall_seconds)
        if fault in ("http_500", "http_timeout"):
            return JSONResponse({"error": "internal"}, 500)
        if fault == "http_429":
            return JSONResponse({"error": "too many requests"}, 429, headers={"Retry-After": "0"})
        if not let_in(interface, request):
            return JSONResponse({"error": "unauthorized"}, 401)
        try:
            told = show(interface.resources[path], request, fault == "shifting_pages")
        except ValueError:
            return JSONResponse({"error": "bad parameter"}, 400)
        body = json.dumps(told, ensure_ascii=False).encode()
        return _broken(body) if fault == "truncated_body" else Response(body, media_type="application/json")

    async def receipt(request: Request) -> Response:
        if not let_in(interface, request):
            return JSONResponse({"error": "unauthorized"}, 401)
        document = await request.body()
        json.loads(document)
        interface.receipts[request.headers.get("idempotency-key", "")] = document
        return JSONResponse({"code": "0"}, 201)

    return Starlette(routes=[*more, Route("/receipts", receipt, methods=["POST"]), Route("/{path:path}", rows)])


def _broken(body: bytes) -> Response:
    """An answer that promises more than it brings: the server hangs up half way."""

    async def half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]

    return StreamingResponse(half(), media_type="application/json", headers={"Content-Length": str(len(body))})
