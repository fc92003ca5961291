"""日报: what happened yesterday and what is asked this morning, two pages, from one edition.

Yesterday is the last local day that is over at the edition's clock. Every figure is read from the edition's own DuckDB
file; one that rests on a held or late feed is said to be not assessable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import ReportError
from reporting.documents import NOT_ASSESSABLE, Column, Report, Section, Share, Table, Value
from reporting.edition import WAREHOUSE
from reporting.page import Row, query

COUNTS = ("reported", "handled", "closed")
RATES = (
    "accepted_on_time_rate", "dispatched_on_time_rate", "handled_on_time_rate", "closed_on_time_rate", "rework_rate",
    "return_rate", "response_rate", "solved_rate", "caller_satisfaction_rate",
)  # fmt: skip
STAGES = {
    "accept": ("受理", "acceptance"), "pre_filing_check": ("核实", "check before filing"),
    "register": ("立案", "filing"), "dispatch": ("派遣", "dispatch"), "sign": ("签收", "signing"),
    "contact": ("联系", "contact"), "arrive": ("到场", "arrival"), "first_measure": ("先期处置", "first measure"),
    "second_measure": ("后续处置", "second measure"), "handle": ("处置", "disposal"),
    "post_disposal_check": ("核查", "check after disposal"), "close": ("结案", "the whole"),
}  # fmt: skip
BANDS = {
    "overdue_today": ("今日已超期", "overdue today"), "two_hours": ("两小时内", "within two hours"),
    "today": ("今日到期", "due today"),
}  # fmt: skip
CONTRADICTIONS = {
    "closed_by_giver_only": ("移出方已结、移入方在办", "over where it came from, open where it went"),
    "closed_by_receiver_only": ("移入方已结、移出方在办", "over where it went, open where it came from"),
    "returned_to_a_closed_case": ("已退回、移出方已结", "sent back to a case that is closed"),
}
UNITS_SHOWN, LINES_SHOWN, NETWORKS_SHOWN, FEEDS_SHOWN = 9, 6, 12, 4


class Speech:
    """The one language of a report: `say("中文", "English")`."""

    def __init__(self, language: str) -> None:
        if language not in ("zh", "en"):
            raise ReportError(f"{language!r} is no language of reports: zh or en")
        self.language = language

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def pair(self, told: tuple[str, str]) -> str:
        return self(*told)

    @property
    def words(self) -> dict[str, str]:
        """What the writers of files need to say."""
        return {
            "not_assessable": self("不可评估", "not assessable"),
            "none": "—",
            "yes": self("是", "yes"),
            "no": self("否", "no"),
            "rest": self("另有 {count} 行，见附表", "{count} more rows: see the workbook"),
            "provenance": self("版本与口径", "Provenance"),
        }

    def day(self, day: date) -> str:
        return self(f"{day.year}年{day.month}月{day.day}日", f"{day:%Y-%m-%d}")


@dataclass(frozen=True)
class Edition:
    """An edition that is read: its connection, its manifest, its one row of publish_info."""

    connection: duckdb.DuckDBPyConnection
    manifest: dict[str, Any]
    info: Row

    def rows(self, sql: str, values: list[Any] | None = None) -> list[Row]:
        return query(self.connection, sql, values)

    def provenance(self, say: Speech) -> list[tuple[str, str]]:
        """Edition, log version and data through: on every file."""
        through = self.info["data_through_local"]
        told = [
            (say("版次", "edition"), str(self.info["edition"])),
            (say("日志版本", "log version"), str(self.info["log_version"])),
            (say("构建时点", "clock"), f"{self.info['clock_at_local']:%Y-%m-%d %H:%M}"),
            (say("数据截至", "data through"), f"{through:%Y-%m-%d %H:%M}" if through else say("未知", "unknown")),
        ]
        if self.info["held_feeds"]:
            titles = {feed["feed"]: feed["title"] for feed in self.manifest["feeds"]}
            held = [f"{titles.get(feed, '')}({feed})" for feed in str(self.info["held_feeds"]).split(", ")]
            told.append((say("有暂缓数据的接口", "feeds with held landings"), say("、", ", ").join(held)))
        return told


def open_edition(path: Path, manifest: dict[str, Any]) -> Edition:
    """An edition's file, read only; the caller closes the connection."""
    connection = duckdb.connect(str(path / WAREHOUSE), read_only=True)
    return Edition(connection, manifest, query(connection, "select * from mart.publish_info")[0])


def daily_report(edition: Edition, language: str = "zh") -> Report:
    """The report of the day before the edition's clock. Raises ReportError where the edition tells nothing of it."""
    say = Speech(language)
    clock: datetime = edition.info["clock_at_local"]
    day = clock.date() - timedelta(days=1)
    lost = {"rpt_indicator", "rpt_due_soon", "rpt_suspension", "rpt_shuttle", "rpt_handover"} - _marts(edition)
    if lost:
        raise ReportError(
            f"edition {edition.info['edition']} has no {', '.join(sorted(lost))}: its project is too old; build its "
            "log version again and publish that"
        )
    return Report(
        title=f"{edition.info['city_title']}{say('多网合一日报', ': daily report')}",
        subtitle=say(
            f"{say.day(day)}（时点数据截至 {clock:%Y-%m-%d %H:%M}）",
            f"{day:%Y-%m-%d} (standing as of {clock:%Y-%m-%d %H:%M})",
        ),
        sections=[
            _overview(edition, say, day),
            _rates(edition, say, day),
            _quality(edition, say),
            _due_soon(edition, say),
            _suspensions(edition, say),
            _shuttle(edition, say),
            _handovers(edition, say),
            _due_list(edition, say),
        ],
        provenance=edition.provenance(say),
        made_at=datetime.fromisoformat(edition.manifest["published_at"]).replace(tzinfo=None),
        language=language,
        words=say.words,
    )


def _marts(edition: Edition) -> set[str]:
    return {row["table_name"] for row in edition.rows(
        "select table_name from information_schema.tables where table_schema = 'mart'"
    )}  # fmt: skip


def _figures(edition: Edition, day: date, subject_kind: str, names: Sequence[str]) -> dict[tuple[str, str], Row]:
    """Figures of a day by indicator and subject."""
    rows = edition.rows(
        "select indicator, subject_code, numerator, denominator, is_assessable from mart.rpt_indicator "
        "where period_kind = 'day' and period_start = ? and subject_kind = ? and indicator in "
        f"({', '.join('?' * len(names))})",
        [datetime(day.year, day.month, day.day), subject_kind, *names],
    )
    return {(row["indicator"], row["subject_code"]): row for row in rows}


def incomplete_networks(edition: Edition) -> dict[str, list[Row]]:
    """Networks with feeds that are held or behind, by network."""
    found: dict[str, list[Row]] = {}
    for feed in edition.rows(
        "select network, feed, title, owner_office, held, unjudged, is_behind, data_through_at from mart.dq_feed "
        "where mode <> 'reference' and (held > 0 or unjudged > 0 or is_behind) order by network, feed"
    ):
        found.setdefault(feed["network"], []).append(feed)
    return found


def _counted(figures: dict[tuple[str, str], Row], name: str, subject: str, is_incomplete: bool) -> Value:
    """A count of a day: nothing told is none, but of a feed that is held or behind nobody knows."""
    row = figures.get((name, subject))
    if row is None:
        return NOT_ASSESSABLE if is_incomplete else 0
    return int(row["numerator"]) if row["is_assessable"] else NOT_ASSESSABLE


def _overview(edition: Edition, say: Speech, day: date) -> Section:
    incomplete = incomplete_networks(edition)
    told = [_figures(edition, one, "network", COUNTS) for one in (day, day - timedelta(days=1))]
    whole = [_figures(edition, one, "district", COUNTS) for one in (day, day - timedelta(days=1))]
    standing = {
        row["network"]: row
        for row in edition.rows(
            "select network, count(*) filter (where is_open) as open, "
            "count(*) filter (where is_open and is_overdue) as overdue from mart.fct_case group by network"
        )
    }
    rows: list[list[Value]] = []
    for network, title in edition.manifest["networks"].items():
        if network not in standing:
            continue
        late = network in incomplete
        now = [_counted(told[0], name, network, late) for name in COUNTS]
        before = _counted(told[1], "reported", network, late)
        rows.append(
            [title, now[0], before, *now[1:], int(standing[network]["open"]), int(standing[network]["overdue"])]
        )
    sums = [sum(int(row[name]) for row in standing.values()) for name in ("open", "overdue")]
    now = [_counted(whole[0], name, "district", bool(incomplete)) for name in COUNTS]
    before = _counted(whole[1], "reported", "district", bool(incomplete))
    rows.insert(0, [say("全区", "district"), now[0], before, *now[1:], *sums])
    titles = [("网络", "network"), ("上报", "reported"), ("前一日上报", "day before"), ("处置", "disposed"),
              ("结案", "closed"), ("在办", "open"), ("超期在办", "overdue")]  # fmt: skip
    columns = [Column(say.pair(title), 2.05 if place == 0 else 2.56, place > 0) for place, title in enumerate(titles)]
    shown = [_word(value, say) for value in (*now, before)]
    line = say(
        f"昨日上报 {shown[0]} 件（前一日 {shown[3]} 件），处置 {shown[1]} 件，结案 {shown[2]} 件；"
        f"截至构建时点在办 {sums[0]:,} 件，其中超期 {sums[1]:,} 件。",
        f"Reported {shown[0]} (the day before {shown[3]}), disposed {shown[1]}, closed {shown[2]}; "
        f"open at the clock {sums[0]:,}, of which overdue {sums[1]:,}.",
    )
    table = Table(columns, rows, NETWORKS_SHOWN, one_line=True)
    return Section(say("一、总体情况", "1. Overview"), say("总体情况", "overview"), [line], table)


def _word(value: Value, say: Speech) -> str:
    return f"{value:,}" if isinstance(value, int) else say.words["not_assessable"]


def _rates(edition: Edition, say: Speech, day: date) -> Section:
    titles = {row["indicator"]: row for row in edition.rows("select * from mart.dim_indicator")}
    names = [name for name in RATES if name in titles]
    now, before = (_figures(edition, one, "district", RATES) for one in (day, day - timedelta(days=1)))
    rows: list[list[Value]] = []
    for name in names:
        one, other = now.get((name, "district")), before.get((name, "district"))
        share = share_of(one)
        rows.append(
            [
                say(titles[name]["title_zh"], titles[name]["title_en"]),
                share.numerator if share else None,
                share.denominator if share else None,
                share,
                share_of(other),
            ]
        )
    heads = [("指标", "indicator"), ("分子", "numerator"), ("分母", "denominator"), ("昨日", "yesterday"),
             ("前一日", "day before")]  # fmt: skip
    columns = [Column(say.pair(title), 7.3 if place == 0 else 2.5, place > 0) for place, title in enumerate(heads)]
    nothing = say("昨日没有可计的指标。", "No rate has a base yesterday.")
    return Section(
        say("二、主要指标", "2. Rates"),
        say("主要指标", "rates"),
        [],
        Table(columns, rows, None, nothing, one_line=True),
    )


def share_of(row: Row | None) -> Share | None:
    """A figure of the edition as a share."""
    if row is None:
        return None
    below = None if row["denominator"] is None else int(row["denominator"])
    return Share(int(row["numerator"]), below, bool(row.get("is_assessable", True)))


def _quality(edition: Edition, say: Speech) -> Section:
    feeds = [feed for told in incomplete_networks(edition).values() for feed in told]
    zone = edition.rows("select feed, timezone(?, timezone('UTC', data_through_at)) as through from mart.dq_feed",
                        [edition.info["time_zone"]])  # fmt: skip
    through = {row["feed"]: row["through"] for row in zone}
    rows: list[list[Value]] = [
        [
            feed["title"],
            feed["owner_office"],
            say("有数据暂缓入库", "landings are held")
            if feed["held"] or feed["unjudged"]
            else say("未按时送达", "late"),
            through[feed["feed"]],
        ]
        for feed in feeds
    ]
    heads = [("接口", "feed"), ("责任单位", "office"), ("情况", "what"), ("数据截至", "data through")]
    columns = [Column(say.pair(title), width) for title, width in zip(heads, (5.0, 5.0, 4.0, 3.3), strict=True)]
    nothing = say("各接口数据齐全。", "The data of all feeds are complete.")
    lines = [say("依据以下接口的指标标为“不可评估”，不作偏小计算。", "Figures that rest on these are not assessable.")]
    return Section(
        say("三、数据情况", "3. Data"), say("数据情况", "data"), lines if rows else [],
        Table(columns, rows, FEEDS_SHOWN, nothing, one_line=True),
    )  # fmt: skip


def _offices(edition: Edition) -> dict[str, str]:
    rows = edition.rows("select org_code, max(org_name) as name from mart.dim_organisation where is_current group by 1")
    return {row["org_code"]: row["name"] or row["org_code"] for row in rows}


def _due_soon(edition: Edition, say: Speech) -> Section:
    names, networks = _offices(edition), edition.manifest["networks"]
    due = edition.rows("select * from mart.rpt_due_soon order by due_at, case_id, stage")
    bands = ("overdue_today", "two_hours", "today")
    units: dict[str, list[int]] = {}
    for row in due:
        unit: str = names.get(row["org_code"]) or row["org_code"]
        if row["org_code"] == "unknown":
            unit = say("{}（未派单位）", "{} (no unit yet)").format(networks.get(row["network"], row["network"]))
        units.setdefault(unit, [0, 0, 0])[bands.index(row["band"])] += 1
    ranked = sorted(units.items(), key=lambda one: ([-count for count in one[1]], one[0]))
    rows: list[list[Value]] = [[unit, *counts, sum(counts)] for unit, counts in ranked]
    totals = [sum(counts[place] for counts in units.values()) for place in range(3)]
    heads = [("单位", "unit"), ("今日已超期", "overdue today"), ("两小时内", "two hours"), ("今日到期", "today"),
             ("合计", "all")]  # fmt: skip
    columns = [Column(say.pair(title), 6.9 if place == 0 else 2.6, place > 0) for place, title in enumerate(heads)]
    line = say(
        f"今日已超期 {totals[0]} 个环节，两小时内到期 {totals[1]} 个，今日其余到期 {totals[2]} 个。",
        f"Stages overdue today {totals[0]}, due within two hours {totals[1]}, later today {totals[2]}.",
    )
    nothing = say("今日没有到期的环节。", "Nothing falls due today.")
    return Section(
        say("四、临期提醒", "4. Due soon"), say("临期", "due soon"), [line],
        Table(columns, rows, UNITS_SHOWN, nothing, one_line=True), new_page=True,
    )  # fmt: skip


def _due_list(edition: Edition, say: Speech) -> Section:
    """Each stage that is due, for the workbook only."""
    names, networks = _offices(edition), edition.manifest["networks"]
    due = edition.rows("select * from mart.rpt_due_soon order by due_at, case_id, stage")
    rows: list[list[Value]] = [
        [
            say.pair(BANDS[row["band"]]),
            int(row["minutes_left"]),
            row["due_at_local"],
            networks.get(row["network"], row["network"]),
            row["stream_key"],
            say.pair(STAGES[row["stage"]]),
            names.get(row["org_code"], row["org_code"]),
            row["grid_code"],
        ]
        for row in due
    ]
    heads = [("临期档", "band"), ("剩余分钟", "minutes left"), ("截止", "due"), ("网络", "network"),
             ("案件编号", "case"), ("环节", "stage"), ("单位", "unit"), ("网格", "grid")]  # fmt: skip
    columns = [Column(say.pair(title), 3.0, title[1] == "minutes left") for title in heads]
    nothing = say("今日没有到期的环节。", "Nothing falls due today.")
    title = say("临期清单", "List of what is due")
    return Section(title, title, [], Table(columns, rows, None, nothing), on_paper=False)


def _suspensions(edition: Edition, say: Speech) -> Section:
    names = _offices(edition)
    lasting = edition.rows(
        "select * from mart.rpt_suspension where is_lasting "
        "order by is_expired_not_resumed desc, age_days desc, case_id, event_id"
    )
    kinds = {"suspension": ("挂账", "suspension"), "extension": ("延期", "extension")}
    rows: list[list[Value]] = [
        [
            say.pair(kinds[row["kind"]]),
            row["stream_key"],
            names.get(row["org_code"], row["org_code"]),
            row["began_at_local"],
            row["until_at_local"],
            int(row["age_days"]),
            bool(row["is_expired_not_resumed"]),
        ]
        for row in lasting
    ]
    counts = {kind: sum(row["kind"] == kind for row in lasting) for kind in kinds}
    expired = sum(bool(row["is_expired_not_resumed"]) for row in lasting)
    line = say(
        f"持续挂账 {counts['suspension']} 件、延期 {counts['extension']} 件，其中到期未恢复 {expired} 件。",
        f"Lasting suspensions {counts['suspension']}, extensions {counts['extension']}; expired {expired}.",
    )
    heads = [("类型", "kind"), ("案件编号", "case"), ("单位", "unit"), ("起始", "since"), ("到期", "until"),
             ("天数", "days"), ("到期未恢复", "expired")]  # fmt: skip
    kind, unit = (2.0, 3.3) if say.language == "en" else (1.2, 4.1)
    widths = (kind, 3.05, unit, 3.05, 3.05, 1.1, 1.9)
    columns = [Column(say.pair(title), width, title[1] == "days") for title, width in zip(heads, widths, strict=True)]
    return Section(
        say("五、挂账与延期", "5. Suspensions and extensions"), say("挂账延期", "suspensions"), [line],
        Table(columns, rows, LINES_SHOWN, say("没有持续的挂账或延期。", "None lasts."), one_line=True),
    )  # fmt: skip


def _shuttle(edition: Edition, say: Speech) -> Section:
    names = _offices(edition)
    told = edition.rows(
        "select * from mart.rpt_shuttle where is_open order by shuttle_count desc, last_held_since_at, case_id"
    )
    rows: list[list[Value]] = [
        [
            row["stream_key"],
            int(row["shuttle_count"]),
            " → ".join(names.get(code, code) for code in (row["org_route"] or "").split(" > ") if code),
            names.get(row["last_org_code"], row["last_org_code"]),
            row["last_held_since_local"],
        ]
        for row in told
    ]
    heads = [("案件编号", "case"), ("次数", "times"), ("流转路径", "way"), ("现承办单位", "held by"), ("自", "since")]
    widths = (3.05, 1.3, 5.9, 4.1, 3.05)
    columns = [Column(say.pair(title), width, title[1] == "times") for title, width in zip(heads, widths, strict=True)]
    line = say(
        f"在办案件中多次退回或改派的 {len(told)} 件。",
        f"Open cases that were returned or dispatched again too often: {len(told)}.",
    )
    return Section(
        say("六、扯皮件", "6. Tossed about"), say("扯皮件", "tossed about"), [line],
        Table(columns, rows, LINES_SHOWN, say("没有。", "None."), one_line=True),
    )  # fmt: skip


def _handovers(edition: Edition, say: Speech) -> Section:
    networks = edition.manifest["networks"]
    told = edition.rows("select * from mart.rpt_handover order by contradictory_since_at, handover_id")
    wrong = [row for row in told if row["is_contradictory"]]
    rows: list[list[Value]] = [
        [
            row["reference_key"],
            networks.get(row["from_network"], row["from_network"]),
            networks.get(row["to_network"], row["to_network"]),
            say.pair(CONTRADICTIONS[row["contradiction"]]),
            row["contradictory_since_local"],
        ]
        for row in wrong
    ]
    heads = [("移交编号", "hand-over"), ("移出", "from"), ("移入", "to"), ("情形", "what"), ("自", "since")]
    widths = (3.05, 2.2, 2.2, 6.9, 3.05)
    columns = [Column(say.pair(title), width) for title, width in zip(heads, widths, strict=True)]
    line = say(
        f"跨系统移交 {len(told)} 件，两边状态不一致 {len(wrong)} 件。一次移交只计一件工作量。",
        f"Hand-overs between systems {len(told)}, contradictory {len(wrong)}. A hand-over is one workload.",
    )
    return Section(
        say("七、两边状态不一致", "7. Sides that disagree"), say("两边不一致", "sides disagree"), [line],
        Table(columns, rows, LINES_SHOWN, say("没有。", "None."), one_line=True),
    )  # fmt: skip
