"""区数据局: the reference data that the centres' figures are read by, as CSV files of dated rows.

The first file of each table is made the evening before the world begins; later ones the evening before a change holds.

| feed | key | what a row states |
|---|---|---|
| ref_grid | scheme, grid_code, valid_from | a grid of one of five schemes, with its polygon (GeoJSON, CGCS2000) |
| ref_organisation | org_code, valid_from | an office; one changes its name in the middle of the time |
| ref_code_set | code_set, valid_from | a list of codes: its title, whose it is, from when to when |
| ref_category | code_set, kind, category_code, valid_from | a code; the edition of 2013 ends, that of 2026 begins |
| ref_crosswalk | both codes, valid_from | the code of the other edition, and whether it means the same, more or less |
| ref_calendar | day | a holiday, or a weekend day that is worked (调休) |
| ref_limit | code_set, category_code, stage, org_code, filing_condition, valid_from | how long the office has |
| ref_rework_rule | code_set, org_code, valid_from | what work sent back does to the clock; unsaid, it goes on |
| ref_shift | schedule_code, start_minute, valid_from | working hours of a working day, minutes after midnight |
| ref_component | component_code | a manhole cover, a lamp …, with owner (or none), state, place and founding grid |
| ref_duty | duty_code, category, valid_from | a duty sunk to the grids, its owner, what went down with it, one code |
| ref_staff | staff_no, valid_from | a grid worker, or a post for a class of duties in a grid (personal: name, phone) |
| ref_scorecard | scorecard, valid_from | who scores whom by which document (simulator/feeds/scorecards.py) |
| ref_score_rule | scorecard, line_no, valid_from | a line of a scorecard: indicator, points, threshold, step |

Days are local, `YYYY-MM-DD`; valid_to is the first day on which the row holds no more, empty for open.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

from simulator.calendar import SHIFTS, WORKED_WEEKENDS, days_off
from simulator.feeds.channel import Drop
from simulator.feeds.code_lists import MARKET, SAFETY, categories, code_sets, coded, crosswalk
from simulator.feeds.duties import duties, duty_classes
from simulator.feeds.scorecards import score_rules, scorecards
from simulator.happenings import kinds
from simulator.happenings.incidents import HEATING
from simulator.ledger import Ledger, ledger
from simulator.offices import NEW_NAME, RENAMED, organisations, staff
from simulator.places.components import components
from simulator.places.district import District
from simulator.plan import DAY, HOUR, MINUTE, Plan

EVENING = -6 * HOUR  # six in the evening before a day
TABLES = (
    "grid", "organisation", "code_set", "category", "crosswalk", "calendar", "limit", "rework_rule", "shift",
    "component", "duty", "staff", "scorecard", "score_rule",
)  # fmt: skip
CHANNELS = {
    f"ref_{table}": Drop(name=table, kind="csv", mode="append", first=EVENING, keep_empty=False) for table in TABLES
}
_EVERY = (  # rules for all codes of a set: stage, value, unit; a code's own limit goes before them
    (kinds.CM_2013, "accept", 15, "urgent_minute"),
    (kinds.CM_2013, "dispatch", 15, "urgent_minute"),
    (kinds.CM_2013, "handle", 5, "work_day"),
    (kinds.CM_2013, "close", 20, "work_day"),
    (kinds.CM_2026, "accept", 15, "urgent_minute"),
    (kinds.CM_2026, "dispatch", 15, "urgent_minute"),
    (kinds.CM_2026, "handle", 5, "work_day"),
    (kinds.CM_2026, "close", 20, "work_day"),
    (kinds.POLICE, "handle", 6, "urgent_hour"),
    (kinds.POLICE, "close", 12, "urgent_hour"),
    (kinds.DISPUTE, "handle", 30, "natural_day"),
    (kinds.DISPUTE, "close", 30, "natural_day"),
    (kinds.HOTLINE, "accept", 2, "work_hour"),
    (kinds.HOTLINE, "dispatch", 1, "work_day"),
    (kinds.HOTLINE, "sign", 24, "urgent_hour"),
    (kinds.HOTLINE, "handle", 5, "work_day"),
    (kinds.HOTLINE, "close", 7, "work_day"),
    (kinds.ROUNDS, "handle", 5, "work_day"),
    (kinds.ROUNDS, "close", 10, "work_day"),
    (kinds.WATER, "handle", 24, "urgent_hour"),
    (kinds.WATER, "close", 5, "work_day"),
    (kinds.POWER, "handle", 24, "urgent_hour"),
    (kinds.POWER, "close", 3, "natural_day"),
    (kinds.GAS, "handle", 24, "urgent_hour"),
    (kinds.GAS, "close", 5, "work_day"),
    (kinds.HEAT, "close", 3, "natural_day"),
    (MARKET, "handle", 7, "work_day"),
    (MARKET, "close", 15, "work_day"),
    (SAFETY, "handle", 10, "natural_day"),
    (SAFETY, "close", 15, "natural_day"),
)
# limits of city management that hang on the filing condition too: condition, value, unit, for every code of its own
_CONDITIONED = (("危及安全", 2, "urgent_hour"), ("影响通行", 4, "work_hour"))
# sets whose days are counted (work_day and natural_day alike): day_rule, minute at which the last day ends, whether it
# rolls over to a working day
_DAY_COUNTS = {kinds.HOTLINE: ("day_count", "", ""), kinds.DISPUTE: ("day_count", "1080", "true")}
_OWN_LIMITS = (kinds.CM_2013, kinds.CM_2026, kinds.WATER, kinds.GAS)  # sets whose limits hang on the code
_LEAK, _LEAK_HOURS = "H01", 1
_HEAT_HOURS = {"first": 5, "later": 2, "off": 24}  # complaints: first ten days of a season, rest of it, out of it


def reference(district: District) -> list[Ledger]:
    """The ledgers of all reference feeds, in the order of TABLES."""
    plan = district.plan
    tables = {
        "grid": _grids(district),
        "organisation": _organisations(district),
        "code_set": code_sets(plan),
        "category": categories(plan),
        "crosswalk": crosswalk(plan),
        "calendar": _calendar(),
        "limit": _limits(plan),
        "rework_rule": _rework_rules(plan),
        "shift": _shifts(plan),
        "component": _dated(plan, components(district)),
        "duty": duties(plan),
        "staff": staff(district, duty_classes()),
        "scorecard": scorecards(plan),
        "score_rule": score_rules(plan),
    }
    return [_ledger(plan, table, tables[table]) for table in TABLES]


def _ledger(plan: Plan, table: str, rows: pd.DataFrame) -> Ledger:
    """Rows as told: all of the beginning in the first file, without an end that is still to be announced."""
    secrets = {"name": set(rows["name"]), "phone": set(rows["phone"])} if table == "staff" else {}
    told, at = rows.reset_index(drop=True), np.full(len(rows), EVENING, dtype=np.int64)
    if table in ("grid", "organisation", "duty", "staff"):
        began, ended = _day(plan, rows["valid_from"]), _day(plan, rows["valid_to"])
        at = np.where(began > 0, began * DAY + EVENING, EVENING)
        later = np.flatnonzero(ended > 0)
        closing = told.iloc[later]
        told = pd.concat([told.assign(valid_to=told["valid_to"].where(ended <= 0, "")), closing], ignore_index=True)
        at = np.concatenate([at, ended[later] * DAY + EVENING])
    return ledger(f"ref_{table}", told.columns[0], told, at, secrets=secrets)


def _day(plan: Plan, days: pd.Series) -> np.ndarray:
    """Local days as days of the world's clock; -1 for those before it and for empty ones."""
    moments = pd.to_datetime(days.where(days != "", plan.founded)).to_numpy().astype("datetime64[D]")
    return np.maximum((moments - np.datetime64(plan.begins)).astype(np.int64), -1)


def _dated(plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that hold from the founding on."""
    return rows.assign(valid_from=plan.founded, valid_to="")


def _rework_rules(plan: Plan) -> pd.DataFrame:
    rules = [(kinds.HOTLINE, "*", "resume"), (kinds.WATER, "*", "restart")]
    return _dated(plan, pd.DataFrame(rules, columns=["code_set", "org_code", "rule"]))


def _shifts(plan: Plan) -> pd.DataFrame:
    hours = [("default", since // MINUTE, until // MINUTE) for since, until in SHIFTS]
    return _dated(plan, pd.DataFrame(hours, columns=["schedule_code", "start_minute", "end_minute"]))


def _grids(district: District) -> pd.DataFrame:
    return district.grid_versions.drop(columns=["from_day", "to_day"])


def _organisations(district: District) -> pd.DataFrame:
    rows = _dated(district.plan, organisations(district).drop(columns="schedule_code"))
    day = str(district.plan.day_of(max(1, district.plan.days // 3) * DAY))
    old = rows["org_code"] == RENAMED
    renamed = rows[old].assign(org_name=NEW_NAME, valid_from=day)
    rows.loc[old, "valid_to"] = day
    return pd.concat([rows, renamed], ignore_index=True)


def _calendar() -> pd.DataFrame:
    rows = [(str(day), "false", name) for day, name in days_off().items()]
    rows += [(day, "true", "调休上班") for day in WORKED_WEEKENDS]
    return pd.DataFrame(sorted(rows), columns=["day", "is_workday", "day_name"])


def _limits(plan: Plan) -> pd.DataFrame:
    columns = ["code_set", "category_code", "stage", "limit_value", "limit_unit", "org_code"]
    own = [
        (code_set, code, "handle", *its[0].limit, "*")
        for (code_set, code), its in sorted(coded().items())
        if code_set in _OWN_LIMITS
    ]
    every = [(code_set, "*", stage, value, unit, "*") for code_set, stage, value, unit in _EVERY]
    leak = [(kinds.HEAT, _LEAK, "handle", _LEAK_HOURS, "urgent_hour", "*")]
    seasonal = [
        (kinds.HEAT, "*", "handle", _HEAT_HOURS[part], "urgent_hour", "*", since, until)
        for part, since, until in _seasons(plan)
    ]
    dated = pd.DataFrame(seasonal, columns=[*columns, "valid_from", "valid_to"])
    rows = pd.concat([_dated(plan, pd.DataFrame([*own, *every, *leak], columns=columns)), dated], ignore_index=True)
    rows.insert(6, "filing_condition", "*")
    ours = rows[rows["code_set"].isin((kinds.CM_2013, kinds.CM_2026)) & (rows["category_code"] != "*")]
    conditioned = [
        ours.assign(filing_condition=condition, limit_value=value, limit_unit=unit)
        for condition, value, unit in _CONDITIONED
    ]
    rows = pd.concat([rows, *conditioned], ignore_index=True)
    counted = [
        _DAY_COUNTS.get(code_set, ("", "", "")) if unit.endswith("_day") else ("", "", "")
        for code_set, unit in zip(rows["code_set"], rows["limit_unit"], strict=True)
    ]
    for number, name in enumerate(("day_rule", "end_minute", "roll_over")):
        rows.insert(7 + number, name, [told[number] for told in counted])
    return rows


def _seasons(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Parts of the heating year that follow one another without gap: name, first day, day after the last."""
    first, last = HEATING
    since = date.fromisoformat(plan.founded)
    for year in range(since.year - 1, plan.day_of(plan.end).year + 2):
        begin, end = date(year, *first), date(year + 1, *last) + timedelta(days=1)
        parts = (
            ("off", begin),
            ("first", begin + timedelta(days=10)),
            ("later", end),
        )
        for part, until in parts:
            if until > since:
                yield part, str(since), str(until)
                since = until
