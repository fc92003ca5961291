"""The core mechanisms: whistles … The clock stands at noon of 20 October 2026, a Tuesday."""

import json
from typing import Any

from tests.warehouse.mounted import MountedLog

# number: department, grid, blown, then the limits and steps that were told
WHISTLES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    # signed half an hour later, contacted to the minute, closed a day late; the score comes with the close
    "W1-1": ("Q", "S2", "10-01 08:00", {"signed": "10-01 08:30", "contacted": "10-02 08:00", "arrived": "10-02 09:00",
                                        "planned": "10-02 10:00", "closed": "10-05 08:00"}),
    # the second department of the same whistle is one that nobody knows, and it never came
    "W1-2": ("NOBODY", "S2", "10-01 08:00", {}),
    # a fortnight later to the minute: again; what still runs is neither kept nor missed
    "W2-1": ("Q", "S2", "10-15 08:00", {"signed": "10-15 09:01"}),
    # fifteen days apart
    "W3-1": ("Q", "S1b", "09-25 08:00", {"signed": "09-25 09:00"}),
    "W4-1": ("Q", "S1b", "10-10 08:00", {}),
    # two of one moment are no repeats of each other
    "W5-1": ("Q", "H", "10-14 08:00", {}),
    "W6-1": ("Q", "H", "10-14 08:00", {}),
    # nobody knows where
    "W7-1": ("Q", "nowhere", "10-14 08:00", {}),
    "W8-1": ("Q", "nowhere", "10-15 08:00", {}),
}  # fmt: skip


def fill(log: MountedLog) -> None:
    """Add the registers of the mechanisms."""
    _whistles(log)


def _whistles(log: MountedLog) -> None:
    log.feed("whistles", "governance")
    told = log.deliver("whistles", "2026-10-20 11:00")
    for line, (key, (department, grid, blown, steps)) in enumerate(WHISTLES.items(), start=1):
        day, clock = blown.split()
        month, number = (int(part) for part in day.split("-"))
        limits = {
            "sign_by": f"2026-{day}T{int(clock[:2]) + 1 - 8:02d}:00:00",  # UTC
            "contact_by": f"2026-{month:02d}-{number + 1:02d}T00:00:00",
            "close_by": f"2026-{month:02d}-{number + 3:02d}T00:00:00" if number < 15 else "2026-10-25T00:00:00",
        }
        words: dict[str, Any] = {"whistle_no": key.split("-")[0], "whistle_kind": "daily", **limits}
        columns = {"org_code": department, "counterpart_org_code": "T1", "grid_scheme_given": "unit",
                   "grid_code_given": grid, "stream_type": "whistle"}  # fmt: skip
        for step, at in {"blown": blown, **steps}.items():
            log.tell(told, key, f"whistle_{step}", f"2026-{at}", line=line, attributes=json.dumps(words), **columns)
            if step == "closed":
                log.tell(told, key, "whistle_scored", f"2026-{at}", line=line,
                         attributes=json.dumps({"score": 80}), **columns)  # fmt: skip
