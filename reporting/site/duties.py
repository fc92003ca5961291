"""Duties sunk to the grids (职责下沉): what became of their cases, duties without any, and cases of no duty."""

from typing import Any

from reporting.page import Row
from reporting.site.listing import Column, label, listing, named, number, quoted
from reporting.site.rates import percent
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source


def make(source: Source) -> list[Sheet]:
    """The page duties.html."""
    if not source.has("rpt_duty"):
        return []
    months = [
        month
        for (month,) in source.connection.execute(
            "select distinct month_on from mart.rpt_duty order by 1 desc"
        ).fetchall()
    ]
    over = [month for month in months if source.month and month == source.month.start.date()]
    shown = over[0] if over else months[0]
    ledgers = [(month, _duties(source, month), _outside(source, month)) for month in months[:3]]
    context: dict[str, Any] = {
        "months": months[:3],
        "shown": shown,
        "ledgers": ledgers,
        "totals": {month: _totals(source, month) for month in months[:3]},
    }
    return [Sheet("duties.html", "duties.html.j2", "职责下沉", "Duties", context)]


def _totals(source: Source, month: Any) -> list[tuple[str, str, int, str]]:
    found = []
    for zh, en, what in (
        ("职责", "Duties", "count(*)"),
        ("列而未办", "Without events", "count(*) filter (where is_without_events)"),
        ("案件", "Cases", "coalesce(sum(cases), 0)"),
        ("按期处置", "Handled on time", "coalesce(sum(handled_on_time), 0)"),
        ("超期", "Overdue", "coalesce(sum(overdue), 0)"),
    ):
        query = f"{what} from mart.rpt_duty where month_on = '{month}'"
        [(value,)] = source.connection.execute(f"select {query}").fetchall()
        found.append((zh, en, int(value), query))
    return found


def _duties(source: Source, month: Any) -> Any:
    rows = source.query(
        "select *, owner_org_code as org_code from mart.rpt_duty where month_on = ? order by duty_class, duty_code",
        [month],
    )

    def rate(row: Row) -> str:
        told = percent(row["handled_on_time"], row["handled"])
        return "—" if told is None else f"{told}%"

    columns = (
        Column("职责", "duty", lambda row: f"{row['duty_code']} {row['duty_name']}"),
        Column("门类", "class", lambda row: row["duty_class"] or "—"),
        Column("责任单位", "owner", named(source, "owner_org_code")),
        Column("案件", "cases", number("cases"), "cases", "figures"),
        Column("已处置", "handled", number("handled"), "handled", "figures"),
        Column("按期", "on time", number("handled_on_time"), "handled_on_time", "figures"),
        Column("按期率", "rate", rate, "", "figures"),
        Column("超期", "overdue", number("overdue"), "overdue", "figures"),
        Column(
            "状态",
            "state",
            lambda row: (
                ("列而未办", "nothing happened")
                if row["is_without_events"]
                else ("有案件", "has cases")
                if row["is_mapped"]
                else ("未对应类别", "no category mapped")
            ),
        ),
    )
    return listing(
        source, f"duties-{month:%Y-%m}", ("职责清单", "Duties"), rows, columns,
        (
            ("org_code", "责任单位", "owner"), ("duty_class", "门类", "class"),
            ("is_without_events", "列而未办", "nothing happened"),
        ),
        len(rows), "rpt_duty", lambda row: f"month_on = '{month}' and duty_code = {quoted(row['duty_code'])}",
    )  # fmt: skip


def _outside(source: Source, month: Any) -> Any:
    if not source.has("rpt_duty_outside"):
        return None
    rows = source.query(
        "select * from mart.rpt_duty_outside where month_on = ? order by cases desc, code_set, kind, category_code",
        [month],
    )
    if not rows:
        return None
    columns = (
        Column("类别", "category", lambda row: row["canonical_code"] or "—"),
        Column("代码", "code", lambda row: f"{row['code_set']} {row['kind']} {row['category_code']}", style="number"),
        Column("状态", "status", lambda row: label(source, "status", row["status"])),
        Column("案件", "cases", number("cases"), "cases", "figures"),
    )
    same = ("code_set", "kind", "category_code", "status")
    return listing(
        source, f"outside-{month:%Y-%m}", ("清单外的案件", "Cases that are nobody's duty"), rows, columns,
        (("code_set", "代码集", "code set"),), len(rows), "rpt_duty_outside",
        lambda row: f"month_on = '{month}' and " + " and ".join(_same(name, row[name]) for name in same),
    )  # fmt: skip


def _same(name: str, value: Any) -> str:
    return f"{name} is null" if value is None else f"{name} = {quoted(value)}"


PAGE = SitePage("mechanisms", make)
