"""What a record is about, whatever list its code is of: the category that outlives the lists, told from the tables.

A code is found by its list, its kind and the day. Where one code alone followed it, it belongs to that one, whether
that means the same, more or less; a code that was split stays its own. A name stated by the list goes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from simulator.truth.cases import Record
from simulator.truth.places import UNKNOWN
from simulator.truth.tables import Row

Code = tuple[str, str, str]  # list, kind, code


class Categories:
    """The codes as the reference tables state them."""

    def __init__(self, codes: Iterable[Row], followed: Iterable[Row]) -> None:
        self.spans: dict[Code, list[tuple[date, date]]] = defaultdict(list)
        self.named: dict[Code, str] = {}
        for row in codes:
            code = row["code_set"], row["kind"], row["category_code"]
            until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
            self.spans[code].append((date.fromisoformat(row["valid_from"]), until))
            if row["canonical_name"]:
                self.named[code] = row["canonical_name"]
        self.after: dict[Code, list[Code]] = defaultdict(list)
        for row in followed:
            old = row["code_set"], row["kind"], row["category_code"]
            new = row["to_code_set"], row["to_kind"], row["to_category_code"]
            self.after[old].append(new)

    def name(self, record: Record) -> str:
        """The category of a record, '' where it is none that could have one."""
        if record.stream != "case":
            return ""
        opened = record.opened
        if not record.code or opened is None:
            return UNKNOWN
        held = [
            code
            for code, spans in self.spans.items()
            if code[0] == record.code_set and code[2] == record.code and record.kind in ("", code[1])
            if any(since <= opened.date() < until for since, until in spans)
        ]
        return self._outliving(held[0]) if len(held) == 1 else UNKNOWN

    def _outliving(self, code: Code) -> str:
        end = code
        while True:
            if end in self.named:
                return self.named[end]
            following = self.after[end]
            if len(following) != 1:
                return "/".join(end)
            end = following[0]
