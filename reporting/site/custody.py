"""三级流转: how long matters stay at each level, how they leave it, and where they are stuck now."""

from dataclasses import replace

from reporting.page import Row
from reporting.site.core import Measure, card, counted, of_kind, sheet
from reporting.site.listing import SHOWN, Column, Listing, Text, label, listing, moment, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

_LEAD = (
    (
        "事项在社区、街道、部门、区各停多久、怎样离开。停留计入结束的月份，仍在停的计入数据时点所在月份；"
        "中位与九分位按最近秩取，只含已结束的停留。卡住：现在停得比该级九成已结束的停留更久（本地规则）。"
    ),
    (
        "How long matters stay with communities, streets, departments and the district, and how they leave. A stay "
        "counts in the month in which it ended, or of the clock while it lasts; median and ninth tenth are of ended "
        "stays, by nearest rank. Stuck: longer there than nine tenths of the stays that ended at that level (a local "
        "rule)."
    ),
)
_LEVELS = "case level when '社区' then 1 when '街道' then 2 when '部门' then 3 when '区' then 4 else 5 end"
"""SQL: the place of a level, from the lowest."""
_WAYS = (
    Measure("停留", "stays", "sum(stays)"),
    Measure("在停", "open now", "sum(open_now)"),
    Measure("本级办结", "closed here", "sum(closed_here)", "sum(stays - open_now)"),
    Measure("上报", "passed up", "sum(passed_up)"),
    Measure("下派", "passed down", "sum(passed_down)"),
    Measure("层级不符", "wrong level", "sum(wrong_level)", "sum(stays - open_now)"),
    Measure("平均停留（小时）", "mean stay (h)", "sum(dwell_seconds) // nullif(sum(stays - open_now), 0) // 3600"),
    Measure("最久在停（小时）", "oldest open (h)", "max(oldest_open_seconds) // 3600"),
)
_UNIT = (
    *_WAYS,
    Measure("中位（小时）", "median (h)", "max(dwell_p50_seconds) // 3600"),
    Measure("九分位（小时）", "ninth tenth (h)", "max(dwell_p90_seconds) // 3600"),
)


def make(source: Source) -> list[Sheet]:
    """The page mechanism_custody.html."""
    if not source.has("rpt_custody", "rpt_custody_matter"):
        return []
    cards = [
        card(source, "未办结", "Not closed", "rpt_custody_matter where state <> 'closed'"),
        card(source, "卡住", "Stuck", "rpt_custody_matter where is_stuck", "alarm"),
        card(source, "离开未接", "Left and came to none", "rpt_custody_matter where state = 'between'", "alarm"),
        card(source, "已办结", "Closed", "rpt_custody_matter where state = 'closed'"),
    ]
    matters = (
        Measure("事项", "matters", "count(*)"),
        Measure("已办结", "closed", "count(*) filter (where state = 'closed')", "count(*)"),
        Measure(
            "最低层级办结", "closed at the lowest level", "count(*) filter (where is_closed_at_lowest)",
            "count(*) filter (where state = 'closed')",
        ),
        Measure("流转次数", "hand-overs", "sum(transfers)"),
        Measure("平均每百件流转", "hand-overs per hundred", "100 * sum(transfers) // count(*)"),
        Measure("层级不符", "wrong level", "sum(wrong_levels)"),
        Measure("卡住", "stuck", "count(*) filter (where is_stuck)"),
    )  # fmt: skip
    tables = [
        counted(source, "rpt_custody_matter", ("各月收到的事项", "Matters by the month in which they came"),
                [("month_on", "月份", "month")], matters, order="month_on desc"),
        counted(source, "rpt_custody_matter", ("按首个层级", "By the level at which they came in"),
                [("first_level", "首个层级", "first level")], matters),
        counted(source, "rpt_custody", ("各层级", "Levels"), [("level", "层级", "level")], _WAYS,
                order=f"min({_LEVELS})"),
        counted(source, "rpt_custody", ("各单位", "Units"),
                [("month_on", "月份", "month"), ("level", "层级", "level"), ("unit_code", "单位", "unit")], _UNIT,
                order=f"month_on desc, {_LEVELS}, sum(stays) desc"),
    ]  # fmt: skip
    titles = ("三级流转", "Custody by level")
    return sheet(source, "custody", titles, _LEAD, of_kind(source, "stay"), cards, tables, [_stuck(source)])


def _stuck(source: Source) -> Listing | None:
    """Matters that are not closed, the longest where they are before all."""
    rows = source.query(
        "select *, unit_now as unit_code, level_now as level, matter_no as stream_key, count(*) over () as total "
        "from mart.rpt_custody_matter where state <> 'closed' "
        "order by is_stuck is true desc, seconds_here desc, matter_id limit ?",
        [SHOWN],
    )
    if not rows:
        return None

    def stuck(row: Row) -> Text:
        return ("不知", "not known") if row["is_stuck"] is None else label(source, "", row["is_stuck"])

    columns = (
        Column("现在层级", "level now", named(source, "level")),
        Column("现在单位", "unit now", named(source, "unit_code")),
        Column("到达", "since", moment("since_at_local"), style="number"),
        Column("小时", "hours", lambda row: f"{row['seconds_here'] // 3600:,}", "seconds_here // 3600", "figures"),
        Column("卡住", "stuck", stuck),
        Column("状态", "state", named(source, "state")),
        Column("网格", "grid", named(source, "grid_code")),
        Column("首个层级", "first level", named(source, "first_level")),
        Column("收到", "came in", moment("began_at_local"), style="number"),
        Column("流转", "hand-overs", number("transfers"), "transfers", "figures"),
        Column("层级不符", "wrong level", number("wrong_levels"), "wrong_levels", "figures"),
    )
    ledger = listing(
        source, "stuck", ("现在停在哪里", "Where matters are now"), rows, columns,
        (("level", "层级", "level"), ("unit_code", "单位", "unit"), ("is_stuck", "卡住", "stuck")),
        int(rows[0]["total"]), "rpt_custody_matter", lambda row: f"matter_id = {quoted(row['matter_id'])}",
    )  # fmt: skip
    return replace(ledger, source="rpt_custody_matter where state <> 'closed'")


PAGE = SitePage("mechanisms", make)
