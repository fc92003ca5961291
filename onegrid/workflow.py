"""The steps from a source to an edition, as plain functions: the DAGs and the command line call these and nothing else.

Each step takes all that is new, may run twice at once, and may be killed anywhere: what it had not committed is done
again by the next call.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.acknowledge import AcknowledgeReport, acknowledge
from ingest.city import City, ClosingRules, Delivery, open_city
from ingest.errors import DeliveryError, GateError, OnegridError, SourceError
from ingest.files import one_at_a_time
from ingest.home import Home, open_home
from ingest.land import LandReport, land
from ingest.log import Log, Verdict, is_crash
from ingest.pull import PullReport, pull
from reporting.audience import PUBLIC, CutReport, cut_audiences, newest_manifest
from reporting.build import BuildReport, current_edition
from reporting.build import build as build_warehouse
from reporting.classification import lint_public, of_project
from reporting.closing import Closing, closings, edition_of, parse_month, verify_closings
from reporting.delivery import DeliveryReport, deliver_postgresql
from reporting.dossier import lookups_of
from reporting.edition import CURRENT, MANIFEST, EditionReport, Waiver
from reporting.edition import publish as publish_edition
from reporting.objections import close_drafted, verify_acts
from reporting.public import cut_public, lint_windows
from reporting.restatement import RestatementReport
from reporting.restatement import differ as differ_editions
from reporting.restatement import restate as restate_month
from reporting.retention import Retired, verify_published
from reporting.retention import retire as retire_published
from watch import alerts
from watch.book import Book
from watch.finding import KINDS, Finding

logger = logging.getLogger(__name__)
TASK_FAILED = "task_failed"
AT_ONCE = ClosingRules(objection_days=0)

__all__ = [
    "AcknowledgeReport", "BuildReport", "Delivery", "DeliveryReport", "EditionReport", "GateReport", "LandReport",
    "MartGateReport", "PullReport", "Waiver", "WatchReport", "acknowledge", "build", "close", "closings", "deliver",
    "differ", "gate_landings", "gate_marts", "judge_by_hand", "land", "land_again", "note_task", "open_city",
    "open_home", "publish", "pull", "redrive", "restate", "verify", "watch",
]  # fmt: skip


@dataclass(frozen=True)
class GateReport:
    """What the landing gate said of the landings that had no verdict; `reasons` name landing and check."""

    feed: str
    passed: int = 0
    warned: int = 0
    held: int = 0
    reasons: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class MartGateReport:
    """What the mart gate said of a build: `failures` as sentences, `pages` where a person reads the results."""

    passed: bool
    failures: list[str]
    pages: Path

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "pages": str(self.pages)}


@dataclass(frozen=True)
class RedriveReport:
    """What landing again did: rejected records and held landings of the newest landings, before and after."""

    feed: str
    landings: int
    rejected_before: int
    rejected_after: int
    held_before: int
    held_after: int


@dataclass(frozen=True)
class WatchReport:
    """What a look at all feeds found, as sentences: news, what is over, how much stands open, messages sent.

    `unsent` says why an office could not be told; the next look tells it.
    """

    opened: list[str]
    closed: list[str]
    standing: int
    messages: int
    unsent: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def gate_landings(city: City, home: Home, feed: str) -> GateReport:
    """Judge every landing of a feed that has no verdict, and record the verdicts.

    A crash of the gate holds them until the gate has judged them after all, or a person has.
    """
    log = Log(home)
    judged = {verdict["landing_id"] for verdict in log.verdicts(feed) if not is_crash(verdict)}
    pending = [receipt for receipt in log.receipts(feed) if receipt["landing_id"] not in judged]
    if not pending:
        return GateReport(feed)
    from expectations.gate import judge_landings

    told = judge_landings(city, home, feed, pending)
    log.record_verdicts(feed, told)
    counts = {name: sum(1 for v in told if v.verdict == name) for name in ("pass", "warn", "held")}
    reasons = [f"{v.landing_id[:8]}: {reason['check']}" for v in told if v.verdict != "pass" for reason in v.reasons]
    logger.info("feed %s: %s landings judged, %s held", feed, len(told), counts["held"])
    return GateReport(feed, counts["pass"], counts["warn"], counts["held"], reasons)


def redrive(city: City, home: Home, feed: str) -> RedriveReport:
    """Land again whatever the contract in force, the code or the keys would land differently, and judge it.

    Every batch is sealed, so nothing has to be asked of the source again; a batch whose recipe is unchanged stays.
    """
    log = Log(home)
    rejected, held = _waiting(log, feed)
    landed = land(city, home, feed)
    gate_landings(city, home, feed)
    rejected_after, held_after = _waiting(log, feed)
    return RedriveReport(feed, landed.landings, rejected, rejected_after, held, held_after)


def _waiting(log: Log, feed: str) -> tuple[int, int]:
    """Rejected records and held landings among the newest landing of each batch."""
    newest = {receipt["batch_id"]: receipt for receipt in log.receipts(feed)}
    verdicts = {verdict["landing_id"]: verdict["verdict"] for verdict in log.verdicts(feed)}
    held = sum(verdicts.get(receipt["landing_id"]) == "held" for receipt in newest.values())
    return sum(receipt["rejected"] for receipt in newest.values()), held


def judge_by_hand(city: City, home: Home, landing: str, verdict: str, by: str, why: str) -> str:
    """A person releases, holds or refuses a landing (by its id or the beginning of it). Returns the full id.

    Raises OnegridError where no landing, or more than one, is meant, or `by` or `why` is empty.
    """
    receipt = _meant(city, home, landing, by, why)
    Log(home).record_verdicts(receipt["feed"], [Verdict(receipt["landing_id"], verdict, [], by=by, why=why)])
    return str(receipt["landing_id"])


def land_again(city: City, home: Home, landing: str, by: str, why: str) -> str:
    """A person has a landing (by its id or the beginning of it) made anew by the contract in force, and judged.

    Returns the id of the new landing; the old one is refused, with who, why and what took its place. Raises
    OnegridError as `judge_by_hand` does, and where contract, code and keys in force would land the batch as it stands.
    """
    old = _meant(city, home, landing, by, why)
    feed = old["feed"]
    land(city, home, feed)
    log = Log(home)
    newest = [r for r in log.receipts(feed) if r["batch_id"] == old["batch_id"]][-1]
    if newest["landing_id"] == old["landing_id"]:
        raise OnegridError(
            f"the contract in force lands {old['batch_name']} of {feed} as it stands: mend the contract and raise its "
            "version first (`onegrid feed diff` shows what that changes), or release or refuse the landing"
        )
    why = f"landed again as {newest['landing_id'][:12]}: {why}"
    log.record_verdicts(feed, [Verdict(old["landing_id"], "refused", [], by=by, why=why)])
    gate_landings(city, home, feed)
    return str(newest["landing_id"])


def _meant(city: City, home: Home, landing: str, by: str, why: str) -> Mapping[str, Any]:
    """The receipt of the one landing that a person decides on."""
    if not by.strip() or not why.strip():
        raise OnegridError("say who decides (--by) and why (--why): both are kept with the verdict")
    found = [r for r in Log(home).receipts() if landing and r["landing_id"].startswith(landing)]
    if len(found) != 1:
        what = "no landing" if not found else f"{len(found)} landings"
        raise OnegridError(f"{what} begin with {landing!r}; `onegrid gate --held` lists those that wait")
    city.contract(found[0]["feed"])
    return found[0]


def build(city: City, home: Home, as_of: str | None = None) -> BuildReport:
    """Build the log as it stands (or as of an edition or log version) unless its edition is published already."""
    made = build_warehouse(city, home, as_of)
    current = current_edition(home)
    published = as_of is None and current is not None and current["build_id"] == made.build_id
    return replace(made, changed=not published)


def gate_marts(city: City, home: Home, build_id: str) -> MartGateReport:
    """Judge the marts of a build; results stay beside it. A crashed check is a failure."""
    from expectations.gate import judge_marts

    path = _build_path(home, build_id)
    current = home.editions / CURRENT
    edition = current.resolve() if current.exists() else None
    verdict = judge_marts(path, edition=edition, rule=city.settings.continuity, now=home.now())
    return MartGateReport(verdict.passed, verdict.failures, verdict.pages)


def publish(city: City, home: Home, build_id: str, waiver: Waiver | None = None) -> EditionReport:
    """Publish a gated build as the next edition, and cut it for every audience of the city.

    Raises PublishError where its gate did not pass, unless just the checks failed that a person accepts (`waiver`).
    """
    report = publish_edition(_build_path(home, build_id), home.root, waiver)
    cut(city, home)
    return report


def cut(city: City, home: Home, edition: str = "") -> list[CutReport]:
    """Cut an edition (by default the current one) for every audience, and the public one from the closed months.

    Cuts that stand are left. Raises ContractError where audiences.yml is wrong, PublishError where a cut is unsound.
    """
    if not city.audiences.text and not home.audiences.is_dir():
        return []
    path, _ = edition_of(home, edition)
    found = cut_audiences(city, home, path)
    public = cut_public(city, home)
    return [*found, *([public] if public else [])]


def lint_audiences(city: City) -> list[str]:
    """What of the approvals in audiences.yml may not be, by the marts and indicators of the project in force."""
    if city.audiences.file.public is None or not city.audiences.file.public.admitted:
        return []
    return [*lint_public(city.audiences, of_project()), *lint_windows(city.audiences)]


def audience_lines(city: City, home: Home) -> list[str]:
    """Each audience with the folder that its readers are given, what is in it, and whether it sees figures of persons.

    Then the approvals of the public, those that ran out marked.
    """
    today = home.now().date()
    names = [(one.name, one.title, one.has_duty(today)) for one in city.audiences.readers]
    public = city.audiences.file.public
    lines = []
    for name, title, duty in [*names, *([(PUBLIC, public.title, False)] if public else [])]:
        manifest = newest_manifest(home, name)
        state = f"cut {manifest['number']} of edition {manifest['cut_from']['edition']}" if manifest else "not cut yet"
        persons = "sees figures about persons" if duty else "no legal duty, figures about persons are suppressed"
        lines.append(f"{name} ({title}): {state}; {persons}; {home.audiences / name / CURRENT}")
    for one in public.admitted if public else []:
        over = "" if today <= one.expires else " (has run out)"
        lines.append(f"public: {one.mart}: {one.number}, {one.approver}, through {one.expires}{over}")
    return lines or [f"city {city.name} has no audiences.yml: nothing is cut (docs/audiences.md)"]


def retire(home: Home, apply: bool = False) -> list[Retired]:
    """Editions, cuts and builds that are no longer kept; with `apply` their tables are removed."""
    return retire_published(home, apply)


def deliver(
    city: City, home: Home, edition: str = "", asked: Iterable[Delivery] | None = None
) -> Iterable[DeliveryReport]:
    """Deliver an edition (by number, default the current one) to each database asked for, default those of city.yml.

    One that fails keeps no other from its edition. Raises DeliveryError, naming each that failed, at the end.
    """
    wanted = list(city.settings.deliveries if asked is None else asked)
    if not wanted:
        raise DeliveryError("no delivery is asked for: give --connection, or write `deliveries` in city.yml")
    path = home.editions / (edition or CURRENT)
    if (edition and not edition.isdigit()) or not (path / MANIFEST).is_file():
        raise DeliveryError(f"there is no edition {edition or CURRENT!r} in {home.editions.name}; publish one first")
    path, failed = path.resolve(), []
    for one in wanted:
        try:
            yield deliver_postgresql(path, one.connection, one.readers, one.schema_, one.keep)
        except (DeliveryError, SourceError) as error:
            failed.append(str(error))
    if failed:
        raise DeliveryError("; ".join(failed))


def build_folder(home: Home, build_id: str = "") -> Path:
    """The folder of a finished build; '' means that of the current edition. Raises GateError where there is none."""
    current = current_edition(home)
    return _build_path(home, build_id or (current["build_id"] if current else ""))


def _build_path(home: Home, build_id: str) -> Path:
    path = home.builds / build_id
    if not (path / "build.json").is_file():
        raise GateError(f"there is no finished build {build_id!r}; run `onegrid build` first")
    return path


def watch(city: City, home: Home) -> WatchReport:
    """Look at every feed, record what is new and what is over, and tell the offices that must act."""
    from watch.book import since_of
    from watch.history import read_histories
    from watch.look import look

    now, book = home.now(), Book(home)
    opened, closed, standing = [], [], 0
    with one_at_a_time(home.root / ".watch.lock"):
        histories, workday = read_histories(city, home, now)
        for feed, history in histories.items():
            before = {key: since_of(record) for key, record in book.open_findings(feed).items()}
            found = look(history, now, workday, before, book.last_over(feed, ("silent", "")))
            news, over = book.note(feed, found, lambda key: key[0] != TASK_FAILED)
            opened += [f"{feed}: {KINDS[r['code']].en}; {r['detail']}" for r in news]
            closed += [f"{feed}: over: {KINDS[r['code']].en}" for r in over]
            standing += len(book.open_findings(feed))
        sent, unsent = _tell(city, home, histories)
    logger.info("watch: %s found, %s over, %s stand open, %s messages sent", len(opened), len(closed), standing, sent)
    return WatchReport(opened, closed, standing, sent, unsent)


def note_task(city: City, home: Home, feed: str, task: str, reason: str | None) -> None:
    """A task of the timetable failed (`reason` says how, without values of records), or went well again (None).

    `feed` is empty for the warehouse's own tasks. Told at once, once, until it goes well again.
    """
    name, book = feed or alerts.BUREAU, Book(home)
    with one_at_a_time(home.root / ".watch.lock"):
        found = [Finding(name, TASK_FAILED, task, home.now(), reason, reason)] if reason is not None else []
        book.note(name, found, lambda key: key == (TASK_FAILED, task))
        _tell(city, home, [feed] if feed else [])


def _tell(city: City, home: Home, feeds: Iterable[str]) -> tuple[int, str]:
    try:
        return alerts.tell(city, home, feeds), ""
    except OnegridError as error:
        logger.warning("alerts: %s", error)
        return 0, str(error)


def close(
    home: Home,
    month: str,
    edition: str = "",
    by: str = "",
    why: str = "",
    document: str = "",
    again: str = "",
    incomplete: str = "",
    rules: ClosingRules = AT_ONCE,
    unruled: str = "",
) -> Closing:
    """Close a month (`2026-10`) with the figures of an edition, by default the current one (考核月结).

    Where the rules give days for objections, the draft of the month is closed, without what was upheld; `unruled` is
    the reason for closing it though objections wait. Raises ClosingError where the month may not be closed so; then
    nothing is recorded.
    """
    return close_drafted(
        home, parse_month(month), rules, edition, by, why, document, again, incomplete, unruled=unruled
    )


def restate(
    home: Home, month: str, edition: str = "", closing: int | None = None, out: Path | None = None
) -> RestatementReport:
    """Compare a closed month with the same month in an edition, by default the current one, and write the report.

    `closing` is the number of the closing, by default the last; `out` a folder, by default beside the frozen rows.
    """
    return restate_month(home, parse_month(month), edition, closing, out)


def differ(home: Home, earlier: str, later: str = "", month: str = "", out: Path | None = None) -> RestatementReport:
    """Compare a month of two editions by number and write the report; the later edition is by default the current one.

    The month is by default the one that the later edition's data end in; `out` a folder, by default in the home.
    """
    return differ_editions(home, earlier, later, parse_month(month) if month else None, out)


def verify(home: Home) -> list[str]:
    """Everything wrong with vault, log, editions and closings of a home, as sentences; empty when sound."""
    from ingest.vault import Vault

    found = [*Vault(home).faults(), *Log(home).faults()]
    found += lookups_of(home).faults()
    return [*found, *verify_published(home), *verify_closings(home), *verify_acts(home)]
