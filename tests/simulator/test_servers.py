"""The centres as servers: who is let in, what is shown up to which moment, and what nobody may do."""

import base64
import hashlib
import hmac
import io
import json
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import paramiko
import pytest
import sqlalchemy as sa

from simulator.plan import DAY, Plan
from simulator.told import CHANNELS
from tests.centres import District, district

PLAN = Plan(days=8, incidents_a_day=60)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with district(tmp_path_factory.mktemp("centres"), PLAN) as told:
        told.day(4)
        yield told


def address(name: str) -> tuple[str, str, str]:
    """Base address, login and password of an interface."""
    told = urlsplit(os.environ[f"AIRFLOW_CONN_{name}_API"])
    return f"http://{told.hostname}:{told.port}", str(told.username), str(told.password)


def signed(password: str, **told: str) -> dict[str, str]:
    """The parameters with a signature, as the interface's page says."""
    told = {"timestamp": str(int(time.time() * 1000)), "nonce": uuid.uuid4().hex, **told}
    text = "&".join(f"{name}={told[name]}" for name in sorted(told))
    return {**told, "sign": hmac.new(password.encode(), text.encode(), hashlib.sha256).hexdigest()}


def test_the_hotline_answers_the_signed_and_nobody_else(place: District) -> None:
    base, login, password = address("HOTLINE")
    orders = f"{base}/api/v1/orders"
    right = signed(password, appKey=login, page="1", size="50")
    answer = httpx.get(orders, params=right).json()
    assert answer["success"]
    assert len(answer["data"]["rows"]) == min(50, answer["data"]["total"])
    assert httpx.get(orders, params=right).status_code == 401, "the same nonce again"
    assert httpx.get(orders, params={**signed(password, appKey=login), "page": "2"}).status_code == 401
    old = signed(password, appKey=login, timestamp=str(int(time.time() * 1000) - 600_000))
    assert httpx.get(orders, params=old).status_code == 401, "ten minutes old"
    assert httpx.get(orders, params=signed("guessed", appKey=login)).status_code == 401
    assert httpx.get(f"{base}/api/v1/nothing", params=signed(password, appKey=login)).status_code == 404
    assert httpx.get(orders, params=signed(password, appKey=login, page="one")).status_code == 400


def test_the_pages_of_the_hotline_hold_each_order_once(place: District) -> None:
    base, login, password = address("HOTLINE")
    found: list[dict[str, Any]] = []
    for page in range(1, 100):
        rows = httpx.get(
            f"{base}/api/v1/orders", params=signed(password, appKey=login, page=str(page), size="37")
        ).json()["data"]["rows"]
        found += rows
        if len(rows) < 37:
            break
    keys = [row["order_no"] for row in found]
    assert len(keys) == len(set(keys))
    assert set(keys) == place.keys("hotline_orders")
    assert [row["updated_at"] for row in found] == sorted(row["updated_at"] for row in found)


def test_the_police_hand_out_a_token_for_login_and_password(place: District) -> None:
    base, login, password = address("POLICE")
    path = f"{base}{CHANNELS['police_link'].path}"  # type: ignore[union-attr]
    wrong = httpx.post(f"{base}/oauth/token", data={"client_id": login, "client_secret": "guessed"})
    assert wrong.status_code == 401
    token = httpx.post(f"{base}/oauth/token", data={"client_id": login, "client_secret": password}).json()
    header = {"Authorization": f"Bearer {token['access_token']}"}
    keys, cursor = set(), ""
    while cursor is not None:
        answer = httpx.get(path, params={"limit": "20", "cursor": cursor}, headers=header).json()["data"]
        keys |= {row[place.ledgers["police_link"].key] for row in answer["list"]}
        cursor = answer["nextCursor"]
    assert keys == place.keys("police_link")
    assert httpx.get(path, headers={"Authorization": "Bearer guessed"}).status_code == 401


def test_a_posted_receipt_is_kept(place: District) -> None:
    base, login, password = address("HOTLINE")
    receipt = json.dumps({"batch": "b1"}).encode()
    parameters, header = signed(password, appKey=login), {"Idempotency-Key": "b1"}
    assert httpx.post(f"{base}/receipts", params=parameters, content=receipt, headers=header).status_code == 201
    assert httpx.post(f"{base}/receipts", content=receipt).status_code == 401
    assert place.centres.interfaces["hotline"].receipts["b1"] == receipt


@pytest.fixture
def sftp(place: District) -> Iterator[paramiko.SFTPClient]:
    told = urlsplit(os.environ["AIRFLOW_CONN_WATER_SFTP"])
    kind, key = parse_qs(told.query)["host_key"][0].split()
    client = paramiko.SSHClient()
    client.get_host_keys().add(f"[{told.hostname}]:{told.port}", kind, paramiko.ECDSAKey(data=base64.b64decode(key)))
    client.connect(
        str(told.hostname), told.port or 0, told.username, told.password, allow_agent=False, look_for_keys=False
    )
    with client, client.open_sftp() as opened:
        yield opened


def test_files_are_fetched_and_put_below_in_only(sftp: paramiko.SFTPClient, place: District) -> None:
    names = sftp.listdir("/out/water_notices")
    assert names
    with sftp.open(f"/out/water_notices/{names[0]}", "rb") as file:
        assert file.read().decode("gb18030").startswith("通知编号,")
    sftp.putfo(io.BytesIO(b"receipt"), "/in/r.json.part")
    sftp.posix_rename("/in/r.json.part", "/in/r.json")
    with sftp.open("/in/r.json") as file:
        assert file.read() == b"receipt"
    for path in ("/out/mine.csv", "/mine.csv", "/in/../out/mine.csv", "/in/../../mine.csv"):
        with pytest.raises(OSError, match="Permission denied"):
            sftp.putfo(io.BytesIO(b"x"), path)
    for path in ("/etc/passwd", "/../../../../etc/passwd", "../front.db"):
        with pytest.raises(OSError, match="No such file"):
            sftp.open(path)


def test_a_wrong_password_is_refused() -> None:
    told = urlsplit(os.environ["AIRFLOW_CONN_WATER_SFTP"])
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    with client, pytest.raises(paramiko.AuthenticationException):
        client.connect(
            str(told.hostname), told.port or 0, "district", "guessed", allow_agent=False, look_for_keys=False
        )


def test_the_table_shows_the_newest_version_of_each_case_and_the_log_all_actions(place: District) -> None:
    engine = sa.create_engine(
        os.environ["AIRFLOW_CONN_CITY_FRONT"].replace("%2F", "/").replace("sqlite:///", "sqlite:////")
    )
    with engine.connect() as connection:
        cases = connection.execute(sa.text("select rec_id, update_time from to_rec")).all()
        [(actions,)] = connection.execute(sa.text("select count(*) from to_wf_trans")).all()
    engine.dispose()
    ledger, now = place.ledgers["city_management_cases"], place.centres.clock
    current = ledger.current(now)
    assert {key: str(at)[:19] for key, at in cases} == dict(
        zip(current.rows["rec_id"], current.rows["update_time"], strict=True)
    )
    assert actions == int(np.sum(place.ledgers["city_management_actions"].told_at <= now))


def test_what_was_told_is_not_taken_back(tmp_path: Path) -> None:
    with district(tmp_path, Plan(days=3, incidents_a_day=20)) as told:
        told.day(1)
        first = sorted(path.name for path in (tmp_path / "drops" / "power_outages").iterdir())
        told.day(2)
        second = sorted(path.name for path in (tmp_path / "drops" / "power_outages").iterdir())
        assert first == second[: len(first)]
        assert len(second) == len(first) + 6, "a list every four hours"
        assert told.centres.environment["ONEGRID_NOW"] == "2026-10-06T16:00:00+00:00", "midnight of UTC+8"
        with pytest.raises(ValueError, match="can't be taken back"):
            told.centres.clock = DAY
