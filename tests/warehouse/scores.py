"""Offices and streets that are scored for October, each case counted by hand.

Scorecard `desk` scores organisations: on-time disposal (all 60 points from 70 % on, two less a percentage point below;
what was supervised counts twice), rework (ten points, half a point less each). From November the threshold is 80 %.
"""

from typing import Any

from tests.warehouse.mounted import Delivery, MountedLog

NETWORK = "scored"
# office: on time, late, of these supervised (on time, late), reworked
OFFICES: dict[str, tuple[int, int, int, int, int]] = {
    "S70": (7, 3, 0, 0, 0),  # just the threshold
    "S60": (6, 4, 0, 0, 3),  # ten percentage points under it, three sent back
    "SDB": (6, 4, 4, 0, 0),  # supervised on time counts twice: 10 of 14
    "STI": (7, 3, 0, 0, 0),  # as S70
    "SFE": (3, 1, 0, 0, 0),  # too few
}


def fill(log: MountedLog) -> None:
    """Add the rules and the cases."""
    log.feed("score_rules", "reference", mode="reference", cadence_seconds=90 * 86400)
    told = log.deliver("score_rules", "2026-08-01 00:00")
    for org, kind in [(org, "unit") for org in OFFICES] + [("SGV", "centre"), ("SDP", "department"), ("SIN", "unit")]:
        log.state(told, "organisation", org, "2026-01-01", org_code=org, org_name=f"office {org}", org_type=kind)
    log.state(told, "limit", "scored", "2026-01-01", code_set="scored", category_code="*", stage="handle",
              limit_value=2, limit_unit="natural_day", org_code="*")  # fmt: skip
    cards: list[tuple[str, str, str, str | None]] = [
        ("desk", "SGV", "organisation", "文〔2026〕1号"),
        ("from_below", "SDP", "street", "文〔2026〕2号"),
        ("unwritten", "SGV", "organisation", None),
    ]
    for card, assessor, kind, authority in cards:
        log.state(told, "scorecard", card, "2026-01-01", scorecard=card, title=card, assessor_org_code=assessor,
                  ratee_kind=kind, ratee_network=NETWORK, authority=authority, min_denominator=10)  # fmt: skip
        _line(log, told, card, 1, "handled_on_time_rate", "threshold", 60_000, "2026-01-01", threshold=700, step=2_000)
    _line(log, told, "desk", 1, "handled_on_time_rate", "threshold", 60_000, "2026-11-01", threshold=800, step=2_000)
    _line(log, told, "desk", 2, "rework_rate", "deduct", 10_000, "2026-01-01", step=500)
    log.feed("scored", NETWORK)
    delivery = log.deliver("scored", "2026-10-20 11:00")
    number = 0
    for org, (on_time, late, twice_on_time, twice_late, reworked) in OFFICES.items():
        for case in range(on_time + late):
            number += 1
            is_late = case >= on_time
            is_supervised = case < twice_on_time or on_time <= case < on_time + twice_late
            _case(log, delivery, number, f"{org}-{case}", org, is_late, is_supervised, case < reworked)
    # an office whose cases come from a feed that fell silent
    log.feed("scored_silent", NETWORK)
    old = log.deliver("scored_silent", "2026-10-10 00:00")
    for case in range(10):
        _case(log, old, case + 1, f"SIN-{case}", "SIN", False, False, False)


def _line(
    log: MountedLog,
    told: Delivery,
    card: str,
    line: int,
    indicator: str,
    rule: str,
    points: int,
    since: str,
    **more: int,
) -> None:
    log.state(told, "score_rule", f"{card}|{line}", since, scorecard=card, line_no=line, indicator=indicator, rule=rule,
              points=points, doubles_supervised=line == 1, **more)  # fmt: skip


def _case(
    log: MountedLog, delivery: Delivery, line: int, key: str, org: str, late: bool, supervised: bool, reworked: bool
) -> None:
    told: dict[str, Any] = {"line": line, "org_code": org, "category_code_set": "scored", "category_code": "c"}
    log.tell(delivery, key, "reported", "2026-10-01 09:00", **told)
    log.tell(delivery, key, "dispatched", "2026-10-01 09:00", **told)
    if supervised:
        log.tell(delivery, key, "supervised", "2026-10-01 12:00", **told)
    if reworked:
        log.tell(delivery, key, "handled", "2026-10-01 15:00", identity="each", **told)
        log.tell(delivery, key, "reworked", "2026-10-01 16:00", **told)
    day = "08" if late else "02"
    log.tell(delivery, key, "handled", f"2026-10-{day} 09:00", identity="each", **told)
