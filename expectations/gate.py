"""Both gates: judge what landed, and judge what was built. A gate that crashes has not passed anything.

Nothing here is recorded: `judge_landings` gives verdicts that ingest.log.record_verdicts keeps as facts.
"""

import json
import logging
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations import continuity, engine, landings, marts, page
from expectations.check import BUREAU, safe_reason
from expectations.fill import emptied_columns
from expectations.profile import TABLE, Receipt, make_profile
from expectations.volume import unusual_volumes
from ingest.city import Bounds, City, Continuity
from ingest.contract import FeedContract
from ingest.errors import ContractError, GateError
from ingest.files import write_atomically
from ingest.home import Home
from ingest.log import GATE_CRASHED, Log, Verdict

logger = logging.getLogger(__name__)

LANDING_SECONDS = 1800.0
MART_SECONDS = 3600.0
WAREHOUSE = "onegrid.duckdb"
Row = dict[str, Any]


@dataclass(frozen=True)
class Judgement:
    """What a gate said of some landings of one feed.

    `checks`: one row per check (check, severity, owner, sentence, sentence_zh, landings, failed, crashed).
    `rows`: one row per broken promise (landing_id, check, severity, owner, success, observed, sentence, sentence_zh).
    """

    verdicts: list[Verdict]
    checks: list[Row]
    rows: list[Row]
    crash: str | None = None


@dataclass(frozen=True)
class MartVerdict:
    """What a gate said of a build. `crash` says why the gate could not judge it (then it has not passed).

    `results`: one row per check (table, check, severity, owner, success, observed, crashed, sentence, sentence_zh);
    `observed` is how many rows break it. `pages` is the folder with results.json and index.html.
    """

    passed: bool
    crash: str | None
    results: list[Row]
    pages: Path

    @property
    def crashed(self) -> bool:
        return self.crash is not None

    @property
    def failures(self) -> list[str]:
        """Why it did not pass, one sentence a critical check; empty where it passed."""
        told = [f"the gate crashed: {self.crash}"] if self.crash else []
        critical = (row for row in self.results if row["severity"] == "critical" and not row["success"])
        return told + [f"{row['check']}: {row['sentence']}" for row in critical if not row["crashed"]]

    @property
    def warnings(self) -> list[str]:
        """What is published with a word of warning, one sentence a check."""
        warned = (row for row in self.results if row["severity"] == "warning" and not row["success"])
        return [f"{row['check']}: {row['sentence']}" for row in warned if not row["crashed"]]


def judge_landings(
    city: City, home: Home, feed: str, pending: Sequence[Receipt], seconds: float = LANDING_SECONDS
) -> list[Verdict]:
    """Judge landings of one feed, each by the contract that it was landed by; verdicts in the order of `pending`.

    Writes results.json and index.html to <home>/gate/landings/<feed>/<first>-<last receipt>/. Never raises for what
    the gate itself does: a crash or a timeout is the verdict `held` with reason `gate_crashed`.
    """
    log = Log(home)
    files = {table: log.files(table) for table in ("events", "rejections")}
    found: dict[str, Verdict] = {}
    receipts = log.receipts(feed)
    new_columns, unusual = _new_columns(receipts), unusual_volumes(receipts, city.settings.time_zone)
    emptied = emptied_columns(receipts, {receipt["landing_id"] for receipt in pending})
    for digest, group in _by_contract(pending).items():
        try:
            contract = contract_of(city, home, feed, digest)
            judgement = judge(
                contract, city.settings.bounds,
                [
                    {
                        **receipt,
                        "new_columns": new_columns.get(receipt["landing_id"], 0),
                        "columns_emptied": emptied.get(receipt["landing_id"], 0),
                        "volume_unusual": int(receipt["landing_id"] in unusual),
                    }
                    for receipt in group
                ],
                files["events"], files["rejections"],
                vocabulary=event_vocabulary(), seconds=seconds,
            )  # fmt: skip
        except Exception as error:
            judgement = _all_held(group, safe_reason(f"{type(error).__name__}: {error}"))
        found.update((verdict.landing_id, verdict) for verdict in judgement.verdicts)
        folder = home.gate / "landings" / feed / f"{group[0]['seq']:06d}-{group[-1]['seq']:06d}"
        write_judgement(folder, feed, group, judgement, home.now())
        _log_judgement(feed, judgement)
    return [found[receipt["landing_id"]] for receipt in pending]


def judge(
    contract: FeedContract,
    bounds: Bounds | None,
    receipts: Sequence[Receipt],
    event_files: Sequence[str],
    rejection_files: Sequence[str],
    vocabulary: Collection[str] | None = None,
    seconds: float = LANDING_SECONDS,
) -> Judgement:
    """Judge landings of one feed by one contract in one run of Great Expectations. Writes nothing.

    `receipts` need feed, seq, batch_id, landing_id, attempt_id, fetched, recorded, duplicate, rejected, filtered and
    events, and may count new_columns, columns_emptied and volume_unusual; the files are the active ones of the log's
    tables. A crash or timeout holds every landing.
    """
    if not receipts:
        return Judgement([], [], [])
    budget = engine.Budget(seconds)
    suites = {
        "generated from the contract": landings.generated(contract, bounds),
        "by hand": landings.by_hand(contract, vocabulary),
    }
    try:
        outcomes = engine.within(
            budget, lambda: _evaluate(contract, suites, receipts, event_files, rejection_files, budget)
        )
    except Exception as error:
        return _all_held(receipts, safe_reason(f"{type(error).__name__}: {error}"))
    return _judged(receipts, outcomes)


def _evaluate(
    contract: FeedContract,
    suites: dict[str, list[landings.LandingCheck]],
    receipts: Sequence[Receipt],
    event_files: Sequence[str],
    rejection_files: Sequence[str],
    budget: engine.Budget,
) -> list[engine.Outcome]:
    with tempfile.TemporaryDirectory(prefix="onegrid-gate-") as folder:
        database = Path(folder) / "profile.duckdb"
        with duckdb.connect(str(database)) as connection:
            budget.on_timeout(connection.interrupt)
            checks = [check for suite in suites.values() for check in suite]
            make_profile(connection, contract, checks, receipts, event_files, rejection_files)
        outcomes = []
        with engine.source(database, budget) as origin:
            for name, suite in suites.items():
                budget.check()
                outcomes += engine.run(origin, landings.suite(name, suite), TABLE, "landing_id", len(receipts))
    return engine.evaluated(outcomes, len(receipts))


def _judged(receipts: Sequence[Receipt], outcomes: Sequence[engine.Outcome]) -> Judgement:
    rows: list[Row] = []
    checks: list[Row] = []
    for outcome in outcomes:
        checks.append(
            {
                **outcome.meta,
                "landings": len(receipts),
                "failed": len(outcome.failing),
                "crashed": outcome.crash,
            }
        )
        rows += [
            {**outcome.meta, "landing_id": landing, "success": False, "observed": _plain(observed)}
            for landing, observed in outcome.failing.items()
        ]
    crashed = [f"{check['check']}: {check['crashed']}" for check in checks if check["crashed"]]
    if crashed:
        held = _all_held(receipts, "; ".join(crashed))
        return Judgement(_verdicts(receipts, held.rows + rows), checks, held.rows + rows, held.crash)
    return Judgement(_verdicts(receipts, rows), checks, rows)


def _plain(observed: float) -> int | float:
    """A count as a count, a share as a share."""
    return int(observed) if float(observed).is_integer() else float(observed)


def _verdicts(receipts: Sequence[Receipt], rows: Sequence[Row]) -> list[Verdict]:
    broken: dict[str, list[Row]] = {}
    for row in rows:
        broken.setdefault(row["landing_id"], []).append(row)
    verdicts = []
    for receipt in receipts:
        mine = broken.get(receipt["landing_id"], [])
        severities = {row["severity"] for row in mine}
        verdict = "held" if "hold" in severities else "warn" if severities else "pass"
        told = ("check", "severity", "owner", "observed", "sentence", "sentence_zh")
        reasons = [{name: row[name] for name in told} for row in mine]
        verdicts.append(Verdict(receipt["landing_id"], verdict, reasons))
    return verdicts


def _all_held(receipts: Sequence[Receipt], why: str) -> Judgement:
    rows = [
        {
            "landing_id": receipt["landing_id"],
            "check": GATE_CRASHED,
            "severity": "hold",
            "owner": BUREAU,
            "success": False,
            "observed": why,
            "sentence": "The gate itself failed, so nothing is known of this landing; mend the cause, then release it "
            "or land it again.",
            "sentence_zh": "检查程序本身出错，本次落地未经检查；排除原因后放行或重新落地。",
        }
        for receipt in receipts
    ]
    return Judgement(_verdicts(receipts, rows), [], rows, why)


def _new_columns(receipts: Sequence[Receipt]) -> dict[str, int]:
    """Landing → how many of the columns unknown to its contract no earlier delivery of the feed had.

    The first delivery that holds anything sets the measure. Only counted: without a header row a column's name may be
    a value.
    """
    known: set[str] | None = None
    found: dict[str, int] = {}
    for receipt in receipts:
        told = set(receipt.get("unknown_columns", []))
        if known is None and not told and not receipt["fetched"]:
            continue
        found[receipt["landing_id"]] = len(told - known) if known is not None else 0
        known = (known or set()) | told
    return found


def _by_contract(receipts: Sequence[Receipt]) -> dict[str, list[Receipt]]:
    groups: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        groups.setdefault(receipt["contract_hash"], []).append(receipt)
    return groups


def contract_of(city: City, home: Home, feed: str, digest: str) -> FeedContract:
    """The contract that a landing was made by: the one in force, or an older one as the vault kept it.

    Raises ContractError where neither has that hash.
    """
    contract = city.contract(feed) if feed in city.feeds else None
    if contract is not None and contract.content_hash == digest:
        return contract
    kept = home.vault / "contracts" / digest
    if not kept.is_file():
        raise ContractError(f"feed {feed}: the contract {digest} that it was landed by is not in the vault")
    return FeedContract.model_validate_json(kept.read_bytes())


def event_vocabulary() -> list[str]:
    """The event types whose effect the warehouse knows: the seed event_type of the dbt project.

    Raises duckdb.Error where the seed is missing.
    """
    seed = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "event_type.csv"
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select event_type from read_csv(?, header = true, all_varchar = true) order by 1", [str(seed)]
        )
        return [row[0] for row in rows.fetchall()]


def write_judgement(folder: Path, feed: str, receipts: Sequence[Receipt], judgement: Judgement, at: datetime) -> None:
    """Write results.json and index.html; `at` is the home's clock."""
    result = {
        "feed": feed,
        "judged_at": at.isoformat(),
        "crash": judgement.crash,
        "verdicts": [asdict(verdict) for verdict in judgement.verdicts],
        "checks": judgement.checks,
        "rows": judgement.rows,
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "results.json", json.dumps(result, ensure_ascii=False, indent=1).encode())
    write_atomically(folder / "index.html", page.landings_page(result, receipts).encode())


def judge_marts(
    build_path: Path,
    seconds: float = MART_SECONDS,
    edition: Path | None = None,
    rule: Continuity | None = None,
    now: datetime | None = None,
) -> MartVerdict:
    """Judge the marts of a build directory (onegrid.duckdb and mount.json), opened read-only.

    `edition` is the folder of the edition that stands, against which figures of what was over by then are held, as far
    as `rule` lets them move (default: the rule of a city that states none). `now` (aware) tells how old the log is.

    Writes gate/results.json and gate/index.html into it. Never raises for what the gate itself does: a crash, a missing
    table or a timeout is a verdict that is not passed.
    """
    budget = engine.Budget(seconds)
    try:
        version = json.loads((build_path / "mount.json").read_bytes())["version"]
        suites = marts.checks(version, now)
        rows = engine.within(
            budget,
            lambda: (
                _evaluate_marts(build_path / WAREHOUSE, suites, budget)
                + _evaluate_continuity(build_path, edition, rule or Continuity(), budget)
            ),
        )
        crashed = [f"{row['check']}: {row['crashed']}" for row in rows if row["crashed"]]
        crash = "; ".join(crashed) or None
    except Exception as error:
        rows, crash = [], safe_reason(f"{type(error).__name__}: {error}")
    passed = crash is None and all(row["success"] or row["severity"] != "critical" for row in rows)
    verdict = MartVerdict(passed, crash, rows, build_path / "gate")
    result = {
        "build": build_path.name,
        "passed": passed,
        "crashed": verdict.crashed,
        "crash": crash,
        "results": rows,
    }
    verdict.pages.mkdir(parents=True, exist_ok=True)
    write_atomically(verdict.pages / "results.json", json.dumps(result, ensure_ascii=False, indent=1).encode())
    write_atomically(verdict.pages / "index.html", page.marts_page(result).encode())
    failed = [row["check"] for row in rows if not row["success"]]
    logger.info("build %s: mart gate passed: %s, failed checks: %s", build_path.name, passed, failed)
    if crash:
        logger.error("build %s: the mart gate crashed, nothing is published: %s", build_path.name, crash)
    return verdict


def _evaluate_marts(warehouse: Path, suites: dict[str, list[marts.MartCheck]], budget: engine.Budget) -> list[Row]:
    if not warehouse.is_file():
        raise GateError(f"the build has no {warehouse.name}; build again")
    return _results(warehouse, suites, budget, schema=",".join(marts.SCHEMAS))


def _results(database: Path, suites: dict[str, list[marts.MartCheck]], budget: engine.Budget, schema: str) -> list[Row]:
    rows: list[Row] = []
    with engine.source(database, budget, schema=schema) as origin:
        for table, checks in suites.items():
            budget.check()
            for outcome in engine.run(origin, marts.suite(table, checks), table):
                told = {"success": outcome.success, "observed": outcome.observed, "crashed": outcome.crash}
                rows.append({"table": table, **outcome.meta, **told})
    return rows


def _evaluate_continuity(build_path: Path, edition: Path | None, rule: Continuity, budget: engine.Budget) -> list[Row]:
    """The results of the comparison with the edition that stands; the comparison itself stays beside the results."""
    (build_path / "gate").mkdir(parents=True, exist_ok=True)
    old = edition / WAREHOUSE if edition else None
    compared = continuity.compare(build_path / WAREHOUSE, old, build_path / "gate", rule)
    return _results(compared, continuity.checks(rule), budget, schema="main")


def _log_judgement(feed: str, judgement: Judgement) -> None:
    counts = {name: sum(v.verdict == name for v in judgement.verdicts) for name in ("pass", "warn", "held")}
    logger.info("feed %s: gate passed %s, warned %s, held %s", feed, counts["pass"], counts["warn"], counts["held"])
    if judgement.crash:
        logger.error("feed %s: the gate crashed, its landings are held: %s", feed, judgement.crash)
