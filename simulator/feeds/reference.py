"""区数据局: the reference data that the centres' figures are read by, as CSV files of dated rows.

The first file of each table is made the evening before the world begins; later ones the evening before a change holds.

| feed | key | what a row states |
|---|---|---|
| ref_grid | scheme, grid_code, valid_from | a grid of one of five schemes, with its polygon (GeoJSON, CGCS2000) |
| ref_organisation | org_code, valid_from | an office; one changes its name in the middle of the time |
| ref_category | code_set, category_code, valid_from | a code; the edition of 2013 ends, that of 2026 begins |
| ref_crosswalk | code_set, category_code, to_code_set | the code of the other edition for the same thing |
| ref_calendar | day | a holiday, or a weekend day that is worked (调休) |
| ref_limit | code_set, category_code, stage, org_code, valid_from | how long the office has; heat by season |
| ref_shift | schedule_code, start_minute, valid_from | working hours of a working day, minutes after midnight |
| ref_component | component_code | a manhole cover, a lamp …, with owner, state, place and founding grid |
| ref_staff | staff_no, valid_from | a grid worker (personal: name, phone) and the grid he has |

Days are local, `YYYY-MM-DD`; valid_to is the first day on which the row holds no more, empty for open.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

from simulator.calendar import SHIFTS, WORKED_WEEKENDS, days_off
from simulator.feeds.channel import Drop
from simulator.happenings import kinds
from simulator.happenings.incidents import HEATING
from simulator.happenings.kinds import KINDS
from simulator.ledger import Ledger, ledger
from simulator.offices import NEW_NAME, RENAMED, organisations, staff
from simulator.places.components import components
from simulator.places.district import District
from simulator.plan import DAY, HOUR, MINUTE, Plan

EVENING = -6 * HOUR  # six in the evening before a day
TABLES = ("grid", "organisation", "category", "crosswalk", "calendar", "limit", "shift", "component", "staff")
CHANNELS = {
    f"ref_{table}": Drop(name=table, kind="csv", mode="append", first=EVENING, keep_empty=False) for table in TABLES
}
# two centres that are not simulated have a sample beside their contracts; their lists are the bureau's, too
_MARKET, _SAFETY = "market_local", "safety_local"
_MAJORS = {
    kinds.CM_2013: {
        "01": "市容环境", "02": "宣传广告", "03": "施工管理", "04": "街面秩序", "05": "突发事件", "06": "其他事件",
    },
    kinds.CM_2026: {
        "01": "市政公用设施类", "02": "交通设施类", "03": "市容环卫设施类", "04": "园林绿化设施类",
        "05": "其他管理部件类", "06": "市容环境类", "07": "宣传广告类", "08": "施工管理类",
        "09": "街面秩序类", "10": "其他事项类",
    },
    kinds.POLICE: {"50": "群众求助", "60": "社会联动（非警务）"},
    kinds.HOTLINE: {
        "H1": "市容环卫", "H2": "街面秩序", "H3": "施工管理", "H4": "市政公用", "H5": "民生权益", "H9": "其他",
    },
    kinds.ROUNDS: {"S": "网格巡查"},
    kinds.WATER: {"W": "供水故障"},
    kinds.POWER: {"P": "停电与用电"},
    kinds.GAS: {"G": "燃气故障"},
    kinds.HEAT: {"H": "供热故障"},
    _MARKET: {"SJ": "市场监管"},
    _SAFETY: {"AQ": "安全隐患"},
}  # fmt: skip
_WORDS = {
    kinds.CM_2013: "事件", kinds.CM_2026: "事项", kinds.POLICE: "警情", kinds.DISPUTE: "矛盾纠纷",
    kinds.HOTLINE: "诉求", kinds.ROUNDS: "事件", kinds.WATER: "报修", kinds.POWER: "停电", kinds.GAS: "报修",
    kinds.HEAT: "报修",
    _MARKET: "投诉举报", _SAFETY: "隐患",
}  # fmt: skip
_MARKET_NAMES = ("无证经营", "食品安全", "计量作弊", "虚假宣传", "预付卡纠纷", "特种设备隐患")
_SAFETY_NAMES = ("电气线路隐患", "消防通道堵塞", "危化品存放不规范", "有限空间作业", "未持证上岗")
# codes that stand for what a list has no name for, and those that none of the kinds goes by
_OTHERS = (
    (kinds.CM_2013, "0699", "其他事件"),
    (kinds.CM_2026, "10099", "其他事项"),
    (kinds.POLICE, "609900", "其他非警务求助"),
    (kinds.DISPUTE, "99", "其他"),
    (kinds.HOTLINE, "H999", "其他诉求"),
    (kinds.ROUNDS, "S99", "其他"),
    (kinds.WATER, "W99", "其他"),
    (kinds.POWER, "P1", "计划停电"),
    (kinds.GAS, "G99", "其他"),
    (kinds.HEAT, "H99", "其他"),
    *((_MARKET, f"SJ0{number}", name) for number, name in enumerate(_MARKET_NAMES, start=1)),
    *((_SAFETY, f"AQ0{number}", name) for number, name in enumerate(_SAFETY_NAMES, start=1)),
)
_EVERY = (  # rules for all codes of a set: stage, value, unit; a code's own limit goes before them
    (kinds.CM_2013, "handle", 5, "work_day"),
    (kinds.CM_2013, "close", 20, "work_day"),
    (kinds.CM_2026, "handle", 5, "work_day"),
    (kinds.CM_2026, "close", 20, "work_day"),
    (kinds.POLICE, "handle", 6, "urgent_hour"),
    (kinds.POLICE, "close", 12, "urgent_hour"),
    (kinds.DISPUTE, "handle", 30, "natural_day"),
    (kinds.DISPUTE, "close", 30, "natural_day"),
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
    (_MARKET, "handle", 7, "work_day"),
    (_MARKET, "close", 15, "work_day"),
    (_SAFETY, "handle", 10, "natural_day"),
    (_SAFETY, "close", 15, "natural_day"),
)
_OWN_LIMITS = (kinds.CM_2013, kinds.CM_2026, kinds.WATER, kinds.GAS)  # sets whose limits hang on the code
_LEAK, _LEAK_HOURS = "H01", 1
_HEAT_HOURS = {"first": 5, "later": 2, "off": 24}  # complaints: first ten days of a season, rest of it, out of it


def reference(district: District) -> list[Ledger]:
    """The ledgers of all reference feeds, in the order of TABLES."""
    plan = district.plan
    tables = {
        "grid": _grids(district),
        "organisation": _organisations(district),
        "category": _categories(plan),
        "crosswalk": _crosswalk(plan),
        "calendar": _calendar(),
        "limit": _limits(plan),
        "shift": _shifts(plan),
        "component": _dated(plan, components(district)),
        "staff": staff(district),
    }
    return [_ledger(plan, table, tables[table]) for table in TABLES]


def _ledger(plan: Plan, table: str, rows: pd.DataFrame) -> Ledger:
    """Rows as told: all of the beginning in the first file, without an end that is still to be announced."""
    secrets = {"name": set(rows["name"]), "phone": set(rows["phone"])} if table == "staff" else {}
    told, at = rows.reset_index(drop=True), np.full(len(rows), EVENING, dtype=np.int64)
    if table in ("grid", "organisation", "staff"):
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


def _coded() -> dict[tuple[str, str], list[kinds.Kind]]:
    """The kinds that go by each code."""
    found: dict[tuple[str, str], list[kinds.Kind]] = {}
    for kind in KINDS:
        for code_set, code in kind.codes.items():
            found.setdefault((code_set, code), []).append(kind)
    return found


def _categories(plan: Plan) -> pd.DataFrame:
    """A code that several kinds go by has no canonical name: its list does not tell them apart."""
    names = [(*at, its[0].names[at[0]], its[0].name if len(its) == 1 else "") for at, its in _coded().items()]
    names += [(*other, "") for other in _OTHERS]
    switch = str(plan.day_of(plan.edition_day * DAY))
    rows = []
    for code_set, code, name, canonical in sorted(names):
        major, title = _major(code_set, code, name)
        since = switch if code_set == kinds.CM_2026 else plan.founded
        until = switch if code_set == kinds.CM_2013 else ""
        rows.append((code_set, _WORDS[code_set], code, major, title, name, canonical, since, until))
    columns = ["code_set", "kind", "category_code", "major_code", "major_name", "minor_name", "canonical_name"]
    return pd.DataFrame(rows, columns=[*columns, "valid_from", "valid_to"])


def _major(code_set: str, code: str, name: str) -> tuple[str, str]:
    majors = _MAJORS.get(code_set, {})
    return next(((head, title) for head, title in majors.items() if code.startswith(head)), (code, name))


def _crosswalk(plan: Plan) -> pd.DataFrame:
    switch = str(plan.day_of(plan.edition_day * DAY))
    pairs = [
        (kinds.CM_2013, kind.codes[kinds.CM_2013], kinds.CM_2026, kind.codes[kinds.CM_2026], kind.name)
        for kind in KINDS
        if kinds.CM_2013 in kind.codes and kinds.CM_2026 in kind.codes
    ]
    columns = ["code_set", "category_code", "to_code_set", "to_category_code", "canonical_name"]
    return pd.DataFrame(sorted(pairs), columns=columns).assign(valid_from=switch, valid_to="")


def _calendar() -> pd.DataFrame:
    rows = [(str(day), "false", name) for day, name in days_off().items()]
    rows += [(day, "true", "调休上班") for day in WORKED_WEEKENDS]
    return pd.DataFrame(sorted(rows), columns=["day", "is_workday", "day_name"])


def _limits(plan: Plan) -> pd.DataFrame:
    columns = ["code_set", "category_code", "stage", "limit_value", "limit_unit", "org_code"]
    own = [
        (code_set, code, "handle", *its[0].limit, "*")
        for (code_set, code), its in sorted(_coded().items())
        if code_set in _OWN_LIMITS
    ]
    every = [(code_set, "*", stage, value, unit, "*") for code_set, stage, value, unit in _EVERY]
    leak = [(kinds.HEAT, _LEAK, "handle", _LEAK_HOURS, "urgent_hour", "*")]
    seasonal = [
        (kinds.HEAT, "*", "handle", _HEAT_HOURS[part], "urgent_hour", "*", since, until)
        for part, since, until in _seasons(plan)
    ]
    dated = pd.DataFrame(seasonal, columns=[*columns, "valid_from", "valid_to"])
    return pd.concat([_dated(plan, pd.DataFrame([*own, *every, *leak], columns=columns)), dated], ignore_index=True)


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
