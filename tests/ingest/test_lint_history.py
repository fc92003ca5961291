"""A contract that changes is held against what has landed by the one before it."""

from pathlib import Path

import pytest

from ingest.contract import FeedContract, load_contract
from ingest.lint_history import breaks, lint_history
from tests.town import Town

SAMPLE = Path(__file__).resolve().parents[2] / "cities" / "sandbox" / "feeds" / "hotline_orders.yml"


def changed(tmp_path: Path, *changes: tuple[str, str], version: str = "version: 9") -> FeedContract:
    text = SAMPLE.read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("breaks_with"))
    for old, new in (("version: 3", version), *changes):
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / "hotline_orders.yml"
    path.write_text(text, encoding="utf-8")
    return load_contract(path)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("network: hotline", "network: gas", "network"),
        ("mode: upsert", "mode: append", "mode"),
        ("key: [order_no]", "key: [order_no, phone]", "key"),
        ("stream: {type: case, key: order_no}", "stream: {type: order, key: order_no}", "stream"),
        ("- {type: signed, ", "- {type: arrived, ", "events: 'signed' is told no more"),
        (
            "discriminator: {expression: \"'again'\"}",
            "identity: each",
            "'handled' is the same event by another",
        ),
        ("rule: token, purpose: caller", "rule: clear", "was 'token', and what is personal would come out"),
        ("purpose: caller", "purpose: staff", "is another person"),
    ],
)
def test_what_breaks_with_what_has_landed_is_named(tmp_path: Path, old: str, new: str, place: str) -> None:
    landed = changed(tmp_path, version="version: 8")
    found = breaks(changed(tmp_path, (old, new)), landed)
    assert any(place in fault for fault in found), found
    assert all("breaks_with: {version: 8, why: …}" in fault for fault in found)
    said = "version: 9\nbreaks_with: {version: 8, why: the centre has moved to another system}"
    assert breaks(changed(tmp_path, (old, new), version=said), landed) == []
    older = said.replace("{version: 8", "{version: 7")
    assert breaks(changed(tmp_path, (old, new), version=older), landed), "what it says is of another version"


@pytest.mark.parametrize(
    "change",
    [
        ("title: ", "title: 新 "),
        ("cadence: PT1H", "cadence: PT2H"),
        ("  - {type: signed,", "  - {type: arrived, at: signed_at}\n  - {type: signed,"),
    ],
)
def test_reading_more_or_better_breaks_nothing(tmp_path: Path, change: tuple[str, str]) -> None:
    assert breaks(changed(tmp_path, change), changed(tmp_path, version="version: 8")) == []


def test_another_content_under_a_version_that_has_landed_is_refused(tmp_path: Path) -> None:
    landed = changed(tmp_path)
    assert breaks(landed, landed) == []
    [fault] = breaks(changed(tmp_path, ("title: ", "title: 新 ")), landed)
    assert "version 9 has landed and says something else; raise it to 10" in fault


def test_a_town_whose_contract_drops_an_event_fails_lint_until_it_says_why(town: Town, tmp_path: Path) -> None:
    row = "C1,2026-11-01 08:00:00,2026-11-01 09:00:00,2026-11-01 09:00:00,A,拟青澜,15400001234,井盖缺失"
    town.drop("cases_1.csv", row)
    town.ingest()
    assert lint_history(town.city, town.home) == []
    path = town.root / "city" / "feeds" / "cases.yml"
    text = path.read_text(encoding="utf-8").replace("version: 1", "version: 2")
    path.write_text(text.replace("  - {type: closed, at: closed_at}\n", ""), encoding="utf-8")
    lint = town.command("feed", "lint")
    assert lint.returncode == 1
    assert "cases.yml: events: 'closed' is told no more, but has landed" in lint.stderr
    path.write_text(
        path.read_text(encoding="utf-8") + "breaks_with: {version: 1, why: closings come by another feed now}\n",
        encoding="utf-8",
    )
    assert town.command("feed", "lint").returncode == 0
