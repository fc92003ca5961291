"""The page of a restatement: what of a closed month, or of an earlier edition, is otherwise, by how much, and why."""

from pathlib import Path
from typing import Any

import duckdb

from reporting.page import Row, page, query
from reporting.site import percent

CAUSES = {  # cause → name and meaning, in Chinese and English; {0} and {1} stand for what is compared with
    "late": ("迟到", "Late", "{0}时日志中没有的案件", "not in the log at the time of the {1}"),
    "withdrawn": ("撤回", "Withdrawn", "来源不再讲述的案件", "its source tells nothing of it any more"),
    "merged": ("并案", "Merged", "后来指向另一案件", "told to be a duplicate of another since"),
    "corrected": (
        "更正",
        "Corrected",
        "{0}之前的事件后来改动、补报或撤销",
        "what came before the {1} is told otherwise",
    ),
    "continued": ("后续", "Continued", "{0}之后发生的事件", "events that happened after the {1}"),
    "recategorised": ("归类变更", "Recategorised", "讲述相同，类别参照不同", "told the same, of another category now"),
    "regridded": ("网格变更", "Regridded", "讲述相同，网格不同", "told the same, in another grid now"),
    "reorganised": ("机构变更", "Reorganised", "讲述相同，责任单位参照不同", "told the same, of another office now"),
    "reruled": ("规则变更", "Reruled", "时限、期限或指标规则不同", "another limit, deadline or rule of the indicator"),
    "indirect": ("间接", "Indirect", "自身不变，因其他案件、时钟或程序", "by other cases, the clock or the project"),
}
SUBJECTS = {
    "district": ("全区", "District"), "network": ("网络", "Network"), "organisation": ("单位", "Organisation"),
    "street": ("街道", "Street"), "community": ("社区", "Community"), "grid": ("网格", "Grid"),
    "grid_now": ("现行网格", "Grid of now"),
    "post": ("岗位", "Post"), "category": ("类别", "Category"), "collector": ("采集员", "Collector"),
}  # fmt: skip
FIGURES_SHOWN = 300
ITEMS_SHOWN = 200


def write_page(connection: duckdb.DuckDBPyConnection, path: Path, found: dict[str, Any]) -> None:
    """Write the page from the tables of a comparison; what it leaves out for length stands in the files beside it."""
    subjects, order = list(SUBJECTS), list(CAUSES)
    figures = query(connection, "select * from figure")
    figures.sort(key=lambda row: (_place(subjects, row["subject_kind"]), row["subject_code"], row["indicator"]))
    items = query(connection, f"select * from item order by indicator, feed, stream_key limit {ITEMS_SHOWN}")
    sums: dict[tuple[Any, ...], list[Row]] = {}
    shown = figures[:FIGURES_SHOWN]
    kinds = sorted({row["subject_kind"] for row in shown})
    for row in query(connection, "select * from cause_sum where list_contains(?, subject_kind) order by all", [kinds]):
        sums.setdefault(_key(row), []).append(row)
    month = found["month"]
    is_closed = found["closing"]["number"] is not None
    earlier = ("月结", "closing") if is_closed else ("前期", "earlier edition")
    context = {
        **found,
        "shown_figures": [
            {
                **row,
                "closed_percent": _percent(row, "closed"),
                "now_percent": _percent(row, "now"),
                "causes": sorted(sums.get(_key(row), []), key=lambda told: order.index(told["cause"])),
            }
            for row in shown
        ],
        "shown_items": items,
        "shown_rulings": query(connection, f"select * from ruled_figure order by all limit {ITEMS_SHOWN}"),
        "shown_ruled_scores": query(connection, f"select * from ruled_score order by all limit {ITEMS_SHOWN}"),
        "shown_scores": query(connection, f"select * from score order by all limit {ITEMS_SHOWN}"),
        "cause_names": {cause: [text.format(*earlier) for text in texts] for cause, texts in CAUSES.items()},
        "is_closed": is_closed,
        "earlier": ("月结", "closed") if is_closed else ("前期", "before"),
        "subject_names": SUBJECTS,
        "rules": query(connection, "select * from rule order by indicator"),
    }
    title = {"zh": f"{month} 考核月结重述", "en": f"Restatement of {month}"}
    if not is_closed:
        title = {"zh": f"{month} 两期差异", "en": f"Two editions of {month}"}
    path.write_text(page("restatement.html.j2", ["language.js"], context, {"title": title}), encoding="utf-8")


def _place(order: list[str], kind: str) -> int:
    return order.index(kind) if kind in order else len(order)


def _key(row: Row) -> tuple[Any, ...]:
    return row["indicator"], row["subject_kind"], row["subject_code"]


def _percent(row: Row, side: str) -> str | None:
    above, below = row[f"numerator_{side}"], row[f"denominator_{side}"]
    return percent(above, below) if below else None
