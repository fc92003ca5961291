"""The centres of a made-up district, up as servers on loopback while a test pulls from them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulator.happenings.world import World
from simulator.ledger import Ledger
from simulator.plan import DAY, Plan
from simulator.servers import Centres
from simulator.told import CHANNELS, told
from simulator.truth.write import delivered

PERSONAL = re.compile(
    r"1540000\d{4}|990000\d{11}[\dX]|WG\d{7,9}|[A-Z]{0,2}\d{7,12}|[拟样虚例仿]\w{2}|云汀区\w{1,20}?\d+幢\d+单元\d+室"
)  # the shapes of all invented personal values
FORTNIGHT = Plan(days=14)  # long enough for every feed, and for the switch of the code edition


class District:
    """The centres, and all that they ever tell. `day` sets their clock, and ours in the environment."""

    def __init__(self, plan: Plan, centres: Centres, ledgers: dict[str, Ledger], patch: pytest.MonkeyPatch) -> None:
        self.plan, self.centres, self.ledgers, self._patch = plan, centres, ledgers, patch

    def day(self, number: float) -> None:
        """It is that many days after the world began; whoever pulls now finds what was told until then."""
        self.centres.clock = int(number * DAY)
        self.set_environment()

    def set_environment(self) -> None:
        """Addresses, logins and the clock, for this process and those that it starts."""
        for name, value in self.centres.environment.items():
            self._patch.setenv(name, value)

    def keys(self, feed: str) -> set[str]:
        """The record keys that this feed has delivered so far, or shows now."""
        ledger, now = self.ledgers[feed], self.centres.clock
        held, _ = delivered(self.plan, ledger, CHANNELS[feed], now, [now])
        return set(ledger.rows[ledger.key].iloc[[row for one in held for row in one.rows.tolist()]])

    def personal_values(self) -> set[str]:
        """Every name, phone, account, identity number and address that stands in what is told."""
        told = {value for ledger in self.ledgers.values() for values in ledger.secrets.values() for value in values}
        assert all(PERSONAL.fullmatch(value) for value in told)
        return told


@contextmanager
def district(root: Path, plan: Plan = FORTNIGHT, database_url: str = "") -> Iterator[District]:
    """A district at the end of its plan, unless `day` says otherwise before anything is pulled."""
    ledgers = told(World(plan))
    root.mkdir(parents=True, exist_ok=True)
    with (
        pytest.MonkeyPatch.context() as patch,
        Centres(plan, ledgers, CHANNELS, root, database_url=database_url) as centres,
    ):
        yield District(plan, centres, ledgers, patch)
