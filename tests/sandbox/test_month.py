"""A month with every fault, pulled from the running centres by the sandbox's own contracts, balanced against the truth.

Every third day the district asks all its centres: real HTTP, real SFTP, a real PostgreSQL. At the end the receipts, the
log and the vault are held to what the simulator planted: every report once, every bad row rejected for its reason,
nothing else rejected. Then the month is built, and every figure of every subject is that of the truth as told.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.city import City, open_city
from ingest.home import Home, open_home
from ingest.keys import current_keys
from ingest.land import land
from ingest.log import Log, file_list
from ingest.pull import pull
from ingest.vault import Vault
from onegrid import workflow
from simulator.faults import FAULTS, every
from simulator.feeds import FEEDS
from simulator.feeds.channel import Channel, Drop
from simulator.happenings.world import World
from simulator.ledger import OUTCOMES, RECORDED, REJECTED
from simulator.plan import DAY, Plan
from simulator.told import CHANNELS
from simulator.truth.write import Delivery, delivered, repeats, write_truth
from tests.centres import District, district
from tests.conftest import REPOSITORY
from tests.figures import FIGURES
from tests.figures_as_told import figures_of, gaps, truth_of
from tests.servers import DatabaseServer

OFTEN = ("renamed_column", "wrong_encoding", "http_timeout", "truncated_body", "shifting_pages", "http_429", "http_500")
FAULTY = every() | dict.fromkeys(OFTEN, 0.04) | {"returned_item": 0.6, "deletion": 0.02}
NINE, THIRTY = (pytest.param(Plan(days=days, faults=FAULTY), id=f"{days}-days", marks=marks) for days, marks in (
    (9, ()), (30, pytest.mark.laws),
))  # fmt: skip
BY_FILE = sorted(feed for feed in FEEDS if isinstance(CHANNELS[feed], Drop))
BY_QUESTION = sorted(set(FEEDS) - set(BY_FILE))
WHOLE = {"unreadable_delivery"}  # a code of the delivery, told by line 0


@dataclass(frozen=True)
class Month:
    """The city, what was told and when it was asked, and the log and vault that took it in."""

    plan: Plan
    city: City
    home: Home
    told: District
    log: Log
    vault: Vault

    def delivered(self, feed: str) -> list[Delivery]:
        channel: Channel = CHANNELS[feed]
        return delivered(self.plan, self.told.ledgers[feed], channel, self.plan.end, self.asked)[0]

    @property
    def asked(self) -> list[int]:
        """Seconds after the begin at which the district asked."""
        return [day * DAY for day in range(3, self.plan.days + 1, 3)]

    def rows(self, table: str, columns: str, feed: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            files = file_list(self.log.files(table))
            return connection.execute(f"select {columns} from read_parquet({files}) where feed = ?", [feed]).fetchall()


@pytest.fixture(scope="module", params=[NINE, THIRTY])
def month(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql: DatabaseServer
) -> Iterator[Month]:
    plan: Plan = request.param
    root, front = tmp_path_factory.mktemp("month"), postgresql.url.render_as_string(hide_password=False)
    home = open_home(root / "home")
    shutil.copytree(REPOSITORY / "cities" / "sandbox", root / "city")
    for sampled in (
        "market_complaints",
        "safety_hazards",
        "leader_receptions",
    ):  # samples, no part of the simulated world
        (root / "city" / "feeds" / f"{sampled}.yml").unlink()
    city = open_city(root / "city")
    with district(root / "centres", plan, front) as told:
        month = Month(plan, city, home, told, Log(home), Vault(home))
        for moment in month.asked:
            told.day(moment / DAY)
            for feed in city.contracts:
                pull(city, home, feed)
                land(city, home, feed)
        yield month


@pytest.mark.parametrize("feed", BY_FILE)
def test_every_receipt_of_a_file_counts_what_was_planted(month: Month, feed: str) -> None:
    counted = {one["batch_name"]: tuple(one[part] for part in OUTCOMES) for one in month.log.receipts(feed)}
    held = month.delivered(feed)
    planted = {one.name: tuple(Counter(one.outcomes.tolist())[part] for part in OUTCOMES) for one in held}
    missing = planted.keys() - counted.keys()
    assert counted == {name: counts for name, counts in planted.items() if name not in missing}
    assert missing <= repeats(held).keys()  # the same rows again are no batch of their own


@pytest.mark.parametrize("feed", BY_FILE)
def test_each_bad_row_of_a_file_is_rejected_for_its_reason_and_nothing_else_is(month: Month, feed: str) -> None:
    names = {one["landing_id"]: one["batch_name"] for one in month.log.receipts(feed)}
    rejections = month.rows("rejections", "landing_id, line, code, severity", feed)
    rejected = {
        (names[one], 1 if code in WHOLE else line, code) for one, line, code, how in rejections if how == "reject"
    }
    planted = {
        (one.name, line, code)
        for one in month.delivered(feed)
        for line, (outcome, code) in enumerate(zip(one.outcomes, one.codes, strict=True), start=1)
        if outcome == REJECTED
    }
    assert rejected == planted


@pytest.mark.parametrize("feed", BY_QUESTION)
def test_every_version_that_was_shown_is_recorded_once(month: Month, feed: str) -> None:
    ledger = month.told.ledgers[feed]
    shown = [row for one in month.delivered(feed) for row in one.rows[one.outcomes == RECORDED]]
    versions = Counter(str(key) for key in ledger.rows[ledger.key].iloc[shown])
    landed = set(month.rows("events", "record_key, record_hash", feed))
    assert Counter(key for key, _ in landed) == versions
    assert all(one["fetched"] == sum(one[part] for part in OUTCOMES) for one in month.log.receipts(feed))


@pytest.mark.parametrize("feed", BY_QUESTION)
def test_each_bad_row_of_an_answer_is_rejected_for_its_reason_and_nothing_else_is(month: Month, feed: str) -> None:
    ledger = month.told.ledgers[feed]
    updated = getattr(CHANNELS[feed], "updated")  # noqa: B009 -- interfaces and tables have it, files do not
    planted = {
        (str(ledger.rows[ledger.key].iloc[row] or ""), str(ledger.rows[updated].iloc[row]), ledger.code[row])
        for one in month.delivered(feed)
        for row in one.rows[one.outcomes == REJECTED]
    }
    manifests = {one["batch_id"]: one for one in month.vault.manifests.of(feed).records()}
    rejected = set()
    for batch, line, code, how in month.rows("rejections", "batch_id, line, code, severity", feed):
        if how == "reject":
            row = records(month.vault.read(manifests[batch]))[line - 1]
            rejected.add((str(row[ledger.key] or ""), str(row[updated]), code))
    assert rejected == planted


def records(data: bytes) -> list[dict[str, Any]]:
    """The rows of a sealed answer of an interface, or of a sealed batch of a table."""
    try:
        answer = json.loads(data)
    except json.JSONDecodeError:
        return [json.loads(line) for line in data.decode().splitlines()]
    if "data" not in answer:
        return [answer]
    return list(answer["data"].get("list", answer["data"].get("rows")))


@pytest.mark.parametrize("month", [THIRTY], indirect=True)
def test_each_fault_happened(month: Month) -> None:
    happened = {name for ledger in month.told.ledgers.values() for name in ledger.fault.tolist()}
    for feed in BY_FILE:
        happened |= set(delivered(month.plan, month.told.ledgers[feed], CHANNELS[feed], month.plan.end)[1])
    for interface in month.told.centres.interfaces.values():
        for line in interface.transports.values():
            happened |= set(line.counts)
    assert happened - {""} == set(FAULTS)


@pytest.fixture(scope="module")
def truth(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The month's truth folder: as told, and as it really was."""
    folder = tmp_path_factory.mktemp("truth")
    write_truth(World(month.plan), month.told.ledgers, CHANNELS, folder, month.plan.end, month.asked)
    return folder


@pytest.fixture(scope="module")
def built(month: Month) -> Path:
    """The warehouse of the month; what the landing gate holds back, a person has let through."""
    for feed in month.city.contracts:
        workflow.gate_landings(month.city, month.home, feed)
    held = [verdict["landing_id"] for verdict in month.log.verdicts() if verdict["verdict"] == "held"]
    assert held
    for landing in held:
        workflow.judge_by_hand(
            month.city, month.home, landing, "released", "区数据局", "the month is compared with its truth"
        )
    return workflow.build(month.city, month.home).path / "onegrid.duckdb"


@pytest.mark.dbt
def test_every_indicator_of_every_subject_and_month_is_that_of_the_truth_as_told(built: Path, truth: Path) -> None:
    figures, told = figures_of(built), truth_of(truth / "indicators.csv", current_keys())
    assert len(told) > 5_000
    assert {
        key: (figures.get(key), told.get(key))
        for key in figures.keys() | told.keys()
        if figures.get(key) != told.get(key)
    } == {}


@pytest.mark.dbt
def test_the_gap_to_the_world_is_known(built: Path, truth: Path) -> None:
    """What was never told, told late or told wrongly shows in the figures: the gap is printed at the end of the run."""
    lines = gaps(figures_of(built), truth_of(truth / "world_indicators.csv", current_keys()))
    assert len(lines) > 30
    FIGURES.extend(lines)
