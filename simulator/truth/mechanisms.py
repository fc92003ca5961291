"""The core mechanisms, as a perfect office counts them from the records that were delivered.

Tables of a truth folder: whistles.csv, whistle_rates.csv, supervisions.csv, decisions.csv, applications.csv,
custody.csv, custody_matters.csv, discovery.csv, patrols.csv, duties.csv and duty_posts.csv. The clock is the moment up
to which the feeds were read; a limit that has not run out by then is neither kept nor missed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from simulator.truth.conditions import Judged
from simulator.truth.places import UNKNOWN, UNLOCATED, Grids
from simulator.truth.tables import Row, rows, write, written

STEPS = ("signed", "contacted", "arrived", "planned", "closed")
LIMITS = {"signed": "sign_by", "contacted": "contact_by", "closed": "close_by"}
WHISTLES = (
    "feed", "key", "whistle", "kind", "street", "org", "grid", "month", *(f"minutes_{step}" for step in STEPS),
    *(f"{step}_on_time" for step in LIMITS), "score", "is_repeat",
)  # fmt: skip
SUPERVISIONS = (
    "feed", "key", "level", "way", "matter", "org", "grid", "month", "age_days", "minutes_to_answer", "minutes_late",
    "answered_on_time", "is_open", "is_relapse",
)  # fmt: skip
DECISIONS = (
    "feed",
    "key",
    "meeting",
    "type",
    "org",
    "street",
    "month",
    "due_on",
    "state",
    "days_overdue",
    "is_overdue",
)
APPLICATIONS = (
    "feed", "key", "kind", "org", "community", "street", "month", "step", "due_on", "days_overdue", "is_overdue",
    "people",
)  # fmt: skip
CUSTODY = (
    "level", "unit", "month", "stays", "open", "closed", "up", "down", "wrong", "seconds", "p50", "p90", "oldest",
)  # fmt: skip
MATTERS = (
    "matter", "grid", "first_level", "month", "stays", "wrong", "state", "level", "unit", "since", "seconds",
    "closed_at_lowest", "is_stuck",
)  # fmt: skip
DISCOVERY = ("channel", "device", "grid", "month", "kind", "found", "self_fixed")
WALKED = (
    "grid", "month", "patrols", "seconds", "noted", "fixed", "found", "patrolled_days", "grid_days",
)  # fmt: skip
PATROLS = "governance_patrols"
DUTIES = ("duty", "class", "owner", "approval", "staff", "budget")
POSTS = ("duty", "grid", "owner", "basis", "cases", "accepted", "accept_seconds", "longest")
LEVELS = {"社区": "community", "街道": "street", "部门": "department", "区": "district"}
WHISTLE_RATES = ("street", "month", "whistles", "calls", "repeats", "cases", "tail")
AGAIN = timedelta(days=14)
COMPARED, ENOUGH, FAR = 4, 30, 3
RELAPSED = timedelta(days=30)
STAYS = 20


def count(folder: Path, judged: Sequence[Judged], grids: Grids, begins: datetime, now: datetime) -> None:
    """Write the tables of the core mechanisms; the feeds' deliveries are told in seconds since `begins`."""
    whistles = of_stream(judged, "whistle")
    repeats = repeated(whistles)
    write(folder / "whistles.csv", WHISTLES, (_whistle(one, one.record.key in repeats, now) for one in whistles))
    write(folder / "whistle_rates.csv", WHISTLE_RATES, _whistle_rates(judged, whistles, repeats))
    write(folder / "supervisions.csv", SUPERVISIONS, _supervisions(of_stream(judged, "supervision"), now))
    decisions = of_stream(judged, "decision")
    write(folder / "decisions.csv", DECISIONS, (_decision(one, now) for one in decisions))
    applications = of_stream(judged, "application")
    write(folder / "applications.csv", APPLICATIONS, (_application(one, now) for one in applications))
    stays = of_stream(judged, "stay")
    write(folder / "custody.csv", CUSTODY, _custody(stays, now))
    write(folder / "custody_matters.csv", MATTERS, _matters(stays, now))
    write(folder / "discovery.csv", DISCOVERY, _discovery(judged))
    told = [int(row["at"]) for row in rows(folder / "expected.csv") if row["feed"] == PATROLS]
    through = min(now, begins + timedelta(seconds=max(told))) if told else now
    write(folder / "patrols.csv", WALKED, _patrols(judged, grids, through))
    duties, staff = Duties(rows(folder / "reference" / "duty.csv")), list(rows(folder / "reference" / "staff.csv"))
    write(folder / "duties.csv", DUTIES, _duties(duties, now))
    write(folder / "duty_posts.csv", POSTS, _posts(judged, duties, staff, grids, now))


def of_stream(judged: Iterable[Judged], stream: str) -> list[Judged]:
    """The records of a stream that have begun."""
    return [one for one in judged if one.record.stream == stream and one.record.opened]


def month(moment: datetime) -> str:
    """The first day of its month."""
    return f"{moment:%Y-%m}-01"


def moment(text: str) -> datetime | None:
    """A moment that a record names."""
    return datetime.fromisoformat(text.replace("T", " ")) if text else None


def kept(done: datetime | None, limit: datetime | None, now: datetime) -> str:
    """Whether a step kept its limit; '' while that is open."""
    if limit is None or (done is None and limit > now):
        return ""
    return word(done is not None and done <= limit)


def word(flag: bool) -> str:
    """As the tables write it."""
    return str(flag).lower()


def repeated(whistles: Iterable[Judged]) -> set[str]:
    """Keys of the calls of a department to where the same street had called it a fortnight before or less."""
    calls: dict[tuple[str, str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for one in whistles:
        record = one.record
        if record.org and one.place.grid != UNLOCATED and record.opened:
            calls[record.more["street"], record.org, one.place.grid].append((record.opened, record.key))
    return {
        key
        for told in calls.values()
        for at, key in told
        if any(timedelta(0) < at - earlier <= AGAIN for earlier, _ in told)
    }


def _whistle(one: Judged, is_repeat: bool, now: datetime) -> tuple[object, ...]:
    record, blown = one.record, one.record.at["whistle_blown"]
    done = {step: record.at.get(f"whistle_{step}") for step in STEPS}
    took = (int((at - blown).total_seconds()) // 60 if at is not None and at >= blown else "" for at in done.values())
    limits = (kept(done[step], moment(record.more[limit]), now) for step, limit in LIMITS.items())
    head = (record.feed, record.key, record.more["whistle"], record.more["kind"], record.more["street"])
    place = (record.org or UNKNOWN, one.place.grid, month(blown))
    return *head, *place, *took, *limits, record.more["score"], word(is_repeat)


def _whistle_rates(
    judged: Iterable[Judged], whistles: Sequence[Judged], repeats: set[str]
) -> Iterator[Sequence[object]]:
    """By street and month of the whistle, or of the case's report."""
    cases = Counter(
        (one.place.street, month(one.record.opened))
        for one in judged
        if one.record.stream == "case" and one.record.opened and one.place.street != UNKNOWN
    )
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    again: Counter[tuple[str, str]] = Counter()
    for one in whistles:
        cell = one.record.more["street"], month(one.record.at["whistle_blown"])
        numbers[cell].append(one.record.more["whistle"])
        again[cell] += one.record.key in repeats
    for when in sorted({when for _, when in cases.keys() | numbers.keys()}):
        streets = sorted({street for street, own in cases.keys() | numbers.keys() if own == when})
        rates = {
            street: len(set(numbers[street, when])) * 1_000_000 // cases[street, when]
            for street in streets
            if cases[street, when] >= ENOUGH
        }
        for street in streets:
            told = numbers[street, when]
            counted = (len(set(told)), len(told), again[street, when], cases[street, when])
            yield street, when, *counted, _tail(rates, street)


def _tail(rates: dict[str, int], street: str) -> str:
    """Where a street's rate lies against those of all: three robust deviations from their median and more is a tail."""
    if street not in rates or len(rates) < COMPARED:
        return "not_comparable"
    middle = nearest(sorted(rates.values()), 50)
    spread = nearest(sorted(abs(rate - middle) for rate in rates.values()), 50)
    if not spread:
        return "not_comparable"
    if abs(rates[street] - middle) * 10_000 <= FAR * 14_826 * spread:
        return "usual"
    return "low" if rates[street] < middle else "high"


def _supervisions(orders: Sequence[Judged], now: datetime) -> Iterator[Sequence[object]]:
    """An order each; a matter is known by its own number, else by that of its dispute."""
    ends: dict[str, list[datetime]] = defaultdict(list)
    for one in orders:
        matter = one.record.more["matter"] or one.record.more["dispute"]
        if matter and "supervision_closed" in one.record.at:
            ends[matter].append(one.record.at["supervision_closed"])
    for one in orders:
        record, issued = one.record, one.record.at["supervised"]
        answered, closed = record.at.get("supervision_answered"), record.at.get("supervision_closed")
        limit, matter = moment(record.more["answer_by"]), record.more["matter"] or record.more["dispute"]
        since = [issued - end for end in ends.get(matter, []) if end <= issued and end is not closed]
        late: int | str = ""
        if limit is not None:
            late = max(0, int(((answered or closed or now) - limit).total_seconds()) // 60)
        took = int((answered - issued).total_seconds()) // 60 if answered is not None and answered >= issued else ""
        yield (
            record.feed, record.key, record.more["level"], record.more["way"], matter, record.org or UNKNOWN,
            one.place.grid, month(issued), max(0, ((closed or now) - issued).days), took, late,
            kept(answered, limit, now), word(closed is None), word(any(gap <= RELAPSED for gap in since)),
        )  # fmt: skip


def _decision(one: Judged, now: datetime) -> tuple[object, ...]:
    record, made = one.record, one.record.at["decision_made"]
    done, dropped = record.at.get("decision_done"), record.at.get("decision_dropped")
    state = "dropped" if dropped else "done" if done else "open"
    over = _days_over(record.more["due_on"], done or now) if state != "dropped" else 0
    head = (
        record.feed,
        record.key,
        record.more["meeting"],
        record.more["type"],
        record.org or UNKNOWN,
        one.place.street,
    )
    return *head, month(made), record.more["due_on"], state, over, word(state == "open" and over > 0)


def _application(one: Judged, now: datetime) -> tuple[object, ...]:
    record, opened = one.record, one.record.at["application_opened"]
    step = next(
        step for step in ("refused", "paid", "approved", "reviewed", "opened") if f"application_{step}" in record.at
    )
    over = _days_over(record.more["due_on"], record.at[f"application_{step}"] if step in ("refused", "paid") else now)
    head = (record.feed, record.key, record.more["kind"], record.org or UNKNOWN, one.place.community, one.place.street)
    late = step not in ("refused", "paid") and over > 0
    return *head, month(opened), step, record.more["due_on"], over, word(late), record.more["people"]


def _days_over(due: str, at: datetime) -> int:
    """Days from the last day on which it was owed; none before it is over."""
    return max(0, (at.date() - datetime.fromisoformat(due).date()).days)


def dwell(one: Judged, now: datetime) -> int:
    """Seconds of a stay, to its end or until now."""
    return max(0, int(((one.at("stay_ended") or now) - one.record.at["stay_begun"]).total_seconds()))


def nearest(values: Sequence[int], hundredths: int) -> int:
    """The percentile by nearest rank of sorted values."""
    return values[-(-hundredths * len(values) // 100) - 1]


def _custody(stays: Iterable[Judged], now: datetime) -> Iterator[Sequence[object]]:
    """By level, unit and month of the end."""
    cells: dict[tuple[str, str, str], list[Judged]] = defaultdict(list)
    for one in stays:
        level, when = LEVELS[one.record.more["level"]], month(one.at("stay_ended") or now)
        cells[level, one.record.org, when].append(one)
    for cell, told in sorted(cells.items()):
        ended = sorted(dwell(one, now) for one in told if one.at("stay_ended"))
        lasting = [dwell(one, now) for one in told if not one.at("stay_ended")]
        ways = Counter(one.record.more["outcome"] for one in told if one.at("stay_ended"))
        counted = (len(told), len(lasting), *(ways[how] for how in ("办结", "上报", "下派", "层级不符")), sum(ended))
        percentiles = (nearest(ended, 50), nearest(ended, 90)) if ended else ("", "")
        yield *cell, *counted, *percentiles, max(lasting, default="")


def _matters(stays: Sequence[Judged], now: datetime) -> Iterator[Sequence[object]]:
    """A matter each, with where it is now."""
    ways: dict[str, list[Judged]] = defaultdict(list)
    ended: dict[str, list[int]] = defaultdict(list)
    for one in stays:
        ways[one.record.more["matter"]].append(one)
        if one.at("stay_ended"):
            ended[one.record.more["level"]].append(dwell(one, now))
    usual = {level: nearest(sorted(told), 90) for level, told in ended.items() if len(told) >= STAYS}
    for matter, told in sorted(ways.items()):
        told.sort(key=lambda one: (one.record.at["stay_begun"], one.record.key))
        first, last = told[0], told[-1]
        level, left = last.record.more["level"], last.at("stay_ended")
        is_closed = left is not None and last.record.more["outcome"] == "办结"
        stuck = word(dwell(last, now) > usual[level]) if left is None and level in usual else ""
        yield (
            matter, first.place.grid, LEVELS[first.record.more["level"]], month(first.record.at["stay_begun"]),
            len(told), sum(one.record.more["outcome"] == "层级不符" for one in told),
            "closed" if is_closed else "held" if left is None else "between", LEVELS[level], last.record.org,
            written(last.record.at["stay_begun"]), dwell(last, now), word(level == "社区") if is_closed else "", stuck,
        )  # fmt: skip


def _discovery(judged: Iterable[Judged]) -> Iterator[Sequence[object]]:
    """Cases and what was mended on the spot, by channel, camera, grid and month. Who was first is linked, not told."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    fixed: Counter[tuple[str, str, str, str]] = Counter()
    kinds: dict[str, str] = {}
    for one in judged:
        record = one.record
        if record.stream in ("case", "self_fix") and record.opened:
            channel = record.channel or UNKNOWN
            kinds[channel] = "own" if record.stream == "self_fix" else record.found if record.channel else UNKNOWN
            cell = channel, record.more.get("camera") or "none", one.place.grid, month(record.opened)
            (found if record.stream == "case" else fixed)[cell] += 1
    for cell in sorted(found.keys() | fixed.keys()):
        yield *cell, kinds[cell[0]], found[cell], fixed[cell]


def _patrols(judged: Sequence[Judged], grids: Grids, through: datetime) -> Iterator[Sequence[object]]:
    """By grid and month; covered are days that are over in what was delivered, of those on which the grid stood."""
    patrols = of_stream(judged, "patrol")
    walked: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in patrols:
        walked[one.place.grid, month(one.record.at["patrolled"])].append(one)
    found = Counter(
        (one.place.grid, month(one.record.opened))
        for one in judged
        if one.record.feed == PATROLS and one.record.stream == "case" and one.record.opened
    )
    on = {(one.place.grid, one.record.at["patrolled"].date()) for one in patrols}
    first = min((day for _, day in on), default=through.date())
    stood: Counter[tuple[str, str]] = Counter()
    covered: Counter[tuple[str, str]] = Counter()
    for number in range((through.date() - first).days):
        day = first + timedelta(days=number)
        for grid in {one.place.grid for one in grids.versions if one.since <= day < one.until}:
            stood[grid, f"{day:%Y-%m}-01"] += 1
            covered[grid, f"{day:%Y-%m}-01"] += (grid, day) in on
    for cell in sorted(walked.keys() | found.keys() | stood.keys()):
        told = walked[cell]
        seconds = 0
        for one in told:
            ended = moment(one.record.more["ended"])
            seconds += max(0, int((ended - one.record.at["patrolled"]).total_seconds())) if ended else 0
        noted, fixed = (sum(int(one.record.more[role] or 0) for one in told) for role in ("found", "fixed"))
        yield *cell, len(told), seconds, noted, fixed, found[cell], covered[cell], stood[cell]


class Duties:
    """The duties as they were told to be: of each, its code and its begin the row that was told last."""

    def __init__(self, told: Iterable[Row]) -> None:
        key = ("duty_code", "code_set", "kind", "category_code", "valid_from")
        self.rows = list({tuple(row[name] for name in key): row for row in told}.values())

    def on(self, day: date) -> list[Row]:
        """The rows in force on a day; of a duty that was handed over the new one."""
        text = str(day)
        return [
            row for row in self.rows if row["valid_from"] <= text and (not row["valid_to"] or text < row["valid_to"])
        ]

    def of(self, one: Judged) -> set[str]:
        """The codes of the duties that were about a case's code when it was told."""
        record = one.record
        assert record.opened is not None
        return {
            row["duty_code"]
            for row in self.on(record.opened.date())
            if row["category_code"]
            and (row["code_set"], row["category_code"]) == (record.code_set, record.code)
            and (not record.kind or row["kind"] in (record.kind, ""))
        }


def _duties(duties: Duties, now: datetime) -> Iterator[Sequence[object]]:
    """The duties of today with what went down with them."""
    for code, row in sorted({row["duty_code"]: row for row in duties.on(now.date())}.items()):
        went = (row["approval_document"], row["staff_count"], row["budget_yuan"])
        yield code, row["duty_class"], row["owner_org_code"], *went


def _posts(
    judged: Iterable[Judged], duties: Duties, staff: Sequence[Row], grids: Grids, now: datetime
) -> Iterator[Sequence[object]]:
    """Each duty of today in each grid of today: who is named for it, and how soon its cases were taken up."""
    today = str(now.date())
    named = {
        (row["grid_code"], row["duty_class"])
        for row in staff
        if row["valid_from"] <= today and (not row["valid_to"] or today < row["valid_to"])
    }
    taken: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for one in judged:
        if one.record.stream in ("case", "outage") and one.record.opened:  # a stop of power is a matter of a duty too
            accepted, opened = one.at("accepted"), one.record.opened
            seconds = max(0, int((accepted - opened).total_seconds())) if accepted else None
            for duty in duties.of(one):
                taken[duty, one.place.grid].append(seconds)
    stands = sorted({one.place.grid for one in grids.versions if one.holds_on(now)})
    for code, row in sorted({row["duty_code"]: row for row in duties.on(now.date())}.items()):
        for grid in stands:
            basis = "duty" if (grid, row["duty_class"]) in named else "grid" if (grid, "") in named else "none"
            waits = [seconds for seconds in taken[code, grid] if seconds is not None]
            times = (sum(waits), max(waits)) if waits else ("", "")
            yield code, grid, row["owner_org_code"], basis, len(taken[code, grid]), len(waits), *times
