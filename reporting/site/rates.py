"""How a figure is written for reading. Pure functions; nothing is rounded up."""

from decimal import ROUND_DOWN, Decimal

from reporting.page import span

NONE = "—"
MIN_DENOMINATOR = 10  # with fewer due in a month a unit is listed, not ranked: a local rule, no standard gives one


def percent(numerator: int, denominator: int) -> str | None:
    """A rate for reading, cut (not rounded) to one decimal: only all of all reads 100.0. None without a base."""
    if denominator == 0:
        return None
    return str((Decimal(int(numerator)) * 100 / Decimal(int(denominator))).quantize(Decimal("0.1"), ROUND_DOWN))


def quotient(numerator: int, denominator: int, places: str = "0.1") -> str | None:
    """A quotient cut to the places of `places`; None without a base."""
    if denominator == 0:
        return None
    return f"{(Decimal(int(numerator)) / Decimal(int(denominator))).quantize(Decimal(places), ROUND_DOWN):,}"


def rate_text(unit: str, numerator: int | None, denominator: int | None) -> str:
    """A figure of the registry by its unit: `87.5%`, `1,234`, `3.2 h`; a dash where there is nothing to divide by."""
    if numerator is None:
        return NONE
    if unit == "share":
        told = percent(numerator, denominator or 0)
        return NONE if told is None else f"{told}%"
    if unit == "count" or denominator is None:
        return f"{int(numerator):,}"
    if not denominator:
        return NONE
    if unit == "seconds":
        return span(Decimal(int(numerator)) / Decimal(int(denominator)))
    if unit == "thousandths":
        return quotient(int(numerator), int(denominator) * 1000, "0.01") or NONE
    return quotient(numerator, denominator, "0.01") or NONE
