"""Personal values at the edge, as SQL over whole columns: keyed tokens, masked texts, addresses cut at the building.

A token is `<key version>:<32 hex>` of HMAC-SHA256 (RFC 2104) under the key of its purpose and network. The HMAC is
computed by the engine from two padded-key columns, so that no key stands in SQL text.
"""

from collections.abc import Sequence

import pyarrow as pa

from ingest.contract import FeedContract, FieldRule
from ingest.keys import Keys

HMAC_BLOCK = 64

_NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-+@"
_WIDE = "".join(chr(ord(narrow) + 0xFEE0) for narrow in _NARROW)  # the full-width forms of the same characters
_PLATE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"

# Order matters: the long numbers first, so that a phone pattern never eats half an identity number.
MASKS: list[tuple[str, str]] = [
    (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "[邮箱]"),
    (
        r"[1-9]\d{5}[- ]?(?:18|19|20)\d{2}[- ]?(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[- ]?\d{3}[\dXx]",
        "[证件号]",
    ),
    (r"(?:\d[ -]?){15,18}\d", "[号码]"),
    (
        r"[0-9一二三四五六七八九十]+(?:号楼|栋|幢|座)?[0-9一二三四五六七八九十]*单元[0-9一二三四五六七八九十]+[室号户]?",
        "[房号]",
    ),
    (r"(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}", "[电话]"),
    (r"\(?0\d{2,3}\)?[- ]?[2-9]\d{6,7}", "[电话]"),
    (rf"[{_PLATE}][A-Z][·. ]?[A-Z0-9]{{4,6}}[A-Z0-9挂学警港澳]", "[车牌]"),
]
_ROOM = (
    r"(?:[0-9A-Za-z一二三四五六七八九十]+(?:单元|楼层|楼|层|室|房|户)|[0-9]+-[0-9]+(?:-[0-9]+)?(?:室|号)?$"
    r"|#\s*[0-9A-Za-z-]+|\b(?i:apt|unit|room|rm|suite|ste|fl)(?:\.\s*|\s+)#?[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*).*$"
)


def quoted(name: str) -> str:
    """A column name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def key_table(contract: FeedContract, keys: Keys) -> pa.Table:
    """One row with the padded HMAC keys of each purpose: columns `<purpose>_inner`, `<purpose>_outer` (binary)."""
    columns: dict[str, list[bytes]] = {"none": [b""]}
    for purpose in purposes(contract):
        padded = keys.token_key(contract.network, purpose).ljust(HMAC_BLOCK, b"\0")
        columns[f"{purpose}_inner"] = [bytes(b ^ 0x36 for b in padded)]
        columns[f"{purpose}_outer"] = [bytes(b ^ 0x5C for b in padded)]
    return pa.table({name: pa.array(values, pa.binary()) for name, values in columns.items()})


def purposes(contract: FeedContract) -> list[str]:
    rules = [rule.privacy for rule in contract.fields.values() if rule.privacy and rule.privacy.rule == "token"]
    return sorted({rule.purpose for rule in rules})


def token_sql(value: str, purpose: str, key_version: int) -> str:
    """SQL for the token of a text column; `hmac_key` is the row of `key_table`. NULL stays NULL."""
    inner, outer = quoted(f"{purpose}_inner"), quoted(f"{purpose}_outer")
    clean = f"encode(upper(regexp_replace({value}, '[\\s-]', '', 'g')))"
    mac = f"sha256(hmac_key.{outer} || unhex(sha256(hmac_key.{inner} || {clean})))"
    return f"'{key_version}:' || left({mac}, 32)"


def scrub_sql(value: str, names: Sequence[tuple[str, str]], also: Sequence[str] = ()) -> str:
    """SQL that masks identifiers in a text, and the values that stand in the record's own personal fields.

    `names` are those fields as (SQL, mask).
    """
    sql = f"translate({value}, {literal(_WIDE)}, {literal(_NARROW)})"
    for name, mask in names:
        sql = f"case when length({name}) >= 2 then replace({sql}, {name}, {literal(mask)}) else {sql} end"
    for pattern, mask in [*MASKS, *((pattern, "[隐去]") for pattern in also)]:
        sql = f"regexp_replace({sql}, {literal(pattern)}, {literal(mask)}, 'g')"
    return sql


def address_sql(value: str, names: Sequence[tuple[str, str]], also: Sequence[str] = ()) -> str:
    """SQL that cuts an address at the building (unit, floor and room go), then masks identifiers."""
    return scrub_sql(f"regexp_replace({value}, {literal(_ROOM)}, '')", names, also)


def private_sql(name: str, rule: FieldRule, names: Sequence[tuple[str, str]], key_version: int, free_text: bool) -> str:
    """SQL for what of a field may leave the vault; `names` are the record's personal fields, see `scrub_sql`."""
    column = quoted(name)
    kind = (
        rule.privacy.rule if rule.privacy else ("scrub" if free_text and rule.type in ("string", "json") else "clear")
    )
    also = rule.privacy.also if rule.privacy else ()
    if kind in ("name", "drop"):
        return "cast(null as varchar)"
    if kind == "token":
        return token_sql(column, rule.privacy.purpose if rule.privacy else "person", key_version)
    if kind == "address":
        return address_sql(column, names, also)
    return scrub_sql(column, names, also) if kind == "scrub" else column
