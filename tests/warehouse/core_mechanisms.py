"""The core mechanisms: whistles … The clock stands at noon of 20 October 2026, a Tuesday."""

import json
from typing import Any

from tests.warehouse.mounted import MountedLog, utc

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
    "W3-1": ("Q", "H", "09-25 08:00", {"signed": "09-25 09:00"}),
    "W4-1": ("Q", "H", "10-10 08:00", {}),
    # two of one moment are no repeats of each other
    "W5-1": ("Q", "I", "10-14 08:00", {}),
    "W6-1": ("Q", "I", "10-14 08:00", {}),
    # nobody knows where
    "W7-1": ("Q", "nowhere", "10-14 08:00", {}),
    "W8-1": ("Q", "nowhere", "10-15 08:00", {}),
}  # fmt: skip

# order: words of the register, then its steps
ORDERS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    # answered in time, struck off after two days
    "O1": ({"matter_no": "M1", "answer_by": "2026-10-05T00:00:00", "centre_level": "district", "way": "daily"},
           {"supervised": "10-04 08:00", "supervision_answered": "10-04 20:30", "supervision_closed": "10-06 08:00"}),
    # the same matter ten days later, never answered
    "O2": ({"matter_no": "M1", "answer_by": "2026-10-17T00:00:00", "centre_level": "city", "way": "daily"},
           {"supervised": "10-16 08:00"}),
    # known by its dispute alone, and thirty-one days apart; the second is answered a day late
    "O3": ({"dispute_no": "D9"}, {"supervised": "09-01 08:00", "supervision_closed": "09-05 08:00"}),
    "O4": ({"dispute_no": "D9", "answer_by": "2026-10-07T00:00:00"},
           {"supervised": "10-06 08:00", "supervision_answered": "10-08 08:00"}),
    # the limit still runs
    "O5": ({"answer_by": "2026-10-21T00:00:00"}, {"supervised": "10-20 08:00"}),
}  # fmt: skip
DECISIONS: dict[str, tuple[str | None, dict[str, str]]] = {
    "D1": ("2026-10-20", {"decision_made": "10-01 10:00"}),  # today is in time
    "D2": ("2026-10-19", {"decision_made": "10-01 10:00"}),
    "D3": ("2026-10-10", {"decision_made": "10-01 10:00", "decision_done": "10-12 00:30"}),
    "D4": ("2026-10-10", {"decision_made": "10-01 10:00", "decision_dropped": "10-15 10:00"}),
    "D5": (None, {"decision_made": "10-01 10:00"}),
}
APPLICATIONS: dict[str, dict[str, str]] = {
    "A1": {"opened": "10-12 10:00", "reviewed": "10-13 10:00"},
    "A2": {"opened": "10-12 10:00", "reviewed": "10-13 10:00", "approved": "10-14 10:00", "paid": "10-20 00:10"},
    "A3": {"opened": "10-12 10:00", "refused": "10-13 10:00"},
    "A4": {"opened": "10-18 10:00"},
}

# stay: level, unit, came in, taken up, left, how
STAYS: dict[str, tuple[str, str, str, str, str, str]] = {
    # up, sent back, closed where it began
    "M1-1": ("community", "C1", "10-01 08:00", "10-01 09:00", "10-01 18:00", "passed_up"),
    "M1-2": ("street", "Q", "10-01 18:00", "10-01 19:00", "10-02 18:00", "wrong_level"),
    "M1-3": ("community", "C1", "10-02 18:00", "10-02 19:00", "10-02 20:00", "closed"),
    # closed at the street; the month is that of the end
    "M2-1": ("street", "Q", "09-30 08:00", "09-30 09:00", "10-03 08:00", "closed"),
    # stands with the street since the 19th, and the community has one for eighteen days
    "M3-1": ("street", "Q", "10-19 12:00", "", "", ""),
    "M4-1": ("community", "C1", "10-02 12:00", "", "", ""),
    # left, and came to nobody
    "M5-1": ("community", "C1", "10-05 08:00", "", "10-05 18:00", "passed_up"),
    # twenty more that ended at the community, after one to twenty hours
    **{f"N{n:02d}-1": ("community", "C2", "10-06 00:00", "", f"10-06 {n:02d}:00", "closed") for n in range(1, 21)},
}

# case: channel, device, grid; a month in which nothing else of the story happens
FOUND: dict[str, tuple[str, str | None, str]] = {
    "camera": ("视频发现", "CAM1", "S2"),
    "same-camera": ("视频发现", "CAM1", "S2"),
    "no-camera": ("视频发现", None, "S2"),
    "caller": ("电话", None, "H"),
}
# patrol: grid, began, ended, noted, mended
PATROLS: dict[str, tuple[str, str, str, int, int]] = {
    "P1": ("H", "06-02 09:00", "06-02 10:30", 2, 1),
    "P2": ("H", "06-02 14:00", "06-02 14:30", 0, 0),
    "P3": ("H", "06-04 09:00", "06-04 10:00", 1, 0),
    # today is not over in what was delivered
    "P4": ("H", "06-05 00:30", "06-05 01:00", 0, 0),
    "P5": ("I", "06-04 09:00", "06-04 10:00", 0, 0),
}


def fill(log: MountedLog) -> None:
    """Add the registers of the mechanisms."""
    _whistles(log)
    _supervision(log)
    _custody(log)
    _discovery(log)
    _duties(log)


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
        words: dict[str, Any] = {"whistle_no": key.split("-")[0], **limits}
        columns = {"org_code": department, "counterpart_org_code": "T1", "grid_scheme_given": "unit",
                   "grid_code_given": grid, "stream_type": "whistle"}  # fmt: skip
        for step, at in {"blown": blown, **steps}.items():
            log.tell(told, key, f"whistle_{step}", f"2026-{at}", line=line, attributes=json.dumps(words), **columns)
            if step == "closed":
                log.tell(told, key, "whistle_scored", f"2026-{at}", line=line,
                         attributes=json.dumps({"score": 80}), **columns)  # fmt: skip


def _supervision(log: MountedLog) -> None:
    log.feed("orders", "governance")
    told = log.deliver("orders", "2026-10-20 11:00")
    for line, (key, (words, steps)) in enumerate(ORDERS.items(), start=1):
        for step, at in steps.items():
            log.tell(told, key, step, f"2026-{at}", line=line, stream_type="supervision", org_code="Q",
                     attributes=json.dumps(words), grid_scheme_given="unit", grid_code_given="S2")  # fmt: skip
    log.feed("decisions", "governance")
    told = log.deliver("decisions", "2026-10-20 11:00")
    for line, (key, (due, steps)) in enumerate(DECISIONS.items(), start=1):
        words = {"meeting_no": "H1", "meeting_type": "joint", **({"due_on": due} if due else {})}
        for step, at in steps.items():
            log.tell(told, key, step, f"2026-{at}", line=line, stream_type="decision", org_code="Q",
                     attributes=json.dumps(words), division_code="T1")  # fmt: skip
    log.feed("applications", "governance")
    told = log.deliver("applications", "2026-10-20 11:00")
    for line, (key, steps) in enumerate(APPLICATIONS.items(), start=1):
        for step, at in steps.items():
            words = {"benefit_kind": "age", "due_on": "2026-10-19", "people": 2}
            log.tell(told, key, f"application_{step}", f"2026-{at}", line=line, stream_type="application",
                     org_code="Q", attributes=json.dumps(words), division_code="C1")  # fmt: skip


def _custody(log: MountedLog) -> None:
    log.feed("routing", "governance")
    told = log.deliver("routing", "2026-10-20 11:00")
    for line, (key, (level, unit, begun, accepted, ended, outcome)) in enumerate(STAYS.items(), start=1):
        words = {"matter_no": key.split("-")[0], "stay_level": level}
        columns = {"org_code": unit, "stream_type": "stay", "grid_scheme_given": "unit", "grid_code_given": "S2"}
        for step, at in (("begun", begun), ("accepted", accepted), ("ended", ended)):
            if at:
                more = {"outcome": outcome} if step == "ended" else {}
                log.tell(told, key, f"stay_{step}", f"2026-{at}", line=line, attributes=json.dumps({**words, **more}),
                         **columns)  # fmt: skip


def _discovery(log: MountedLog) -> None:
    log.feed("finds", "governance")
    told = log.deliver("finds", "2026-10-20 11:00")
    for line, (key, (channel, device, grid)) in enumerate(FOUND.items(), start=1):
        log.tell(told, key, "reported", f"2026-05-{3 * line:02d} 10:00", line=line, channel=channel,
                 attributes=json.dumps({"device_no": device} if device else {}), grid_scheme_given="unit",
                 grid_code_given=grid)  # fmt: skip
    log.tell(told, "on-the-spot", "self_fixed", "2026-05-20 10:00", line=9, stream_type="self_fix", channel="网格巡查",
             grid_scheme_given="unit", grid_code_given="H")  # fmt: skip
    log.feed("rounds", "governance")
    told = log.deliver("rounds", "2026-06-05 02:00")
    for line, (key, (grid, began, ended, noted, fixed)) in enumerate(PATROLS.items(), start=1):
        moment = (utc(f"2026-{ended}")).isoformat()
        words = {"ended_at": moment, "found": noted, "fixed": fixed}
        log.tell(told, key, "patrolled", f"2026-{began}", line=line, stream_type="patrol", attributes=json.dumps(words),
                 grid_scheme_given="unit", grid_code_given=grid)  # fmt: skip
    log.tell(told, "handed-on", "reported", "2026-06-02 09:30", line=9, grid_scheme_given="unit", grid_code_given="H",
             channel="网格巡查")  # fmt: skip


def _duties(log: MountedLog) -> None:
    """Two duties of a class in all grids; one post that is named in the grid A, and a grid worker in it and in Z."""
    log.feed("duty_list", "reference", mode="reference")
    told = log.deliver("duty_list", "2026-09-01 00:00")
    for code in ("1", "2"):
        log.state(told, "category", f"core-{code}", "2026-01-01", code_set="core", kind="", category_code=code,
                  minor_name=f"core {code}")  # fmt: skip
    words = {"duty_class": "sweeping", "owner_org_code": "Q", "code_set": "core", "kind": "", "valid_to": None}
    log.state(told, "duty", "SW1", "2026-09-01", duty_code="SW1", duty_name="sweep", category_code="1",
              approval_document="No. 7", staff_count=3, budget_yuan=120000, **words)  # fmt: skip
    # a list of before the columns came: nothing is told of people and money
    log.state(told, "duty", "SW2", "2026-09-01", duty_code="SW2", duty_name="wash", category_code="2", **words)
    later = log.deliver("duty_list", "2026-09-02 00:00")
    log.state(later, "duty", "SW1-later", "2026-10-05", duty_code="SW1", duty_name="sweep", category_code="1",
              approval_document="No. 7", staff_count=4, budget_yuan=120000, **words)  # fmt: skip
    for token, grid, duty_class in (("post-a", "A", "sweeping"), ("worker-a", "A", None), ("worker-z", "Z", None)):
        log.state(told, "staff", token, "2026-10-10", staff_no=token, grid_code=grid, role="post",
                  duty_class=duty_class, valid_to=None)  # fmt: skip
    log.feed("swept", "city_management")
    cases = log.deliver("swept", "2026-10-20 11:00")
    columns = {"category_code_set": "core", "category_code": "1", "grid_scheme_given": "unit", "grid_code_given": "A"}
    for line, (key, accepted) in enumerate((("k1", "10-12 08:10"), ("k2", "10-12 08:30"), ("k3", "")), start=1):
        log.tell(cases, key, "reported", "2026-10-12 08:00", line=line, **columns)
        if accepted:
            log.tell(cases, key, "accepted", f"2026-{accepted}", line=line, **columns)
