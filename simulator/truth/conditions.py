"""What the words of the indicators mean: of each record yes or no, and the months in which it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction

from simulator.truth.cases import Record
from simulator.truth.deadlines import STAGES, Deadline
from simulator.truth.places import Place


@dataclass
class Judged:
    """A record with its place, its deadlines by stage, the moment it is, its category, and what else is known of it."""

    record: Record
    place: Place
    deadlines: Mapping[str, Deadline]
    now: datetime
    category: str = ""  # the one that outlives the lists
    recurs: bool = False
    about: Record | None = None  # the case that it speaks of

    def at(self, verb: str) -> datetime | None:
        return self.record.at.get(verb)

    def due(self, stage: str) -> datetime | None:
        one = self.deadlines.get(stage)
        return one.due if one else None

    def met(self, stage: str) -> bool:
        one = self.deadlines.get(stage)
        return bool(one and one.stopped and one.met)


def _arrival(one: Judged) -> int | None:
    """Seconds from the report to the arrival, where there was one after it."""
    opened, arrived = one.record.opened, one.at("arrived")
    if opened is None or arrived is None or arrived < opened:
        return None
    return int((arrived - opened).total_seconds())


def _settling(one: Judged) -> int | None:
    """Seconds from the report to the disposal, where it came after it."""
    opened, done = one.record.opened, one.record.stopped
    return None if opened is None or done is None or done < opened else int((done - opened).total_seconds())


def _overrun(one: Judged) -> Fraction | None:
    """How much of its limit the disposal came after the deadline; None where it did not."""
    deadline = one.deadlines.get("handle")
    return deadline.overrun if deadline else None


def _is_excluded(case: Record) -> bool:
    """Cases of which the answers on call-back are not held against the office."""
    return case.is_cancelled or "appeal_granted" in case.at or case.more.get("asked") == "咨询"


def _outcome(name: str) -> Callable[[Judged], bool]:
    """What has become of a dispatched case: one of seven."""
    return lambda one: one.at("dispatched") is not None and _became(one) == name


def _became(one: Judged) -> str:
    since = one.record.pauses
    is_suspended = not _disposed(one) and bool(since) and since[0][1] is None
    if one.record.is_cancelled:
        return "cancelled"
    if is_suspended:
        return "suspended"
    if "handle" not in one.deadlines:
        return "without limit"
    if _disposed(one):
        return "on time" if one.met("handle") else "late"
    return "overdue" if _handle_due(one) else "not due"


def _took(verb: str) -> Callable[[Judged], bool]:
    return lambda one: one.at(verb) is not None


def _disposed(one: Judged) -> bool:
    return one.record.stopped is not None


def _handle_due(one: Judged) -> bool:
    """应处置: with a limit, and the limit has run out or the work was done ahead of it."""
    due = one.due("handle")
    return "handle" in one.deadlines and (_disposed(one) or (due is not None and due <= one.now))


def _close_due(one: Judged) -> bool:
    due = one.due("close")
    return "close" in one.deadlines and (one.at("closed") is not None or (due is not None and due <= one.now))


def _by(verb: str, limit: str) -> Callable[[Judged], bool]:
    """A step taken by the moment that the record itself names."""

    def within(one: Judged) -> bool:
        done, last = one.at(verb), _moment(one, limit)
        return done is not None and last is not None and done <= last

    return within


def _moment(one: Judged, role: str) -> datetime | None:
    """A limit in the record: a moment, or the end of a day."""
    text = one.record.more.get(role, "").replace("T", " ")
    if not text:
        return None
    if len(text) == len("2026-10-05"):
        return datetime.combine(datetime.fromisoformat(text), time(23, 59, 59))
    return datetime.fromisoformat(text)


def _run_out(limit: str, done: str) -> Callable[[Judged], bool]:
    """Owed: the limit has run out, or it was done ahead of it."""

    def owed(one: Judged) -> bool:
        last = _moment(one, limit)
        return one.at(done) is not None or (last is not None and last <= one.now)

    return owed


def _within(verb: str, hours: float, *since: str) -> Callable[[Judged], bool]:
    """A step taken within so many continuous hours of another: of the first of these that the record has."""

    def within(one: Judged) -> bool:
        began = next((moment for name in since if (moment := one.at(name))), None)
        done = one.at(verb)
        return began is not None and done is not None and done - began <= timedelta(hours=hours)

    return within


def _answer(role: str, *words: str) -> Callable[[Judged], bool]:
    """What a cell of the record says."""
    return lambda one: one.record.more.get(role, "") in words


def _owed(stage: str) -> Callable[[Judged], bool]:
    """With a limit, and it has run out or the step was taken ahead of it."""

    def owed(one: Judged) -> bool:
        due = one.deadlines.get(stage)
        return due is not None and (due.stopped is not None or (due.due is not None and due.due <= one.now))

    return owed


def _number(one: Judged, role: str) -> Fraction:
    """A number that a cell tells, 0 where it tells none."""
    return Fraction(one.record.more.get(role) or 0)


def _fell_due(one: Judged, limit: str) -> bool:
    """A limit in the record has passed."""
    last = _moment(one, limit)
    return last is not None and last <= one.now


def _authorised(one: Judged) -> bool:
    """Rated by one whom a document lets."""
    return one.at("appraisal_scored") is not None and one.record.more.get("paper", "") != ""


def _listed(one: Judged, role: str) -> int:
    """How many numbers stand in a cell, joined by commas."""
    return len([word for word in one.record.more.get(role, "").split(",") if word])


CONDITIONS: Mapping[str, Callable[[Judged], bool]] = {
    "reported": lambda one: one.record.opened is not None,
    "accepted": _took("accepted"),
    "registered": _took("registered"),
    "dispatched": _took("dispatched"),
    "effective": lambda one: one.at("dispatched") is not None and not one.record.is_cancelled,
    "disposed": _disposed,
    "disposed_ever": lambda one: one.at("handled") is not None,
    "closed": _took("closed"),
    "cancelled": lambda one: one.record.is_cancelled,
    "open": lambda one: one.record.ended is None and not one.record.withdrawn,
    "handle_due": _handle_due,
    "handled_on_time": lambda one: one.met("handle"),
    "overdue_open": lambda one: _handle_due(one) and not _disposed(one),
    "overrun": lambda one: _overrun(one) is not None and one.at("closed") is not None and not one.record.is_cancelled,
    "close_due": _close_due,
    "closed_on_time": lambda one: one.met("close"),
    "handled_on_time_and_closed": lambda one: one.met("handle") and one.at("closed") is not None,
    "reworked": lambda one: one.at("post_disposal_check_failed") is not None,
    "extended": _took("extension_granted"),
    "suspended": _took("suspended"),
    "sent_back": _took("returned_to_sender"),
    "supervised": _took("supervised"),
    "recurred": lambda one: one.recurs,
    "called_back": _took("called_back"),
    "rated": lambda one: one.record.grade != "",
    "satisfied": lambda one: one.record.grade in ("satisfied", "fairly satisfied"),
    "signed_in_a_day": _within("signed", 24, "dispatched"),
    "accepted_in_a_quarter": _within("accepted", 0.25, "reported"),
    "dispatched_in_a_quarter": _within("dispatched", 0.25, "registered", "accepted", "reported"),
    "registered_in_a_quarter": _within("registered", 0.25, "pre_filing_check", "accepted", "reported"),
    "registered_accurately": lambda one: one.at("registered") is not None and not one.record.is_cancelled,
    "found": lambda one: one.record.found in ("own", "public"),
    "found_by_own": lambda one: one.record.found == "own",
    "not_accepted": _took("not_accepted"),
    "not_registered": _took("not_registered"),
    "arrived": lambda one: _arrival(one) is not None,
    "transfers": _took("dispatched"),
    "about_excluded": lambda one: one.about is not None and _is_excluded(one.about),
    "dispatched_once": lambda one: one.at("dispatched") is not None and one.at("transferred") is None,
    "self_fixed": _took("self_fixed"),
    "reached": _answer("reached", "1"),
    "responded_asked": _answer("responded", "0", "1"),
    "responded": _answer("responded", "1"),
    "solved_asked": _answer("solved", "0", "1"),
    "solved": _answer("solved", "1"),
    "appealed": _took("appealed"),
    "appeal_granted": _took("appeal_granted"),
    "pushed": _took("pushed"),
    "answered": _took("answered"),
    "blown": _took("whistle_blown"),
    "whistle_signed": _took("whistle_signed"),
    "whistle_signed_on_time": _by("whistle_signed", "sign_by"),
    "whistle_contacted_on_time": _by("whistle_contacted", "contact_by"),
    "whistle_arrived": _took("whistle_arrived"),
    "whistle_due": _run_out("close_by", "whistle_closed"),
    "whistle_closed_on_time": _by("whistle_closed", "close_by"),
    "scored": lambda one: one.record.more.get("score", "") != "",
    "score": lambda one: one.record.more.get("score", "") != "",
    "answer_due": _run_out("answer_by", "supervision_answered"),
    "answered_on_time": _by("supervision_answered", "answer_by"),
    "visit_planned": _took("visit_planned"),
    "visit_due": _run_out("due_on", "visited"),
    "visited": _took("visited"),
    "visited_on_time": _by("visited", "due_on"),
    "patrolled": _took("patrolled"),
    "decision_due": lambda one: one.at("decision_dropped") is None and _run_out("due_on", "decision_done")(one),
    "decision_done": _took("decision_done"),
    "handled_late": lambda one: "handle" in one.deadlines and _disposed(one) and not one.met("handle"),
    "handled_without_limit": lambda one: "handle" not in one.deadlines and _disposed(one),
    "closed_in_limit": lambda one: one.met("close") and one.at("closed") is not None,
    "closed_late": lambda one: "close" in one.deadlines and one.at("closed") is not None and not one.met("close"),
    "closed_without_limit": lambda one: "close" not in one.deadlines and one.at("closed") is not None,
    **{f"{stage}_owed": _owed(stage) for stage in STAGES},
    **{f"{stage}_in_time": lambda one, stage=stage: one.met(stage) for stage in STAGES},  # type: ignore[misc]
    "handled_first_pass": lambda one: "handle" in one.deadlines and one.deadlines["handle"].first_met is True,
    "without_limit": lambda one: not {"handle", "close"} & one.deadlines.keys(),
    "became_handled_on_time": _outcome("on time"),
    "became_handled_late": _outcome("late"),
    "became_overdue": _outcome("overdue"),
    "became_not_due": _outcome("not due"),
    "became_suspended": _outcome("suspended"),
    "became_cancelled": _outcome("cancelled"),
    "became_without_limit": _outcome("without limit"),
    "settled": lambda one: one.record.more.get("solved") == "1" and _settling(one) is not None,
    "overdue visit": lambda one: one.at("visited") is None and _fell_due(one, "due_on"),
    "request placed": _took("request_placed"),
    "request taken back": _took("request_withdrawn"),
    "request owed": _run_out("answer_by", "request_answered"),
    "request answered in time": _by("request_answered", "answer_by"),
    "request served": _took("request_served"),
    "persons of a request": _took("request_served"),
    "need": _took("need_listed"),
    "need nobody claims": lambda one: one.at("need_listed") is not None and one.at("project_claimed") is None,
    "project": _took("project_claimed"),
    "project owed": _run_out("due_on", "project_done"),
    "project done": _took("project_done"),
    "need of an answer": _took("question_asked"),
    "question owed": lambda one: (
        one.at("question_answered") is not None or one.now - one.record.at["question_asked"] >= timedelta(hours=1)
    ),
    "question answered in an hour": _within("question_answered", 1, "question_asked"),
    "issue": _took("issue_collected"),
    "issue on the agenda": _took("agenda_set"),
    "issue deliberated": _took("deliberated"),
    "issue handed on": _took("issue_routed"),
    "issue reviewed": _took("issue_reviewed"),
    "issue solved": lambda one: one.at("issue_reviewed") is not None and one.record.more["result"] == "已解决",
    "four at the table": lambda one: len(one.record.more["parties"].split("、")) == 4,
    "invited": _took("invitation_sent"),
    "came": _took("invitation_attended"),
    "decided on": _took("invitation_resolved"),
    "rated by right": _authorised,
    "rated without right": lambda one: one.at("appraisal_scored") is not None and not one.record.more["paper"],
    "points": _authorised,
    "many answered": lambda one: _authorised(one) and one.record.more["answered"] != "",
    "pleased": lambda one: _authorised(one) and one.record.more["answered"] != "",
    "rated itself": lambda one: _authorised(one) and one.record.more["own"] != "",
    "own points": lambda one: _authorised(one) and one.record.more["own"] != "",
    "thinks more of itself": lambda one: _authorised(one) and one.record.more["own"] != "",
    "letter": _took("letter_sent"),
    "letter owed": _run_out("answer_by", "letter_answered"),
    "letter answered in time": _by("letter_answered", "answer_by"),
    "letter open": lambda one: one.at("letter_sent") is not None and one.at("letter_answered") is None,
    "opinion sought": _took("opinion_sought"),
    "opinion given": _took("opinion_given"),
    "opinion adopted": _took("opinion_adopted"),
    "admission asked for": _took("admission_requested"),
    "admission decided on": lambda one: bool({"admission_granted", "admission_refused"} & one.record.at.keys()),
    "admitted": _took("admission_granted"),
    "taken off": _took("admission_removed"),
    "admission run out": _run_out("expires_on", "admission_removed"),
    "taken off in time": _by("admission_removed", "expires_on"),
    "bypassed": _took("admission_bypassed"),
    "abolished": _took("ledger_abolished"),
    "revived": lambda one: one.at("ledger_demanded") is not None and one.at("ledger_readmitted") is None,
    "operation": _took("operation_opened"),
    "operation over": _took("operation_closed"),
    "units out": _took("operation_opened"),
    "cases ended": _took("operation_closed"),
    "inspected": _took("inspected"),
    "drawn": _took("inspected"),
    "passed": _took("inspected"),
    "reported in": _took("reported_in"),
    "reported back": _took("reported_back"),
    "persons of a turn": _took("reported_back"),
    "activity": lambda one: one.at("activity_announced") is not None and one.at("activity_cancelled") is None,
    "activity held": _took("activity_held"),
    "volunteers": _took("activity_held"),
    "hours": _took("activity_held"),
    "activity for a need": lambda one: one.at("activity_held") is not None and one.record.more["need"] != "",
}
# what a record brings above the line where it is not 1
AMOUNTS: Mapping[str, Callable[[Judged], Fraction]] = {
    "score": lambda one: Fraction(one.record.more["score"]),
    "arrived": lambda one: Fraction(_arrival(one) or 0),
    "overrun": lambda one: Fraction((1000 * (_overrun(one) or Fraction())).__floor__()),
    "transfers": lambda one: Fraction(one.at("transferred") is not None),
    "settled": lambda one: Fraction(_settling(one) or 0),
    "persons of a request": lambda one: _number(one, "persons"),
    "points": lambda one: _number(one, "points"),
    "pleased": lambda one: _number(one, "pleased"),
    "own points": lambda one: _number(one, "own"),
    "thinks more of itself": lambda one: max(_number(one, "own") - _number(one, "points"), Fraction(0)),
    "units out": lambda one: Fraction(_listed(one, "units")),
    "cases ended": lambda one: Fraction(_listed(one, "cases")),
    "drawn": lambda one: _number(one, "drawn"),
    "passed": lambda one: _number(one, "passed"),
    "persons of a turn": lambda one: _number(one, "persons"),
    "volunteers": lambda one: _number(one, "persons"),
    "hours": lambda one: _number(one, "hours"),
}
# what a record brings below the line where it is not 1
WEIGHTS: Mapping[str, Callable[[Judged], int]] = {
    "answers": lambda one: int(_number(one, "answered")),
    "pieces": lambda one: int(_number(one, "pieces")),
    "drawn": lambda one: int(_number(one, "drawn")),
}
_MOMENTS: Mapping[str, Callable[[Judged], datetime | None]] = {
    "reported": lambda one: one.record.opened,
    "disposed": lambda one: one.record.stopped,
    "ended": lambda one: one.record.ended,
    "called back": lambda one: one.at("called_back"),
}


def _stopped(one: Judged, stage: str) -> datetime | None:
    return one.deadlines[stage].stopped if stage in one.deadlines else None


def months(window: str, one: Judged) -> list[str]:
    """The months in which a record counts; of what is owed, those in which it fell due and in which it was done."""
    stage = window.removesuffix(" due")
    if stage == window:
        moment = _MOMENTS.get(window, lambda known: known.at(window))(one)
        return [moment.strftime("%Y-%m")] if moment else []
    done = one.record.stopped if stage == "handle" else one.at("closed") if stage == "close" else _stopped(one, stage)
    due = one.due(stage)
    fell_due = due if due is not None and due <= one.now else None
    return sorted({moment.strftime("%Y-%m") for moment in (done, fell_due) if moment is not None})
