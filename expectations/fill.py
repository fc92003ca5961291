"""Whether the columns of a delivery are filled as those of the deliveries before it.

A column has emptied where less than half of its usual share of rows has a value, less than half of what any earlier
delivery had (of 16 and more, one in 16 left out as an outlier), and chance does not do that once in a million
deliveries (the bound of Chernoff and Hoeffding on the tail of a binomial law, n·KL(share ‖ usual) > ln 10⁶).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import log
from typing import Any

ENOUGH = 8  # earlier deliveries under the same contract, before anything is called usual
NEWEST = 60  # so many of them are looked at
ROWS = 10  # a delivery with fewer rows tells nothing of its columns
FALL = 0.5
OUTLIER = 16
UNLIKELY = log(1e6)


def emptied_columns(receipts: Sequence[Mapping[str, Any]], landings: Collection[str]) -> dict[str, int]:
    """Landing → how many columns have emptied, for some landings of one feed, given all its receipts in their order.

    Receipts need landing_id, contract_hash, observed_at, read_rows and unfilled (column → rows without a value); older
    ones that lack the last two tell nothing.
    """
    found: dict[str, int] = {}
    earlier: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for receipt in sorted(receipts, key=lambda receipt: receipt["observed_at"]):
        if receipt.get("read_rows", 0) < ROWS:
            continue
        before = earlier[receipt["contract_hash"]]
        if receipt["landing_id"] in landings and len(before) >= ENOUGH:
            newest = before[-NEWEST:]
            found[receipt["landing_id"]] = sum(_has_emptied(column, receipt, newest) for column in receipt["unfilled"])
        before.append(receipt)
    return found


def _has_emptied(column: str, receipt: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> bool:
    rows = sum(one["read_rows"] for one in before)
    usual = 1 - sum(one["unfilled"].get(column, 0) for one in before) / rows
    share = _share(column, receipt)
    least = sorted(_share(column, one) for one in before)[len(before) // OUTLIER]
    if share >= FALL * usual or share >= FALL * least:
        return False
    return receipt["read_rows"] * _divergence(share, usual) > UNLIKELY


def _share(column: str, receipt: Mapping[str, Any]) -> float:
    return 1 - receipt["unfilled"].get(column, 0) / receipt["read_rows"]


def _divergence(share: float, usual: float) -> float:
    """How far one share lies from another: the relative entropy of two coins, in nats."""
    told = share * log(share / usual) if share else 0.0
    if usual >= 1:
        return float("inf") if share < 1 else 0.0
    return told + ((1 - share) * log((1 - share) / (1 - usual)) if share < 1 else 0.0)
