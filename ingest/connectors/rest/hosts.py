"""Which hosts a source may lead to: the connection's own, and those that the contract declares. Never inward."""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

Origin = tuple[str, str, int]  # scheme, host, port
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenHostError(Exception):
    """An address that may not be asked; the text names host and port and says why."""


class Hosts:
    """The hosts of one source: `base` is the connection's address, `declared` are hosts as `host` or `host:port`."""

    def __init__(self, base: str, declared: Iterable[str]) -> None:
        self._own = origin_of(base)
        self._declared = {entry.lower() for entry in declared}

    def is_own(self, url: str) -> bool:
        """Whether an address is at the connection's own scheme, host and port: only there credentials go."""
        return origin_of(url) == self._own

    def check(self, url: str) -> None:
        """Raise ForbiddenHostError for hosts that are not declared, a fall from HTTPS, and names that lead inward."""
        try:
            scheme, host, port = origin = origin_of(url)
        except ValueError:
            raise ForbiddenHostError("an address that is none") from None
        if origin == self._own:
            return
        where = f"{host}:{port}"
        if scheme not in ("http", "https") or not {host, where} & self._declared:
            raise ForbiddenHostError(f"{where}, which source.allow_redirects_to does not declare")
        if self._own[0] == "https" and scheme != "https":
            raise ForbiddenHostError(f"{where} without TLS")
        own_is_inner = any(is_inner(address) for address in addresses(self._own[1]))
        for address in addresses(host):
            if address.is_link_local or (is_inner(address) and not own_is_inner):
                raise ForbiddenHostError(f"{where}, an address of the inner network")


def origin_of(url: str) -> Origin:
    """Scheme, host and port. Raises ValueError where the address has no host."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    return parts.scheme, parts.hostname.lower(), parts.port or (443 if parts.scheme == "https" else 80)


def addresses(host: str) -> list[Address]:
    """What a name resolves to; nothing where it does not, and the request will say so."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def is_inner(address: Address) -> bool:
    """Whether an address is no public one: loopback, private, link-local, reserved or multicast."""
    return not address.is_global or address.is_multicast
