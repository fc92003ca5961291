"""城管: the log of what was done with cases, table `to_wf_trans` of the front-end database; rows are only added.

| column | meaning and format |
|---|---|
| trans_id | key: number of the case, a hyphen, number of the action in it |
| rec_id | the case |
| item_type_id | 610 批转 (handed on), 606 延期, 626 回退, 800 办结, 810 挂账, 814 作废 |
| act_property_id | where the case stood after it, as in to_rec |
| unit_id | office that acted, null for the centre's own desk |
| next_unit_id | office that has the case from then on; null where it stays |
| human_id | clerk, personal |
| opinion | a word on it |
| create_time | moment, `YYYY-MM-DD HH:MM:SS` local |
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.clock import spaced
from simulator.feeds.cases import Cases, cases, empty_as_none
from simulator.feeds.channel import Table
from simulator.feeds.city_management_cases import PREFIX, STAGES
from simulator.happenings.world import Block
from simulator.ledger import Ledger, ledger
from simulator.offices import street_office
from simulator.plan import MINUTE

CHANNEL = Table(name="to_wf_trans", updated="create_time", append=True)
_ITEMS = {
    "filed": ("610", "立案"),
    "not_accepted": ("814", "不予受理"),
    "cancelled": ("814", "作废"),
    "dispatched": ("610", "派遣"),
    "returned": ("626", "非本单位职责"),
    "redispatched": ("610", "改派"),
    "extended": ("606", "同意延期"),
    "suspended": ("810", "挂账"),
    "resumed": ("610", "恢复办理"),
    "handled": ("610", "处置完成，请核查"),
    "check_failed": ("626", "核查不通过，返工"),
    "rehandled": ("610", "返工完成，请核查"),
    "closed": ("800", "办结"),
}
_CLERKS = 40
_TOSSED = 0.2  # of the cases that came back: those that went to and fro before they found their office


def city_management_actions(block: Block) -> list[Ledger]:
    """The actions on the cases of a block, each told two minutes after it was done."""
    told = cases(block, "city_management", "city_management_actions")
    names = list(_ITEMS)
    moments = np.stack([told.lives.steps[name] for name in names], axis=1)
    case, step = np.nonzero(moments >= 0)
    at = moments[case, step]
    first, last = (np.asarray(org, dtype=object) for org in (told.lives.org, told.lives.org_final))
    tossed_case, tossed_step, tossed_at, tossed_to = _tossed(told, first)
    given = np.concatenate([np.full(len(case), "", dtype=object), tossed_to])
    case, step, at = (np.concatenate(pair) for pair in ((case, tossed_case), (step, tossed_step), (at, tossed_at)))
    order = np.lexsort((step, at, case))
    case, step, at, given = case[order], step[order], at[order], given[order]
    number = np.arange(len(case)) - np.searchsorted(case, case)
    again = told.lives.steps["redispatched"]
    moved = (again[case] >= 0) & (at >= again[case])
    holder = np.where(given != "", given, np.where(moved, last[case], first[case]))
    acts = np.isin(step, [names.index(name) for name in ("returned", "handled", "rehandled")])
    gives = np.isin(step, [names.index(name) for name in ("dispatched", "redispatched", "check_failed")])
    clerks = told.chance.whole(told.reports.id[case] * 32 + number, "clerk", 1, _CLERKS)
    rows = pd.DataFrame(
        {
            "trans_id": told.keys(PREFIX).to_numpy(dtype=object)[case] + "-" + (number + 1).astype(str).astype(object),
            "rec_id": told.keys(PREFIX).to_numpy(dtype=object)[case],
            "item_type_id": np.array([_ITEMS[name][0] for name in names], dtype=object)[step],
            "act_property_id": np.array([STAGES.get(name, "") for name in names], dtype=object)[step],
            "unit_id": empty_as_none(np.where(acts, holder, "")),
            "next_unit_id": empty_as_none(np.where(gives, holder, "")),
            "human_id": "CL" + pd.Series(clerks.astype(str)).str.zfill(3),
            "opinion": np.array([_ITEMS[name][1] for name in names], dtype=object)[step],
            "create_time": spaced(block.plan, at),
        }
    )
    return [
        ledger("city_management_actions", "trans_id", rows, at + 2 * MINUTE, told.reports.incident_id[case]),
    ]


def _tossed(told: Cases, first: np.ndarray) -> tuple[np.ndarray, ...]:
    """Between a return and the dispatch after it: to the street's own office and back, to the first and back once more.

    Gives case, step, second and office of each such action. The record of the case has one column for a return, so only
    this log tells of them.
    """
    names = list(_ITEMS)
    back, again = told.lives.steps["returned"], told.lives.steps["redispatched"]
    enforcement, government = (
        street_office(told.block.district, told.incidents.places, prefix) for prefix in ("ZF", "ST")
    )
    other = np.where(first == enforcement, government, enforcement)
    chosen = (back >= 0) & (again - back >= 5 * MINUTE)
    found = np.flatnonzero(chosen & (told.chance.roll(told.reports.id, "tossed") < _TOSSED))
    case = np.repeat(found, 4)
    turn = np.tile(np.arange(4), len(found))
    step = np.array([names.index("redispatched"), names.index("returned")])[turn % 2]
    at = back[case] + (again - back)[case] * (turn + 1) // 5
    return case, step, at, np.where(turn < 2, other[case], first[case])
