"""A column that suddenly is empty is seen at the first delivery; a rare one that happens to be empty is not."""

from typing import Any

import pytest

from expectations.fill import emptied_columns


def deliveries(*unfilled: int, rows: int = 40, contract: str = "v1") -> list[dict[str, Any]]:
    """Receipts of deliveries of so many rows, by how many of them have no value in the column."""
    return [
        {"landing_id": f"l{day}", "contract_hash": contract, "observed_at": f"2026-10-{day + 1:02d}T08:00:00+00:00",
         "read_rows": rows, "unfilled": {"closed_at": empty} if empty else {}}
        for day, empty in enumerate(unfilled)
    ]  # fmt: skip


def last(receipts: list[dict[str, Any]]) -> int:
    name = receipts[-1]["landing_id"]
    return emptied_columns(receipts, {name}).get(name, 0)


@pytest.mark.parametrize(
    ("unfilled", "found"),
    [
        ((0,) * 12 + (40,), 1),  # every row had it, none has it
        ((0,) * 12 + (30,), 1),  # a quarter has it
        ((0,) * 12 + (15,), 0),  # most have it
        ((20,) * 12 + (40,), 1),  # half of the rows had it
        ((38,) * 12 + (40,), 0),  # one in twenty: chance
        ((20, 40, 20, 20, 20, 20, 20, 20, 20, 40), 0),  # it was empty once before
        ((40,) + (20,) * 16 + (40,), 1),  # but once in sixteen tells nothing
        ((0,) * 7 + (40,), 0),  # too few to know
    ],
)
def test_a_column_empties(unfilled: tuple[int, ...], found: int) -> None:
    assert last(deliveries(*unfilled)) == found


def test_another_contract_is_another_measure() -> None:
    receipts = deliveries(*(0,) * 12, 40)
    receipts[-1]["contract_hash"] = "v2"
    assert last(receipts) == 0


def test_a_delivery_of_few_rows_and_an_old_receipt_say_nothing() -> None:
    assert last(deliveries(*(0,) * 12, 9, rows=9)) == 0
    old = [{k: v for k, v in one.items() if k not in ("read_rows", "unfilled")} for one in deliveries(*(0,) * 12)]
    assert last([*old, *deliveries(*(0,) * 13)[12:]]) == 0
