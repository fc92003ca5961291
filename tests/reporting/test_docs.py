"""What people read first must be true: every key of the contract language, every column, every command is told."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ingest import contract, database_source, http_sources, sources
from ingest.base import Strict
from ingest.city import CityFile
from ingest.contract import FeedContract
from ingest.lint import lint
from ingest.log import EVENT_SCHEMA
from onegrid.cli import app
from reporting.indicator_page import indicator_page
from reporting.mart_contract import declared
from reporting.mechanism_page import mechanism_page
from tests.conftest import REPOSITORY
from tests.reporting.town import Town

READMES = ["README.md", "README.zh-CN.md"]
PAGES = [
    *READMES,
    "docs/architecture.md",
    "docs/bi.md",
    "docs/closing.md",
    "docs/event_contract.md",
    "docs/explaining.md",
]


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def told_words(text: str) -> set[str]:
    """Every word that stands in code marks."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"\w+", code)}


def models() -> list[type[Strict]]:
    modules = (contract, sources, http_sources, database_source)
    named = [*(value for module in modules for value in vars(module).values()), CityFile]
    found = [model for model in named if isinstance(model, type) and issubclass(model, Strict)]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_key_of_the_contract_language_is_told(model: type[Strict]) -> None:
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert keys - told_words(read("docs/event_contract.md")) == set()


def test_every_column_of_the_event_is_told() -> None:
    assert set(EVENT_SCHEMA.names) - told_words(read("docs/event_contract.md")) == set()


def test_the_page_of_the_indicators_is_that_of_the_registry() -> None:
    assert read("docs/indicators.md") == indicator_page(REPOSITORY / "dbt_project"), "run `make indicators`"


def test_the_page_of_the_mechanisms_is_that_of_the_registry() -> None:
    made = mechanism_page(REPOSITORY / "dbt_project", REPOSITORY / "cities" / "sandbox" / "feeds")
    assert read("docs/mechanisms.md") == made, "run `make indicators`"


@pytest.mark.parametrize("name", READMES)
def test_the_contract_in_the_readme_is_sound(name: str) -> None:
    [example] = re.findall(r"```yaml\n(feed: .*?)```", read(name), re.S)
    told = FeedContract.model_validate(yaml.safe_load(example))
    assert lint(told, f"{told.feed}.yml", {"gas"}) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_is_named_exists(name: str) -> None:
    group = typer.main.get_command(app)
    commands = set(group.commands)  # type: ignore[attr-defined]
    named = re.findall(r"(?:^|`)onegrid ([a-z]+(?: · [a-z]+)*)", read(name), re.M)
    assert {word for words in named for word in words.split(" · ")} <= commands
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", read(name), re.M)) <= targets


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_every_named_path_leads_somewhere(name: str) -> None:
    here = (REPOSITORY / name).parent
    for link in re.findall(r"\]\(([^)#]+)\)", read(name)):
        assert (here / link).exists(), link
    for path in re.findall(r"`((?:ingest|expectations|reporting|onegrid|dbt_project|docs|tests)/[\w./]*)`", read(name)):
        assert (REPOSITORY / Path(path)).exists(), path


def test_both_readmes_show_the_same_commands() -> None:
    blocks = [re.findall(r"^(onegrid [a-z]+|make [a-z]+)", read(name), re.M) for name in READMES]
    assert blocks[0] == blocks[1] != []


def test_the_recipes_in_python_run_as_they_stand(published: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    (published.root / "var").symlink_to(published.home)
    monkeypatch.chdir(published.root)
    told: dict[str, Any] = {}
    recipes = re.findall(r"```python\n(.*?)```", read("docs/bi.md"), re.S)
    assert len(recipes) == 2
    for recipe in recipes:
        exec(recipe, told)
    assert set(told["cases"].columns) == {"network", "opened_on", "cases", "overdue"}
    assert told["cases"]["cases"].sum() == told["days"]["opened"].sum() > 100


def test_every_mart_that_the_views_are_drawn_from_exists() -> None:
    marts = declared(REPOSITORY / "dbt_project")
    page = read("docs/bi.md").partition("## Which marts for which view")[2]
    columns = {column for mart in marts.values() for column in mart["columns"]}
    with (REPOSITORY / "dbt_project" / "seeds" / "indicator.csv").open(encoding="utf-8", newline="") as lines:
        indicators = {row["indicator"] for row in csv.DictReader(lines)}
    named = set(re.findall(r"`([a-z_]+)`", page))
    assert named - set(marts) - columns - indicators == {"district", "grid_now"}  # kinds of subjects
    assert f"{len(indicators)} metrics" in read("docs/bi.md")
