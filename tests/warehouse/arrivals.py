"""The same tellings, arriving otherwise: shuffled, twice, in other pieces, later.

What was told and when it was recorded stays; what the marts say of the world must stay too.
"""

import copy
import random
from datetime import datetime, timedelta
from typing import Any

from tests.warehouse.mounted import MountedLog, utc

Row = dict[str, Any]


def variants(log: MountedLog) -> dict[str, MountedLog]:
    """Logs that tell the same as the given one, by how they arrived."""
    return {"shuffled": _shuffled(log), "repeated": _repeated(log), "split": _split(log), "late": _late(log)}


def _shuffled(log: MountedLog) -> MountedLog:
    """The rows stand in the log in another order."""
    other = copy.deepcopy(log)
    random.Random(1).shuffle(other.events)
    random.Random(2).shuffle(other.landings)
    return other


def _repeated(log: MountedLog) -> MountedLog:
    """Everything but the lists is delivered once more, the oldest delivery last of all."""
    other = copy.deepcopy(log)
    clock = utc(log.clock)
    for number, landing in enumerate(reversed(_deliveries(log))):
        again = dict.fromkeys(("batch_id", "landing_id", "attempt_id", "batch_name"), f"{landing['batch_id']}-again")
        moment = {"observed_at": clock - timedelta(seconds=len(log.landings) - number)}
        other.landings.append(landing | again | moment | {"rejected": 0, "seq": len(other.landings)})
        rows = [row for row in log.events if row["batch_id"] == landing["batch_id"]]
        other.events += [row | again | moment for row in rows]
    return other


def _split(log: MountedLog) -> MountedLog:
    """Each delivery but the lists comes in three pieces; a record stays in one."""
    other = copy.deepcopy(log)
    whole = {landing["batch_id"] for landing in _deliveries(log)}
    for row in other.events:
        if row["batch_id"] in whole and row["line"] % 3:
            piece = f"{row['batch_id']}-{row['line'] % 3}"
            row.update(dict.fromkeys(("batch_id", "landing_id", "attempt_id"), piece))
    for landing in _deliveries(log):
        for number in (1, 2):
            piece = dict.fromkeys(
                ("batch_id", "landing_id", "attempt_id", "batch_name"), f"{landing['batch_id']}-{number}"
            )
            other.landings.append(landing | piece | {"rejected": 0, "seq": len(other.landings)})
    return other


def _late(log: MountedLog) -> MountedLog:
    """Each delivery but the lists arrives later than it did, and overtakes others on the way."""
    other = copy.deepcopy(log)
    dice, clock = random.Random(3), utc(log.clock)
    arrived: dict[str, datetime] = {}
    for landing in _deliveries(other):
        left = int((clock - landing["observed_at"]).total_seconds())
        landing["observed_at"] += timedelta(seconds=dice.randrange(max(left, 1)))
        arrived[landing["batch_id"]] = landing["observed_at"]
    for row in other.events:
        row["observed_at"] = arrived.get(row["batch_id"], row["observed_at"])
    return other


def _deliveries(log: MountedLog) -> list[Row]:
    """Landings whose rows say themselves when they were recorded; of a list the moment of the delivery is the fact."""
    lists = {feed for feed, told in log.feeds.items() if told["mode"] == "snapshot"}
    return [landing for landing in log.landings if landing["feed"] not in lists]
