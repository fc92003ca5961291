"""Everything that is found at a feed at one moment: pure functions of its history, each of them one question."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median, quantiles
from zoneinfo import ZoneInfo

from watch.finding import Finding
from watch.history import Arrival, History, Workday
from watch.overlap import short_stay
from watch.rhythm import SILENCE, Rhythm, learn, slot_width

GRACE = 1.5  # a delivery may come half a period late
RARE = 1.75  # times the gap that one in a hundred exceeds
FAILING = 1.25  # of a period without an answer, while asking fails
NOT_ASKED = timedelta(hours=1)  # and three periods of the network: nobody asks
FEW = 20  # deliveries before their gaps, columns and clocks tell anything
MANY = 100  # deliveries before their rarest gaps may be left out
SHRUNK = 0.5  # of the least that the longest list of any half day had
WAITED = timedelta(days=1)
RECENT = timedelta(days=3)  # so long a change stands as news


def look(
    history: History,
    now: datetime,
    workday: Workday,
    opened: dict[tuple[str, str], datetime] | None = None,
    heard_again: datetime | None = None,
) -> list[Finding]:
    """What is wrong with a feed at `now` (UTC).

    `opened`: findings that stand open (code, subject) and since when; `heard_again`: when its last silence was over.
    """
    opened = opened or {}
    fallen = opened.get(("volume_low", "")) or opened.get(("silent", ""))
    width = slot_width(history.contract.cadence)
    rhythm = None if history.promised else learn(history.new, width, now, history.zone, workday, fallen)
    found = [*_source(history, now), *_silence(history, now, rhythm)]
    if not found:
        heard_again = now if ("silent", "") in opened else heard_again
        found += _volume(history, now, rhythm, opened.get(("volume_low", "")), heard_again)
        found += _overlap(history, now, opened.get(("overlap_low", "")))
    for question in (_list, _columns, _clock, _codes, _items, _held, _contract):
        found += question(history, now)
    return found


def _finding(history: History, code: str, since: datetime, detail: str, zh: str, subject: str = "") -> Finding:
    return Finding(history.contract.feed, code, subject, since, detail, zh)


def _source(history: History, now: datetime) -> Iterator[Finding]:
    """Does it answer, and does anybody ask?"""
    outcomes = history.outcomes
    if not outcomes:
        return
    cadence = history.contract.cadence
    failed = []
    for outcome in reversed(outcomes):
        if outcome["result"] != "failed":
            break
        failed.append(outcome)
    if failed:
        first = datetime.fromisoformat(failed[-1]["at"])
        before = outcomes[len(outcomes) - len(failed) - 1] if len(failed) < len(outcomes) else None
        answered = datetime.fromisoformat(before["at"]) if before else first
        if now - answered >= FAILING * cadence:
            yield _finding(
                history, "source_failing", first,
                f"{len(failed)} attempts on end failed, the last one at {_at(history, failed[0]['at'])}: "
                f"{failed[0]['reason']}",
                f"连续 {len(failed)} 次拉取失败，最近一次 {_at(history, failed[0]['at'])}：{failed[0]['reason']}",
            )  # fmt: skip
    asked = [datetime.fromisoformat(outcome["at"]) for outcome in outcomes]
    gaps = [(b - a).total_seconds() for a, b in pairwise(asked)]
    usual = timedelta(seconds=median(gaps)) if len(gaps) >= FEW else cadence
    if now - asked[-1] > max(3 * min(usual, cadence), NOT_ASKED):
        yield _finding(
            history, "not_asked", asked[-1],
            f"the last attempt was at {_at(history, asked[-1])}", f"最近一次拉取在 {_at(history, asked[-1])}",
        )  # fmt: skip


def _silence(history: History, now: datetime, rhythm: Rhythm | None) -> Iterator[Finding]:
    """Has anything new come, as soon as it should have?"""
    contract, arrivals = history.contract, history.arrivals
    if contract.mode == "reference" and arrivals:
        limit = contract.cadence + contract.lateness
    elif not arrivals:
        if not history.outcomes:
            return
        first = datetime.fromisoformat(history.outcomes[0]["at"])
        if now - first > contract.cadence + contract.lateness:
            yield _finding(
                history, "silent", first, "nothing has ever come, and the source was asked", "曾多次拉取，从未收到数据"
            )
        return
    else:
        limit = _longest_gap(history)
    last = arrivals[-1].at
    quiet = now - last
    missed = rhythm.expected_since(last, now) if rhythm else 0.0
    if quiet <= GRACE * contract.cadence or (quiet <= limit and missed < SILENCE):
        return
    usual = f", usual are {missed * rhythm.dispersion:.0f} records in that time" if rhythm and missed >= 1 else ""
    usual_zh = f"，同期通常有 {missed * rhythm.dispersion:.0f} 条" if rhythm and missed >= 1 else ""
    yield _finding(
        history, "silent", last,
        f"the last delivery is of {_at(history, last)}, {_span(quiet)} ago; one comes every "
        f"{_span(contract.cadence)}{usual}",
        f"最近一批为 {_at(history, last)}，已 {_span_zh(quiet)}；约定每 {_span_zh(contract.cadence)} 一批{usual_zh}",
    )  # fmt: skip


def _longest_gap(history: History) -> timedelta:
    """How long the feed may be quiet: half a period over its own, or what its own gaps have been."""
    contract, arrivals = history.contract, history.arrivals
    promised = GRACE * contract.cadence
    gaps = sorted((b.at - a.at).total_seconds() for a, b in pairwise(arrivals) if b.at > a.at)
    if len(gaps) < FEW:
        return promised if history.promised else promised + contract.lateness
    longest = GRACE * gaps[-1]
    if len(gaps) >= MANY:
        longest = min(longest, RARE * quantiles(gaps, n=100)[-1])
    return max(promised, timedelta(seconds=longest))


def _volume(
    history: History, now: datetime, rhythm: Rhythm | None, since: datetime | None, after: datetime | None
) -> Iterator[Finding]:
    """Does as much come as usual?"""
    fall = rhythm.fall(now, since, after) if rhythm else None
    if fall is not None:
        share = 100 * fall.came / fall.expected
        yield _finding(
            history, "volume_low", fall.since,
            f"since {_at(history, fall.since)} {fall.came} records came, usual are {fall.expected:.0f} ({share:.0f} %)",
            f"自 {_at(history, fall.since)} 起到达 {fall.came} 条，同期通常 {fall.expected:.0f} 条（{share:.0f}%）",
        )  # fmt: skip


def _overlap(history: History, now: datetime, since: datetime | None) -> Iterator[Finding]:
    """Is a record told by as many deliveries as usual?"""
    if history.promised or history.contract.mode == "reference":
        return
    found = short_stay([(one.at, one.records) for one in history.arrivals], history.new, now, since)
    if found is not None:
        yield _finding(
            history, "overlap_low", found.since,
            f"a record stays in its deliveries for {found.hours:.0f} h, usual are {found.usual:.0f} h: new ones come, "
            f"and each is told less often, as where rows of every delivery are missing",
            f"每条记录在各批中只停留 {found.hours:.0f} 小时，通常为 {found.usual:.0f} 小时：仍有新记录，"
            f"但重复出现的次数减少，可能每批都缺行",
        )  # fmt: skip


def _list(history: History, now: datetime) -> Iterator[Finding]:
    """Is a list as long as usual, and is it made anew?"""
    if not history.promised or len(history.arrivals) < MANY // 2:
        return
    arrivals = history.arrivals
    longest = _longest_of_half_a_day(arrivals)
    *before, now_longest = longest[:-12] + longest[-1:]
    if len(before) >= 7 * 24 and now_longest < SHRUNK * (low := min(before)) and low >= 10:
        begin = _begin(arrivals, lambda arrival: arrival.records < SHRUNK * low)
        yield _finding(
            history, "list_shrunk", begin,
            f"since {_at(history, begin)} it has {now_longest} entries at most, in no half day before less than {low}",
            f"自 {_at(history, begin)} 起最多 {now_longest} 条，此前任何半天内最多的清单都不少于 {low} 条",
        )  # fmt: skip
    runs, begin = [], arrivals[0].at
    for earlier, later in pairwise(arrivals):
        if earlier.content != later.content:
            runs.append((later.at - begin).total_seconds())
            begin = later.at
    still = now - begin
    limit = max(6 * history.contract.cadence, timedelta(hours=12), timedelta(seconds=GRACE * max(runs, default=0)))
    if len(runs) >= FEW and arrivals[-1].records and arrivals[-1].at - begin > limit:
        yield _finding(
            history, "list_frozen", begin,
            f"the same {arrivals[-1].records} entries since {_at(history, begin)}, {_span(still)}; it was never so "
            f"for longer than {_span(timedelta(seconds=max(runs)))} before",
            f"自 {_at(history, begin)} 起 {arrivals[-1].records} 条内容未变（{_span_zh(still)}），此前最长 "
            f"{_span_zh(timedelta(seconds=max(runs)))}",
        )  # fmt: skip


def _columns(history: History, now: datetime) -> Iterator[Finding]:
    """Do the columns come that came before, and no others?"""
    told = [arrival for arrival in history.arrivals if arrival.records]
    if len(told) < FEW:
        return
    columns = {name for arrival in told for name in arrival.empty | arrival.unknown}
    for name in sorted(columns):
        with_it = [name not in arrival.empty for arrival in told]
        is_unknown = any(name in arrival.unknown for arrival in told)
        if is_unknown:
            with_it = [name in arrival.unknown for arrival in told]
        gone = next((i for i, has in enumerate(reversed(with_it)) if has), len(told))
        before = with_it[: len(told) - gone]
        lost = told[len(told) - gone :]
        if before and gone and sum(before) >= max(FEW - 3, 0.98 * len(before)):
            if len(lost) >= 3 or sum(arrival.records for arrival in lost) >= 50:
                yield _finding(
                    history, "column_gone", lost[0].at,
                    f"{name}: no value since {_at(history, lost[0].at)}, in {len(lost)} deliveries; each had it before",
                    f"{name}：自 {_at(history, lost[0].at)} 起 {len(lost)} 批均无值，此前每批都有", name,
                )  # fmt: skip
        elif not before and not is_unknown and sum(arrival.records for arrival in told) >= 200:
            yield _finding(
                history, "column_never_filled", told[0].at,
                f"{name}: empty in all {len(told)} deliveries", f"{name}：{len(told)} 批全部为空", name,
            )  # fmt: skip
        elif is_unknown:
            first = next(arrival for arrival in told if name in arrival.unknown)
            if first is not told[0] and first.at > now - RECENT:
                yield _finding(
                    history, "column_new", first.at,
                    f"{name}: since {_at(history, first.at)}", f"{name}：自 {_at(history, first.at)} 起", name,
                )  # fmt: skip


def _clock(history: History, now: datetime) -> Iterator[Finding]:
    """Do the times of its records stand to the times of its deliveries as they did?"""
    lags = _lags_of_news(history.arrivals)
    if len(lags) < 2 * FEW:
        return
    recent = [lag for _, lag in lags[-8:]]
    before = [lag for at, lag in lags[:-8] if at > now - timedelta(days=28)]
    if len(before) >= FEW:
        usual = median(before)
        wide = 1.4826 * median(abs(lag - usual) for lag in before)
        low, high = quantiles(before, n=20)[0], quantiles(before, n=20)[-1]
        apart = median(recent) - usual
        if abs(apart) >= max(1800.0, 6 * wide) and (min(recent) > high or max(recent) < low):
            begin = _begin_lag(lags, low, high)
            yield _finding(
                history, "clock_jumped", begin,
                f"its newest records were {_hours(usual)} h old on arrival, since {_at(history, begin)} "
                f"{_hours(median(recent))} h",
                f"最新记录到达时通常已过 {_hours(usual)} 小时，"
                f"自 {_at(history, begin)} 起为 {_hours(median(recent))} 小时",
            )  # fmt: skip
    week = [lag for at, lag in lags if at > now - timedelta(days=7)]
    if len(week) >= 50:
        least, tenth = min(week), quantiles(week, n=10)[0]
        often = 2 * history.contract.cadence.total_seconds() <= least
        if least >= 3300 and often and tenth - least <= 1800:
            yield _finding(
                history, "clock_offset", now - timedelta(days=7),
                f"in {len(week)} deliveries of a week the newest record was {_hours(least)} h old or older, though one "
                f"comes every {_span(history.contract.cadence)}",
                f"一周 {len(week)} 批中，最新记录到达时至少已过 {_hours(least)} 小时，而约定每 "
                f"{_span_zh(history.contract.cadence)} 一批",
            )  # fmt: skip


def _lags_of_news(arrivals: list[Arrival]) -> list[tuple[datetime, float]]:
    """When a newest record came first, and how old it was: one that stays the newest for long grows old by itself."""
    found = []
    before = None
    for arrival in arrivals:
        if arrival.lag is None:
            continue
        newest = arrival.at - timedelta(seconds=arrival.lag)
        if newest != before:
            found.append((arrival.at, arrival.lag))
        before = newest
    return found


def _codes(history: History, now: datetime) -> Iterator[Finding]:
    """Are the codes of the code set that was used before?"""
    days = sorted({day for day, _ in history.code_sets})
    if not days or (days[-1] - days[0]).days < 7:
        return
    for code_set in sorted({code_set for _, code_set in history.code_sets}):
        told = sorted((day, count) for (day, name), count in history.code_sets.items() if name == code_set)
        first = told[0][0]
        is_news = (first - days[0]).days >= 7 and (now.date() - first) <= RECENT
        count = sum(count for day, count in told)
        if is_news and count >= 10:
            others = sum(count for (day, name), count in history.code_sets.items() if day >= first and name != code_set)
            yield _finding(
                history, "code_set_changed", datetime(first.year, first.month, first.day, tzinfo=now.tzinfo),
                f"{code_set} since {first}: {count} records, {others} of other code sets in the same days",
                f"自 {first} 起出现 {code_set}：{count} 条，同期其他编码 {others} 条", code_set,
            )  # fmt: skip


def _items(history: History, now: datetime) -> Iterator[Finding]:
    """Do entries of a list take another time at one hour, and do they come back?"""
    seen = sum(count for count, _ in history.redated.values())
    changed = sum(count for _, count in history.redated.values())
    for hour, (here, moved) in sorted(history.redated.items()):
        elsewhere = (changed - moved) / max(seen - here, 1)
        if here >= 30 and moved >= max(0.25, 3 * elsewhere) * here:
            yield _finding(
                history, "redated", history.arrivals[0].at,
                f"between {hour}:00 and {hour + 1}:00 {moved} of {here} entries took another time from one list to the "
                f"next, {100 * elsewhere:.0f} % at other hours",
                f"{hour} 时至 {hour + 1} 时，{here} 条中有 {moved} 条改变时间，其余时段为 {100 * elsewhere:.0f}%",
                f"{hour:02d}",
            )  # fmt: skip
    if history.returned:
        yield _finding(
            history, "items_returned", history.arrivals[0].at,
            f"{history.returned} entries in four weeks", f"四周内 {history.returned} 条",
        )  # fmt: skip


def _held(history: History, now: datetime) -> Iterator[Finding]:
    """Does a delivery wait that a person should have decided on?"""
    old = [at for at in history.held if now - at > WAITED]
    if old:
        yield _finding(
            history, "held_waiting", min(old),
            f"{len(old)} deliveries, the oldest since {_at(history, min(old))}",
            f"{len(old)} 批，最早自 {_at(history, min(old))} 起",
        )  # fmt: skip


def _longest_of_half_a_day(arrivals: list[Arrival]) -> list[int]:
    """Hour by hour, the entries of the longest list of the twelve hours before; hours without a list count on."""
    by_hour: dict[int, int] = {}
    for arrival in arrivals:
        hour = int(arrival.at.timestamp()) // 3600
        by_hour[hour] = max(by_hour.get(hour, 0), arrival.records)
    hours = range(min(by_hour), max(by_hour) + 1)
    return [max((by_hour[h] for h in range(hour - 11, hour + 1) if h in by_hour), default=0) for hour in hours]


def _contract(history: History, now: datetime) -> Iterator[Finding]:
    """Does the contract in force go on with what has landed?"""
    if history.breaks:
        told = "; ".join(history.breaks)
        yield _finding(history, "contract_breaks", now, told, told)


def _begin(arrivals: list[Arrival], broken: Callable[[Arrival], bool]) -> datetime:
    """When the newest run of broken deliveries began."""
    begin = arrivals[-1].at
    for arrival in reversed(arrivals):
        if not broken(arrival):
            break
        begin = arrival.at
    return begin


def _begin_lag(lags: list[tuple[datetime, float]], low: float, high: float) -> datetime:
    begin = lags[-1][0]
    for at, lag in reversed(lags):
        if low <= lag <= high:
            break
        begin = at
    return begin


def _at(history: History, moment: datetime | str) -> str:
    """A moment as the people of the city read it."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return at.astimezone(ZoneInfo(history.zone)).strftime("%Y-%m-%d %H:%M")


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f}"


def _span(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h" if minutes < 4320 else f"{span.days} days"


def _span_zh(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    if minutes < 120:
        return f"{minutes:.0f} 分钟"
    return f"{minutes / 60:.0f} 小时" if minutes < 4320 else f"{span.days} 天"
