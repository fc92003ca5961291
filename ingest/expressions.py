"""Which SQL a contract may hold: one scalar expression over declared fields, the same answer on every run."""

import functools
import json
import os
from collections.abc import Iterator
from typing import Any

import duckdb

from ingest.errors import ContractError

# DuckDB calls these consistent, yet their answer depends on the session or the machine.
_SESSION_FUNCTIONS = {
    "current_setting", "getenv", "getvariable", "current_schema", "current_schemas", "current_database", "current_user",
    "session_user", "user", "version", "txid_current", "current_catalog", "pg_typeof_session", "in_search_path",
    "current_localtime", "current_localtimestamp", "get_current_time", "get_current_timestamp", "localtime",
    "localtimestamp", "current_time", "current_timestamp", "current_date", "today", "now", "transaction_timestamp",
    "age", "error", "query", "query_table", "write_log", "nextval", "currval",
}  # fmt: skip
_FORBIDDEN_CLASSES = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
}


@functools.cache
def _engine(process: int) -> duckdb.DuckDBPyConnection:
    """One parser a process: a connection must not be used across a fork."""
    return duckdb.connect()


@functools.cache
def _function_stability() -> dict[str, str]:
    rows = _engine(os.getpid()).execute(
        "select function_name, max(stability) from duckdb_functions() where function_type = 'scalar' group by 1"
    )
    return {name: stability or "CONSISTENT" for name, stability in rows.fetchall()}


@functools.cache
def _aggregates() -> frozenset[str]:
    rows = _engine(os.getpid()).execute(
        "select distinct function_name from duckdb_functions() "
        "where function_type in ('aggregate', 'table', 'table_macro')"
    )
    return frozenset(name for (name,) in rows.fetchall()) - frozenset(_function_stability())


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


@functools.lru_cache(maxsize=4096)
def _parse(expression: str) -> dict[str, Any]:
    sql = f"select {expression}\n"
    answer = _engine(os.getpid()).execute("select json_serialize_sql(?::varchar)", [sql]).fetchall()[0][0]
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


def columns_of(expression: str) -> set[str]:
    """The field names that an expression reads."""
    found: set[str] = set()
    for node in _nodes(_parse(expression)):
        if node.get("class") == "COLUMN_REF":
            found.add(".".join(node["column_names"]))
    return found


def check_expression(expression: str, fields: set[str], where: str) -> None:
    """Refuse an expression that is not one pure scalar over `fields`.

    `where` names the contract and the place in it. Raises ContractError for a syntax error, more than one value, an
    unknown field, a subquery, an aggregate, or a function whose answer changes from run to run (now, random, …).
    """
    parsed = _parse(expression)
    if parsed.get("error"):
        raise ContractError(f"{where}: not valid SQL: {parsed.get('error_message')}: {expression!r}")
    statements = parsed["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    plain = node.get("from_table", {}).get("type") == "EMPTY" and not node.get("where_clause")
    if not plain or len(node.get("select_list", [])) != 1 or node.get("cte_map", {}).get("map"):
        raise ContractError(f"{where}: write one expression, without select, from or a semicolon: {expression!r}")
    lambda_names = {
        name
        for n in _nodes(node)
        if n.get("class") == "LAMBDA"
        for c in _nodes(n.get("lhs"))
        for name in c.get("column_names", [])
    }
    for part in _nodes(node["select_list"]):
        kind = part.get("class")
        if kind in _FORBIDDEN_CLASSES:
            raise ContractError(f"{where}: {_FORBIDDEN_CLASSES[kind]} is not allowed in a contract: {expression!r}")
        if kind == "FUNCTION":
            _check_function(part["function_name"].lower(), expression, where)
        if kind == "COLUMN_REF":
            name = ".".join(part["column_names"])
            if name not in fields and name not in lambda_names:
                raise ContractError(
                    f"{where}: {name!r} is no field of this contract; declare it or mend the name: {expression!r}"
                )


def _check_function(name: str, expression: str, where: str) -> None:
    if name in _SESSION_FUNCTIONS or _function_stability().get(name, "CONSISTENT") != "CONSISTENT":
        raise ContractError(
            f"{where}: {name}() gives another answer on another day; a landing must be repeatable. "
            f"Use a field of the record or the delivery's observed_at: {expression!r}"
        )
    if name in _aggregates():
        raise ContractError(
            f"{where}: {name}() looks at more than one record; a contract judges each alone: {expression!r}"
        )
