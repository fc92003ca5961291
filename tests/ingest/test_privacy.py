"""What may leave the vault: tokens only a key holder can make, texts without identifiers, addresses without rooms."""

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest

from ingest.contract import FeedContract
from ingest.keys import Keys
from ingest.privacy import address_sql, key_table, literal, scrub_sql, token_sql
from tests.town import Town

KEYS = Keys(1, b"v" * 32, b"t" * 32)


def _one(sql: str) -> str:
    return str(duckdb.connect().execute(f"select {sql}").fetchall()[0][0])


@pytest.fixture
def contract(town: Town) -> FeedContract:
    return town.city.contract("cases")


def test_a_token_is_the_rfc_2104_hmac_of_the_cleaned_value(contract: FeedContract) -> None:
    connection = duckdb.connect()
    connection.register("hmac_key", key_table(contract, KEYS))
    sql = f"select {token_sql(literal('139 0000-1234'), 'reporter', 7)} from hmac_key"
    key = KEYS.token_key("city_management", "reporter")
    expected = hmac.new(key, b"13900001234", hashlib.sha256).hexdigest()[:32]
    assert connection.execute(sql).fetchall() == [(f"7:{expected}",)]


def test_keys_of_two_purposes_networks_and_masters_differ() -> None:
    other = Keys(1, b"v" * 32, b"u" * 32)
    keys = [
        KEYS.token_key("water", "reporter"),
        KEYS.token_key("power", "reporter"),
        KEYS.token_key("water", "party"),
        other.token_key("water", "reporter"),
    ]
    assert len(set(keys)) == 4


def test_keys_never_show_themselves() -> None:
    assert "vvvv" not in repr(KEYS)
    assert "tttt" not in str(KEYS)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("来电人电话13900001234，请回电", "来电人电话[电话]，请回电"),
        ("手机 139-0000-1234。", "手机 [电话]。"),
        ("+8613900001234", "[电话]"),
        ("１３９００００１２３４", "[电话]"),
        ("座机010-62345678", "座机[电话]"),
        ("身份证99010119900307123X，已核", "身份证[证件号]，已核"),
        ("卡号6222 0000 1111 2222 333", "卡号[号码]"),
        ("车牌苏A12345挡路", "车牌[车牌]挡路"),
        ("苏A·D12345绿牌", "[车牌]绿牌"),
        ("写信到 some.one@example.invalid 谢谢", "写信到 [邮箱] 谢谢"),
        ("张小明说井盖坏了", "[姓名]说井盖坏了"),
        ("住3号楼2单元501室，求助", "住[房号]，求助"),
        ("井盖编号0101000012，深3米", "井盖编号0101000012，深3米"),
        ("2026年11月01日08:00报", "2026年11月01日08:00报"),
    ],
)
def test_texts_lose_identifiers_and_the_names_of_their_own_record(told: str, kept: str) -> None:
    assert _one(scrub_sql(literal(told), [(literal("张小明"), "[姓名]")])) == kept


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("和平路12号3幢2单元501室", "和平路12号3幢"),
        ("和平路12号院5号楼", "和平路12号院5号楼"),
        ("幸福里小区8栋1203室", "幸福里小区8栋"),
        ("和平路12号6楼走廊", "和平路12号"),
        ("400 Block of STEINER ST", "400 Block of STEINER ST"),
        ("1 UNITED NATIONS PLZ", "1 UNITED NATIONS PLZ"),
        ("12 MAIN ST APT 4B", "12 MAIN ST "),
    ],
)
def test_addresses_end_at_the_building(told: str, kept: str) -> None:
    assert _one(address_sql(literal(told), [])) == kept


def test_no_personal_value_is_found_in_any_byte_written(town: Town) -> None:
    values = ["欧阳样本", "13900009876", "990101199003071234", "苏B98765"]
    name, phone, number, plate = values
    story = f"我是{name}，电话{phone}，证件{number}，车{plate}"
    row = f"C9,2026-11-01 08:00:00,,2026-11-01 08:00:00,A,{name},{phone},{story}"
    town.drop("cases_1.csv", row, row.replace("C9", "C10").replace("2026-11-01 08:00:00,,", f"{phone},,"))
    town.ingest()
    town.let_through()
    texts = town.visible("select text, actor_token from log.event")
    assert texts[0][0] == "我是[姓名]，电话[隐去]，证件[证件号]，车[车牌]"
    assert texts[0][1].startswith("1:")
    written = [path for path in Path(town.home.root).rglob("*") if path.is_file()]
    assert written
    for path in written:
        data = path.read_bytes()
        assert not [value for value in values if value.encode() in data], path
