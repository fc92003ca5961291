"""The burden ledger (基层减负): what our own feeds ask to be filled in, by whom, and under which admission."""

from typing import Any

from reporting.site.listing import Column, listing, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

MONTHS = 3
CARDS = (
    ("数据源", "Feeds", "count(*)"),
    ("基层填报的", "Typed at the base", "count(*) filter (where is_typed_at_the_base)"),
    ("其填报格数", "Cells typed there", "coalesce(sum(cells) filter (where is_typed_at_the_base), 0)"),
    (
        "没有有效准入", "Without an admission in force",
        "count(*) filter (where is_typed_at_the_base and (admission_number is null or is_admission_expired))",
    ),
)  # fmt: skip


def make(source: Source) -> list[Sheet]:
    """The page burden.html."""
    if not source.has("dq_burden"):
        return []
    rows = source.query("select distinct month_on from mart.dq_burden order by 1 desc")
    months = [row["month_on"] for row in rows[:MONTHS]]
    context: dict[str, Any] = {
        "months": months,
        "shown": months[0],
        "cards": {month: _cards(source, month) for month in months},
        "ledgers": [(month, _ledger(source, month)) for month in months],
    }
    return [Sheet("burden.html", "burden.html.j2", "基层减负", "Burden", context)]


def _cards(source: Source, month: Any) -> list[tuple[str, str, int, str]]:
    found = []
    for zh, en, what in CARDS:
        query = f"{what} from mart.dq_burden where month_on = '{month}'"
        [(value,)] = source.connection.execute(f"select {query}").fetchall()
        found.append((zh, en, int(value), query))
    return found


def _ledger(source: Source, month: Any) -> Any:
    rows = source.query(
        "select * from mart.dq_burden where month_on = ? order by is_typed_at_the_base desc, cells desc, feed", [month]
    )
    titles = {feed["feed"]: str(feed["title"]) for feed in source.feeds}
    columns = (
        Column("数据源", "feed", lambda row: titles.get(row["feed"], str(row["feed"]))),
        Column("谁填", "filled in by", named(source, "filled_by")),
        Column("项数", "columns", number("field_count"), "field_count", "figures"),
        Column("必填", "required", number("required_count"), "required_count", "figures"),
        Column("批次", "deliveries", number("deliveries"), "deliveries", "figures"),
        Column("记录", "records", number("records"), "records", "figures"),
        Column("格数", "cells", number("cells"), "cells", "figures"),
        Column("准入", "admission", lambda row: row["admission_number"] or "—"),
        Column(
            "到期",
            "expires",
            lambda row: (
                (f"{row['admission_expires_on']} 已过期", f"{row['admission_expires_on']} expired")
                if row["is_admission_expired"]
                else str(row["admission_expires_on"] or "—")
            ),
        ),
    )
    return listing(
        source, f"burden-{month:%Y-%m}", ("台账", "Ledger"), rows, columns,
        (("network", "网络", "network"), ("filled_by", "谁填", "filled in by")), len(rows), "dq_burden",
        lambda row: f"month_on = '{month}' and feed = {quoted(row['feed'])}",
    )  # fmt: skip


PAGE = SitePage("data", make)
