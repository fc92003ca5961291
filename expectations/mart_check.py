"""A check of a table of the build, and the forms that most checks have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from expectations.check import BUREAU, Check, Severity


@dataclass(frozen=True)
class MartCheck(Check):
    """A check of one table: `make` gives the expectation, without severity and meta."""

    table: str
    make: Callable[[Any], Any]


def unique(table: str, *key: str) -> list[MartCheck]:
    """The key of a table: never null, never twice."""
    listed = ", ".join(key)

    def once(gxe: Any) -> Any:
        if len(key) == 1:
            return gxe.ExpectColumnValuesToBeUnique(column=key[0])
        return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(key), ignore_row_if="never")

    return [
        *(told(table, column) for column in key),
        MartCheck(
            f"{table}.{'_'.join(key)}_repeated",
            "critical",
            BUREAU,
            f"More than one row of the same {listed}.",
            f"主键（{listed}）重复。",
            table,
            once,
        ),
    ]


def told(table: str, column: str) -> MartCheck:
    return MartCheck(
        f"{table}.{column}_null",
        "critical",
        BUREAU,
        f"Rows without {column}, a part of the key.",
        f"主键列 {column} 为空。",
        table,
        lambda gxe: gxe.ExpectColumnValuesToNotBeNull(column=column),
    )


def counts(table: str, columns: Sequence[str]) -> list[MartCheck]:
    """Counts are told (never null) and not negative."""
    wrong = " or ".join(f"{column} is null or {column} < 0" for column in columns)
    return [
        none(
            table,
            "count_negative",
            "A count is empty or below zero.",
            "计数为空或为负。",
            f"select 1 from {{batch}} where {wrong}",
        )
    ]


def none(
    table: str, code: str, en: str, zh: str, query: str, severity: Severity = "critical", owner: str = BUREAU
) -> MartCheck:
    """No row may come out of the query; `{batch}` is the table. Queries select 1: results hold no values."""
    return MartCheck(
        f"{table}.{code}",
        severity,
        owner,
        en,
        zh,
        table,
        lambda gxe: gxe.UnexpectedRowsExpectation(unexpected_rows_query=query),
    )


def equal_totals(table: str, code: str, en: str, zh: str, ours: str, theirs: str) -> MartCheck:
    """Two queries that give one number each give the same one."""
    return none(
        table,
        code,
        en,
        zh,
        f"select 1 from (select ({ours}) as ours, ({theirs}) as theirs) where ours is distinct from theirs",
    )


def one_of(table: str, column: str, values: Sequence[str]) -> MartCheck:
    return MartCheck(
        f"{table}.{column}_unknown",
        "critical",
        BUREAU,
        f"{column} is none of {', '.join(values)}.",
        f"{column} 不在约定取值之内。",
        table,
        lambda gxe: gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values)),
    )
