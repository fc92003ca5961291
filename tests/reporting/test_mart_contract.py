"""The contract of the marts: fresh, and no change that breaks readers goes by without a raised major version."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.errors import MartContractError
from reporting.mart_contract import (
    CONTRACT,
    RELEASED,
    changes,
    declared,
    drafted,
    kept_contract,
    next_version,
    row_order,
)
from reporting.mart_page import faults, main

ROOT = Path(__file__).resolve().parents[2]
PROJECT, PAGE = ROOT / "dbt_project", ROOT / "docs" / "marts.md"


@pytest.fixture(scope="module")
def marts() -> dict[str, Any]:
    return declared(PROJECT)


def test_the_contract_and_its_page_are_fresh() -> None:
    assert faults(PROJECT, PAGE) == []


def test_every_mart_stands_in_it_and_what_every_edition_brings_itself(marts: dict[str, Any]) -> None:
    models = {path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql")}
    assert set(marts) == models | {"publish_info", "data_dictionary"}
    assert marts["fct_case"]["key"] == ["case_id"]
    assert marts["fct_case"]["other_keys"] == [["feed", "stream_type", "stream_key"]]
    assert marts["fct_case"]["columns"]["opened_on"] == {"type": "date", "filled": True, "label_zh": "开始日期"}
    assert marts["rpt_timeliness"]["grain"] == "one row per organisation and local month"


def broken(marts: dict[str, Any], how: str) -> dict[str, Any]:
    """The marts after one change."""
    after = copy.deepcopy(marts)
    case = after["fct_case"]
    match how:
        case "mart gone":
            del after["fct_case"]
        case "column gone":
            del case["columns"]["opened_on"]
        case "type":
            case["columns"]["opened_on"]["type"] = "timestamp"
        case "key":
            case["key"] = ["feed", "stream_key"]
        case "may be empty":
            del case["columns"]["opened_on"]["filled"]
        case "mart new":
            after["fct_parcel"] = case
        case "column new":
            case["columns"]["more"] = {"type": "bigint", "label_zh": "更多"}
        case "always filled":
            case["columns"]["closed_on"]["filled"] = True
        case "label":
            case["columns"]["opened_on"]["label_zh"] = "日期"
        case "order":
            case["sorted_by"] = ["closed_on"]
    return after


@pytest.mark.parametrize(
    ("how", "version", "sentence"),
    [
        ("mart gone", "2.0.0", "mart fct_case is gone"),
        ("column gone", "2.0.0", "fct_case.opened_on is gone"),
        ("type", "2.0.0", "fct_case.opened_on was date and is timestamp"),
        ("key", "2.0.0", "the key of fct_case was (case_id) and is (feed, stream_key)"),
        ("may be empty", "2.0.0", "fct_case.opened_on was always filled and may be empty now"),
        ("mart new", "1.5.0", "mart fct_parcel is new"),
        ("column new", "1.5.0", "fct_case.more is new"),
        ("always filled", "1.5.0", "fct_case.closed_on is always filled now"),
        ("label", "1.4.3", "fct_case.opened_on was called 开始日期 and is called 日期"),
        ("order", "1.4.3", "sorted_by of fct_case"),
        ("nothing", "1.4.2", ""),
    ],
)
def test_each_kind_of_change_raises_its_part_of_the_version(
    marts: dict[str, Any], how: str, version: str, sentence: str
) -> None:
    found = changes(marts, broken(marts, how))
    assert [change.sentence for change in found] == ([sentence] if sentence else [])
    assert next_version("1.4.2", found) == version


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project whose models may be changed."""
    for folder in ("models", "contract"):
        shutil.copytree(PROJECT / folder, tmp_path / "project" / folder)
    return tmp_path / "project"


def change_model(project: Path, old: str, new: str) -> None:
    path = project / "models" / "marts" / "assessment" / "_assessment.yml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_change_that_breaks_readers_fails_until_its_reason_is_written(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "marts.md"
    call = [str(project), str(page)]
    assert main([*call, "write", ""]) == 0
    assert main([*call, "release"]) == 0
    change_model(project, "- name: handle_due_on_time\n", "- name: handled_in_time\n")
    assert "rpt_timeliness.handle_due_on_time is gone" in faults(project, page)[0]
    assert main([*call, "write", " "]) == 1
    assert "make marts BREAKING=" in capsys.readouterr().err
    before = kept_contract(project)
    assert before is not None
    assert main([*call, "write", "the name said something else"]) == 0
    after = kept_contract(project)
    assert after is not None
    major = int(before["version"].partition(".")[0]) + 1
    assert after["version"] == f"{major}.0.0"
    assert after["breaking"][-1] == {"version": f"{major}.0.0", "why": "the name said something else"}
    assert main(call) == 0
    assert "the name said something else" in page.read_text(encoding="utf-8")
    # written again without a reason it stays, and released it is what the next change is held against
    assert main([*call, "write"]) == 0
    assert main([*call, "release"]) == 0
    assert (project / RELEASED).read_text(encoding="utf-8") == (project / CONTRACT).read_text(encoding="utf-8")
    change_model(project, "- name: handled_in_time\n", "- name: handled_on_time\n")
    with pytest.raises(MartContractError, match="handled_in_time is gone"):
        drafted(project)


def test_an_edited_or_missing_contract_is_not_fresh(project: Path, tmp_path: Path) -> None:
    page = tmp_path / "marts.md"
    shutil.copy(PAGE, page)
    assert faults(project, page) == []
    path = project / CONTRACT
    path.write_text(path.read_text(encoding="utf-8").replace("开始日期", "日期"), encoding="utf-8")
    page.write_text("old", encoding="utf-8")
    assert faults(project, page) == [
        f"{CONTRACT} is not what the models declare: run `make marts`",
        "marts.md is not what the contract says: run `make marts`",
    ]
    path.unlink()
    assert faults(project, page)[0].startswith(f"{CONTRACT} is not")


def test_a_mart_without_a_grain_or_sorted_by_what_it_lacks_is_no_contract(project: Path) -> None:
    sql = project / "models" / "marts" / "assessment" / "rpt_timeliness.sql"
    text = sql.read_text(encoding="utf-8")
    sql.write_text(text.replace("-- grain: ", "-- "), encoding="utf-8")
    with pytest.raises(MartContractError, match="states no grain"):
        declared(project)
    sql.write_text(text, encoding="utf-8")
    file = project / "models" / "marts" / "assessment" / "_assessment.yml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    told["models"][-1]["config"]["meta"]["sorted_by"] = ["no_such_column"]
    file.write_text(yaml.safe_dump(told), encoding="utf-8")
    with pytest.raises(MartContractError, match="no_such_column, which it does not have"):
        declared(project)


def test_rows_are_ordered_by_what_is_stated_and_then_by_the_key(marts: dict[str, Any]) -> None:
    assert row_order({"key": ["a", "b"], "sorted_by": ["d", "a"], "columns": {}}) == ["d", "a", "b"]
    assert row_order({"columns": {"x": {}, "y": {}}}) == ["x"]
    assert all(set(row_order(mart)) <= set(mart["columns"]) for mart in marts.values())


def test_a_name_says_whose_time_a_moment_is_and_people_find_theirs_beside_it(marts: dict[str, Any]) -> None:
    """`*_at` is UTC for machines; every fact with a moment tells it in the city's wall time, or its day, too."""
    told = {
        model["name"]: {column["name"]: column["description"] for column in model["columns"]}
        for path in (PROJECT / "models" / "marts").rglob("_*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }
    wrong = []
    for name, descriptions in told.items():
        kinds = {column: one["type"] for column, one in marts[name]["columns"].items()}
        moments = [column for column, kind in kinds.items() if kind == "timestamp"]
        for column in moments:
            is_utc = "UTC" in descriptions[column]
            is_local = column.endswith("_local") or column == "period_start"
            wrong += [f"{name}.{column}"] if is_utc == is_local or column.endswith("_at") != is_utc else []
        people = [column for column in kinds if column.endswith(("_local", "_on", "_day")) or column == "period_start"]
        wrong += [name] if name.startswith("fct_") and moments and not people else []
    # since when a check is broken has no _at in its name, and stays as it was released
    assert wrong == ["dq_gate_check.open_since"]
