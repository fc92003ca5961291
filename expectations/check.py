"""What both gates have in common: a check with its severity, its owner and its sentence, and how a crash is told."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["hold", "warn", "critical", "warning"]
BUREAU = "数据局 (data bureau)"  # answers for what our own code did wrong
# Their messages name tables, columns and files; those of other errors may quote a value of a row.
_SPEAKING = ("BinderException", "CatalogException", "ParserException", "IOException", "OutOfMemoryException",
             "InterruptException", "GateError", "TimeoutError")  # fmt: skip
_CLASS = re.compile(r"\b(?:[a-z_]\w*\.)*([A-Z]\w*(?:Exception|Error|Interrupt))\b")


@dataclass(frozen=True)
class Check:
    """One promise that a gate looks at. `en` and `zh` are sentences for a person who sees it broken.

    Severities: `hold` and `warn` at the landing gate, `critical` and `warning` at the mart gate.
    """

    code: str
    severity: Severity
    owner: str
    en: str
    zh: str

    @property
    def meta(self) -> dict[str, str]:
        """What rides in the expectation's meta and comes back with its result."""
        return {
            "check": self.code,
            "severity": self.severity,
            "owner": self.owner,
            "sentence": self.en,
            "sentence_zh": self.zh,
        }

    @property
    def gx_severity(self) -> str:
        """Great Expectations' own word for it."""
        return "critical" if self.severity in ("hold", "critical") else "warning"


def safe_reason(told: str) -> str:
    """What of an error's text may stand in a result: its kind, and its words where they cannot quote a row."""
    kinds = _CLASS.findall(told)
    for kind in kinds:
        if kind in _SPEAKING:
            lines = [line.strip() for line in told.splitlines() if kind in line]
            return lines[-1][:300] if lines else kind
    return kinds[-1] if kinds else "an error without a name"


def crash_of(exception_info: Mapping[str, Any] | None) -> str | None:
    """Why an expectation crashed, or None where it ran.

    A crash comes back as `success: False`, told from bad data only by `exception_info`: one entry, or one entry for
    each metric that failed.
    """
    if not exception_info:
        return None
    entries: Iterable[Any] = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    for entry in entries:
        if isinstance(entry, Mapping) and entry.get("raised_exception"):
            return safe_reason(f"{entry.get('exception_traceback') or ''}\n{entry.get('exception_message') or ''}")
    return None
