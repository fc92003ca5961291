"""Run Great Expectations suites in DuckDB, within a time, and read their results without ever passing a crash.

The library is imported inside functions: that takes seconds. Contexts are ephemeral; analytics and progress bars off.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations import dialect
from expectations.check import crash_of
from ingest.errors import GateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from great_expectations import ExpectationSuite
    from great_expectations.datasource.fluent import SQLDatasource

logger = logging.getLogger(__name__)


@dataclass
class Budget:
    """The time of one gate run, and how to interrupt what it is doing when that is over."""

    seconds: float
    interrupts: list[Callable[[], Any]] = field(default_factory=list)
    over: bool = False

    def on_timeout(self, interrupt: Callable[[], Any]) -> None:
        """Register what stops a running query. Raises GateError where the time is over already."""
        self.interrupts.append(interrupt)
        self.check()

    def check(self) -> None:
        if self.over:
            raise GateError(f"the gate took longer than {self.seconds:g} s")


@dataclass(frozen=True)
class Outcome:
    """One expectation's result: `meta` is its check, `failing` the value by key of each failing row (if asked for)."""

    meta: dict[str, str]
    success: bool
    crash: str | None
    observed: Any
    rows: int | None
    failing: dict[str, float]


def within(budget: Budget, work: Callable[[], Any]) -> Any:
    """Do the work in a thread of its own; its result. Raises what it raised, or GateError when the time is over.

    On timeout the running query is interrupted and the thread is left to end by itself.
    """
    box: dict[str, Any] = {}

    def run() -> None:
        try:
            box["result"] = work()
        except BaseException as error:
            box["error"] = error

    thread = threading.Thread(target=run, name="gate", daemon=True)
    thread.start()
    thread.join(budget.seconds)
    if thread.is_alive():
        budget.over = True
        for interrupt in budget.interrupts:
            with suppress(Exception):  # a connection that is closed by now has nothing to stop
                interrupt()
        budget.check()
    if "error" in box:
        raise box["error"]
    return box["result"]


@contextmanager
def source(database: Path, budget: Budget, schema: str = "main") -> "Iterator[SQLDatasource]":
    """The DuckDB file as a read-only data source; queries run in DuckDB, over one connection that is closed after.

    `schema` is where the tables of the suites are looked for.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    budget.check()
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),  # by default a folder for pages is made and left
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            analytics_enabled=False,
        ),
    )
    scheme = dialect.register()
    told = context.data_sources.add_sql(
        name="gate",
        connection_string=f"{scheme}:///{database}?schema={schema}",
        kwargs={"connect_args": {"read_only": True, "config": {"autoinstall_known_extensions": "false"}}},
    )
    engine = told.get_execution_engine().engine
    try:
        with engine.connect() as connection:
            budget.on_timeout(connection.connection.dbapi_connection.interrupt)
        yield told
    finally:
        engine.dispose()
        told.get_engine().dispose()


def run(
    origin: "SQLDatasource", suite: "ExpectationSuite", table: str, key: str | None = None, rows: int = 0
) -> list[Outcome]:
    """Validate a table by a suite, one outcome per expectation.

    With `key`, every failing row comes back by that column's value, of at most `rows` (the table's size): for small
    tables only. Raises GateError where the library gives back another number of results than the suite has
    expectations.
    """
    asset = origin.add_table_asset(name=f"{table}: {suite.name}", table_name=table)
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    result_format: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
    if key is not None:
        result_format = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [key],
            "return_unexpected_index_query": False,
            "partial_unexpected_count": rows,  # cuts the list of failing rows too: 20 where it is not given
        }
    results = batch.validate(suite, result_format=result_format).results
    if len(results) != len(suite.expectations):
        raise GateError(f"suite {suite.name}: {len(suite.expectations)} expectations gave {len(results)} results")
    return [_outcome(result, key) for result in results]


def _outcome(result: Any, key: str | None) -> Outcome:
    config = result.expectation_config
    told = result.result or {}
    crash = crash_of(result.exception_info)
    failing: dict[str, float] = {}
    if key is not None:
        column = config.kwargs["column"]
        failing = {row[key]: row[column] for row in told.get("unexpected_index_list") or []}
        if crash is None and len(failing) != told.get("unexpected_count"):
            crash = f"named {len(failing)} of {told.get('unexpected_count')} failing rows"
    observed = told.get("observed_value", told.get("unexpected_count"))
    return Outcome(dict(config.meta), bool(result.success), crash, observed, told.get("element_count"), failing)


def evaluated(outcomes: Sequence[Outcome], rows: int) -> list[Outcome]:
    """The outcomes, those that did not look at every row turned into crashes: what was not looked at did not pass."""
    return [
        outcome
        if outcome.crash or outcome.rows == rows
        else Outcome(outcome.meta, False, f"looked at {outcome.rows} of {rows} rows", None, outcome.rows, {})
        for outcome in outcomes
    ]
