"""A build that does not fit into memory spills and goes on."""

from pathlib import Path

import duckdb
import yaml
from jinja2 import Environment

from tests.warehouse.conftest import PROJECT


def test_a_connection_after_one_that_spilled_is_set_up_as_ever(tmp_path: Path) -> None:
    """dbt opens a connection a thread and sets each up; DuckDB lets nobody move the folder once something is in it."""
    given = {"ONEGRID_WAREHOUSE": str(tmp_path / "w.duckdb"), "ONEGRID_DBT_TEMP": str(tmp_path / "temp"),
             "ONEGRID_MEMORY_LIMIT": "100MB"}  # fmt: skip
    text = (PROJECT / "profiles.yml").read_text(encoding="utf-8")
    told = Environment(autoescape=True).from_string(text).render(env_var=lambda name, other="": given.get(name, other))
    output = yaml.safe_load(told)["onegrid"]["outputs"]["duckdb"]
    with duckdb.connect(output["path"], config=output.get("config_options", {})) as connection:

        def set_up(cursor: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
            for name, value in output["settings"].items():
                cursor.execute(f"set {name} = '{value}'")
            return cursor

        first = set_up(connection.cursor())
        first.execute("create table long as select md5(range::varchar) as text from range(4000000)")
        first.execute("create table sorted as select text, row_number() over (order by text) as place from long")
        assert (tmp_path / "temp").is_dir(), "nothing was spilled"
        set_up(connection.cursor()).execute("select count(*) from sorted")
