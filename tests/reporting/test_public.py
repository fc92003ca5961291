"""The public edition: from closings only, rounded, and no two of them can be subtracted to a small count."""

import csv
import io
import json
import shutil
from collections import defaultdict
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.chain import Chain
from ingest.errors import KeyMissingError, PublishError
from onegrid import workflow
from reporting.closing import parse_month
from reporting.public import BASE, cut_public, lint_windows, rounded, safe_cell, threshold
from reporting.retention import verify_published
from tests.reporting import cuts

APPROVED = (
    "mart: rpt_indicator, number: 云开放〔2026〕1号, approver: 数据局, expires: 2027-01-01, "
    "indicators: [reported, handled_on_time_rate]"
)
GRIDS = "mart: dim_grid, number: 云开放〔2026〕2号, approver: 数据局, expires: 2027-01-01"
ITEMS = [
    *cuts.several(13, 13, "reported", "litter", "S1"), *cuts.several(2, 2, "reported", "litter", "S2"),
    *cuts.several(9, 9, "reported", "burst", "S3"), *cuts.several(21, 21, "reported", "police", "S1"),
    *cuts.several(40, 40, "reported", "dispute", "S3"), *cuts.several(27, 24, "handled_on_time_rate", "litter", "S1"),
    *cuts.several(6, 2, "handled_on_time_rate", "burst", "S3"), *cuts.several(11, 11, "visits_planned", "visit", "S1"),
]  # fmt: skip


def admitted(*entries: str, subjects: str = cuts.AUDIENCES_YML.partition("leaders")[0]) -> str:
    lines = "".join(f"\n    - {{{entry}}}" for entry in entries)
    return f"{subjects}public:\n  title: 公众\n  admitted:{lines or ' []'}\n"


def close(root: Path, month: str, items: list[dict[str, Any]], number: int = 1) -> None:
    """Record a closing of an edition of its own, with the frozen items of the month."""
    home = cuts.home(root)
    edition = max((int(path.name) for path in home.editions.glob("[0-9]*")), default=0) + 1
    path = cuts.edition(root, [{**item, "month": month} for item in items], edition, cuts.FEW)
    folder = home.closings / month / str(number)
    folder.mkdir(parents=True)
    with duckdb.connect(str(path / "onegrid.duckdb"), read_only=True) as connection:
        connection.execute(f"copy mart.rpt_indicator_item to '{folder / 'rpt_indicator_item.parquet'}'")
    told = {"month": month, "number": number, "edition": edition, "clock_at": "2026-11-04T10:00:00+00:00"}
    Chain(home.log / "chain" / "closings" / "months").append_unless(lambda _: told, lambda _: False)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEGRID_NOW", cuts.NOW)


@pytest.fixture(scope="module")
def _closed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("closed")
    close(root, "2026-10", ITEMS)
    return root


@pytest.fixture
def closed(_closed_once: Path, tmp_path: Path) -> Path:
    """A town with October closed."""
    return Path(shutil.copytree(_closed_once, tmp_path / "closed", symlinks=True))


def cut(root: Path, *entries: str) -> Path:
    report = cut_public(cuts.city(root, admitted(*entries)), cuts.home(root))
    assert report is not None
    return report.path


def figures(path: Path) -> dict[tuple[str, ...], tuple[int, int | None]]:
    with duckdb.connect(str(path / "onegrid.duckdb"), read_only=True) as connection:
        rows = connection.execute("from mart.rpt_indicator").fetchall()
    return {(row[0], row[1], row[2], str(row[4])[:7]): row[5:7] for row in rows}


def test_no_difference_of_two_public_counts_stands_for_one_to_four_alone() -> None:
    """Whatever a reader knows but the key: two published counts fit a true difference of nought or above 4 as well."""
    told: dict[tuple[int, int], set[int]] = defaultdict(set)
    alone: dict[int, set[int]] = defaultdict(set)
    for before, after, up in product(range(40), range(40), range(1, BASE + 1)):
        shown = [BASE * (count // BASE + (count % BASE >= up)) for count in (before, after)]
        told[shown[0], shown[1]].add(abs(after - before))
        alone[shown[0]].add(before)
    assert all(not fitting <= {1, 2, 3, 4} for fitting in (*told.values(), *alone.values()))


def test_rounding_is_by_key_and_cell_and_adds_nothing_on_average() -> None:
    keys = [bytes([number]) * 32 for number in range(200)]
    for count in range(11):
        shown = [rounded(count, key, "cell") for key in keys]
        assert set(shown) <= {BASE * (count // BASE), BASE * (count // BASE) + BASE * (count % BASE > 0)}
        assert abs(sum(shown) / len(shown) - count) < 0.6
    assert {threshold(key, "cell") for key in keys} == {1, 2, 3, 4, 5}
    assert len({threshold(keys[0], f"cell {number}") for number in range(50)}) > 1


def test_figures_are_multiples_of_five_their_sums_add_up_and_the_barred_are_not_in_them(closed: Path) -> None:
    told = figures(cut(closed, APPROVED))
    for (indicator, kind, code, month), (above, below) in told.items():
        assert above % BASE == 0
        assert below is None or (below % BASE == 0 and below >= above)
        assert (kind in ("district", "street"), month) == (True, "2026-10")
        parts = [value for key, value in told.items() if key[0] == indicator and key[1] == "street"]
        if kind == "district":
            assert above == sum(part[0] for part in parts)
            assert below is None or below == sum(part[1] or 0 for part in parts)
        assert indicator in ("reported", "handled_on_time_rate"), code
    assert abs(told["reported", "street", "S1", "2026-10"][0] - 13) < BASE, "13 cases, without the 21 of the police"
    assert abs(told["reported", "street", "S3", "2026-10"][0] - 9) < BASE, "9 bursts, without the 40 disputes"
    assert not any(figure == (0, None) for figure in told.values()), (
        "a row of nought would tell that something is there"
    )


def test_the_same_month_closed_again_is_rounded_by_the_same_thresholds(closed: Path) -> None:
    first = figures(cut(closed, APPROVED))
    close(closed, "2026-10", [*ITEMS, *cuts.several(3, 3, "reported", "litter", "S1")], number=2)
    close(closed, "2026-11", ITEMS)
    second = figures(cut(closed, APPROVED))
    october = {key: value for key, value in second.items() if key[3] == "2026-10"}
    assert {key for key in second if key[3] == "2026-11"}
    before = first.get(("reported", "street", "S1", "2026-10"), (0, None))[0]
    after = october["reported", "street", "S1", "2026-10"][0]
    assert 0 <= after - before <= BASE
    changed = ("reported", "street", "S1", "2026-10"), ("reported", "district", "district", "2026-10")
    assert {k: v for k, v in first.items() if k not in changed} == {
        k: v for k, v in october.items() if k not in changed
    }


def test_nothing_is_public_without_an_approval_in_force_or_a_closing(
    closed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = cut(closed)
    assert json.loads((path / "manifest.json").read_bytes())["marts"] == []
    assert len(list((cut(closed, APPROVED) / "marts").iterdir())) == 1
    monkeypatch.setenv("ONEGRID_NOW", "2027-01-02T00:00:00+08:00")
    assert list((cut(closed, APPROVED) / "marts").iterdir()) == []
    other = tmp_path_factory.mktemp("open")
    cuts.edition(other, ITEMS, only=cuts.FEW)
    assert cut_public(cuts.city(other, admitted(APPROVED)), cuts.home(other)) is None, "no month is closed"


def test_a_map_is_public_with_its_number_only_and_csv_is_safe_for_spreadsheets(closed: Path) -> None:
    bare = cut(closed, GRIDS)
    assert "map~" not in "".join(file.read_bytes().decode("latin-1") for file in bare.rglob("*") if file.is_file())
    path = cut(closed, f"{GRIDS}, map_review_number: 审图号 GS(2026)0001号")
    text = (path / "csv" / "dim_grid.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert rows[0]["polygon"].startswith("map~")
    assert len(rows) == len(cuts.ROWS)
    for hostile in ("=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1"):
        assert safe_cell(hostile) == f"'{hostile}"
    assert [safe_cell(value) for value in (None, -3, "街道", date(2026, 10, 1))] == ["", "-3", "街道", "2026-10-01"]


def test_pattern_and_key_of_the_first_public_edition_hold_for_ever(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(closed, APPROVED)
    with pytest.raises(PublishError, match="another pattern"):
        cut(closed, APPROVED + ", subject_kind: network")
    with pytest.raises(PublishError, match="another pattern"):
        cut(closed, APPROVED.replace("[reported,", "[cancelled_rate,"))
    monkeypatch.setenv("ONEGRID_TOKEN_KEY", "b" * 43 + "=")
    with pytest.raises(PublishError, match="put that key back"):
        cut(closed, GRIDS)
    monkeypatch.setenv("ONEGRID_KEY_VERSION", "2")
    with pytest.raises(KeyMissingError, match="first key for ever"):
        cut(closed, GRIDS)


def test_the_same_closings_by_the_same_approvals_are_cut_once_and_verified(closed: Path) -> None:
    city, home = cuts.city(closed, admitted(APPROVED)), cuts.home(closed)
    reports = [workflow.cut(city, home)[0] for _ in range(2)]
    assert [(report.audience, report.number, report.changed) for report in reports] == [
        ("public", 1, True), ("public", 1, False),
    ]  # fmt: skip
    assert (
        "public (公众): cut 1 of edition 1; no legal duty, figures about persons are suppressed"
        in workflow.audience_lines(city, home)[0]
    )
    assert parse_month("2026-10").name in reports[0].path.joinpath("manifest.json").read_text(encoding="utf-8")
    assert verify_published(home) == []


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("mart: fct_rating", "only reference data and figures"),
        ("mart: dim_component", "rows about component_position never"),
        ("mart: rpt_timeliness", "admit rpt_indicator instead"),
        ("mart: rpt_nothing", "no such mart"),
        ("mart: rpt_indicator", "name the indicators"),
        ("mart: rpt_indicator, indicators: [reported, nonsense]", "'nonsense' is no indicator"),
        ("mart: rpt_indicator, indicators: [reported, cancelled_rate]", "count the same things"),
        ("mart: rpt_indicator, indicators: [arrival_seconds]", "counts seconds"),
    ],
)
def test_lint_bars_what_may_never_be_public(tmp_path: Path, entry: str, fault: str) -> None:
    entry += ", number: 1, approver: 局, expires: 2027-01-01"
    city = cuts.city(tmp_path, admitted(entry, subjects=""))
    found = workflow.lint_audiences(city)
    assert any(fault in told for told in found), found
    assert city.lint() == []


@pytest.mark.parametrize("missing", ["number", "approver", "expires"])
def test_an_approval_has_number_approver_and_last_day(tmp_path: Path, missing: str) -> None:
    told = {"mart": "dim_date", "number": "1", "approver": "局", "expires": "2027-01-01"}
    entry = ", ".join(f"{key}: {value}" for key, value in told.items() if key != missing)
    assert any(missing in fault for fault in cuts.city(tmp_path, admitted(entry)).lint())


def test_sound_approvals_pass_the_lint(tmp_path: Path) -> None:
    city = cuts.city(tmp_path, admitted(APPROVED, GRIDS, subjects=""))
    assert workflow.lint_audiences(city) == list(lint_windows(city.audiences)) == city.lint() == []
