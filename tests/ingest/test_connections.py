"""Connections are read as Airflow reads them, and shown to nobody."""

import json

import pytest
from airflow.sdk import Connection as AirflowConnection

from ingest.connections import connection, looked_up_by
from ingest.connectors.rest.fetch import base_url
from ingest.errors import SourceError
from onegrid.airflow_connections import airflow_connection

URIS = [
    "http://login:pass%40word%2F%3F@127.0.0.1:8123",
    "https://centre.example/api",
    "http://login:word@centre.example:8123/https",
    "http://https%3A%2F%2Fcentre.example%2Fapi",
    "http://https://login:word@centre.example/api",
    "postgres://reader:word@db.example:5432/front?sslmode=require&connect_timeout=5",
    "mysql://reader:w%25rd@db.example/front?__extra__=%7B%22charset%22%3A+%22utf8mb4%22%7D",
    "sftp://user:word@sftp.example:22/?no_host_key_check=false",
    "http://:word@centre.example",
    "http://[::1]:8123/",
]


@pytest.mark.parametrize("uri", URIS)
def test_a_uri_is_read_as_airflow_reads_it(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CENTRE", uri)
    mine, theirs = connection("centre"), AirflowConnection.from_uri(uri, "centre")
    told = (mine.host, mine.login, mine.password, mine.schema, mine.port, mine.extra)
    assert told == (
        theirs.host or "", theirs.login or "", theirs.password or "", theirs.schema or "", theirs.port,
        theirs.extra_dejson,
    )  # fmt: skip
    assert mine.scheme in (theirs.conn_type, "postgres")


@pytest.mark.parametrize("uri", URIS)
def test_what_airflow_hands_over_in_a_task_is_the_same(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CENTRE", uri)
    outside = connection("centre")
    with looked_up_by(airflow_connection):
        assert connection("centre") == outside


def test_json_is_read_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"conn_type": "http", "host": "h", "login": "l", "password": "geheim", "port": "80", "extra": '{"a": 1}'}
    monkeypatch.setenv("AIRFLOW_CONN_CENTRE", json.dumps(told))
    mine = connection("centre")
    assert (mine.host, mine.port, mine.extra) == ("h", 80, {"a": 1})
    assert "geheim" not in repr(mine) + str(mine) + f"{mine}"


@pytest.mark.parametrize("text", ["geheim", "{geheim", "http://geheim:x@host:port", '{"port": "geheim"}', '["geheim"]'])
def test_what_is_no_connection_is_named_and_not_shown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CENTRE", text)
    with pytest.raises(SourceError, match="AIRFLOW_CONN_CENTRE") as error:
        connection("centre")
    assert "geheim" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_missing_one_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CENTRE", raising=False)
    for lookup in (lambda _: None, airflow_connection):
        with looked_up_by(lookup), pytest.raises(SourceError, match="set AIRFLOW_CONN_CENTRE"):
            connection("centre")


@pytest.mark.parametrize(
    ("uri", "base"),
    [
        ("http://k:s@127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("https://centre.example/api", "https://centre.example/api"),
        ("http://centre.example/https", "https://centre.example"),
        ("http://https%3A%2F%2Fcentre.example", "https://centre.example"),
        ("http://[::1]:80/v1/", "http://[::1]:80/v1"),
    ],
)
def test_the_base_address_of_a_connection(uri: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CENTRE", uri)
    assert base_url(connection("centre")) == base
