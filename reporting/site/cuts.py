"""The figures of a mechanism cut by what its streams tell besides: a table a cut, and a matrix of who rates whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reporting.page import Row
from reporting.site.listing import quoted
from reporting.site.rates import percent, quotient
from reporting.site.source import Month, Source

Label = tuple[str, str]
RATER = "counterpart_org_code"
"""The attribute that makes a cut a matrix: the other organisation that an event names."""


@dataclass(frozen=True)
class Cell:
    """A figure of a cut: what it reads, and the query on the edition that gives what is above and below the line."""

    text: Label
    numerator: int
    above: str
    denominator: int | None
    below: str


@dataclass(frozen=True)
class Cut:
    """A table of one cut and month: a row a value of the cut; of a matrix a row a rated unit, a column a rater."""

    title: Label
    heads: list[Label]
    month: Month
    rows: list[tuple[Label, list[Cell | None]]]


def cuts(source: Source, indicators: Sequence[str], months: Sequence[Month]) -> list[Cut]:
    """The tables of all cuts that the indicators have, in the order of the registry, of these months."""
    if not source.has("rpt_mechanism"):
        return []
    rules = {code: source.rules[code] for code in indicators if code in source.rules}
    found = []
    kinds = {rule["stream_type"] for rule in rules.values()}
    for facet in source.kept.rows("work_facet"):
        if facet["stream_type"] not in kinds:
            continue
        own = [code for code, rule in rules.items() if rule["stream_type"] == facet["stream_type"]]
        for month in months:
            if facet["attribute"] == RATER:
                found += [_matrix(source, rules[code], facet, month) for code in own]
            else:
                found.append(_table(source, [rules[code] for code in own], facet, month))
    return [cut for cut in found if cut is not None]


def _table(source: Source, rules: list[Row], facet: dict[str, str], month: Month) -> Cut | None:
    where = f"facet = {quoted(facet['facet'])} and subject_kind = 'district' and month_on = '{month.start:%Y-%m-%d}'"
    rows = _rows(source, [rule["indicator"] for rule in rules], where)
    if not rows:
        return None
    told = {(row["indicator"], row["facet_value"]): row for row in rows}
    shown = [rule for rule in rules if any(code == rule["indicator"] for code, _ in told)]
    labels = {
        row["value"]: (row["label_zh"], row["label_en"])
        for row in source.kept.rows("facet_value")
        if row["stream_type"] == facet["stream_type"] and row["facet"] == facet["facet"]
    }
    values = sorted({value for _, value in told})
    return Cut(
        (f"按{facet['label_zh']}", f"By {facet['label_en'][:1].lower()}{facet['label_en'][1:]}"),
        [(rule["title_zh"], rule["short_en"]) for rule in shown],
        month,
        [
            (
                labels.get(value, (value, value)),
                [_cell(rule, told.get((rule["indicator"], value)), f"{where} and facet_value = {quoted(value)}")
                 for rule in shown],
            )
            for value in values
        ],
    )  # fmt: skip


def _matrix(source: Source, rule: Row, facet: dict[str, str], month: Month) -> Cut | None:
    where = (
        f"facet = {quoted(facet['facet'])} and subject_kind = 'organisation' and month_on = '{month.start:%Y-%m-%d}'"
    )
    rows = _rows(source, [rule["indicator"]], where)
    if not rows:
        return None
    told = {(row["subject_code"], row["facet_value"]): row for row in rows}
    names = source.names.get("organisation", {})

    def name(code: str) -> Label:
        return (names.get(code, code), names.get(code, code))

    raters = sorted({rater for _, rater in told})
    return Cut(
        (
            f"{rule['title_zh']}：按{facet['label_zh']}（列）与单位（行）",
            f"{rule['short_en']}: units (rows) by {facet['label_en'].lower()} (columns)",
        ),
        [name(rater) for rater in raters],
        month,
        [
            (
                name(unit),
                [
                    _cell(
                        rule, told.get((unit, rater)),
                        f"{where} and subject_code = {quoted(unit)} and facet_value = {quoted(rater)}",
                    )
                    for rater in raters
                ],
            )
            for unit in sorted({unit for unit, _ in told})
        ],
    )  # fmt: skip


def _rows(source: Source, indicators: list[str], where: str) -> list[Row]:
    codes = ", ".join(map(quoted, indicators))
    return source.query(f"select * from mart.rpt_mechanism where indicator in ({codes}) and {where}")


def _cell(rule: Row, row: Row | None, where: str) -> Cell | None:
    if row is None:
        return None
    query = f"from mart.rpt_mechanism where indicator = {quoted(rule['indicator'])} and {where}"
    text: Any = f"{row['numerator']:,}"
    if row["denominator"] is not None:
        share = rule["unit"] == "share"
        told = (percent if share else quotient)(row["numerator"], row["denominator"])
        text = "—" if told is None else f"{told}%" if share else told
    both = (text, text) if row["is_assessable"] else ("不可评", "not assessable")
    return Cell(both, row["numerator"], f"numerator {query}", row["denominator"], f"denominator {query}")
