"""督办闭环: supervision orders, decisions of joint meetings, and benefit applications: owed by whom, how late."""

from collections.abc import Callable

from reporting.page import Row
from reporting.site.core import Measure, card, counted, minutes, of_kind, sheet
from reporting.site.listing import SHOWN, Column, Listing, Text, label, listing, moment, named, number, quoted
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

_ORDERS_LEAD = (
    (
        "谁督办、要谁答复、限到何时；迟延从时限算到答复，未答复的算到核销或数据时点。"
        "同一事项核销后在规定天数内又被督办的算复发（本地规则）。"
    ),
    (
        "Who supervises, who owes an answer, by when. Lateness runs from the limit to the answer, or to the close or "
        "the clock where there is none. A matter that is supervised again within the rule's days after a close has "
        "relapsed (a local rule)."
    ),
)
_DECISIONS_LEAD = (
    "联席会议议定的事项：责任单位、限期、是否完成；限期当日仍算按期。",
    "What joint meetings decided: who owes it, by which day, whether it is done; the day itself is still in time.",
)
_APPLICATIONS_LEAD = (
    "低保、尊老金、独生子女费等申请走到哪一步、限哪一天、在哪个单位手里。这里没有任何个人信息，只有涉及人数。",
    (
        "Where applications for benefits stand, by which day they are owed and who has them. Nobody is named here: an "
        "application tells how many people it is for."
    ),
)
AGES = ((0, 3), (3, 7), (7, 14), (14, None))
"""Ages of open orders in days, from and before."""


def make(source: Source) -> list[Sheet]:
    """The pages mechanism_supervision.html, mechanism_decision.html and mechanism_application.html."""
    return [*_orders(source), *_decisions(source), *_applications(source)]


def age_condition(low: int, high: int | None) -> str:
    """SQL: an order of this age."""
    return f"age_days >= {low}" + (f" and age_days < {high}" if high is not None else "")


def age_name(low: int, high: int | None) -> str:
    """The band as it is read."""
    return f"{low}+" if high is None else f"{low}–{high - 1}"


def _orders(source: Source) -> list[Sheet]:
    titles, mechanism, indicators = (
        ("督办墙", "Supervision wall"),
        "supervision",
        of_kind(source, "supervision"),
    )
    if not source.has("rpt_supervision"):
        return sheet(source, mechanism, titles, _ORDERS_LEAD, indicators)
    late = "rpt_supervision where is_open and answered_at is null and not is_answered_on_time"
    cards = [
        card(source, "未核销", "Open", "rpt_supervision where is_open"),
        card(source, "超时未答复", "No answer in time", late, "alarm"),
        card(source, "复发", "Relapsed", "rpt_supervision where is_relapse", "alarm"),
    ]
    ages = [
        Measure(
            f"{age_name(*band)}天",
            f"{age_name(*band)} d",
            f"count(*) filter (where is_open and {age_condition(*band)})",
        )
        for band in AGES
    ]
    open_ones = (Measure("未核销", "open", "count(*) filter (where is_open)"), *ages)
    answers = (
        Measure("督办", "orders", "count(*)"),
        Measure(
            "按时答复", "answered on time", "count(*) filter (where is_answered_on_time)",
            "count(*) filter (where is_answered_on_time is not null)",
        ),
        Measure("迟答", "late", "count(*) filter (where minutes_late > 0)"),
        Measure(
            "平均迟延（分钟）", "mean lateness (min)",
            "sum(minutes_late) // nullif(count(*) filter (where minutes_late > 0), 0)",
        ),
        Measure("复发", "relapsed", "count(*) filter (where is_relapse)"),
    )  # fmt: skip
    tables = [
        counted(source, "rpt_supervision", ("未核销，按层级与账龄", "Open, by level and age"),
                [("level", "层级", "level")], open_ones, where="is_open"),
        counted(source, "rpt_supervision", ("答复，按层级", "Answers by level"), [("level", "层级", "level")], answers),
        counted(source, "rpt_supervision", ("答复，按方式", "Answers by way"), [("way", "方式", "way")], answers),
        counted(source, "rpt_supervision", ("答复，按单位", "Answers by unit"), [("org_code", "单位", "unit")],
                (*answers[:1], *open_ones[:1], *answers[1:]), order="count(*) desc"),
    ]  # fmt: skip
    return sheet(source, mechanism, titles, _ORDERS_LEAD, indicators, cards, tables, [_order_ledger(source)])


def _order_ledger(source: Source) -> Listing | None:
    rows = source.query(
        "select *, supervision_id as case_id, 'supervision' as stream_type, count(*) over () as total "
        "from mart.rpt_supervision order by is_open desc, case when is_open then epoch(issued_at) else "
        "-epoch(closed_at) end, supervision_id limit ?",
        [SHOWN],
    )
    if not rows:
        return None
    columns = (
        Column("层级", "level", lambda row: row["level"]),
        Column("方式", "way", lambda row: row["way"]),
        Column("事由", "why", lambda row: row["reason"] or "—"),
        Column("单位", "unit", named(source, "org_code")),
        Column("网格", "grid", named(source, "grid_code")),
        Column("下达", "issued", moment("issued_at_local"), style="number"),
        Column("限", "answer by", moment("answer_by_at_local"), style="number"),
        Column("答复用时", "answered after", minutes("minutes_to_answer"), style="number"),
        Column("迟延（分钟）", "late (min)", number("minutes_late"), "minutes_late", "figures"),
        Column("账龄（天）", "age (days)", number("age_days"), "age_days", "figures"),
        Column("复发", "relapse", lambda row: label(source, "", row["is_relapse"])),
        Column("状态", "state", _state("is_open", ("未核销", "open"), ("已核销", "struck off"))),
    )
    return listing(
        source, "orders", ("逐件", "One by one"), rows, columns,
        (
            ("org_code", "单位", "unit"), ("level", "层级", "level"), ("way", "方式", "way"),
            ("is_open", "未核销", "open"), ("is_relapse", "复发", "relapse"),
        ),
        int(rows[0]["total"]), "rpt_supervision",
        lambda row: f"supervision_id = {quoted(row['supervision_id'])}",
    )  # fmt: skip


def _state(key: str, yes: tuple[str, str], no: tuple[str, str]) -> Callable[[Row], Text]:
    return lambda row: yes if row[key] else no


def _decisions(source: Source) -> list[Sheet]:
    titles, mechanism, indicators = ("议定事项", "Decisions"), "decision", of_kind(source, "decision")
    if not source.has("rpt_decision"):
        return sheet(source, mechanism, titles, _DECISIONS_LEAD, indicators)
    cards = [
        card(source, "推进中", "Open", "rpt_decision where state = 'open'"),
        card(source, "超期未完成", "Overdue", "rpt_decision where is_overdue", "alarm"),
        card(source, "已完成", "Done", "rpt_decision where state = 'done'"),
        card(source, "已撤销", "Dropped", "rpt_decision where state = 'dropped'"),
    ]
    measures = (
        Measure("议定", "decided", "count(*)"),
        Measure("推进中", "open", "count(*) filter (where state = 'open')"),
        Measure("超期未完成", "overdue", "count(*) filter (where is_overdue)"),
        Measure("最久超期（天）", "longest overdue (d)", "max(days_overdue) filter (where is_overdue)"),
        Measure(
            "按期完成", "done in time", "count(*) filter (where state = 'done' and days_overdue = 0)",
            "count(*) filter (where state = 'done' or is_overdue)",
        ),
        Measure("撤销", "dropped", "count(*) filter (where state = 'dropped')"),
    )  # fmt: skip
    order = "count(*) filter (where is_overdue) desc, count(*) desc"
    tables = [
        counted(source, "rpt_decision", ("按责任单位", "By owner"), [("org_code", "责任单位", "owner")], measures,
                order=order),
        counted(source, "rpt_decision", ("按会议", "By meeting"),
                [("meeting_type", "会议", "meeting"), ("level", "层级", "level")], measures, order=order),
    ]  # fmt: skip
    rows = source.query(
        "select *, decision_id as case_id, 'decision' as stream_type, count(*) over () as total from mart.rpt_decision "
        "order by is_overdue desc, days_overdue desc nulls last, state <> 'open', due_on, decision_id limit ?",
        [SHOWN],
    )
    columns = (
        Column("会议", "meeting", lambda row: row["meeting_type"]),
        Column("层级", "level", lambda row: row["level"]),
        Column("议题", "topic", lambda row: row["topic"] or "—"),
        Column("责任单位", "owner", named(source, "org_code")),
        Column("议定", "decided", moment("decided_at_local"), style="number"),
        Column("限期", "due", lambda row: str(row["due_on"] or "—"), style="number"),
        Column("超期（天）", "overdue (d)", number("days_overdue"), "days_overdue", "figures"),
        Column("状态", "state", named(source, "state")),
    )
    ledger = listing(
        source, "decisions", ("逐件", "One by one"), rows, columns,
        (
            ("org_code", "责任单位", "owner"), ("state", "状态", "state"), ("is_overdue", "超期", "overdue"),
            ("meeting_type", "会议", "meeting"),
        ),
        int(rows[0]["total"]), "rpt_decision", lambda row: f"decision_id = {quoted(row['decision_id'])}",
    )  # fmt: skip
    return sheet(source, mechanism, titles, _DECISIONS_LEAD, indicators, cards, tables, [ledger])


def _applications(source: Source) -> list[Sheet]:
    if not source.has("rpt_application"):
        return []
    cards = [
        card(source, "在办", "Open", "rpt_application where not is_over"),
        card(source, "超期在办", "Overdue", "rpt_application where is_overdue", "alarm"),
        card(source, "已发放", "Paid", "rpt_application where step = 'paid'"),
    ]
    steps = (
        Measure("申请", "opened", "count(*)"),
        Measure("在办", "open", "count(*) filter (where not is_over)"),
        Measure("待审核", "to be reviewed", "count(*) filter (where step = 'opened')"),
        Measure("待审批", "to be approved", "count(*) filter (where step = 'reviewed')"),
        Measure("待发放", "to be paid", "count(*) filter (where step = 'approved')"),
        Measure("超期在办", "overdue", "count(*) filter (where is_overdue)"),
        Measure(
            "按期发放", "paid in time", "count(*) filter (where step = 'paid' and days_overdue = 0)",
            "count(*) filter (where step = 'paid' or is_overdue)",
        ),
    )  # fmt: skip
    tables = [
        counted(source, "rpt_application", ("按事项", "By benefit"), [("benefit_kind", "事项", "benefit")], steps),
        counted(source, "rpt_application", ("按责任单位", "By owner"), [("org_code", "责任单位", "owner")], steps,
                order="count(*) filter (where is_overdue) desc"),
    ]  # fmt: skip
    rows = source.query(
        "select *, application_id as case_id, 'application' as stream_type, count(*) over () as total "
        "from mart.rpt_application order by is_overdue desc, is_over, due_on, application_id limit ?",
        [SHOWN],
    )
    columns = (
        Column("事项", "benefit", lambda row: row["benefit_kind"]),
        Column("环节", "step", named(source, "step")),
        Column("责任单位", "owner", named(source, "org_code")),
        Column("社区", "community", named(source, "community_code")),
        Column("受理", "opened", moment("opened_at_local"), style="number"),
        Column("限办", "due", lambda row: str(row["due_on"] or "—"), style="number"),
        Column("超期（天）", "overdue (d)", number("days_overdue"), "days_overdue", "figures"),
        Column("人数", "people", number("people"), "people", "figures"),
    )
    ledger = listing(
        source, "applications", ("逐件", "One by one"), rows, columns,
        (
            ("org_code", "责任单位", "owner"), ("benefit_kind", "事项", "benefit"), ("step", "环节", "step"),
            ("is_overdue", "超期", "overdue"),
        ),
        int(rows[0]["total"]), "rpt_application", lambda row: f"application_id = {quoted(row['application_id'])}",
    )  # fmt: skip
    titles = ("惠民待遇", "Benefits")
    return sheet(source, "application", titles, _APPLICATIONS_LEAD, (), cards, tables, [ledger])


PAGE = SitePage("mechanisms", make)
