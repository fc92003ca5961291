"""`onegrid link`, `onegrid unlink` and `onegrid explain incident`: which cases are one incident, and why."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from onegrid.explain_commands import (
    AsJson,
    Edition,
    explain_app,
    minute,
    table,
    to_json,
)
from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home

One = Annotated[str, typer.Argument(help="A case: the centre's number of it, FEED:NUMBER, or its case_id.")]
By = Annotated[str, typer.Option(help="Who decides.")]
Why = Annotated[str, typer.Option(help="Why.")]


def link(
    one: One,
    another: One,
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    by: By = "",
    why: Why = "",
    withdraw: Annotated[bool, typer.Option(help="Take back what was said of the two: they are judged again.")] = False,
) -> None:
    """Say that two cases are one incident; it goes before every score, and counts from the next build on."""
    _say(home, "withdrawn" if withdraw else "linked", one, another, by, why)


def unlink(
    one: One, another: One, city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME, by: By = "", why: Why = ""
) -> None:
    """Say that two cases are not one incident; it goes before every score and number."""
    _say(home, "unlinked", one, another, by, why)


def refit_links(
    valid_from: Annotated[str, typer.Option(help="Day from which the new version counts, as 2027-01-01.")],
    build: Annotated[str, typer.Option(help="Id of a build; default: that of the current edition.")] = "",
    home: Home = DEFAULT_HOME,
    label: Annotated[str, typer.Option(help="What the new version is called.")] = "fitted to what people judged",
    apply: Annotated[bool, typer.Option("--apply", help="Write the new version into the project's seeds.")] = False,
) -> None:
    """Fit the weights of linking anew to what people said of pairs; without --apply it only shows what would move."""
    from datetime import date

    from onegrid import workflow
    from reporting import link_weights
    from reporting.build import ROOT, WAREHOUSE

    try:
        day = date.fromisoformat(valid_from)
    except ValueError as error:
        raise typer.BadParameter(f"{valid_from!r} is no day; give one as 2027-01-01") from error
    warehouse = workflow.build_folder(workflow.open_home(home), build) / WAREHOUSE
    judged = link_weights.judged_pairs(warehouse)
    seeds = ROOT / "dbt_project" / "seeds"
    changes = link_weights.refitted(judged, link_weights.weights_of(seeds, judged.version))
    typer.echo(f"{sum(judged.pairs)} judged pairs, {sum(judged.same)} of them one incident; version {judged.version}")
    rows = [[one.evidence, one.level, str(one.before), str(one.after), f"{one.same} / {one.pairs}"] for one in changes]
    typer.echo("\n".join(table([["evidence", "level", "points", "new", "one incident"], *rows])))
    if apply:
        number = link_weights.write_version(seeds, judged.version, changes, day, label)
        typer.echo(
            f"version {number} stands in {seeds.name} and counts from {day}; look at the difference, build, commit"
        )


def _say(home: Path, act: str, one: str, another: str, by: str, why: str) -> None:
    from onegrid import workflow
    from reporting.incidents import say_of_cases

    (feed, key), (other_feed, other_key) = _named(one), _named(another)
    told = say_of_cases(workflow.open_home(home), act, key, other_key, by, why, (feed, other_feed))
    typer.echo(
        f"{told['feed']} {told['stream_key']} and {told['other_feed']} {told['other_key']} are {told['act']} "
        f"(number {told['seq']}); the next build follows"
    )


def _named(text: str) -> tuple[str, str]:
    feed, colon, key = text.partition(":")
    return (feed, key) if colon else ("", text)


@explain_app.command("incident")
def explain_incident(
    incident: Annotated[str, typer.Argument(help="Its id, or the id or number of any of its cases.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    feed: Annotated[str, typer.Option(help="Whose number it is, where several feeds have it.")] = "",
    edition: Edition = "",
    as_json: AsJson = False,
) -> None:
    """An incident: its cases in their order, and for each the evidence that it is the same thing."""
    from onegrid import workflow
    from reporting import incidents

    told = incidents.explain_incident(workflow.open_home(home), incident, feed, edition)
    typer.echo(to_json(told) if as_json else "\n".join(_lines(told)))


def _lines(told: dict[str, Any]) -> list[str]:
    one, cases, stamp = told["incident"], list(enumerate(told["cases"], 1)), told["edition"]
    first = f"{one['first_network']} ({one['first_channel'] or '-'})"
    lines = [
        f"{one['canonical_name'] or one['category_id']} · incident {one['incident_id']}",
        *([f"  {told['asked']} is now part of it"] if told["moved"] else []),
        f"  told        {one['case_count']} times by {one['network_count']} networks",
        f"  first       {minute(one['opened_at_local'])} by {first}",
        f"  status      {one['status']}, grid {one['grid_code']}",
        f"  came back   {one['recurrence_of'] or 'no'}",
        f"  edition     {stamp['edition']}, log version {stamp['log_version']}",
        "",
        "cases",
        *table(
            [["", "feed", "number", "role", "status", "linked to", "by", "value"], *(_case(*case) for case in cases)]
        ),
    ]
    linked = [row for at, case in cases if case["place_level"] for row in _evidence(at, case)]
    if linked:
        lines += [
            "",
            "evidence, in points: thousandths of a binary logarithm of odds; the value weighs all earlier cases",
        ]
        lines += table([["", "what", "level", "points"], *linked])
    if told["review"]:
        rows = [
            [row["reason"], row["feed"], row["stream_key"], str(row["link_value"] or "-"), row["near_incident"][:12]]
            for row in told["review"]
        ]
        lines += ["", "for a person to judge", *table([["", "feed", "number", "value", "incident"], *rows])]
    if told["acts"]:
        lines += ["", "what people said", *table([["", "", "", "by", "why"], *map(_act, told["acts"])])]
    return lines


def _act(act: dict[str, Any]) -> list[str]:
    one, other = f"{act['feed']} {act['stream_key']}", f"{act['other_feed']} {act['other_key']}"
    return [one, act["act"], other, act["by"], act["why"]]


def _case(at: int, case: dict[str, Any]) -> list[str]:
    value = "-" if case["link_value"] is None else str(case["link_value"])
    linked = f"{case['linked_feed']} {case['linked_key']}" if case["linked_key"] else "-"
    return [str(at), case["feed"], case["stream_key"], case["role"], case["status"], linked, case["linked_by"], value]


def _evidence(at: int, case: dict[str, Any]) -> Sequence[list[str]]:
    from reporting.incidents import EVIDENCES

    parts = sorted(EVIDENCES, key=lambda name: -abs(case[f"{name}_points"]))
    return [
        [str(at) if number == 0 else "", name, case[f"{name}_level"], f"{case[f'{name}_points']:+d}"]
        for number, name in enumerate(parts)
        if case[f"{name}_points"]
    ]
