"""12345: orders, over the signed REST interface.

| column | meaning and format |
|---|---|
| order_no | key, `RX` + day + number |
| channel | 电话, 微信, 网站, APP |
| call_time | when the person called, `YYYY-MM-DD HH:MM:SS` local |
| appeal_type | 投诉, 求助, 咨询, 建议, 举报 |
| class_code, class_name | code of the set `hotline_local` and its name; H999 where the list has none |
| community | 12-digit code that the clerk chose |
| address | in words; up to the room where the matter is indoors (personal) |
| caller, caller_phone | personal |
| secret | 1 where the person asked that the name stay with the hotline |
| content | free text |
| state | 待受理, 待派遣, 待签收, 待处置, 待回访, 待结案, 已结案, 不予受理, 已作废 |
| unit | office that has the order, null before the dispatch |
| `<step>_time` | accept, refuse, dispatch, return, redispatch, sign, delay_ask, delay, handle, fail, rehandle, |
| | supervise, close, cancel, appeal, appeal_ok |
| reply | the office's answer, from the handling on |
| updated_at | time of the newest step |

All steps are `YYYY-MM-DD HH:MM:SS` local, null until then.
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import NOTHING, cases, empty_as_none, register
from simulator.feeds.channel import Rest
from simulator.happenings.kinds import HOTLINE, KINDS
from simulator.happenings.world import Block
from simulator.ledger import Ledger

CHANNEL = Rest(api="hotline", path="/api/v1/orders", updated="updated_at", size=200)
PREFIX = "RX"
OTHER = "H999"
_STEPS = {
    "reported": "call_time",
    "accepted": "accept_time",
    "not_accepted": "refuse_time",
    "dispatched": "dispatch_time",
    "returned": "return_time",
    "redispatched": "redispatch_time",
    "signed": "sign_time",
    "extension_asked": "delay_ask_time",
    "extended": "delay_time",
    "handled": "handle_time",
    "check_failed": "fail_time",
    "rehandled": "rehandle_time",
    "supervised": "supervise_time",
    "closed": "close_time",
    "cancelled": "cancel_time",
    "appealed": "appeal_time",
    "appeal_granted": "appeal_ok_time",
}
_STATES = {
    "reported": "待受理",
    "accepted": "待派遣",
    "dispatched": "待签收",
    "returned": "待派遣",
    "redispatched": "待签收",
    "signed": "待处置",
    "handled": "待回访",
    "check_failed": "待处置",
    "rehandled": "待回访",
    "called_back": "待结案",
    "closed": "已结案",
    "not_accepted": "不予受理",
    "cancelled": "已作废",
}
_APPEALS = ("投诉", "投诉", "投诉", "求助", "求助", "咨询", "建议", "举报")
_REPLIES = (
    "已现场处置并告知市民",
    "已督促责任方整改",
    "经核实属实，已安排处理",
    "经核实，正在协调相关单位",
    "已向市民解释说明",
)


def hotline_orders(block: Block) -> list[Ledger]:
    """The orders of a block."""
    plan = block.plan
    told = cases(block, "hotline", "hotline_orders")
    known = told.versions((*_STEPS, "called_back"))
    reports, people, chance = told.reports, told.people(), told.chance
    names = np.array([kind.names.get(HOTLINE, "其他诉求") for kind in KINDS], dtype=object)[reports.kind]
    address = np.asarray(reports.address, dtype=object)
    replies = chance.pick(reports.id, "reply", _REPLIES)
    return [
        register(
            "hotline_orders",
            known,
            {
                "order_no": told.keys(PREFIX),
                "channel": reports.channel,
                "appeal_type": chance.pick(reports.id, "appeal", _APPEALS),
                "class_code": told.codes(HOTLINE, OTHER),
                "class_name": names,
                "community": told.communities()["code12"],
                "address": address,
                "caller": people.names,
                "caller_phone": people.phones,
                "secret": (chance.roll(reports.id, "secret") < 0.1).astype(np.int64),
                "content": told.told("市民", people),
            },
            {
                "state": known.state(_STATES),
                "unit": empty_as_none(told.org(known)),
                **{column: empty_as_none(spaced(plan, known.known(step))) for step, column in _STEPS.items()},
                "reply": np.where(known.knows("handled"), replies[known.case], NOTHING),
                "updated_at": spaced(plan, known.at),
            },
            incident=reports.incident_id,
            secrets={"name": people.names, "phone": people.phones, "address": address},
        )
    ]
