"""Stands for dbt's `adapter` where sqlfluff reads the models: a dispatched macro becomes a function call of its name.

So the style of the models is checked without starting dbt; what the macros say is checked by the builds.
"""

from collections.abc import Callable
from types import SimpleNamespace


def dispatch(name: str, _package: str) -> Callable[..., str]:
    """The macro of that name, as a function of its arguments that gives SQL which can be parsed."""
    if name == "polygon_corners":
        return lambda relation, identifier, polygon: f"select {identifier}, {polygon} from {relation}"
    return lambda *arguments: f"{name}({', '.join(_text(argument) for argument in arguments)})"


def execute(_query: str, fetch: bool) -> tuple[None, SimpleNamespace]:
    """What a model reads of the registry while it is compiled: an indicator of cases and one of other work."""
    words = {
        "indicator": "rate",
        "numerator": "done",
        "denominator": "owed",
        "window_moment": "done",
        "excludes": "left",
    }
    words |= dict.fromkeys(("amount", "denominator_amount", "or_moment"), "") | {"needs": "told"}
    rows = [SimpleNamespace(**words, stream_type=kind) for kind in ("case", "callback")]
    return None, SimpleNamespace(rows=rows)


def _text(argument: object) -> str:
    return ", ".join(argument) if isinstance(argument, list) else str(argument)
