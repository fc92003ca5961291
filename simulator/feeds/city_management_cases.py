"""城管: the current rows of cases in the front-end database, table `to_rec`; names as in systems of the field.

| column | meaning and format |
|---|---|
| rec_id | key, `CG` + day + number |
| event_src_name | way of the report: 监督员上报, 视频发现, 公众举报 |
| code_edition | 2013 or 2026: the edition of the code list that was in force when the case was reported |
| event_type_code, event_type_name | minor code of that edition and its name |
| filing_condition | 立案条件, told with the filing: 危及安全 and 影响通行 have limits of their own, 其他 has none |
| rec_desc | free text |
| address | as told |
| coordinate_x, coordinate_y | CGCS2000 degrees, six decimals; null where the place is told in words alone |
| cell_id | unit grid in which the collector stood; null for reports of the public |
| duty_grid_code | responsibility grid |
| part_code | 17-digit component code where one is concerned |
| patrol_id | collector who found it (personal) |
| camera_id | camera that saw it, `SP` + nine digits of its grid + number; null where no camera did |
| report_phone | caller, personal, for reports of the public |
| act_property_id | where the case stands: 1 待受理, 3 待立案, 5 待派遣, 7 处置中, 9 督查, 11 核查, |
| | 101 结案, 102 作废, 103 挂账 |
| deal_unit_id | office that has the case, null before the dispatch |
| deadline_time | end of the disposal's limit as the source stores it; one in twelve counts nights as work |
| extension_count | granted extensions |
| `<step>_time` | `YYYY-MM-DD HH:MM:SS` local, null until then; the steps: create (reported), operate (accepted), |
| | not_operate, verify, inst (filed), cancel, dispatch, rollback, redispatch, postpone_apply, postpone, hang, unhang, |
| | dispose, check_fail, redispose, check, archive, supervise, appeal, appeal_ok |
| update_time | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.calendar import after_work
from simulator.clock import spaced
from simulator.feeds.cases import Cases, cases, empty_as_none, register
from simulator.feeds.channel import Table
from simulator.happenings.kinds import CM_2013, CM_2026, KINDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger
from simulator.plan import DAY, HOUR

CHANNEL = Table(name="to_rec", updated="update_time")
PREFIX = "CG"
OTHER_2013, OTHER_2026 = "0699", "10099"
STEPS = {
    "reported": "create_time",
    "accepted": "operate_time",
    "not_accepted": "not_operate_time",
    "verified": "verify_time",
    "filed": "inst_time",
    "cancelled": "cancel_time",
    "dispatched": "dispatch_time",
    "returned": "rollback_time",
    "redispatched": "redispatch_time",
    "extension_asked": "postpone_apply_time",
    "extended": "postpone_time",
    "suspended": "hang_time",
    "resumed": "unhang_time",
    "handled": "dispose_time",
    "check_failed": "check_fail_time",
    "rehandled": "redispose_time",
    "checked": "check_time",
    "closed": "archive_time",
    "supervised": "supervise_time",
    "appealed": "appeal_time",
    "appeal_granted": "appeal_ok_time",
}
STAGES = {
    "reported": "1",
    "accepted": "3",
    "verified": "3",
    "filed": "5",
    "dispatched": "7",
    "returned": "5",
    "redispatched": "7",
    "extended": "7",
    "supervised": "9",
    "resumed": "7",
    "suspended": "103",
    "handled": "11",
    "check_failed": "7",
    "rehandled": "11",
    "checked": "11",
    "not_accepted": "102",
    "cancelled": "102",
    "closed": "101",
}
CONDITIONS = ("危及安全", "影响通行", "其他")  # told in one case of five each; of two in five none is told
_WRONG = 1 / 12  # share of stored deadlines that count all hours


def city_management_cases(block: Block) -> list[Ledger]:
    """The cases of a block."""
    plan, district = block.plan, block.district
    told = cases(block, "city_management", "city_management_cases")
    known = told.versions(STEPS)
    reports, places = told.reports, told.incidents.places
    public = reports.channel == "公众举报"
    phones = told.people().phones
    grid = district.unit_at(places, reports.told_at).to_numpy(dtype=object)
    collectors = "WG" + (grid.astype(np.int64) % 10**9).astype(str).astype(object)  # as in simulator.offices.staff
    duty = district.grid_at("responsibility", reports.lon, reports.lat).to_numpy(dtype=object)
    edition, codes, names = coded(told)
    seconds = _limit_seconds(told)
    deadline = _stored_deadline(told, seconds)
    conditions = np.array([*CONDITIONS, "", ""], dtype=object)[told.chance.whole(reports.id, "condition", 0, 5)]
    return [
        register(
            "city_management_cases",
            known,
            {
                "rec_id": told.keys(PREFIX),
                "event_src_name": reports.channel,
                "code_edition": edition,
                "event_type_code": codes,
                "event_type_name": names,
                "rec_desc": np.asarray(reports.text, dtype=object),
                "address": np.asarray(reports.address, dtype=object),
                "coordinate_x": np.where(reports.placed, np.round(reports.lon, 6), np.nan),
                "coordinate_y": np.where(reports.placed, np.round(reports.lat, 6), np.nan),
                "cell_id": empty_as_none(np.where(public, "", grid)),
                "duty_grid_code": empty_as_none(duty),
                "part_code": empty_as_none(told.incidents.component),
                "camera_id": empty_as_none(np.where(reports.channel == "视频发现", _cameras(told, grid), "")),
                "patrol_id": empty_as_none(np.where(public, "", collectors)),
                "report_phone": empty_as_none(np.where(public, phones, "")),
            },
            {
                "act_property_id": known.state(STAGES),
                "filing_condition": empty_as_none(np.where(known.knows("filed"), conditions[known.case], "")),
                "deal_unit_id": empty_as_none(told.org(known)),
                "deadline_time": empty_as_none(
                    spaced(plan, np.where(known.knows("dispatched"), deadline[known.case], -1))
                ),
                "extension_count": known.knows("extended").astype(np.int64),
                **{column: empty_as_none(spaced(plan, known.known(step))) for step, column in STEPS.items()},
                "update_time": spaced(plan, known.at),
            },
            incident=reports.incident_id,
            secrets={"phone": phones[public], "address": np.asarray(reports.address, dtype=object)},
        )
    ]


def _cameras(told: Cases, grid: np.ndarray) -> np.ndarray:
    """The camera that would have seen each case: one of two in its grid."""
    numbers = (grid.astype(np.int64) % 10**9).astype(str).astype(object)
    return "SP" + numbers + told.chance.pick(told.reports.id, "camera", ("1", "2"))


def coded(told: Cases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edition, code and name of each case by the list in force when it was reported."""
    old = told.reports.told_at < told.block.plan.edition_day * DAY
    pairs = []
    for code_set, other, title in ((CM_2013, OTHER_2013, "其他事件"), (CM_2026, OTHER_2026, "其他事项")):
        codes = told.codes(code_set, other)
        names = np.array([kind.names.get(code_set, title) for kind in KINDS], dtype=object)[told.reports.kind]
        pairs.append((codes, names))
    (old_codes, old_names), (new_codes, new_names) = pairs
    edition = np.where(old, "2013", "2026").astype(object)
    return edition, np.where(old, old_codes, new_codes), np.where(old, old_names, new_names)


def _limit_seconds(told: Cases) -> dict[str, np.ndarray]:
    """Limits of the kinds as told: seconds of all hours, and of office hours; one of both is 0."""
    units = {"urgent_hour": (HOUR, 0), "natural_day": (DAY, 0), "work_hour": (0, HOUR), "work_day": (0, 8 * HOUR)}
    found = np.array([[part * kind.limit[0] for part in units[kind.limit[1]]] for kind in KINDS], dtype=np.int64)
    return {"natural": found[told.reports.kind, 0], "work": found[told.reports.kind, 1]}


def _stored_deadline(told: Cases, seconds: dict[str, np.ndarray]) -> np.ndarray:
    """What the source stores at the dispatch; it does not move it for extensions and suspensions."""
    began = told.lives.steps["dispatched"]
    right = after_work(told.block.plan, np.maximum(began, 0), seconds["work"])
    wrong = told.chance.roll(told.reports.id, "wrong deadline") < _WRONG
    return np.where((seconds["work"] > 0) & ~wrong, right, began + seconds["natural"] + seconds["work"])
