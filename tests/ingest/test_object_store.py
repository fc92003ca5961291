"""An object store as a drop folder: each object once for each content that it had, by the connection's name alone."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pydantic import ValidationError

from ingest.errors import SourceError
from ingest.pull import pull
from ingest.sources import ObjectSource
from ingest.vault import Vault
from tests.laws.test_once import ONE, TWO
from tests.town import HEADER, Town

FOLDER = 'kind: file, path: drop, pattern: "*.csv"'


class Shelf(MemoryFileSystem):
    """A store that tells an ETag of each object, counts what is read of it, and may lose or refuse it."""

    protocol = "shelf"
    store: dict[str, Any] = {}  # noqa: RUF012  one shelf a process, as in its parent
    pseudo_dirs = [""]  # noqa: RUF012
    reads = 0
    fails: Exception | None = None

    def info(self, path: str, **given: Any) -> dict[str, Any]:
        told = super().info(path, **given)
        if told["type"] == "file":
            told["ETag"] = '"' + hashlib.md5(self.store[told["name"]].getvalue()).hexdigest() + '"'
        return told

    def find(self, path: str, **given: Any) -> Any:
        if Shelf.fails:
            raise Shelf.fails
        return {name: self.info(name) for name in super().find(path)} if given.get("detail") else super().find(path)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **given: Any) -> bytes:
        Shelf.reads += 1
        data: bytes = super().cat_file(path, start, end, **given)
        return data


@pytest.fixture(autouse=True)
def _empty_shelves() -> Iterator[None]:
    fsspec.register_implementation("shelf", Shelf, clobber=True)
    yield
    for kind in (MemoryFileSystem, Shelf):
        kind.store.clear()
        kind.pseudo_dirs[:] = [""]
    Shelf.reads, Shelf.fails = 0, None


@pytest.fixture
def objects(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A town whose cases come from the store of the connection `city_store`."""
    _from_store(town, "city/in")
    monkeypatch.setenv("AIRFLOW_CONN_CITY_STORE", "shelf://reader:geheim@")
    fsspec.filesystem("shelf").pipe("/city/other/x.csv", b"x")
    return town


def _from_store(town: Town, path: str, more: str = "") -> None:
    contract = town.root / "city" / "feeds" / "cases.yml"
    store = f'kind: object, connection: city_store, path: {path}, pattern: "*.csv"{more}'
    text = contract.read_text(encoding="utf-8")
    assert FOLDER in text
    contract.write_text(text.replace(FOLDER, store), encoding="utf-8")


def _put(name: str, *rows: str, protocol: str = "shelf") -> None:
    data = (HEADER + "".join(row + "\n" for row in rows)).encode()
    fsspec.filesystem(protocol, auto_mkdir=True).pipe(name, data)


def _keys(town: Town) -> list[str]:
    town.let_through()
    return [row[0] for row in town.visible("select distinct stream_key from log.event order by 1")]


def test_objects_below_the_prefix_are_deliveries(objects: Town) -> None:
    _put("/city/in/2026/cases_1.csv", ONE)
    _put("/city/in/notes.txt", TWO)
    objects.ingest()
    assert [m["name"] for m in Vault(objects.home).manifests.of("cases").records()] == ["2026/cases_1.csv"]
    assert len(_keys(objects)) == 1


def test_an_object_whose_mark_stands_is_not_read_again(objects: Town) -> None:
    _put("/city/in/cases_1.csv", ONE)
    pull(objects.city, objects.home, "cases")
    before = Shelf.reads
    assert pull(objects.city, objects.home, "cases").unchanged == 1
    assert Shelf.reads == before


def test_a_name_with_other_content_is_a_new_delivery(objects: Town) -> None:
    _put("/city/in/cases_1.csv", ONE)
    objects.ingest()
    _put("/city/in/cases_1.csv", TWO)
    objects.ingest()
    assert len(objects.log.receipts("cases")) == 2
    assert len(_keys(objects)) == 2


def test_an_empty_prefix_is_quiet_and_a_missing_bucket_is_a_fault(objects: Town) -> None:
    assert pull(objects.city, objects.home, "cases").batches == 0
    fsspec.filesystem("shelf").rm("/city", recursive=True)
    missing = r"feed cases: 'city/in' is no place that the connection 'city_store' may"
    with pytest.raises(SourceError, match=missing):
        pull(objects.city, objects.home, "cases")
    Shelf.fails = FileNotFoundError("The specified bucket does not exist")  # as S3 says it
    with pytest.raises(SourceError, match=missing):
        pull(objects.city, objects.home, "cases")


def test_what_was_sealed_is_archived_by_the_next_pull_and_doubled_by_none(town: Town, objects: Town) -> None:
    contract = town.root / "city" / "feeds" / "cases.yml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("path: city/in", "path: city/in, after: archive, archive_to: city/done"))
    store = fsspec.filesystem("shelf")
    _put("/city/in/cases_1.csv", ONE)
    pull(objects.city, objects.home, "cases")
    assert store.find("/city/done") == []
    _put("/city/done/cases_1.csv", ONE)  # a move that broke between copy and deletion
    pull(objects.city, objects.home, "cases")
    assert (store.find("/city/in"), store.find("/city/done")) == ([], ["/city/done/cases_1.csv"])
    _put("/city/in/cases_1.csv", TWO)
    pull(objects.city, objects.home, "cases")
    pull(objects.city, objects.home, "cases")
    assert store.find("/city/done") == ["/city/done/cases_1.csv", "/city/done/cases_1.csv.2"]


def test_an_archive_below_the_prefix_is_refused_by_the_lint(objects: Town) -> None:
    contract = objects.root / "city" / "feeds" / "cases.yml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("path: city/in", "path: city/in, after: archive, archive_to: city/in/done"))
    assert any("would be found there again" in fault for fault in objects.city.lint())


def test_an_object_larger_than_agreed_is_left_unread(objects: Town) -> None:
    contract = objects.root / "city" / "feeds" / "cases.yml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("path: city/in", "path: city/in, max_mb: 0.00001"))
    _put("/city/in/cases_1.csv", ONE)
    with pytest.raises(SourceError, match=r"cases_1\.csv has .* MB, more than source\.max_mb"):
        pull(objects.city, objects.home, "cases")
    assert Shelf.reads == 0


@pytest.mark.parametrize("failure", [PermissionError("geheim"), OSError("https://store?sign=geheim"), KeyError("x")])
def test_a_store_that_fails_is_named_by_its_connection_and_shows_no_credential(
    objects: Town, failure: Exception
) -> None:
    Shelf.fails = failure
    with pytest.raises(SourceError, match=r"feed cases: the store of the connection 'city_store'") as told:
        pull(objects.city, objects.home, "cases")
    assert "geheim" not in str(told.value)
    Shelf.fails = None
    _put("/city/in/cases_1.csv", ONE)
    assert pull(objects.city, objects.home, "cases").batches == 1


def test_a_store_whose_package_is_missing_says_what_to_install(objects: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("s3", "aws"):
        monkeypatch.setenv("AIRFLOW_CONN_CITY_STORE", f"{scheme}://key:geheim@store.example.invalid")
        with pytest.raises(SourceError, match=r"install onegrid\[s3\]") as told:
            pull(objects.city, objects.home, "cases")
        assert "geheim" not in str(told.value)


def test_a_kind_of_store_that_nobody_knows_is_a_fault(objects: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CITY_STORE", "nonsense://key:geheim@x")
    with pytest.raises(SourceError, match="opens no store of the kind 'nonsense'"):
        pull(objects.city, objects.home, "cases")


def test_a_folder_and_a_store_without_etags_go_the_same_way(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = tmp_path / "store"
    _from_store(town, f"{shelf}/in", f", after: archive, archive_to: {shelf}/done")
    monkeypatch.setenv("AIRFLOW_CONN_CITY_STORE", "file://")
    with pytest.raises(SourceError, match="is no place"):
        pull(town.city, town.home, "cases")
    _put(f"{shelf}/in/cases_1.csv", ONE, protocol="file")
    (shelf / "in" / "link.csv").symlink_to(town.root / "city" / "city.yml")
    assert pull(town.city, town.home, "cases").batches == 1
    assert pull(town.city, town.home, "cases").unchanged == 1
    assert sorted(path.name for path in shelf.rglob("*.csv")) == ["cases_1.csv", "link.csv"]
    assert (shelf / "done" / "cases_1.csv").is_file()


def test_options_of_the_extra_open_a_store_below_a_root(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _from_store(town, "in")
    options = {"path": str(tmp_path / "root"), "target_protocol": "file"}
    monkeypatch.setenv("AIRFLOW_CONN_CITY_STORE", json.dumps({"conn_type": "dir", "extra": {"options": options}}))
    _put(f"{tmp_path}/root/in/cases_1.csv", ONE, protocol="file")
    assert pull(town.city, town.home, "cases").batches == 1


def test_memory_is_a_store_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    _from_store(town, "city/in")
    monkeypatch.setenv("AIRFLOW_CONN_CITY_STORE", "memory://")
    _put("/city/in/cases_1.csv", ONE, protocol="memory")
    town.ingest()
    assert len(_keys(town)) == 1


@pytest.mark.parametrize("path", ["s3://bucket/in", "filecache::s3://bucket", "bucket/../other"])
def test_a_contract_names_no_store_but_its_connection(path: str) -> None:
    with pytest.raises(ValidationError, match="the store itself stands in the connection"):
        ObjectSource(kind="object", connection="city_store", path=path)
