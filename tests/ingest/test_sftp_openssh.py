"""Files on a real OpenSSH server: taken whole, once for each content, from the known host alone; receipts go back."""

import io
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import paramiko
import pytest
import yaml

from ingest.acknowledge import acknowledge, receipt_name
from ingest.errors import SourceError
from ingest.land import land
from ingest.pull import PullReport, pull
from ingest.vault import Vault
from onegrid import workflow
from tests.servers import Relay, SshServer
from tests.town import HEADER, Town

ONE = "C1,2026-11-01 08:00:00,,2026-11-01 08:00:00,A,,,井盖缺失"
TWO = "C2,2026-11-01 10:00:00,,2026-11-01 10:00:00,B,,,路灯不亮"
BAD = "C3,昨天,,2026-11-01 10:00:00,B,,,时间写坏"
MEGABYTE = 1024**2


class Centre:
    """The centre's folder on the server, and the feed `cases` that reads it."""

    def __init__(self, town: Town, server: SshServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town, self.server, self.folder, self._monkeypatch = town, server, folder, monkeypatch
        for name in ("out", "done", "receipts"):
            self.make(name)
        self.connect()
        self.contract()

    def make(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True)
        path.chmod(0o777)
        return path

    def connect(self, port: int | None = None, **extra: str) -> None:
        told = {"host_key": self.server.host_key, "private_key": self.server.private_key, **extra}
        uri = f"sftp://{self.server.login}@127.0.0.1:{port or self.server.port}/?__extra__={quote(json.dumps(told))}"
        self._monkeypatch.setenv("AIRFLOW_CONN_CENTRE", uri)

    def contract(self, receipt: dict[str, Any] | None = None, **source: Any) -> None:
        path = self.town.root / "city" / "feeds" / "cases.yml"
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        told["source"] = {
            "kind": "sftp", "connection": "centre", "path": str(self.folder / "out"), "pattern": "*.csv",
            "ready": {"rule": "stable", "settle_seconds": 0}, **source,
        }  # fmt: skip
        if receipt:
            told["receipt"] = receipt
        path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")

    def drop(self, name: str, *rows: str) -> Path:
        path = self.folder / "out" / name
        path.write_text(HEADER + "".join(row + "\n" for row in rows), encoding="utf-8")
        return path

    def drop_large(self) -> Path:
        return self.drop("large.csv", *(ONE.replace("C1", f"L{n}") + "缺失" * 1000 for n in range(4000)))

    def ingest(self) -> PullReport:
        report = pull(self.town.city, self.town.home, "cases")
        land(self.town.city, self.town.home, "cases")
        return report

    def told(self) -> list[str]:
        self.town.let_through()
        return [key for (key,) in self.town.visible("select distinct stream_key from log.event order by 1")]

    @property
    def names(self) -> list[str]:
        return [manifest["name"] for manifest in Vault(self.town.home).manifests.of("cases").records()]


@pytest.fixture
def centre(town: Town, openssh: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Centre:
    return Centre(town, openssh, openssh.files / tmp_path.name, monkeypatch)


def test_files_are_pulled_and_landed_once(centre: Centre) -> None:
    centre.drop("cases_1.csv", ONE)
    centre.drop("cases_2.csv", TWO)
    centre.drop("notes.txt", TWO)
    assert [centre.ingest().batches for _ in range(2)] == [2, 0]
    assert centre.told() == ["C1", "C2"]


def test_names_may_be_chinese_and_lie_in_folders(centre: Centre) -> None:
    centre.make("out/城管 二科")
    centre.drop("城管 二科/案件日报(十一月).csv", ONE)
    centre.ingest()
    assert centre.names == ["城管 二科/案件日报(十一月).csv"]
    assert centre.told() == ["C1"]


def test_another_content_under_the_same_name_is_another_delivery(centre: Centre) -> None:
    centre.drop("cases.csv", ONE)
    centre.ingest()
    centre.drop("cases.csv", TWO)
    assert centre.ingest().batches == 1
    assert centre.told() == ["C1", "C2"]


def test_a_file_without_its_marker_waits(centre: Centre) -> None:
    centre.contract(ready={"rule": "marker", "suffix": ".ok"})
    centre.drop("cases_1.csv", ONE)
    centre.drop("cases_2.csv", TWO)
    (centre.folder / "out" / "cases_2.csv.ok").touch()
    report = centre.ingest()
    assert (report.batches, report.waiting) == (1, 1)
    assert centre.told() == ["C2"]


def test_a_file_that_has_not_settled_waits(centre: Centre) -> None:
    centre.contract(ready={"rule": "stable", "settle_seconds": 30})
    old, new = centre.drop("old.csv", ONE), centre.drop("new.csv", TWO)
    os.utime(old, (time.time() - 60, time.time() - 60))
    assert new.exists()
    report = centre.ingest()
    assert (report.batches, report.waiting) == (1, 1)
    assert centre.told() == ["C1"]


def test_a_file_that_grows_while_it_is_read_waits(centre: Centre) -> None:
    path = centre.drop_large()

    def grow() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(TWO + "\n")

    with Relay(centre.server.port, 4 * MEGABYTE, grow) as relay:
        centre.connect(relay.port)
        report = centre.ingest()
    assert (report.batches, report.waiting) == (0, 1)
    centre.connect()
    assert centre.ingest().batches == 1
    assert len(centre.told()) == 4001


def test_a_connection_that_drops_in_the_middle_of_a_file_takes_none_of_it(centre: Centre) -> None:
    centre.drop("a_small.csv", TWO)
    centre.drop_large()
    with Relay(centre.server.port, 4 * MEGABYTE, centre.server.kill_sessions) as relay:
        centre.connect(relay.port)
        with pytest.raises(SourceError, match=r"feed cases: the SFTP connection broke .*; the next pull asks again"):
            centre.ingest()
    assert centre.names == ["a_small.csv"], "what came whole before it is sealed"
    centre.connect()
    assert centre.ingest().batches == 1
    assert len(centre.told()) == 4001


def test_a_server_that_is_away_is_asked_again_later(centre: Centre) -> None:
    centre.drop("cases_1.csv", ONE)
    centre.server.stop()
    try:
        with pytest.raises(SourceError, match=r"feed cases: 127\.0\.0\.1:\d+ can't be reached over SFTP"):
            centre.ingest()
    finally:
        centre.server.start()
    assert centre.ingest().batches == 1


@pytest.mark.parametrize("make", [lambda: paramiko.RSAKey.generate(2048), paramiko.ECDSAKey.generate])
def test_a_host_with_another_key_is_refused(centre: Centre, make: Callable[[], paramiko.PKey]) -> None:
    other = make()
    centre.drop("cases_1.csv", ONE)
    centre.connect(host_key=f"{other.get_name()} {other.get_base64()}")
    with pytest.raises(SourceError, match="shows another host key than the connection 'centre' knows"):
        centre.ingest()
    centre.connect(host_key="")
    with pytest.raises(SourceError, match="the connection 'centre' knows no host key"):
        centre.ingest()
    assert centre.names == []


def test_a_wrong_key_is_refused_and_shown_to_nobody(centre: Centre) -> None:
    text = io.StringIO()
    paramiko.ECDSAKey.generate().write_private_key(text)
    secret = text.getvalue().splitlines()[1]
    centre.connect(private_key=text.getvalue())
    with pytest.raises(SourceError, match="refuses the credentials; mend the connection 'centre'") as error:
        centre.ingest()
    assert secret not in str(error.value)
    centre.connect(private_key=secret)
    with pytest.raises(SourceError, match="the private_key of the connection 'centre' can't be read") as error:
        centre.ingest()
    assert secret not in str(error.value)


def test_a_file_that_was_sealed_is_moved_away_by_the_next_pull(centre: Centre) -> None:
    centre.contract(after="archive", archive_to=str(centre.folder / "done"))
    (centre.folder / "done" / "cases_1.csv").write_text("a former one", encoding="utf-8")
    path = centre.drop("cases_1.csv", ONE)
    centre.ingest()
    assert path.exists(), "it is not moved before it is sealed"
    centre.ingest()
    assert not path.exists()
    found = {one.name: one.read_text(encoding="utf-8") for one in (centre.folder / "done").iterdir()}
    assert found == {"cases_1.csv": "a former one", "cases_1.csv.2": HEADER + ONE + "\n"}
    assert centre.ingest().batches == 0


def test_a_file_is_left_where_it_is_unless_the_contract_says_otherwise(centre: Centre) -> None:
    path = centre.drop("cases_1.csv", ONE)
    for _ in range(2):
        centre.ingest()
    assert path.exists()


def test_a_file_that_may_not_be_read_does_not_stop_the_others(centre: Centre) -> None:
    secret = centre.drop("a_secret.csv", ONE)
    secret.chmod(0)
    centre.drop("cases_2.csv", TWO)
    with pytest.raises(SourceError, match=r"a_secret\.csv can't be read with our rights.*1 others were sealed"):
        centre.ingest()
    land(centre.town.city, centre.town.home, "cases")
    assert centre.told() == ["C2"]


def test_an_archive_that_may_not_be_written_is_named(centre: Centre) -> None:
    centre.contract(after="archive", archive_to="/onegrid-has-no-right-here")
    centre.drop("cases_1.csv", ONE)
    centre.ingest()
    with pytest.raises(SourceError, match=r"does not let cases_1\.csv go to .*; mend source\.archive_to"):
        centre.ingest()


def test_a_missing_folder_is_named(centre: Centre) -> None:
    centre.contract(path=str(centre.folder / "nowhere"))
    with pytest.raises(SourceError, match=r"nowhere does not exist on the server; mend source\.path"):
        centre.ingest()


@pytest.mark.parametrize("point", ["pull.after_read", "vault.after_blob", "chain.manifests.after"])
def test_killed_anywhere_a_file_is_once(centre: Centre, point: str) -> None:
    centre.drop("cases_1.csv", ONE, TWO)
    assert centre.town.command("pull", "cases", fault=point).returncode == -9
    centre.ingest()
    assert centre.told() == ["C1", "C2"]
    assert [receipt["recorded"] for receipt in centre.town.log.receipts("cases")] == [2]


def receipts(centre: Centre) -> list[dict[str, Any]]:
    folder = centre.folder / "receipts"
    assert not [path for path in folder.iterdir() if path.name.startswith(".")], "nothing half written lies there"
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())]


def test_a_receipt_goes_back_over_sftp_once(centre: Centre) -> None:
    centre.contract({"kind": "sftp", "connection": "centre", "path": str(centre.folder / "receipts")})
    centre.drop("案件 一.csv", ONE, BAD)
    centre.drop("cases_2.csv", TWO)
    centre.ingest()
    workflow.gate_landings(centre.town.city, centre.town.home, "cases")
    assert [acknowledge(centre.town.city, centre.town.home, "cases").sent for _ in range(2)] == [2, 0]
    told = {receipt["delivery"]: receipt for receipt in receipts(centre)}
    assert set(told) == {"案件 一.csv", "cases_2.csv"}
    assert [mend["field"] for mend in told["案件 一.csv"]["records_to_mend"]] == ["reported_at"]
    assert "昨天" not in json.dumps(told, ensure_ascii=False)


def test_receipts_that_can_not_be_sent_over_sftp_stay_owed(centre: Centre) -> None:
    centre.contract({"kind": "sftp", "connection": "centre", "path": str(centre.folder / "receipts")})
    centre.drop("cases_1.csv", ONE)
    centre.drop("cases_2.csv", TWO)
    centre.ingest()
    workflow.gate_landings(centre.town.city, centre.town.home, "cases")
    shutil.rmtree(centre.folder / "receipts")
    with pytest.raises(SourceError, match=r"2 receipts could not be sent back and are still owed: there is no folder"):
        acknowledge(centre.town.city, centre.town.home, "cases")
    centre.make("receipts").chmod(0o555)
    with pytest.raises(SourceError, match=r"2 receipts could not be sent back .* does not let us write"):
        acknowledge(centre.town.city, centre.town.home, "cases")
    (centre.folder / "receipts").chmod(0o777)
    centre.server.stop()
    try:
        with pytest.raises(SourceError, match=r"2 receipts could not be sent back .* can't be reached over SFTP"):
            acknowledge(centre.town.city, centre.town.home, "cases")
    finally:
        centre.server.start()
    assert acknowledge(centre.town.city, centre.town.home, "cases").sent == 2
    assert len(receipts(centre)) == 2


def test_a_receipts_name_fits_into_any_folder() -> None:
    name = receipt_name({"batch_name": "城管案件" * 60 + ".csv", "landing_id": "0123456789abcdef"})
    assert len(name.encode()) < 255
    assert name.endswith("案件.csv.01234567.receipt.json")
