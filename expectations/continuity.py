"""What the edition before said of what was over by then, beside what the build says now.

A figure of a month that has ended may still move: deliveries come late, records are corrected. Beyond a band it is more
likely a fault, or something that readers must be told of: then a person has to say why. Counted by feed, so that a feed
that joins moves nothing.
"""

from pathlib import Path

import duckdb

from expectations.check import BUREAU
from expectations.mart_check import MartCheck, none
from ingest.city import Continuity
from ingest.privacy import literal

DATABASE = "continuity.duckdb"
# figure: SQL of the local month in which a case counts, and the condition under which it does
_FIGURES = {
    "opened": ("date_trunc('month', opened_on)", "true"),
    "closed": ("date_trunc('month', closed_on)", "status = 'closed'"),
    "handled_on_time": ("date_trunc('month', handled_on)", "coalesce(is_handled_on_time, false)"),
}


def compare(build: Path, edition: Path | None, out: Path, rule: Continuity) -> Path:
    """Write the comparison of a build with an edition, by their warehouses, to a database (None: there is no edition).

    Tables `month` (feed, month, figure, before, now), `indicator` (indicator, before, now: things counted) and `feed`
    (feed, landings_before, landings_now). Months that ended `rule.settled_days` or more before the clock of the edition
    are compared; what an edition of an older project does not have is not. Raises duckdb.Error where the build lacks a
    table that is compared.
    """
    path = out / DATABASE
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table month (feed varchar, month date, figure varchar, before bigint, now bigint)")
        connection.execute("create table indicator (indicator varchar, before bigint, now bigint)")
        connection.execute("create table feed (feed varchar, landings_before bigint, landings_now bigint)")
        if edition is not None:
            connection.execute(f"attach {literal(str(build))} as fresh (read_only)")
            connection.execute(f"attach {literal(str(edition))} as old (read_only)")
            _fill(connection, rule)
    return path


def _fill(connection: duckdb.DuckDBPyConnection, rule: Continuity) -> None:
    has = {
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_catalog = 'old' and table_schema = 'mart'"
        ).fetchall()
    }
    if "fct_case" in has:
        _fill_months(connection, rule)
    if "rpt_indicator_item" in has:
        connection.execute(
            """
            insert into indicator
            select indicator, old.things, coalesce(fresh.things, 0)
            from (select indicator, count(*) as things from old.mart.rpt_indicator_item group by all) as old
            left join (select indicator, count(*) as things from fresh.mart.rpt_indicator_item group by all) as fresh
            using (indicator)
            """
        )
    if "dq_feed" in has:
        connection.execute(
            """
            insert into feed
            select feed, old.landings, coalesce(fresh.landings, 0)
            from old.mart.dq_feed as old left join fresh.mart.dq_feed as fresh using (feed)
            """
        )


def _fill_months(connection: duckdb.DuckDBPyConnection, rule: Continuity) -> None:
    [(clock,)] = connection.execute("select clock_at_local from old.mart.publish_info").fetchall()
    for figure, (month, condition) in _FIGURES.items():
        counted = (
            f"select feed, cast({month} as date) as month, count(*) as cases from {{}}.mart.fct_case "
            f"where {condition} and {month} is not null group by all"
        )
        connection.execute(
            f"""
            insert into month
            select feed, month, {literal(figure)}, coalesce(old.cases, 0), coalesce(fresh.cases, 0)
            from ({counted.format("old")}) as old
            full join ({counted.format("fresh")}) as fresh using (feed, month)
            where feed in (select feed from old.mart.fct_case) and
                month + interval 1 month + to_days(?) <= cast(? as timestamp)
            """,
            [rule.settled_days, clock],
        )


def checks(rule: Continuity) -> dict[str, list[MartCheck]]:
    """Table of the comparison → its checks. Codes begin with `continuity.`; a person may accept them with a reason."""
    moved = f"abs(now - before) > greatest({rule.least}, {rule.band} * before)"
    return {
        "month": [
            _continuity(
                "month",
                "month_moved",
                f"Figures of a month that was over differ from the edition before by more than {rule.band:.0%} "
                f"and {rule.least} cases: see {DATABASE} beside the results, and accept it with a reason.",
                "已结束月份的数字与上一期相差超出允许幅度，发布须说明原因。",
                f"select 1 from {{batch}} where {moved}",
            )
        ],
        "indicator": [
            _continuity(
                "indicator",
                "indicator_vanished",
                f"Indicators that counted more than {rule.least} things in the edition before, and count nothing now.",
                f"上一期计数超过 {rule.least} 的指标现在没有任何计数。",
                f"select 1 from {{batch}} where now = 0 and before > {rule.least}",
            )
        ],
        "feed": [
            _continuity(
                "feed",
                "log_went_back",
                "The build knows fewer deliveries of a feed than the edition before: it was made of an older log.",
                "构建所知的批次少于上一期：日志版本倒退。",
                "select 1 from {batch} where landings_now < landings_before",
            )
        ],
    }


def _continuity(table: str, code: str, en: str, zh: str, query: str) -> MartCheck:
    check = none(table, code, en, zh, query, "critical", BUREAU)
    return MartCheck(f"continuity.{code}", check.severity, check.owner, en, zh, table, check.make)
