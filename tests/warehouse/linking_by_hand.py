"""The linking models without dbt: their own SQL, on an engine in memory, in milliseconds instead of seconds.

Macros and models are the files of the project; what stands for dbt here is `ref`, `var`, `config`, `run_query` and the
like. Each build has a schema of its own in one database.
"""

import re
from collections.abc import Callable
from typing import Any

import duckdb
import jinja2

from tests.conftest import REPOSITORY

PROJECT = REPOSITORY / "dbt_project"
MODELS = (
    "int_link_model", "int_link_case", "int_link_rule", "int_link_news", "int_link_word_count", "int_link_word_weight",
    "int_link_home", "int_link_renewed", "int_link_word", "int_link_candidate", "int_link_pair", "int_link_settled",
)  # fmt: skip
SEEDS = ("link_model", "link_kind", "link_category", "link_relation", "link_weight")
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?endmacro\s*-?%\}", re.DOTALL)


class ReturnedError(Exception):
    """What a macro hands back by `return`."""


class Rows:
    """What dbt gives back of a query."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self.columns = [self] if rows else []
        self._values = [row[0] for row in rows]

    def values(self) -> list[Any]:
        return self._values


class This:
    """dbt's `this` of a model in the schema of a build."""

    def __init__(self, schema: str) -> None:
        self.schema = schema

    def incorporate(self, path: dict[str, str]) -> str:
        return f"{self.schema}.{path['identifier']}"


class Adapter:
    """dbt's adapter: every dispatched macro is that of the engine at hand."""

    def __init__(self, macros: dict[str, Any]) -> None:
        self.macros = macros

    def dispatch(self, name: str, _package: str) -> Callable[..., Any]:
        found: Callable[..., Any] = self.macros[f"default__{name}"]
        return found


def _macro(template: jinja2.Template, name: str) -> Callable[..., Any]:
    def called(*arguments: Any, **named: Any) -> Any:
        try:
            return getattr(template.make_module(), name)(*arguments, **named)
        except ReturnedError as returned:
            return returned.args[0]

    return called


class Project:
    """The macros of the project, and models that run in a schema; `span` is how many cases are settled together."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, span: int = 50_000) -> None:
        self.connection, self.span = connection, span
        self.schema, self.before, self.settings = "main", "", dict[str, Any]()
        self.environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        self.environment.globals.update(
            execute=True, flags={"WHICH": "build"}, run_query=self._query, log=lambda _: "", config=self._config,
            ref=lambda name: f"{self.schema}.{name}", var=self._var,
        )  # fmt: skip
        self.environment.globals["return"] = self._return
        for name in ("dialect", "linking"):
            text = (PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8")
            for found in _MACRO.finditer(text):
                template = self.environment.from_string(found.group(0))
                self.environment.globals[found.group(1)] = _macro(template, found.group(1))
        globals_ = self.environment.globals
        globals_["adapter"] = Adapter(globals_)
        # builds of a test stand in one database
        globals_["link_before"] = lambda model: f"{self.before}.{model}"
        globals_["attach_links_before"] = lambda: ""

    def build(self, schema: str, before: str = "") -> None:
        """Run the models in a schema that holds what they read; `before` is that of the build to go on from."""
        self.schema, self.before = schema, before
        self.environment.globals["this"] = This(schema)
        for name in MODELS:
            self.settings = {}
            model = (PROJECT / "models" / "incidents" / f"{name}.sql").read_text(encoding="utf-8")
            sql = self._rendered(model)
            for hook in _listed(self.settings.get("pre_hook")):
                self._rendered(hook)
            self.connection.execute(f"create or replace table {schema}.{name} as {sql}")
            for hook in _listed(self.settings.get("post_hook")):
                self._rendered(hook)

    def settle(self) -> None:
        """Run the macro `settle_links` on the tables that stand in the schema; it leaves link_work_label."""
        self.environment.globals["this"] = This(self.schema)
        self._rendered("{{ settle_links() }}")

    def _rendered(self, text: str) -> str:
        return self.environment.from_string(text).render()

    def _query(self, sql: str) -> Rows:
        found = self.connection.execute(sql)
        return Rows(found.fetchall() if found.description else [])

    def _config(self, **settings: Any) -> str:
        self.settings = settings
        return ""

    def _var(self, name: str, default: Any = None) -> Any:
        return {"link_span_cases": self.span, "links_before": self.before}.get(name, default)

    @staticmethod
    def _return(value: Any) -> None:
        raise ReturnedError(value)


def _listed(hooks: Any) -> list[str]:
    return [hooks] if isinstance(hooks, str) else list(hooks or [])


def lay_inputs(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """A new schema with the seeds of the project, and what else the models read, empty but for the clock."""
    connection.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
    for name in SEEDS:
        path = PROJECT / "seeds" / f"{name}.csv"
        connection.execute(f"create table {schema}.{name} as from read_csv('{path}', header = true)")
    connection.execute(_INPUTS.replace("IN.", f"{schema}."))


_INPUTS = """
    create table IN.stg_mount as select timestamp '2026-11-28' as clock_at;
    create table IN.int_link_telling (
        case_id varchar, feed varchar, stream_key varchar, network varchar, channel_kind varchar,
        opened_at timestamp, closed_at timestamp, canonical_name varchar, category_key varchar,
        lon double, lat double, address varchar, text varchar, community_code varchar, token varchar,
        component_code varchar
    );
    create table IN.stg_link_act (
        act_no bigint, act varchar, feed varchar, stream_key varchar, other_feed varchar, other_key varchar,
        given_at timestamp
    );
    create table IN.evt_grid_event (
        event_id varchar, event_type varchar, feed varchar, stream_key varchar, attributes varchar,
        occurred_at timestamp
    );
    create table IN.int_link_transfer (case_id varchar, transfer_id varchar);
    create table IN.int_link_reference (stream_id varchar, other_id varchar, role varchar);
"""
