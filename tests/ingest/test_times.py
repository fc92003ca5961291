"""Times as told to UTC: zones by date, written offsets, a false UTC, epoch numbers, many forms in one column."""

from datetime import datetime
from typing import Any

import pytest

from tests.town import Town

TOLD = "select epoch(occurred_at)::bigint from log.event where event_type = 'reported'"


def _landed(town: Town, time_rule: str, field: str, told: str) -> datetime | None:
    path = town.root / "city" / "feeds" / "cases.yml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("time: {zone: Asia/Shanghai}", f"time: {time_rule}")
    text = text.replace("reported_at: {type: timestamp, required: true}", f"reported_at: {field}")
    path.write_text(text, encoding="utf-8")
    town.drop("cases_1.csv", f"C1,{told},,2026-11-01 08:00:00,A,,,x")
    town.ingest()
    town.let_through()
    rows = town.visible("select occurred_at from log.event where event_type = 'reported'")
    return rows[0][0] if rows else None


STAMP = "{type: timestamp, required: true}"
SHANGHAI = "{zone: Asia/Shanghai}"
FALSE_UTC = "{zone: America/Los_Angeles, labelled_utc_is_local: true}"
MOVED = (
    "{zones: [{zone: America/Los_Angeles, until: 2025-08-21}, {zone: UTC, from: 2025-08-21}],"
    " labelled_utc_is_local: true}"
)


@pytest.mark.parametrize(
    ("rule", "field", "told", "utc"),
    [
        (SHANGHAI, STAMP, "2026-11-01 08:00:00", datetime(2026, 11, 1, 0)),
        (SHANGHAI, STAMP, "2026/11/1 8:00", datetime(2026, 11, 1, 0)),
        (SHANGHAI, STAMP, "20261101080000", datetime(2026, 11, 1, 0)),
        (SHANGHAI, STAMP, "2026-11-01T08:00:00+08:00", datetime(2026, 11, 1, 0)),
        (SHANGHAI, STAMP, "2026-11-01T08:00:00-0330", datetime(2026, 11, 1, 11, 30)),
        (SHANGHAI, STAMP, "2026-11-01T08:00:00Z", datetime(2026, 11, 1, 8)),
        (SHANGHAI, "{type: timestamp, zone: UTC}", "2026-11-01 08:00:00", datetime(2026, 11, 1, 8)),
        (SHANGHAI, '{type: timestamp, formats: ["%d.%m.%Y %H:%M"]}', "01.11.2026 08:00", datetime(2026, 11, 1, 0)),
        (SHANGHAI, "{type: epoch_ms}", "1793491200000", datetime(2026, 11, 1, 0)),
        (SHANGHAI, "{type: epoch_s}", "1793491200", datetime(2026, 11, 1, 0)),
        (FALSE_UTC, STAMP, "2024-03-09 12:00:00+00:00", datetime(2024, 3, 9, 20)),
        (FALSE_UTC, STAMP, "2024-03-11 12:00:00+00:00", datetime(2024, 3, 11, 19)),
        (FALSE_UTC, "{type: epoch_ms}", "1709985600000", datetime(2024, 3, 9, 20)),
        (MOVED, STAMP, "2025-08-20 12:00:00", datetime(2025, 8, 20, 19)),
        (MOVED, STAMP, "2025-08-21 12:00:00", datetime(2025, 8, 21, 12)),
        (SHANGHAI, STAMP, "昨天下午", None),
        (SHANGHAI, STAMP, "2026-02-30 08:00:00", None),
        (SHANGHAI, STAMP, "0", None),
    ],
)
def test_a_told_time_is_the_right_instant(town: Town, rule: str, field: str, told: str, utc: Any) -> None:
    assert _landed(town, rule, field, told) == utc
