"""The district's own rules of assessment, as rows of the reference tables `scorecard` and `score_rule`. All invented.

Points are thousandths; thresholds are per mille. `share` gives the share of the points that the indicator reached.
`threshold` gives all of them from the threshold on, and `step` less for each percentage point below it. `deduct` gives
all of them, less `step` for each thing that the indicator counts above the line.
"""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from simulator.plan import Plan

# scorecard, title, assessor, whom it scores, of which network, document, fewest things below the first line
_CARDS = (
    ("enforcement", "综合执法月度考核", "CM01", "organisation", "city_management", "云汀城管考〔2026〕3号", 10),
    ("three_rates", "接诉即办三率考核", "HL01", "organisation", "hotline", "云汀热线考〔2026〕1号", 10),
    ("streets", "街道处置考核", "GOV01", "street", "", "云汀综治考〔2026〕2号", 20),
    ("streets_seen_by_department", "城管局看街道", "CM01", "street", "city_management", "云汀城管〔2026〕9号", 20),
    ("pilot", "街道巡查试评", "GOV01", "street", "", "", 20),
)
# scorecard, line, indicator, rule, points, threshold, step, whether what was supervised counts twice
_LINES = (
    ("enforcement", 1, "closed_on_time_rate", "threshold", 50_000, 700, 1_000, "true"),
    ("enforcement", 2, "closing_rate", "threshold", 20_000, 900, 1_000, "false"),
    ("enforcement", 3, "handled_on_time_rate", "share", 20_000, "", "", "true"),
    ("enforcement", 4, "rework_rate", "deduct", 10_000, "", 200, "false"),
    ("three_rates", 1, "response_rate_after_exclusions", "share", 30_000, "", "", "false"),
    ("three_rates", 2, "solved_rate_after_exclusions", "share", 35_000, "", "", "false"),
    ("three_rates", 3, "caller_satisfaction_rate_after_exclusions", "share", 35_000, "", "", "false"),
    ("streets", 1, "handled_on_time_rate", "share", 60_000, "", "", "false"),
    ("streets", 2, "satisfaction_rate", "threshold", 40_000, 850, 2_000, "false"),
    ("streets_seen_by_department", 1, "handled_on_time_rate", "share", 100_000, "", "", "false"),
    ("pilot", 1, "disposal_rate", "share", 100_000, "", "", "false"),
)
_STRICTER = ("enforcement", 1, 750)  # scorecard, line and its threshold from the second month on


def scorecards(plan: Plan) -> pd.DataFrame:
    """Who scores whom, and by which document."""
    columns = ["scorecard", "title", "assessor_org_code", "ratee_kind", "ratee_network", "authority", "min_denominator"]
    return pd.DataFrame(_CARDS, columns=columns).assign(valid_from=plan.founded, valid_to="")


def score_rules(plan: Plan) -> pd.DataFrame:
    """The lines of the scorecards; one becomes stricter with the second month."""
    columns = ["scorecard", "line_no", "indicator", "rule", "points", "threshold", "step", "doubles_supervised"]
    rows = pd.DataFrame(_LINES, columns=columns).assign(valid_from=plan.founded, valid_to="")
    month = (plan.begins.replace(day=1) + timedelta(days=32)).replace(day=1)
    card, line, threshold = _STRICTER
    changed = (rows["scorecard"] == card) & (rows["line_no"] == line)
    later = rows[changed].assign(threshold=threshold, valid_from=month.isoformat())
    return pd.concat([rows, later], ignore_index=True)
