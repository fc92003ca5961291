"""`onegrid explain …`: what a disputed figure or case rests on, as text for people and JSON for machines."""

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from ingest.errors import ExplainError
from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home

explain_app = typer.Typer(help="What a figure or a case rests on.", no_args_is_help=True)

Edition = Annotated[str, typer.Option(help="Number of the edition; default: the current one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Everything, as one JSON object.")]
SHOWN = 20
_NOT_SHOWN = ("case_id", "stream_type", "grid_id", "grid_id_now", "organisation_id", "category_id", "component_id")


@explain_app.command("indicator")
def explain_indicator(
    indicator: Annotated[str, typer.Argument(help="Its code or title, as 按期处置率.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    unit: Annotated[str, typer.Option(help="Of an organisation, by code or name.")] = "",
    street: Annotated[str, typer.Option(help="Of a street, by code or name.")] = "",
    community: Annotated[str, typer.Option(help="Of a community, by code or name.")] = "",
    grid: Annotated[str, typer.Option(help="Of a grid, by code or name.")] = "",
    network: Annotated[str, typer.Option(help="Of a network, by name or title.")] = "",
    of: Annotated[str, typer.Option(help="Of any other subject, as category=CODE, post=CODE, collector=CODE.")] = "",
    period: Annotated[
        str, typer.Option("--period", "--month", help="2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-24 or 2026-11-24T08.")
    ] = "",
    edition: Edition = "",
    rows: Annotated[int, typer.Option(help="Items shown; 0 for all.")] = SHOWN,
    as_json: AsJson = False,
) -> None:
    """A figure: its rule, its parts above and below the line, and every case that it counts."""
    from onegrid import workflow
    from reporting.explain import explain_figure

    named = {"organisation": unit, "street": street, "community": community, "grid": grid, "network": network}
    subjects = [(kind, code) for kind, code in named.items() if code]
    subjects += [(of.partition("=")[0], of.partition("=")[2])] if of else []
    if len(subjects) > 1:
        raise ExplainError(
            "a figure has one subject: give one of --unit, --street, --community, --grid, --network, --of"
        )
    told = explain_figure(
        workflow.open_home(home), indicator, subjects[0] if subjects else ("district", "district"), period, edition
    )
    typer.echo(to_json(told) if as_json else "\n".join(_figure_lines(told, rows)))


@explain_app.command("case")
def explain_one(
    case: Annotated[str, typer.Argument(help="The centre's number of it, or its case_id.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    feed: Annotated[str, typer.Option(help="Whose number it is, where several feeds have it.")] = "",
    edition: Edition = "",
    as_json: AsJson = False,
) -> None:
    """A case: its whole life, its deadlines, the figures it counts in, and the delivery behind each event."""
    from onegrid import workflow
    from reporting.explain import explain_case

    told = explain_case(workflow.open_home(home), case, feed, edition)
    typer.echo(to_json(told) if as_json else "\n".join(_case_lines(told)))


def to_json(told: dict[str, Any]) -> str:
    """An answer whole, for machines; moments in ISO form."""
    return json.dumps(told, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an explanation")


def _figure_lines(told: dict[str, Any], shown: int) -> list[str]:
    rule, figure, items = told["rule"], told["figure"], told["items"]
    subject, period, stamp = told["subject"], told["period"], told["edition"]
    words = [f"    {word:24} {zh}: {en}" for word, (zh, en) in rule["words"].items()]
    lines = [
        f"{rule['title_zh']} · {rule['title_en']} ({rule['indicator']})",
        f"  {stamp['city_title']}{_subject(subject)}, {period['kind']} {period['name']}",
        f"  figure      {_figure(rule, figure)}",
        f"  assessable  {_assessable(told)}",
        f"  rule        {_rule(rule)}",
        *words,
        f"  edition     {_edition(stamp)}",
        "",
    ]
    if not items:
        return [*lines, "  nothing of this subject was counted in this period"]
    chosen = items[:shown] if shown else items
    head = ["", "feed", "number", "counted at", "also", "status", "handled", "handle by", "closed", "close by"]
    if rule["denominator"]:
        head[0] = "above / below"
    rows = [
        [
            _parts(item),
            item["feed"],
            item["stream_key"],
            *(minute(item[name]) for name in ("counted_at_local", "also_counted_at_local")),
            item["status"] or "",
            *(
                minute(item[name])
                for name in ("handled_at_local", "handle_due_at_local", "closed_at_local", "close_due_at_local")
            ),
        ]
        for item in chosen
    ]
    lines += table([head, *rows])
    if len(chosen) < len(items):
        lines.append(f"  {len(items) - len(chosen)} more; --rows 0 shows all, --json gives them to a machine")
    return [*lines, "", "  onegrid explain case NUMBER --feed FEED tells a case's life and the deliveries behind it"]


def _subject(subject: dict[str, str]) -> str:
    if subject["kind"] == "district":
        return ", the whole district"
    return f", {subject['kind']} {subject['code']} {subject['name']}".rstrip()


def _edition(stamp: dict[str, Any]) -> str:
    return f"{stamp['edition']}, log version {stamp['log_version']}, data to {minute(stamp['clock_at_local'])}"


def _figure(rule: dict[str, Any], figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "none"
    before = _value(rule, figure["numerator_before"], figure["denominator_before"])
    year = _value(rule, figure["numerator_year_before"], figure["denominator_year_before"])
    compared = [
        f"{name} {value}" + ("" if figure[comparable] else " (not comparable)")
        for name, value, comparable in (
            ("before", before, "is_before_comparable"), ("a year before", year, "is_year_before_comparable"),
        )
        if value
    ]  # fmt: skip
    value = _value(rule, figure["numerator"], figure["denominator"])
    return value + (f"   ({', '.join(compared)})" if compared else "")


def _value(rule: dict[str, Any], above: int | None, below: int | None) -> str:
    """A share as above / below = per cent, a mean as sum / count, a count as it is; nothing without a figure."""
    if above is None:
        return ""
    if below is None:
        return f"{above:,}"
    if below == 0:
        return f"{above:,} / 0"
    scale, sign = (100, " %") if rule["unit"] == "share" else (1, f" {rule['unit']}")
    return f"{above:,} / {below:,} = {Decimal(above) * scale / Decimal(below):.2f}{sign}"


def _assessable(told: dict[str, Any]) -> str:
    if told["figure"] is None or told["figure"]["is_assessable"]:
        return "yes" if told["figure"] else "-"
    why = [
        f"{feed['feed']} ({feed['owner_office']}) "
        + (f"has {feed['held']} landings held" if feed["held"] else f"reaches to {minute(feed['data_through_at'])} UTC")
        for feed in told["behind"]
    ]
    return "NO: " + ("; ".join(why) or "a feed that it rests on has a gap in the period")


def _rule(rule: dict[str, Any]) -> str:
    parts = [
        f"above {rule['numerator']}",
        f"below {rule['denominator']}" if rule["denominator"] else "",
        "counts at " + " and ".join(moment for moment in (rule["window_moment"], rule["or_moment"]) if moment),
        f"without {rule['excludes']}" if rule["excludes"] else "",
        f"of feeds that tell {' or '.join(rule['needs'].split())}" if rule["needs"] else "",
        f"version {rule['rule_version']}",
        rule["source"],
    ]
    return "; ".join(part for part in parts if part)


def _parts(item: dict[str, Any]) -> str:
    return f"{item['numerator']}" if item["denominator"] is None else f"{item['numerator']} / {item['denominator']}"


def _case_lines(told: dict[str, Any]) -> list[str]:
    case, labels, stamp = told["case"], told["labels"], told["edition"]
    zone = ZoneInfo(stamp["time_zone"])
    shown = [name for name in case if case[name] is not None and name not in _NOT_SHOWN and not _twice(name, case)]
    facts = [[name, labels.get(name, "").removesuffix("（本地）"), _text(name, case[name], zone)] for name in shown]
    lines = [
        f"{case['feed']} {case['stream_key']}  (case_id {case['case_id']})",
        f"edition {_edition(stamp)}; times are of {stamp['time_zone']}",
        "",
        *table(facts),
    ]
    if told["deadlines"]:
        names = ["stage", "limit", "counted from", "paused", "extended", "due", "stopped", "on time"]
        rows = [
            [
                one["stage"], f"{one['limit_value']} {one['limit_unit']}", _local(one["started_at"], zone),
                _paused(one), str(one["extension_count"] or 0), minute(one["due_at_local"]),
                minute(one["stopped_at_local"]),
                {True: "yes", False: "NO", None: "-"}[one["is_on_time"]],
            ]
            for one in told["deadlines"]
        ]  # fmt: skip
        lines += ["", "deadlines", *table([names, *rows])]
    lines += ["", *_life(told["events"], zone)]
    if told["contradictions"]:
        lines += [
            "",
            "contradictions",
            *(f"  {one['contradiction']} ({one['severity']})" for one in told["contradictions"]),
        ]
    if told["figures"]:
        rows = [
            [one["title_zh"], one["indicator"], _parts(one), minute(one["counted_at_local"])] for one in told["figures"]
        ]
        lines += ["", "counts in", *table([["", "indicator", "above / below", "counted at"], *rows])]
    return lines


def _life(events: list[dict[str, Any]], zone: ZoneInfo) -> list[str]:
    """The events with the numbers of the records that tell them, and the records; in brackets those not elected."""
    records: dict[tuple[Any, ...], int] = {}
    rows = []
    for event in events:
        told = []
        for one in event["tellings"]:
            number = records.setdefault(_record(one, zone), len(records) + 1)
            told.append(str(number) if one["is_elected"] else f"({number})")
        step = [event["transition"] or "", event["org_code_told"] or "", event["grid_code"] or ""]
        told_by = " ".join(dict.fromkeys(told)) or "derived: no record tells it"
        rows.append([_second(event["occurred_at_local"]), event["event_type"], *step, told_by])
    lines = ["life", *table([["", "event", "transition", "office", "grid", "told by"], *rows])]
    sources = [[str(number), *record] for record, number in records.items()]
    head = ["", "delivery", "line", "reference", "recorded", "delivered", "receipt"]
    return [*lines, "", "told by (in brackets: told otherwise elsewhere, and not elected)", *table([head, *sources])]


def _record(one: dict[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    return (
        one["delivery"],
        "" if one["line"] is None else str(one["line"]),
        one["source_ref"] or "",
        _local(one["recorded_at"], zone),
        _local(one["observed_at"], zone),
        f"{one['receipt']} ({one['verdict']})",
    )


def _paused(one: dict[str, Any]) -> str:
    if one["pause_days"]:
        return f"{one['pause_days']} d"
    return f"{one['pause_seconds'] / 3600:.1f} h" if one["pause_seconds"] else "-"


def _twice(name: str, case: dict[str, Any]) -> bool:
    """Whether a UTC column stands in local time beside it."""
    return name.endswith("_at") and f"{name}_local" in case


def _text(name: str, value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return _local(value, zone) if name.endswith("_at") else _second(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment, naive or not in UTC, as wall time of a zone."""
    if moment is None:
        return "-"
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _second(aware.astimezone(zone).replace(tzinfo=None))


def _second(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "-"


def minute(moment: datetime | None) -> str:
    """A local moment to the minute; a dash for none."""
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "-"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells under one another, two columns wide for a Chinese character."""
    widths = [max(_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        (
            "  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
