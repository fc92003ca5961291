"""Bytes to text by the encoding that the contract declares, or by one that is found and named.

`detect` decides by rules that never guess in silence: a mark at the beginning; else UTF-8 where every byte fits; else
GB18030 where every byte fits and the characters are those that people write (GB 2312). What fits two readings, or
none, rejects the delivery.
"""

import codecs
import re
from collections import Counter

from ingest.contract import Format
from ingest.decode.reading import UnreadableError

COMMON = 0.95  # of the characters beyond ASCII stand in the plane of GB 2312, in a text that was written in GB18030
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BEYOND = re.compile(r"[^\x00-\x7f]+")


def as_utf8(data: bytes, form: Format) -> tuple[bytes, dict[str, str]]:
    """UTF-8 bytes without BOM, and the encoding where it was found and not declared.

    Bytes that a declared encoding does not know become U+FFFD and are found later. Raises UnreadableError where
    `detect` finds no encoding, or more than one.
    """
    encoding = detect(data) if form.encoding == "detect" else form.encoding
    notes = {"encoding": encoding} if form.encoding == "detect" else {}
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeError:
        text = data.decode(encoding, errors="replace")
    return text.removeprefix("\ufeff").encode("utf-8", errors="replace"), notes


def detect(data: bytes) -> str:
    """The encoding of a text: `utf-8`, `utf-8-sig`, `utf-16` or `gb18030`.

    Raises UnreadableError: `encoding_ambiguous` where UTF-8 and GB18030 both make a text of it, `encoding_unknown`
    where neither does.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name if _decoded(data, name) is not None else _refuse("encoding_unknown")
    if data.isascii():
        return "utf-8"
    unicode, national = _decoded(data, "utf-8"), _decoded(data, "gb18030")
    if unicode is not None:
        rivals = national is not None and _is_common(national) and not _has_long_characters(unicode)
        return _refuse("encoding_ambiguous") if rivals else "utf-8"
    return "gb18030" if national is not None and _is_common(national) else _refuse("encoding_unknown")


def _refuse(code: str) -> str:
    raise UnreadableError(code)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None


def _has_long_characters(text: str) -> bool:
    """Whether some character takes three bytes of UTF-8 or more: no text of another encoding fits that by chance."""
    return max(text) >= "\u0800"


def _is_common(text: str) -> bool:
    """Whether nearly all characters beyond ASCII are those of GB 2312 (both bytes A1 and above, the first up to F7)."""
    counts = Counter("".join(_BEYOND.findall(text)))
    common = 0
    for character, count in counts.items():
        code = character.encode("gb18030")
        common += count * (len(code) == 2 and 0xA1 <= code[0] <= 0xF7 and code[1] >= 0xA1)
    return common >= COMMON * counts.total()
