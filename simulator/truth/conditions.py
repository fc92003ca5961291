"""What the words of the indicators mean: of each record yes or no, and the months in which it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction

from simulator.truth.cases import Record
from simulator.truth.deadlines import Deadline


@dataclass(frozen=True)
class Judged:
    """A record with its deadlines by stage, whether its incident is an earlier one come back, and the moment it is."""

    record: Record
    deadlines: Mapping[str, Deadline]
    recurs: bool
    now: datetime

    def at(self, verb: str) -> datetime | None:
        return self.record.at.get(verb)

    def due(self, stage: str) -> datetime | None:
        one = self.deadlines.get(stage)
        return one.due if one else None

    def met(self, stage: str) -> bool:
        one = self.deadlines.get(stage)
        return bool(one and one.stopped and one.met)


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
}
# what a record brings above the line where it is not 1
AMOUNTS: Mapping[str, Callable[[Judged], Fraction]] = {"score": lambda one: Fraction(one.record.more["score"])}
_MOMENTS: Mapping[str, Callable[[Judged], datetime | None]] = {
    "reported": lambda one: one.record.opened,
    "disposed": lambda one: one.record.stopped,
    "ended": lambda one: one.record.ended,
    "called back": lambda one: one.at("called_back"),
}


def months(window: str, one: Judged) -> list[tuple[str, bool]]:
    """The months in which a record counts, and whether what is above the line counts there.

    Of what falls due: the month of the deadline, where the work was not finished in an earlier one, and the month in
    which it was done; what was done counts where it was done.
    """
    if window not in ("handle due", "close due"):
        moment = _MOMENTS.get(window, lambda known: known.at(window))(one)
        return [(moment.strftime("%Y-%m"), True)] if moment else []
    stage = window.removesuffix(" due")
    done = one.record.stopped if stage == "handle" else one.at("closed")
    due = one.due(stage)
    found = {}
    if due is not None and due <= one.now and (done is None or done.strftime("%Y-%m") >= due.strftime("%Y-%m")):
        found[due.strftime("%Y-%m")] = done is None
    if done is not None:
        found[done.strftime("%Y-%m")] = True
    return sorted(found.items())
