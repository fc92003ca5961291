"""A front-end database on each server that the connector speaks to."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.ingest.front import Front
from tests.town import Town


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def front(request: pytest.FixtureRequest, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Front:
    """The front-end database, empty, on SQLite, PostgreSQL and MariaDB in turn."""
    if request.param == "sqlite":
        return Front(town, sa.URL.create("sqlite", database=str(tmp_path / "front.db")), None, monkeypatch)
    server = request.getfixturevalue(request.param)
    return Front(town, server.url, server, monkeypatch)
