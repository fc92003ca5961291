"""通报: the bulletin of a closed month, from the frozen rows of its closing.

Figures are those that the closing stands for: after the objections that were upheld, where units could object. Rates
that rest on held or late feeds are said to be not assessable; they are not ranked, nor are those with a small base.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from ingest.privacy import literal
from reporting.build import WAREHOUSE
from reporting.closing import FIGURES, SCORECARDS, Closing, marts_of
from reporting.daily import COUNTS, RATES, Speech
from reporting.documents import Chart, Column, Report, Section, Share, Table, Value
from reporting.exclusions import ADJUSTED, EXCLUSION
from reporting.page import Row, query
from reporting.registry import Indicator, registry
from reporting.rescoring import RESCORED
from reporting.site.rates import MIN_DENOMINATOR
from reporting.site.source import UNKNOWN

RANKED_BY = "handled_on_time_rate"
RATEES_SHOWN, EXCLUSIONS_SHOWN, RATES_SHOWN = 40, 40, 24


@dataclass(frozen=True)
class _Month:
    """A closing that is read: figures by (indicator, kind, code), names of subjects, titles of indicators."""

    connection: duckdb.DuckDBPyConnection
    closing: Closing
    info: Row
    networks: dict[str, str]
    figures: dict[tuple[str, str, str], Row]
    names: dict[tuple[str, str], str]
    titles: dict[str, Indicator]
    units: dict[str, str]
    feeds: dict[str, str]

    def share(self, indicator: str, kind: str, code: str) -> Share | None:
        row = self.figures.get((indicator, kind, code))
        if row is None or row["denominator"] is None:
            return None
        return Share(int(row["numerator"]), int(row["denominator"]), bool(row["is_assessable"]))

    def subjects(self, kind: str) -> list[str]:
        return sorted({code for _, told, code in self.figures if told == kind})

    def name(self, kind: str, code: str) -> str:
        return self.names.get((kind, code)) or code

    def title(self, indicator: str, say: Speech) -> str:
        one = self.titles.get(indicator)
        return say(one.title_zh, one.title_en) if one and one.title_zh else indicator


def bulletin(closing: Closing, edition: Path, networks: dict[str, str], language: str = "zh") -> Report:
    """The bulletin of a closing; `edition` is the folder of the edition that it closed, for names only."""
    say = Speech(language)
    with duckdb.connect() as connection:
        month = _read(connection, closing, edition, networks)
        record = closing.record
        at = datetime.fromisoformat(record["at"]).astimezone(ZoneInfo(record["time_zone"])).replace(tzinfo=None)
        year, number = record["month"].split("-")
        reason = record["document"] or record["why"]
        return Report(
            title=say(
                f"{month.info['city_title']}多网合一工作通报（{year}年{int(number)}月）",
                f"{month.info['city_title']}: bulletin of {record['month']}",
            ),
            subtitle=say(
                f"第 {record['number']} 次月结 · {record['by']} · {reason} · {at:%Y-%m-%d}",
                f"closing {record['number']} · {record['by']} · {reason} · {at:%Y-%m-%d}",
            ),
            sections=_sections(month, say),
            provenance=_provenance(month, say),
            made_at=at,
            language=language,
            words=say.words,
        )


def _sections(month: _Month, say: Speech) -> list[Section]:
    makers = (_overview, _rates, _networks, _streets, _units, _scores, _exclusions, _data)
    numerals = "一二三四五六七八"
    told = [section for maker in makers if (section := maker(month, say)) is not None]
    return [
        Section(
            f"{say(f'{numerals[place]}、', f'{place + 1}. ')}{one.title}", one.sheet, one.lines, one.table, one.chart
        )
        for place, one in enumerate(told)
    ]


def _read(connection: duckdb.DuckDBPyConnection, closing: Closing, edition: Path, networks: dict[str, str]) -> _Month:
    connection.execute(f"attach {literal(str(edition / WAREHOUSE))} as edition (read_only)")
    for table in closing.record["tables"]:
        file = literal(str(closing.path / table["file"]))
        connection.execute(f"create view {table['name']} as from read_parquet({file})")
    frozen = {table["name"]: [name for name, _ in table["columns"]] for table in closing.record["tables"]}
    assessable = "told.is_assessable" if "is_assessable" in frozen[FIGURES] else "true"
    before = "told.numerator_before" if "numerator_before" in frozen[FIGURES] else "null"
    below = "told.denominator_before" if "denominator_before" in frozen[FIGURES] else "null"
    comparable = "told.is_before_comparable" if "is_before_comparable" in frozen[FIGURES] else "true"
    final, join = "told", ""
    if ADJUSTED in frozen:
        final, join = "final", f"inner join {ADJUSTED} as final using (indicator, subject_kind, subject_code)"
    rows = query(
        connection,
        f"select indicator, subject_kind, subject_code, {final}.numerator, {final}.denominator, "
        f"{assessable} as is_assessable, {before} as earlier_numerator, {below} as earlier_denominator, "
        f"{comparable} as is_comparable from {FIGURES} as told {join} "
        "where subject_kind in ('district', 'network', 'street', 'organisation')",
    )
    figures = {(row["indicator"], row["subject_kind"], row["subject_code"]): row for row in rows}
    marts = marts_of(connection, "edition")
    info = query(connection, "select * from edition.mart.publish_info")[0]
    titles = registry(connection, "edition", edition)
    names = {("network", code): title for code, title in networks.items()} | _names(connection, marts)
    units: dict[str, str] = {}
    if "unit" in marts.get("dim_indicator", []):
        units = dict(connection.execute("select indicator, unit from edition.mart.dim_indicator").fetchall())
    feeds: dict[str, str] = {}
    if {"feed", "title"} <= set(marts.get("dq_feed", [])):
        feeds = dict(connection.execute("select feed, title from edition.mart.dq_feed").fetchall())
    return _Month(connection, closing, info, networks, figures, names, titles, units, feeds)


def _names(connection: duckdb.DuckDBPyConnection, marts: dict[str, list[str]]) -> dict[tuple[str, str], str]:
    """Names of organisations and streets, as the closed edition has them."""
    found: dict[tuple[str, str], str] = {}
    for kind, mart, code, name in (
        ("organisation", "dim_organisation", "org_code", "org_name"),
        ("street", "dim_grid", "street_code", "street_name"),
    ):
        if {code, name} <= set(marts.get(mart, [])):
            rows = connection.execute(
                f"select {code}, max({name}) from edition.mart.{mart} "
                f"where {code} is not null and is_current group by 1"
            ).fetchall()
            found |= {(kind, told): title for told, title in rows if title}
    return found


def _provenance(month: _Month, say: Speech) -> list[tuple[str, str]]:
    record, through = month.closing.record, month.info["data_through_local"]
    told = [
        (say("月结", "closing"), f"{record['month']}/{record['number']}"),
        (say("版次", "edition"), str(record["edition"])),
        (say("日志版本", "log version"), str(record["log_version"])),
        (say("数据截至", "data through"), f"{through:%Y-%m-%d %H:%M}" if through else say("未知", "unknown")),
    ]
    incomplete = record["held_feeds"] + record["lagging_feeds"]
    if incomplete:
        named = say("、", ", ").join(f"{month.feeds.get(feed, '')}({feed})" for feed in incomplete)
        told.append((say("数据不完整的接口", "feeds that are not complete"), named))
    return told


def _overview(month: _Month, say: Speech) -> Section:
    heads = [("指标", "count"), ("本月", "month"), ("上月", "month before")]
    rows: list[list[Value]] = []
    for name in COUNTS:
        row = month.figures.get((name, "district", "district"))
        if row is not None:
            earlier = row["earlier_numerator"] if row["is_comparable"] else None
            # what rests on a held or late feed is not known
            now: Value = int(row["numerator"]) if row["is_assessable"] else Share(0, 0, False)
            rows.append([month.title(name, say), now, None if earlier is None else int(earlier)])
    columns = [Column(say.pair(head), 6.0 if place == 0 else 4.0, place > 0) for place, head in enumerate(heads)]
    title = say("总体情况", "Overview")
    return Section(title, title, [], Table(columns, rows, None, say("本月没有案件。", "No case this month.")))


def _rates(month: _Month, say: Speech) -> Section:
    rows: list[list[Value]] = []
    for name in RATES:
        share = month.share(name, "district", "district")
        if share is None:
            continue
        row = month.figures[name, "district", "district"]
        earlier = None
        if row["earlier_denominator"] and row["is_comparable"]:
            earlier = Share(int(row["earlier_numerator"]), int(row["earlier_denominator"]))
        rows.append([month.title(name, say), share.numerator, share.denominator, share, earlier])
    heads = [("指标", "rate"), ("分子", "numerator"), ("分母", "denominator"), ("本月", "month"),
             ("上月", "month before")]  # fmt: skip
    columns = [Column(say.pair(head), 6.5 if place == 0 else 2.6, place > 0) for place, head in enumerate(heads)]
    title = say("主要指标", "Rates")
    return Section(title, title, [], Table(columns, rows, None, say("没有可计的指标。", "No rate has a base.")))


def _networks(month: _Month, say: Speech) -> Section:
    codes = [code for code in month.networks if code in month.subjects("network")]
    title = say("分网络情况", "By network")
    return _subjects(month, say, "network", codes, title, ranked=False)


def _streets(month: _Month, say: Speech) -> Section | None:
    codes = [code for code in month.subjects("street") if code not in ("unlocated", "unknown")]
    title = say("街镇排名", "Ranking of streets")
    return _subjects(month, say, "street", codes, title, ranked=True) if codes else None


def _units(month: _Month, say: Speech) -> Section | None:
    codes = [code for code in month.subjects("organisation") if code != "unknown"]
    title = say("责任单位排名", "Ranking of units")
    return _subjects(month, say, "organisation", codes, title, ranked=True) if codes else None


def _subjects(month: _Month, say: Speech, kind: str, codes: Sequence[str], title: str, ranked: bool) -> Section:
    """Cases reported and the disposal on time of each subject; ranked by it, exactly, ties share a rank."""
    told = []
    for code in codes:
        share = month.share(RANKED_BY, kind, code)
        reported = month.figures.get(("reported", kind, code))
        told.append((code, share, int(reported["numerator"]) if reported else 0))
    places = _places([(code, share) for code, share, _ in told if share is not None and _is_ranked(share)])
    if ranked:
        last = len(told) + 1
        told.sort(key=lambda one: (places.get(one[0], last), one[0]))
    rows: list[list[Value]] = []
    for code, share, count in told:
        parts: list[Value] = [share.numerator, share.denominator, share] if share else [None, None, None]
        rank: list[Value] = [places.get(code)] if ranked else []
        rows.append([*rank, month.name(kind, code), count, *parts])
    heads = [("名次", "rank")] if ranked else []
    heads += [("对象", "subject"), ("上报", "reported"), ("按期处置", "on time"), ("应处置", "due"),
              ("按期处置率", "rate")]  # fmt: skip
    columns = [
        Column(say.pair(head), 1.3 if head[1] == "rank" else 6.0 if head[1] == "subject" else 2.4, head[1] != "subject")
        for head in heads
    ]
    lines = []
    if ranked:
        lines.append(
            say(
                f"应处置数少于 {MIN_DENOMINATOR} 件或不可评估的只列不排。",
                f"With fewer than {MIN_DENOMINATOR} due, or not assessable: listed, not ranked.",
            )
        )
    shown = [(code, share) for code, share, _ in told if share is not None and share.percent is not None]
    chart = None
    if shown:
        chart = Chart(
            f"{title} · {month.title(RANKED_BY, say)}",
            [month.name(kind, code) for code, _ in shown[:15]],
            [(month.title(RANKED_BY, say), [float(share.percent or 0) for _, share in shown[:15]])],
            "%",
        )
    nothing = say("没有。", "None.")
    return Section(title, title, lines, Table(columns, rows, RATEES_SHOWN, nothing), chart)


def _is_ranked(share: Share) -> bool:
    return share.is_assessable and (share.denominator or 0) >= MIN_DENOMINATOR


def _places(shares: Sequence[tuple[str, Share]]) -> dict[str, int]:
    """Code → rank by the share, compared exactly; ties share a rank."""
    worth = {code: Fraction(share.numerator, share.denominator) for code, share in shares if share.denominator}
    return {code: 1 + sum(other > one for other in worth.values()) for code, one in worth.items()}


def _scores(month: _Month, say: Speech) -> Section | None:
    frozen = {table["name"]: [name for name, _ in table["columns"]] for table in month.closing.record["tables"]}
    if SCORECARDS not in frozen:
        return None
    has = set(frozen[SCORECARDS])
    title = "coalesce(title, scorecard)" if "title" in has else "scorecard"
    kind = "told.ratee_kind" if "ratee_kind" in has else "''"
    final, join = "told", ""
    if RESCORED in frozen:
        final, join = "final", f"inner join {RESCORED} as final using (scorecard, ratee_code)"
    told = query(
        month.connection,
        f"select {title} as card, {kind} as kind, ratee_code, {final}.score, {final}.maximum, {final}.ranking, "
        f"told.score as score_before, told.ranking as ranking_before from {SCORECARDS} as told {join} "
        f"order by card, {final}.ranking nulls last, ratee_code",
    )
    changed = RESCORED in frozen and bool(month.closing.record.get("upheld"))
    rows: list[list[Value]] = [
        [
            row["card"],
            None if row["ranking"] is None else int(row["ranking"]),
            say("未知", "unknown") if row["ratee_code"] in UNKNOWN else month.name(row["kind"], row["ratee_code"]),
            _points(row["score"]),
            _points(row["maximum"]),
            *([_points(row["score_before"]), row["ranking_before"]] if changed else []),
        ]
        for row in told
    ]
    heads = [("计分卡", "scorecard"), ("名次", "rank"), ("对象", "ratee"), ("得分", "score"), ("满分", "maximum"),
             ("剔除前得分", "score before"), ("剔除前名次", "rank before")]  # fmt: skip
    widths = (4.0, 1.2, 4.4, 1.9, 1.9, 2.1, 1.9) if changed else (5.5, 1.4, 5.6, 2.4, 2.4)
    columns = [
        Column(say.pair(head), width, head[1] not in ("scorecard", "ratee"))
        for head, width in zip(heads[: len(widths)], widths, strict=True)
    ]
    name = say("考核得分", "Scores")
    lines = []
    if changed:
        lines.append(
            say(
                "得分与名次已剔除申诉成立的案件；原值并列。",
                "Scores and ranks are without what was upheld; what they were stands beside them.",
            )
        )
    elif month.closing.record.get("upheld"):
        lines.append(
            say(
                "得分为版次原值，未因申诉成立而重算。",
                "Scores are the edition's; upheld objections do not change them.",
            )
        )
    return Section(name, name, lines, Table(columns, rows, RATEES_SHOWN, say("没有。", "None.")))


def _quotient(above: int, below: int, known: bool, unit: str) -> Value:
    """A rate in per cent; what is counted in another unit (seconds, transfers) as its two parts."""
    if unit == "share" or not known:
        return Share(int(above), int(below), known)
    return f"{int(above):,} / {int(below):,}"


def _points(thousandths: int | None) -> str | None:
    return None if thousandths is None else f"{Decimal(int(thousandths)) / 1000:.2f}"


def _exclusions(month: _Month, say: Speech) -> Section | None:
    """What upheld objections took out, and the rates of the district and of units before and after."""
    if "upheld" not in month.closing.record:
        return None
    taken = query(month.connection, f"select * from {EXCLUSION} order by objection, indicator")
    changed = query(
        month.connection,
        f"select * from {ADJUSTED} where excluded_items > 0 and subject_kind in ('district', 'organisation') "
        "order by indicator, subject_kind, subject_code",
    )
    rows: list[list[Value]] = []
    for row in changed:
        kind, code = row["subject_kind"], row["subject_code"]
        known = bool(month.figures[row["indicator"], kind, code]["is_assessable"])
        unit = month.units.get(row["indicator"], "share")
        before = _quotient(row["numerator_before"], row["denominator_before"], known, unit)
        after = _quotient(row["numerator"], row["denominator"], known, unit)
        subject = say("全区", "district") if kind == "district" else month.name(kind, code)
        rows.append([month.title(row["indicator"], say), subject, before, after, int(row["excluded_items"])])
    heads = [("指标", "rate"), ("对象", "subject"), ("剔除前", "before"), ("剔除后", "after"),
             ("剔除件数", "taken out")]  # fmt: skip
    widths = (4.6, 4.8, 3.0, 3.0, 1.8)
    columns = [
        Column(say.pair(head), width, place > 1) for place, (head, width) in enumerate(zip(heads, widths, strict=True))
    ]
    record = month.closing.record
    counts = (record["objections"], len(record["upheld"]), len(record["pending"]))
    lines = [
        say(
            "收到申诉 {} 件，成立 {} 件，未裁定 {} 件；成立的不计入率，原始记录保留。",
            "Objections {}, upheld {}, not ruled on {}; what was upheld is in no rate, the raw records stay.",
        ).format(*counts)
    ]
    seen: set[int] = set()
    for row in taken:
        if row["objection"] not in seen and len(seen) < EXCLUSIONS_SHOWN:
            seen.add(row["objection"])
            basis = f"{row['role']} {row['document']}".strip()
            lines.append(f"{row['objection']}. {row['stream_key']}: {row['reason']} ({basis})")
    name = say("申诉与裁定", "Objections and rulings")
    return Section(
        name, name, lines, Table(columns, rows, RATES_SHOWN, say("没有剔除的案件。", "Nothing was taken out."))
    )


def _data(month: _Month, say: Speech) -> Section:
    record = month.closing.record
    incomplete = [month.feeds.get(feed, feed) for feed in record["held_feeds"] + record["lagging_feeds"]]
    lines = [
        say(
            "数字取自月结冻结的版次，可逐案追溯；标为“不可评估”的指标所依据的接口有暂缓或迟到数据，不作偏小计算。",
            "Figures are those that the closing froze, and can be traced case by case; one that is not assessable "
            "rests on a feed with held or late data, and is not smaller.",
        )
    ]
    if incomplete:
        lines.append(
            say(
                f"月结时数据不完整：{'、'.join(incomplete)}；{record['incomplete']}",
                f"Not complete at the closing: {', '.join(incomplete)}; {record['incomplete']}",
            )
        )
    name = say("数据说明", "Data")
    return Section(name, name, lines)
