"""Small-cell suppression: which subjects' figures are blanked, so that no count of 1 to 4 about persons can be found.

A cell is the figure of an indicator for a subject (the district, a network, an organisation, a street) in a month. It
is about persons (visits, disputes, applications, ratings) where its indicator or its subject counts nothing else in
that month, and sensitive where one of its counts is below `K` then: what is above the line, what is below it, what is
left between them, or the things in it. The margins of a table would give a single blank away, so other cells are
blanked as well: the district is the sum of its networks, of its organisations and of its streets, and in each of these
sums either nothing is blank, or two cells and more that hold `K` things together and not just one each. These sums
share the district and nothing else, so they make a forest: where each of them leaves two blanks, one thing may always
have been elsewhere, and no blank is determined. One count may stand in several indicators, so what is blanked for the
sake of an indicator is blanked in all indicators of its family that are about persons, and what is blanked for the sake
of a subject in all of its family. A family are the indicators about visits, disputes, applications or ratings, or else
those of one kind of stream.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from ingest.audiences import About
from ingest.privacy import literal

K = 5
DISTRICT = ("district", "district")
KINDS = ("district", "network", "organisation", "street")
"""Kinds of subjects whose suppressed figures are shown, by month only: finer ones would be blank for the most part."""
KEY = "chr(31)"  # stands between the parts of a key
_CODES = {"district": "'district'", "network": "network", "organisation": "org_code", "street": "street_code"}

Subject = tuple[str, str]
"""Kind and code."""
_TOLD = (
    "family", "month", "indicator", "kind", "code", "numerator", "denominator", "things", "unit", "others",
)  # fmt: skip


@dataclass(frozen=True)
class Sum:
    """A subject that is the sum of others."""

    whole: Subject
    parts: tuple[Subject, ...]


def hidden_subjects(
    tables: Iterable[Mapping[Subject, int]], sensitive: Iterable[Subject], sums: Iterable[Sum]
) -> set[Subject]:
    """The subjects to blank in all tables (subject → number of things, without those that have none).

    All that are sensitive, and what has to be blanked with them so that no sum gives one away: at each step the subject
    that mends the most, and of several the one whose figures are missed least.
    """
    tables, sums, hidden = list(tables), list(sums), set(sensitive)
    weights: Counter[Subject] = Counter()
    for table in tables:
        weights.update(table)
    while hidden:
        mends: Counter[Subject] = Counter()
        for table in tables:
            for one in sums:
                mends.update(_mends(table, one, hidden))
        if not mends:
            break
        hidden.add(min(mends, key=lambda subject: (-mends[subject], weights[subject], subject)))
    return hidden


def _mends(table: Mapping[Subject, int], one: Sum, hidden: set[Subject]) -> list[Subject]:
    """What may be blanked besides so that a sum gives nothing away; nothing where it gives nothing away already."""
    blank = [part for part in one.parts if part in hidden and part in table]
    is_whole_blank = one.whole in hidden and one.whole in table
    things = sum(table[part] for part in blank)
    if is_whole_blank:
        if blank:
            return []
    elif not blank or (len(blank) > 1 and things >= K and things > len(blank)):
        return []
    free = [part for part in one.parts if part in table and part not in hidden]
    enough = [part for part in free if things + table[part] >= K and table[part] > 1]
    if enough or free:
        return enough or free
    return [one.whole] if one.whole in table and not is_whole_blank else []


def suppress(connection: duckdb.DuckDBPyConnection, source: str, persons: str, families: Mapping[str, About]) -> int:
    """Find what is blanked in the marts of a schema (`source`); returns how many figures.

    `persons` is a condition on `rpt_indicator_item` for things about persons, `families` say which indicators belong
    together. Leaves the temp table `blank_figure`
    (indicator, key), where a key is month, kind and code with `KEY` between them.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(_cells(source, persons, families)).fetchall():
        cell = dict(zip(_TOLD, row, strict=True))
        groups[cell["family"], cell["month"]].append(cell)
    blank = [
        (indicator, month, *subject) for (_, month), cells in groups.items() for indicator, subject in _blank(cells)
    ]
    columns = ("indicator", "month", "kind", "code")
    told = {name: pa.array([row[place] for row in blank], pa.string()) for place, name in enumerate(columns)}
    connection.register("blank_told", pa.table(told))
    key = f"month || {KEY} || kind || {KEY} || code"
    connection.execute(f"create or replace temp table blank_figure as select indicator, {key} as key from blank_told")
    connection.unregister("blank_told")
    return len(blank)


def _blank(cells: list[dict[str, Any]]) -> Iterator[tuple[str, Subject]]:
    """The blanked figures of one family in one month."""
    tables: dict[str, dict[Subject, int]] = defaultdict(dict)
    others: Counter[str | Subject] = Counter()
    small = set()
    for cell in cells:
        indicator, subject = cell["indicator"], (cell["kind"], cell["code"])
        tables[indicator][subject] = cell["things"]
        others[indicator] += cell["others"]
        others[subject] += cell["others"]
        if is_small(cell["numerator"], cell["denominator"], cell["things"], cell["unit"]):
            small.add((indicator, subject))
    subjects = sorted({subject for table in tables.values() for subject in table})
    sums = [Sum(DISTRICT, tuple(s for s in subjects if s[0] == kind)) for kind in KINDS if kind != "district"]
    everywhere = {subject for _, subject in small if not others[subject]}
    everywhere = hidden_subjects(tables.values(), everywhere, sums)
    about_persons = [indicator for indicator in tables if not others[indicator]]
    here = {subject for indicator, subject in small if not others[indicator]}
    here = hidden_subjects([tables[indicator] for indicator in about_persons], here | everywhere, sums)
    for indicator in sorted(tables):
        for subject in sorted(here if indicator in about_persons else everywhere):
            if subject in tables[indicator]:
                yield indicator, subject


def is_small(numerator: int | None, denominator: int | None, things: int, unit: str) -> bool:
    """Whether one of the counts of a figure is between 1 and K - 1. Seconds, points and the like are no counts."""
    counts = [things, denominator or 0]
    if unit in ("count", "share"):
        counts.append(numerator or 0)
    if unit == "share":
        counts.append((denominator or 0) - (numerator or 0))
    return any(0 < count < K for count in counts)


def texts(values: Iterable[str]) -> str:
    """A list of SQL literals; nothing is in the empty one."""
    return ", ".join(literal(value) for value in sorted(values)) or "null"


def _cells(source: str, persons: str, families: Mapping[str, About]) -> str:
    """SQL for the monthly figures, each with how many of the things that it counts are not about persons."""
    parts = " union all ".join(
        f"select indicator, '{kind}' as kind, {code} as code, month from counted" for kind, code in _CODES.items()
    )
    told = "".join(
        f"when known.stream_type in ({texts(about.streams)}) or known.indicator in ({texts(about.indicators)}) "
        f"then {literal(subject)} "
        for subject, about in families.items()
    )
    family = f"case {told}else known.stream_type end" if told else "known.stream_type"
    month = "date_trunc('month', {})"
    first, second = month.format("counted_at_local"), month.format("also_counted_at_local")
    return f"""
        with other_item as (
            select * from {source}.rpt_indicator_item where not coalesce({persons}, false)
        ),
        counted as (
            select indicator, network, org_code, street_code, {first} as month
            from other_item where counted_at_local is not null
            union all
            select indicator, network, org_code, street_code, {second} as month
            from other_item where also_counted_at_local is not null and {second} is distinct from {first}
        ),
        others as (select indicator, kind, code, month, count(*) as things from ({parts}) group by all)
        select
            {family}, strftime(figure.period_start, '%Y-%m-%d'), figure.indicator, figure.subject_kind,
            figure.subject_code, figure.numerator, figure.denominator, figure.item_count, known.unit,
            coalesce(others.things, 0)
        from {source}.rpt_indicator as figure
        inner join {source}.dim_indicator as known on figure.indicator = known.indicator
        left join others
            on
                figure.indicator = others.indicator and figure.subject_kind = others.kind
                and figure.subject_code = others.code and figure.period_start = others.month
        where figure.period_kind = 'month' and figure.subject_kind in ({", ".join(f"'{kind}'" for kind in KINDS)})
    """
