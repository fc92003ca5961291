"""吹哨报到: each department's answer to each whistle by kind and unit, how often streets whistle, and repeats."""

from reporting.page import Row
from reporting.site.core import Counted, Measure, card, counted, minutes, of_kind, sheet
from reporting.site.listing import SHOWN, Column, Listing, label, listing, moment, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

_LEAD = (
    (
        "一哨召几个部门，就有几行：签收、联系、到场、方案、办结，各按自己的时限；时限未到的既不算按时也不算超时。"
        "吹哨率过低与过高都列出：与各街镇中位数相差超过三倍稳健离差（本地规则，提示而非结论）。"
    ),
    (
        "A row a department that a whistle calls: signed, contacted, arrived, planned, closed, each by its own limit; "
        "what still runs is neither kept nor missed. Streets that whistle far less or far more than the others are "
        "both told: further than three robust deviations from the median (a local rule: a hint, no verdict)."
    ),
)
_ANSWERS = (
    Measure("召集", "calls", "count(*)"),
    Measure("应哨", "signed", "count(signed_at)", "count(*)"),
    Measure(
        "按时签收", "signed on time", "count(*) filter (where is_signed_on_time)",
        "count(*) filter (where is_signed_on_time is not null)",
    ),
    Measure(
        "按时联系", "contacted on time", "count(*) filter (where is_contacted_on_time)",
        "count(*) filter (where is_contacted_on_time is not null)",
    ),
    Measure("到场", "arrived", "count(arrived_at)", "count(*)"),
    Measure(
        "按时办结", "closed on time", "count(*) filter (where is_closed_on_time)",
        "count(*) filter (where is_closed_on_time is not null)",
    ),
    Measure("重复吹哨", "repeats", "count(*) filter (where is_repeat)"),
    Measure("已评", "scored", "count(score)"),
    Measure("均分", "mean score", "sum(score) // nullif(count(score), 0)"),
)  # fmt: skip

_OPEN = "rpt_whistle where closed_at is null"


def make(source: Source) -> list[Sheet]:
    """The page mechanism_whistle.html."""
    tables: list[Counted | None] = []
    ledgers: list[Listing | None] = []
    cards = []
    if source.has("rpt_whistle"):
        cards = [
            card(source, "未办结", "Not closed", _OPEN),
            card(source, "未应哨", "Not signed for", "rpt_whistle where signed_at is null", "alarm"),
            card(source, "超时未办结", "Overdue", f"{_OPEN} and not is_closed_on_time", "alarm"),
            card(source, "重复吹哨", "Whistled again", "rpt_whistle where is_repeat"),
        ]
        tables = [
            counted(source, "rpt_whistle", ("按哨类", "By kind"), [("whistle_kind", "哨类", "kind")], _ANSWERS),
            counted(source, "rpt_whistle", ("按部门", "By department"), [("org_code", "部门", "department")], _ANSWERS,
                    order="count(*) desc"),
        ]  # fmt: skip
        ledgers = [_ledger(source)]
    if source.has("rpt_whistle_rate"):
        tables.append(_rates(source))
    titles = ("吹哨报到", "Whistles")
    return sheet(source, "whistle", titles, _LEAD, of_kind(source, "whistle"), cards, tables, ledgers)


def _rates(source: Source) -> Counted | None:
    """A row a street, month and side; the rate by thousand cases is whole."""
    by = [("month_on", "月份", "month"), ("street_code", "街镇", "street"), ("tail", "高低", "tail")]
    measures = (
        Measure("吹哨", "whistles", "sum(whistles)"),
        Measure("召集部门", "calls", "sum(calls)"),
        Measure("重复", "repeats", "sum(repeats)"),
        Measure("案件", "cases", "sum(cases)"),
        Measure("每百万案件吹哨", "whistles per million cases", "max(whistles_per_million_cases)"),
        Measure("各街镇中位", "median of the streets", "max(median_per_million)"),
    )
    titles = ("吹哨率", "How often streets whistle")
    return counted(source, "rpt_whistle_rate", titles, by, measures, order="month_on desc")


def _ledger(source: Source) -> Listing | None:
    rows = source.query(
        "select *, whistle_id as case_id, 'whistle' as stream_type, count(*) over () as total from mart.rpt_whistle "
        "order by closed_at is not null, blown_at, whistle_id limit ?",
        [SHOWN],
    )
    if not rows:
        return None

    def kept(key: str, minutes_key: str) -> Column:
        zh, en = {"sign": ("签收", "signed"), "contact": ("联系", "contacted"), "arrive": ("到场", "arrived"),
                  "plan": ("方案", "planned"), "close": ("办结", "closed")}[minutes_key]  # fmt: skip
        told = minutes(f"minutes_to_{minutes_key}")

        def text(row: Row) -> tuple[str, str] | str:
            after = told(row)
            if key and row[key] is False:
                return (f"{after} 超时", f"{after} late") if after != "—" else ("超时未办", "overdue")
            return str(after)

        return Column(zh, en, text, style="number")

    columns = (
        Column("哨类", "kind", lambda row: row["whistle_kind"]),
        Column("吹哨街镇", "street", named(source, "street_code")),
        Column("被召部门", "department", named(source, "org_code")),
        Column("网格", "grid", named(source, "grid_code")),
        Column("吹哨", "blown", moment("blown_at_local"), style="number"),
        kept("is_signed_on_time", "sign"),
        kept("is_contacted_on_time", "contact"),
        kept("", "arrive"),
        kept("", "plan"),
        kept("is_closed_on_time", "close"),
        Column("评分", "score", number("score"), "score", "figures"),
        Column("重复", "repeat", lambda row: label(source, "", row["is_repeat"])),
    )
    return listing(
        source, "whistles", ("逐件", "One by one"), rows, columns,
        (
            ("org_code", "部门", "department"), ("street_code", "街镇", "street"), ("whistle_kind", "哨类", "kind"),
            ("state", "状态", "state"), ("is_repeat", "重复", "repeat"),
        ),
        int(rows[0]["total"]), "rpt_whistle", lambda row: f"whistle_id = {quoted(row['whistle_id'])}",
    )  # fmt: skip


PAGE = SitePage("mechanisms", make)
