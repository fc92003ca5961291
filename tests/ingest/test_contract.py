"""Contracts: what is wrong is said with file, place and mend; what is right means the same on every day."""

from pathlib import Path

import pytest

from ingest.city import open_city
from ingest.contract import load_contract
from ingest.errors import ContractError
from ingest.expressions import check_expression
from ingest.lint import lint
from tests.town import Town

CITIES = sorted(path.parent for path in (Path(__file__).parents[2] / "cities").glob("*/city.yml"))


@pytest.mark.parametrize("city", CITIES, ids=lambda path: path.name)
def test_every_shipped_city_is_sound(city: Path) -> None:
    assert open_city(city).lint() == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("version: 1", "verison: 1", "verison: unknown key"),
        ("cadence: PT24H", "cadence: daily", "is no ISO 8601 duration"),
        ("at: closed_at", "at: close_time", "'close_time' is no field of this contract"),
        ("network: city_management", "network: tourism", "'tourism' is not among the networks of city.yml"),
        ("mode: upsert", "mode: append\nreference: {table: x, valid_from: reported_at}", "goes with mode reference"),
        ("recorded_at: updated_at\n", "", "an upsert feed must say when its rows were changed"),
        ("  text: story", "  text: reporter", "is personal and never leaves the vault"),
        ("  actor_token: phone", "  actor_token: case_no", "must carry privacy rule token"),
        ("  - {type: closed, at: closed_at}", '  - {type: closed, at: closed_at, when: "now() > closed_at"}', "now()"),
        ("  text: story", "  text: story\n  lon: kind\n  lat: kind", "the coordinate system must be declared"),
        ("code: kind", "code: kind, kind: no_such", "'no_such' is no field of this contract"),
        ("code: kind", "code: kind, kind: reporter", "is personal and never leaves the vault"),
        ("feed: cases", "feed: case_list", "must be the file's name"),
        ("time: {zone: Asia/Shanghai}", "time: {}", "give either zone or zones"),
        ("kind: file", "kind: carrier_pigeon", "source"),
        ("filled_by: office", "filled_by: community", "needs an admission"),
        ("filled_by: office", "filled_by: grid_worker", "needs an admission"),
        ("filled_by: office", "filled_by: community\nadmission: {number: A 1}", "admission.expires"),
    ],
)
def test_a_fault_is_named(town: Town, old: str, new: str, complaint: str) -> None:
    path = town.root / "city" / "feeds" / "cases.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    faults = town.city.lint()
    assert any(complaint in fault and fault.startswith("cases.yml") for fault in faults), faults
    with pytest.raises(ContractError, match=r"cases\.yml"):
        _ = town.city.contracts


def test_the_kind_of_a_code_rides_in_the_attributes(town: Town) -> None:
    path = town.root / "city" / "feeds" / "cases.yml"
    told = "code: kind, kind: {expression: \"case when kind = 'A' then '部件' end\"}"
    path.write_text(path.read_text(encoding="utf-8").replace("code: kind", told), encoding="utf-8")
    town.drop("1.csv", "c1,2026-10-01 10:00,,2026-10-01 10:00,A,,,", "c2,2026-10-01 10:00,,2026-10-01 10:00,B,,,")
    town.ingest()
    town.let_through()
    found = town.visible("select stream_key, attributes ->> '$.category_kind' from log.event order by 1")
    assert found == [("c1", "部件"), ("c2", None)]


def test_a_police_feed_must_say_what_it_may_bring(town: Town) -> None:
    settings = town.root / "city" / "city.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + "  public_security: {title: 公安}\n", encoding="utf-8")
    path = town.root / "city" / "feeds" / "cases.yml"
    text = path.read_text(encoding="utf-8").replace("network: city_management", "network: public_security")
    path.write_text(text, encoding="utf-8")
    assert any("a police feed must say what it may bring" in fault for fault in town.city.lint())
    path.write_text(text + "admit: {records: \"kind <> 'A'\"}\n", encoding="utf-8")
    assert town.city.lint() == []


@pytest.mark.parametrize(
    "expression",
    [
        "now()", "current_date", "random()", "uuid()", "(select 1)", "a; drop table x", "a from b", "sum(a)", "*",
        "row_number() over ()", "read_text('/etc/passwd')", "getenv('HOME')", "b", "a +", "1, 2", "nextval('s')",
        "current_setting('x')", "today()", "age(timestamp '2020-01-01')",
    ],
)  # fmt: skip
def test_an_expression_that_is_not_one_pure_value_is_refused(expression: str) -> None:
    with pytest.raises(ContractError, match="x: "):
        check_expression(expression, {"a"}, "x")


@pytest.mark.parametrize(
    "expression",
    ["a", "a || '--'", "case when a like '10%' then 1 end", "a::date", "coalesce(try_cast(a as int), 0) -- 说明"],
)
def test_a_pure_expression_is_taken(expression: str) -> None:
    check_expression(expression, {"a"}, "x")


def test_the_feed_that_the_readme_adds_is_sound(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    example = readme.split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "gas_alarms.yml"
    path.write_text(example, encoding="utf-8")
    assert lint(load_contract(path), path.name, {"gas"}) == []
