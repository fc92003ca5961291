"""公安: non-police matters that 110 hands on to 12345, over the REST interface of the link.

| column | meaning and format |
|---|---|
| flowid | key, `LD` + day + number |
| jjdbh | number of the incident at the police |
| jjlx | where it came in: 01 (110) |
| bjlb | six-digit class |
| pushstatus | 0 not sent, 1 sent, 2 dealt with |
| pushtime, acktime | sent, acknowledged by the hotline; `YYYY-MM-DD HH:MM:SS` local, null until then |
| dyyy | word of the newest answer: 1 反馈, 2 退回, 3 回访; null before |
| answertime, returntime, visittime | times of the three answers |
| bjnr | free text |
| bjrdh | number of the caller, personal: the hotline must ring back |
| gxsj | time of the newest step |
"""

from __future__ import annotations

import numpy as np

from simulator.clock import spaced
from simulator.feeds.cases import empty_as_none, numbered, register
from simulator.feeds.channel import Rest
from simulator.feeds.links import to_hotline
from simulator.feeds.police_incidents import OTHER, PREFIX
from simulator.feeds.versions import versions
from simulator.happenings.kinds import POLICE
from simulator.happenings.world import Block
from simulator.ledger import Ledger

CHANNEL = Rest(api="police", path="/api/v1/links", updated="gxsj", size=100)
LINK = "LD"
_COLUMNS = {
    "pushed": "pushtime",
    "acknowledged": "acktime",
    "answered": "answertime",
    "returned": "returntime",
    "visited": "visittime",
}


def police_link(block: Block) -> list[Ledger]:
    """The matters of a block that 110 handed on."""
    links = to_hotline(block)
    told, reports, people = links.cases, links.cases.reports, links.cases.people()
    known = versions(links.steps)
    answer = np.select([known.knows("visited"), known.knows("returned"), known.knows("answered")], ["3", "2", "1"], "")
    done = known.knows("answered") | known.knows("returned")
    return [
        register(
            "police_link",
            known,
            {
                "flowid": numbered(block, LINK, reports.told_at, reports.id),
                "jjdbh": told.keys(PREFIX),
                "jjlx": np.full(len(told), "01", dtype=object),
                "bjlb": told.codes(POLICE, OTHER),
                "bjnr": np.asarray("报警人称" + reports.text, dtype=object),
                "bjrdh": people.phones,
            },
            {
                "pushstatus": np.where(done, "2", "1").astype(object),
                **{column: empty_as_none(spaced(block.plan, known.known(step))) for step, column in _COLUMNS.items()},
                "dyyy": empty_as_none(answer),
                "gxsj": spaced(block.plan, known.at),
            },
            incident=reports.incident_id,
            secrets={"phone": people.phones},
        )
    ]
