"""Duties sunk to the grids (职责下沉): their cases, what went down with them, their posts, and cases of no duty."""

from typing import Any

from reporting.page import Row
from reporting.site.core import Counted, Measure, cannot, counted
from reporting.site.listing import SHOWN, Column, Listing, label, listing, named, number, quoted
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
    tables, gaps = posts(source)
    context: dict[str, Any] = {
        "counted": tables,
        "gaps": gaps,
        "cannot": cannot(source, "duty"),
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
        ("无批准文件", "No approval told", "count(*) filter (where approval_document is null)"),
        ("无随转人员", "No people told", "count(*) filter (where coalesce(staff_count, 0) = 0)"),
        ("无随转经费", "No money told", "count(*) filter (where coalesce(budget_yuan, 0) = 0)"),
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
        Column("批准文件", "approved by", lambda row: row["approval_document"] or "—"),
        Column("随转人员", "people", number("staff_count"), "staff_count", "figures"),
        Column("随转经费（元）", "budget (yuan)", number("budget_yuan"), "budget_yuan", "figures"),
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


_POSTS = (
    Measure("职责×网格", "duty × grid", "count(*)"),
    Measure("已有具名岗位", "post named", "count(*) filter (where not is_gap)", "count(*)"),
    Measure("网格员代", "grid worker stands in", "count(*) filter (where post_basis = 'grid')"),
    Measure("无人", "nobody", "count(*) filter (where post_basis = 'none')"),
    Measure("案件", "cases", "sum(cases)"),
    Measure("已受理", "taken up", "sum(accepted)", "sum(cases)"),
    Measure("平均受理（分钟）", "mean time to take up (min)", "sum(accept_seconds) // nullif(sum(accepted), 0) // 60"),
)


def posts(source: Source) -> tuple[list[Counted], Listing | None]:
    """Named posts by class, owner and street, and the gaps in which cases happen."""
    if not source.has("rpt_duty_post"):
        return [], None
    tables = [
        counted(source, "rpt_duty_post", ("具名岗位，按门类", "Named posts, by class"),
                [("duty_class", "门类", "class"), ("owner_org_code", "责任单位", "owner")], _POSTS),
        counted(source, "rpt_duty_post", ("具名岗位，按街镇", "Named posts, by street"),
                [("street_code", "街镇", "street")], _POSTS),
    ]  # fmt: skip
    rows = source.query(
        "select *, owner_org_code as org_code, count(*) over () as total from mart.rpt_duty_post where is_gap "
        "order by cases desc, post_basis desc, duty_code, grid_code limit ?",
        [SHOWN],
    )
    found = [one for one in tables if one is not None]
    if not rows:
        return found, None
    columns = (
        Column("职责", "duty", lambda row: f"{row['duty_code']} {row['duty_name']}"),
        Column("责任单位", "owner", named(source, "owner_org_code")),
        Column("网格", "grid", named(source, "grid_code")),
        Column("现由", "who stands in", named(source, "post_basis")),
        Column("案件", "cases", number("cases"), "cases", "figures"),
        Column("已受理", "taken up", number("accepted"), "accepted", "figures"),
    )
    ledger = listing(
        source, "gaps", ("岗位缺口", "Gaps: no post named"), rows, columns,
        (("org_code", "责任单位", "owner"), ("duty_class", "门类", "class"), ("post_basis", "现由", "stands in")),
        int(rows[0]["total"]), "rpt_duty_post",
        lambda row: f"duty_code = {quoted(row['duty_code'])} and grid_code = {quoted(row['grid_code'])}",
    )  # fmt: skip
    return found, ledger


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
