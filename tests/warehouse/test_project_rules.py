"""The rules of the dbt project, held by what dbt itself knows of it."""

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.dbt

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
PREFIXES = {
    "staging": ("stg_",), "reference": ("int_",), "events": ("int_", "evt_"), "state": ("int_",),
    "indicators": ("int_",), "incidents": ("int_",), "core": ("dim_", "fct_", "bridge_"),
    "assessment": ("rpt_",), "operations": ("rpt_",), "mechanisms": ("rpt_",),
    "quality": ("dq_",),
}  # fmt: skip
ENGINE_ONLY = {
    "json": r"json_|->>", "zones": r"\btimezone\s*\(|at time zone",
    "lists": r"\bunnest\s*\(|generate_series|list_|\[\d",
    "hashes": r"\bsha256\s*\(|\bmd5\s*\(|\bhash\s*\(", "seconds": r"\bepoch|to_seconds|date_diff|datediff",
    "dialect": r"\bqualify\b|\bgroup by all\b|\bexclude\s*\(|\bignore nulls\b|//|\basof\b|::",
    "clock": r"\bnow\s*\(|current_|\brandom\s*\(|\btoday\s*\(|\buuid\s*\(|getdate",
}  # fmt: skip


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(found) > 40
    return found


def folder(model: dict[str, Any]) -> str:
    return Path(model["original_file_path"]).parent.name


def test_the_build_passes(built: dict[str, Any]) -> None:
    assert built["outcomes"]["story"] == {"success": True, "bad": [], "exception": ""}


def test_the_documentation_is_generated(built: dict[str, Any]) -> None:
    assert built["outcomes"]["docs"]["success"], built["outcomes"]["docs"]
    assert (built["root"] / "docs" / "target" / "catalog.json").stat().st_size > 10_000


def test_every_model_and_column_is_documented_in_two_languages(manifest: dict[str, Any]) -> None:
    bare = []
    for node in [*models(manifest), *(n for n in manifest["nodes"].values() if n["resource_type"] == "seed")]:
        if not node["description"] or not node["meta"].get("label_zh"):
            bare.append(node["name"])
        bare.extend(
            f"{node['name']}.{column['name']}"
            for column in node["columns"].values()
            if not column["description"] or not column["meta"].get("label_zh")
        )
    assert bare == []


def test_every_column_that_is_built_is_documented(manifest: dict[str, Any], warehouse: Any) -> None:
    built = set(
        warehouse.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema in ('intermediate', 'mart')"
        ).fetchall()
    )
    documented = {(model["name"], column) for model in models(manifest) for column in model["columns"]}
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    documented |= {(seed["name"], column) for seed in seeds for column in seed["columns"]}
    assert built == documented


def test_every_key_is_tested(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "unique_combination"
    }
    # a rejection has no key of its own: the same reason may be found twice in a line
    without = {model["name"] for model in models(manifest) if model["unique_id"] not in tested}
    assert without == {"stg_rejection", "dq_rejected_record"}


def test_only_staging_reads_the_log(manifest: dict[str, Any]) -> None:
    for model in models(manifest):
        sources = [parent for parent in model["depends_on"]["nodes"] if parent.startswith("source.")]
        assert bool(sources) == (folder(model) == "staging"), model["name"]
        if folder(model) == "staging":
            assert not any(parent.startswith("model.") for parent in model["depends_on"]["nodes"]), model["name"]


def test_names_say_the_layer(manifest: dict[str, Any]) -> None:
    for model in models(manifest):
        assert model["name"].startswith(PREFIXES[folder(model)]), model["original_file_path"]


def test_marts_are_contracts_without_nested_types_or_personal_columns(manifest: dict[str, Any]) -> None:
    marts = [model for model in models(manifest) if model["original_file_path"].startswith("models/marts/")]
    assert {model["schema"] for model in marts} == {"mart"}
    for model in marts:
        assert model["config"]["contract"]["enforced"], model["name"]
        kinds = {column["data_type"] for column in model["columns"].values()}
        assert kinds <= {"varchar", "bigint", "integer", "boolean", "date", "timestamp", "double"}, model["name"]
        assert not {"text", "actor_token", "address", "attributes"} & set(model["columns"]), model["name"]
    doubles = {
        (model["name"], name)
        for model in marts
        for name, column in model["columns"].items()
        if column["data_type"] == "double"
    }
    assert doubles == {(table, column) for table in ("fct_case", "dim_component") for column in ("lon", "lat")}


def test_the_first_line_states_the_grain() -> None:
    files = sorted((PROJECT / "models").rglob("*.sql"))
    assert len(files) > 40
    for path in files:
        assert path.read_text(encoding="utf-8").startswith("-- grain: one row"), path.name


def test_differences_between_engines_stand_in_one_file() -> None:
    found = []
    for path in sorted([*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "tests").rglob("*.sql")]):
        # macros are called by the very names that are looked for; what stands in braces is theirs
        text = re.sub(
            r"\{\{.*?\}\}|\{#.*?#\}|\{%.*?%\}|--[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        found += [f"{path.name}: {name}" for name, pattern in ENGINE_ONLY.items() if re.search(pattern, text, re.I)]
    assert found == []


def test_every_difference_is_written_for_both_engines() -> None:
    text = (PROJECT / "macros" / "dialect.sql").read_text(encoding="utf-8")
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)', 'onegrid'\)", text))
    assert len(dispatched) > 10
    assert (
        dispatched == set(re.findall(r"macro default__(\w+)\(", text)) == set(re.findall(r"macro spark__(\w+)\(", text))
    )


def test_every_window_that_depends_on_order_has_one(manifest: dict[str, Any]) -> None:
    # an aggregate over a whole partition needs none; these functions, and every frame of rows, do
    found = 0
    for model in models(manifest):
        windows = re.findall(r"\b(\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s+over\s*\(([^()]*)\)", model["compiled_code"])
        found += len(windows)
        for function, window in windows:
            needed = function in {"row_number", "lag", "lead", "first_value", "last_value"} or "rows between" in window
            assert not needed or "order by" in window, f"{model['name']}: {function} over ({window})"
    assert found > 30


READERS = {
    "report_page": ("reporting/site/[!c]*.py", "reporting/site/c[!e]*.py"),  # all but the pages of the centres
    "centre_pages": ("reporting/site/centres.py",),
    "questions_of_analysts": ("docs/questions.sql",),
    "daily_report": ("reporting/daily.py",),
    "semantic_layer": ("bi/semantics/models/counted.sql", "bi/semantics/models/days.sql"),
}


@pytest.mark.parametrize("name", READERS)
def test_an_exposure_names_what_its_reader_reads(manifest: dict[str, Any], name: str) -> None:
    read = set()
    for pattern in READERS[name]:
        for path in PROJECT.parent.glob(pattern):
            text = path.read_text(encoding="utf-8")
            read |= {one or other for one, other in re.findall(r'\bmart\.(\w+)|"((?:dim|fct|rpt|dq)_\w+)"', text)}
    [exposure] = [one for one in manifest["exposures"].values() if one["name"] == name]
    assert {node.rsplit(".", 1)[1] for node in exposure["depends_on"]["nodes"]} == read - {"publish_info"}
