"""Vault and token keys: from the environment, or a development pair made once outside the project folder.

ONEGRID_VAULT_KEY and ONEGRID_TOKEN_KEY hold 32 bytes each, base64. ONEGRID_KEY_VERSION (default 1) names the pair in
force; earlier ones stay readable as ONEGRID_VAULT_KEY_V1, ONEGRID_TOKEN_KEY_V1 and so on.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import KeyMissingError
from ingest.files import create_exclusively

logger = logging.getLogger(__name__)

KEY_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """The key pair of one version. `repr` shows no key."""

    version: int
    _vault: bytes
    _token: bytes

    def __repr__(self) -> str:
        return f"Keys(version={self.version})"

    @property
    def wrapping(self) -> bytes:
        """The key that wraps the data key of a feed-month, 32 bytes."""
        return hmac.new(self._vault, b"onegrid vault wrapping", hashlib.sha256).digest()

    @property
    def rounding(self) -> bytes:
        """The key that counts of the public edition are rounded by, 32 bytes."""
        return hmac.new(self._token, b"onegrid public rounding", hashlib.sha256).digest()

    def token_key(self, network: str, purpose: str) -> bytes:
        """The HMAC key of one purpose in one network: tokens of two purposes or networks never join."""
        return hmac.new(self._token, f"onegrid token|{network}|{purpose}".encode(), hashlib.sha256).digest()


def development_key_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "onegrid" / "development-keys.json"


def current_keys() -> Keys:
    """The pair in force. Makes and announces a development pair where the environment names none.

    Raises KeyMissingError where only half of the pair is set, or a key is not 32 bytes in base64.
    """
    version = int(os.environ.get("ONEGRID_KEY_VERSION", "1"))
    return keys_of(version)


def keys_of(version: int) -> Keys:
    """The pair of one version. Raises KeyMissingError where it is not at hand."""
    current = int(os.environ.get("ONEGRID_KEY_VERSION", "1"))
    suffix = "" if version == current else f"_V{version}"
    vault, token = os.environ.get(f"ONEGRID_VAULT_KEY{suffix}"), os.environ.get(f"ONEGRID_TOKEN_KEY{suffix}")
    if vault and token:
        return Keys(
            version,
            _decode("ONEGRID_VAULT_KEY" + suffix, vault),
            _decode("ONEGRID_TOKEN_KEY" + suffix, token),
        )
    if vault or token:
        raise KeyMissingError(f"set both ONEGRID_VAULT_KEY{suffix} and ONEGRID_TOKEN_KEY{suffix}; only one is set")
    if suffix:
        raise KeyMissingError(
            f"the keys of version {version} are not at hand: "
            f"set ONEGRID_VAULT_KEY{suffix} and ONEGRID_TOKEN_KEY{suffix}"
        )
    return _development_keys(version)


def _decode(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyMissingError(f"{name} must be 32 bytes in base64 (make one: openssl rand -base64 32)")
    return key


def _development_keys(version: int) -> Keys:
    path = development_key_file()
    if not path.exists():
        pair = {name: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in ("vault", "token")}
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if create_exclusively(path, json.dumps(pair).encode(), mode=0o600):
            logger.warning(
                "made a development key pair at %s; for real data set ONEGRID_VAULT_KEY and ONEGRID_TOKEN_KEY instead",
                path,
            )
    pair = json.loads(path.read_bytes())
    return Keys(
        version,
        _decode("the vault key in " + path.name, pair["vault"]),
        _decode("the token key", pair["token"]),
    )
