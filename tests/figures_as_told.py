"""The figures of a warehouse beside those of a truth folder: by indicator, kind of subject, subject and month."""

import csv
import hashlib
import hmac
from pathlib import Path

import duckdb

from ingest.keys import Keys

Key = tuple[str, str, str, str]  # indicator, kind of subject, subject, month as YYYY-MM or '' for all time
Figure = tuple[int, int | None]  # numerator, denominator
# the members under which a thing counts; over all months they are added up from what the figures are made of
_SUBJECTS = {
    "district": "'district'", "network": "network", "street": "street_code", "community": "community_code",
    "grid": "grid_code", "management_unit": "management_unit_code", "grid_kind": "grid_kind_code",
    "organisation": "org_code", "category": "canonical_code", "collector": "collector_code",
}  # fmt: skip


def figures_of(warehouse: Path) -> dict[Key, Figure]:
    """Every figure of a month in rpt_indicator, and each subject's figure of all time from rpt_indicator_item."""
    whole = " union all ".join(
        f"select indicator, '{kind}', {member}, '', sum(numerator), sum(denominator) "
        f"from mart.rpt_indicator_item where {member} is not null group by all"
        for kind, member in _SUBJECTS.items()
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select indicator, subject_kind, subject_code, strftime(period_start, '%Y-%m'), numerator, denominator "
            "from mart.rpt_indicator where period_kind = 'month' and subject_kind <> 'grid_now' "
            f"union all {whole} union all "
            "select items.indicator, 'post', items.network || '/' || registry.post, '', sum(items.numerator), "
            "sum(items.denominator) from mart.rpt_indicator_item as items inner join mart.dim_indicator as registry "
            "on items.indicator = registry.indicator where registry.post is not null group by all"
        ).fetchall()
    return {row[:4]: (int(row[4]), None if row[5] is None else int(row[5])) for row in rows}


def truth_of(path: Path, keys: Keys) -> dict[Key, Figure]:
    """The figures of a table of the simulator's truth; it knows the collectors' numbers, the warehouse their tokens."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            (row["indicator"], row["by"], _member(row["by"], row["member"], keys), row["month"]): (
                int(row["numerator"]),
                int(row["denominator"]) if row["denominator"] else None,
            )
            for row in csv.DictReader(lines)
        }


def _member(kind: str, member: str, keys: Keys) -> str:
    if kind != "collector":
        return member
    network, number = member.split("/", 1)
    mac = hmac.new(keys.token_key(network, "staff"), number.upper().encode(), hashlib.sha256)
    return f"{network}/{keys.version}:{mac.hexdigest()[:32]}"


def gaps(told: dict[Key, Figure], world: dict[Key, Figure]) -> list[str]:
    """One line an indicator of the district: what was told, what really was, and the gap."""
    lines = []
    for key, was in sorted(world.items()):
        if key[1] == "district" and not key[3]:
            said = told.get(key, (0, 0 if was[1] is not None else None))
            lines.append(
                f"told and true: {key[0]:40} told {_written(said):>18}, true {_written(was):>18}, gap {_gap(said, was)}"
            )
    return lines


def _written(figure: Figure) -> str:
    return str(figure[0]) if figure[1] is None else f"{figure[0]} / {figure[1]}"


def _gap(said: Figure, was: Figure) -> str:
    if said[1] is None or was[1] is None:
        return f"{said[0] - was[0]:+d}"
    if not said[1] or not was[1]:
        return ""
    return (
        f"{100 * (said[0] / said[1] - was[0] / was[1]):+.2f} pp"
        if was[0] <= was[1]
        else f"{said[0] / said[1] - was[0] / was[1]:+.1f}"
    )
