"""A town with a home of its own, and a browser where one is installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reporting.edition import publish
from tests.reporting.browser import Browser, chromium
from tests.reporting.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture(scope="session")
def _published_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    town = Town(tmp_path_factory.mktemp("published"))
    first = town.build()
    town.another(first, "v2-p1", extra=1)
    publish(first, town.home)
    return town


@pytest.fixture
def published(_published_once: Town, tmp_path: Path) -> Town:
    """A town of its own with edition 1 of build v1-p1, and a build v2-p1 that is not published."""
    town = Town(tmp_path / "published")
    shutil.copytree(_published_once.root, town.root, symlinks=True)
    return town


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("chromium is not installed: the page was not looked at (apt-get install chromium)")
    with Browser(program, tmp_path_factory.mktemp("chromium")) as started:
        yield started
