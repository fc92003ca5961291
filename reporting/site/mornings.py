"""What is asked every morning: what is due, suspended, tossed about, and told differently by two systems."""

from collections.abc import Sequence
from typing import Any

from reporting.site.listing import SHOWN, Column, Listing, label, listing, moment, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

Card = tuple[str, str, int, str, str]
"""Chinese and English title, figure, the query that gives it, and its style."""


def make(source: Source) -> list[Sheet]:
    """The pages due.html, suspensions.html, shuttles.html and handovers.html, as far as the edition has their marts."""
    return [*_due(source), *_suspensions(source), *_shuttles(source), *_handovers(source)]


def _sheet(
    source: Source, file: str, titles: tuple[str, str], lead: tuple[str, str], cards: list[Card],
    listings: Sequence[Listing], by_unit: str, **more: Any,
) -> Sheet:  # fmt: skip
    units = _units(source, by_unit) if by_unit else []
    context = {
        "lead": lead,
        "cards": cards,
        "listings": listings,
        "units": units,
        "by_unit": by_unit,
        "matrix": None,
        **more,
    }
    return Sheet(file, "morning.html.j2", *titles, context)


def _units(source: Source, mart_and_condition: str) -> list[tuple[str, tuple[str, str], int]]:
    """Units with how many of the rows each has: code, names, count."""
    rows = source.query(
        f"select org_code, count(*) as cases from mart.{mart_and_condition} group by org_code "
        "order by cases desc, org_code"
    )
    return [(row["org_code"], label(source, "org_code", row["org_code"]), int(row["cases"])) for row in rows]


def _card(source: Source, zh: str, en: str, from_where: str, style: str = "") -> Card:
    query = f"count(*) from mart.{from_where}"
    [(value,)] = source.connection.execute(f"select {query}").fetchall()
    return zh, en, int(value), query, style


def _due(source: Source) -> list[Sheet]:
    if not source.has("rpt_due_soon"):
        return []
    cards = [
        _card(source, "今日已超", "Ran out today", "rpt_due_soon where band = 'overdue_today'", "alarm"),
        _card(source, "两小时内到期", "Due within two hours", "rpt_due_soon where band = 'two_hours'"),
        _card(source, "今日稍后到期", "Due later today", "rpt_due_soon where band = 'today'"),
    ]
    rows = source.query("select * from mart.rpt_due_soon order by due_at, case_id, stage limit ?", [SHOWN])
    columns = (
        Column("剩余分钟", "minutes left", number("minutes_left"), "minutes_left", "figures"),
        Column("截止", "due", moment("due_at_local"), style="number"),
        Column("单位", "unit", named(source, "org_code")),
        Column("环节", "stage", named(source, "stage")),
        Column("责任方", "held by", named(source, "held_by")),
        Column("网络", "network", named(source, "network")),
        Column("网格", "grid", named(source, "grid_code")),
        Column("临期档", "band", named(source, "band")),
    )
    ledger = listing(
        source, "due", ("临期清单", "What is due"), rows, columns,
        (("org_code", "单位", "unit"), ("band", "临期档", "band"), ("network", "网络", "network")),
        sum(card[2] for card in cards), "rpt_due_soon",
        lambda row: f"case_id = {quoted(row['case_id'])} and stage = {quoted(row['stage'])}",
    )  # fmt: skip
    lead = (
        "数据时点当日到期或两小时内到期的环节，含今日已超的；挂账中的没有期限。剩余分钟按数据时点算。",
        (
            "Stages whose deadline falls on the day of the data's clock or within two hours, those that ran out today "
            "included; what is suspended has none. Minutes are counted from the data's clock."
        ),
    )
    return [_sheet(source, "due.html", ("临期", "Due soon"), lead, cards, [ledger], "rpt_due_soon")]


def _suspensions(source: Source) -> list[Sheet]:
    if not source.has("rpt_suspension"):
        return []
    lasting = "rpt_suspension where is_lasting"
    cards = [
        _card(source, "挂账中", "Suspended", f"{lasting} and kind = 'suspension'"),
        _card(source, "延期中", "Extended", f"{lasting} and kind = 'extension'"),
        _card(source, "到期未恢复", "Expired, not resumed", "rpt_suspension where is_expired_not_resumed", "alarm"),
    ]
    rows = source.query(
        "select * from mart.rpt_suspension order by is_expired_not_resumed desc, is_lasting desc, age_days desc, "
        "event_id limit ?",
        [SHOWN],
    )
    [(total,)] = source.connection.execute("select count(*) from mart.rpt_suspension").fetchall()
    columns = (
        Column("类型", "kind", named(source, "kind")),
        Column("网络", "network", named(source, "network")),
        Column("单位", "unit", named(source, "org_code")),
        Column("申请", "asked by", named(source, "asked_org_code")),
        Column("批准", "approved by", named(source, "approved_org_code")),
        Column("起始", "began", moment("began_at_local", year=True), style="number"),
        Column("到期", "until", moment("until_at_local", year=True), style="number"),
        Column("账龄（天）", "age (days)", number("age_days"), "age_days", "figures"),
        Column("持续中", "lasting", lambda row: label(source, "", row["is_lasting"])),
        Column("到期未恢复", "expired", lambda row: label(source, "", row["is_expired_not_resumed"])),
        Column("结束", "ended by", named(source, "ended_by")),
    )
    ledger = listing(
        source, "suspensions", ("挂账与延期台账", "Suspensions and extensions"), rows, columns,
        (
            ("org_code", "单位", "unit"), ("kind", "类型", "kind"),
            ("is_expired_not_resumed", "到期未恢复", "expired"), ("is_lasting", "持续中", "lasting"),
        ),
        int(total), "rpt_suspension", lambda row: f"event_id = {quoted(row['event_id'])}",
    )  # fmt: skip
    lead = (
        "谁申请、谁批准（事件讲到的）、何时起、何时到期；到期而未恢复办理的在最前。",
        (
            "Who asked, who approved (as far as events tell), since when, until when; what has expired and was not "
            "resumed comes first."
        ),
    )
    return [_sheet(source, "suspensions.html", ("挂账与延期", "Suspensions"), lead, cards, [ledger], lasting)]


def _shuttles(source: Source) -> list[Sheet]:
    if not source.has("rpt_shuttle"):
        return []
    cards = [
        _card(source, "扯皮件", "Tossed about", "rpt_shuttle"),
        _card(source, "其中在办", "Of them open", "rpt_shuttle where is_open", "alarm"),
    ]
    rows = source.query(
        "select *, last_org_code as org_code from mart.rpt_shuttle "
        "order by is_open desc, shuttle_count desc, case_id limit ?",
        [SHOWN],
    )

    def route(row: dict[str, Any]) -> str:
        codes = (row["org_route"] or "").split(" > ")
        return " › ".join(label(source, "org_code", code)[0] for code in codes if code) or "—"

    columns = (
        Column("网络", "network", named(source, "network")),
        Column("状态", "status", named(source, "status")),
        Column("退回", "returned", number("returned_count"), "returned_count", "figures"),
        Column("改派", "redispatched", number("redispatched_count"), "redispatched_count", "figures"),
        Column("扯皮次数", "tosses", number("shuttle_count"), "shuttle_count", "figures"),
        Column("涉及单位", "units", number("organisations"), "organisations", "figures"),
        Column("最后在谁手里", "who had it last", named(source, "last_org_code")),
        Column("自", "since", moment("last_held_since_local"), style="number"),
        Column("流转", "route", route, style="wrap"),
    )
    ledger = listing(
        source, "shuttles", ("扯皮件", "Cases tossed about"), rows, columns,
        (("org_code", "最后单位", "last unit"), ("status", "状态", "status"), ("network", "网络", "network")),
        cards[0][2], "rpt_shuttle", lambda row: f"case_id = {quoted(row['case_id'])}",
    )  # fmt: skip
    lead = (
        "退回或改派达到城市规定次数的案件；一退一派算一次。",
        (
            "Cases that were returned or dispatched again as often as the city's rule says; a return and the dispatch "
            "after it are one toss."
        ),
    )
    return [_sheet(source, "shuttles.html", ("扯皮件", "Tossed about"), lead, cards, [ledger], "")]


def _handovers(source: Source) -> list[Sheet]:
    if not source.has("rpt_handover"):
        return []
    cards = [
        _card(source, "移交", "Hand-overs", "rpt_handover"),
        _card(source, "两边状态不一致", "The sides differ", "rpt_handover where is_contradictory", "alarm"),
        _card(source, "两边台账不一致", "The books differ", "rpt_handover where is_book_contradictory"),
    ]
    rows = source.query(
        "select *, reference_key as stream_key, counted_network as network from mart.rpt_handover "
        "where is_contradictory or is_book_contradictory "
        "order by is_contradictory desc, contradictory_since_at, handover_id limit ?",
        [SHOWN],
    )
    columns = (
        Column("移出", "from", named(source, "from_network")),
        Column("移出方案件", "giver's case", lambda row: row["from_key"] or "—"),
        Column("状态", "status", named(source, "from_status")),
        Column("移入", "to", named(source, "to_network")),
        Column("状态", "status", named(source, "to_status")),
        Column("情形", "how they differ", named(source, "contradiction"), style="alarm"),
        Column("自", "since", moment("contradictory_since_local"), style="number"),
        Column("移交", "handed on", moment("handed_at_local"), style="number"),
        Column("计量方", "workload of", named(source, "counted_network")),
    )
    differ = _card(source, "", "", "rpt_handover where is_contradictory or is_book_contradictory")
    ledger = listing(
        source, "handovers", ("不一致清单", "Where the sides differ"), [{**row, "case_id": None} for row in rows],
        columns, (("contradiction", "情形", "how"), ("from_network", "移出", "from"), ("to_network", "移入", "to")),
        differ[2], "rpt_handover", lambda row: f"handover_id = {quoted(row['handover_id'])}",
    )  # fmt: skip
    ledger = Listing(**{**ledger.__dict__, "source": "rpt_handover where is_contradictory or is_book_contradictory"})
    lead = (
        "按明确的移交编号比对两个系统，比到两边都已交数据的时点；一次移交算一份工作量。",
        (
            "Two systems are compared by the explicit number of a hand-over, up to the moment that both have "
            "delivered; a hand-over is one workload."
        ),
    )
    matrix = source.query(
        "select from_network, to_network, count(*) as handovers, "
        "count(*) filter (where is_contradictory) as contradictory "
        "from mart.rpt_handover group by from_network, to_network order by from_network, to_network"
    )
    told = [
        {**row, "from": source.network(row["from_network"]), "to": source.network(row["to_network"])} for row in matrix
    ]
    return [_sheet(source, "handovers.html", ("两边状态", "Two sides"), lead, cards, [ledger], "", matrix=told)]


PAGE = SitePage("morning", make)
