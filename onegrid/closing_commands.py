"""Before a month is closed: `close --draft`, `object`, `adjudicate`, `objections`."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from ingest.city import ClosingRules
from ingest.errors import ClosingError
from ingest.home import Home as Store
from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home

Month = Annotated[str, typer.Argument(help="The month, as 2026-10.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")]


def lay_open(
    store: Store,
    month: str,
    rules: ClosingRules,
    edition: str,
    by: str,
    why: str,
    document: str,
    again: str,
    incomplete: str,
) -> dict[str, Any]:
    """Draft a month; what is to be said of it."""
    from reporting.closing import parse_month
    from reporting.objections import draft

    told = draft(store, parse_month(month), rules, edition, by, why, document, again, incomplete)
    end = datetime.fromisoformat(told["window_end"]).astimezone(ZoneInfo(told["time_zone"]))
    return {
        "month": told["month"],
        "draft of edition": told["edition"],
        "objections until": f"{end:%Y-%m-%d %H:%M}",
        "rules on them": told["adjudicator"],
        "by": told["by"],
    }


def object_to(
    month: Month,
    case: Annotated[str, typer.Argument(help="Number of the case in its own system.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    unit: Annotated[str, typer.Option(help="The unit that objects, by its code.")] = "",
    why: Annotated[str, typer.Option(help="Why the case should not count.")] = "",
    evidence: Annotated[str, typer.Option(help="By what evidence: a document, a photograph, an act.")] = "",
    file: Annotated[Path | None, typer.Option(help="The evidence as a file: its name and hash are kept.")] = None,
    feed: Annotated[str, typer.Option(help="Feed of the case, where several have one of that number.")] = "",
    indicator: Annotated[str, typer.Option(help="One rate by its code; default: every rate that counts it.")] = "",
) -> None:
    """Object to a case's being counted in the rates of a drafted month (申诉); of a closed one, for its restatement."""
    from onegrid import workflow
    from reporting.closing import parse_month
    from reporting.objections import object_to as record

    if file is not None and not file.is_file():
        raise ClosingError(f"there is no file {file}")
    told = record(workflow.open_home(home), parse_month(month), case, unit, why, evidence, feed, indicator, file)
    typer.echo(f"{month}: objection {told['number']} to {told['stream_key']} in {', '.join(told['indicators'])}")


def adjudicate(
    month: Month,
    objection: Annotated[int, typer.Argument(help="Number of the objection.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    uphold: Annotated[
        bool | None, typer.Option("--uphold/--reject", help="Take the case out of the rates, or not.")
    ] = None,
    role: Annotated[str, typer.Option(help="The office that city.yml names.")] = "",
    by: Annotated[str, typer.Option(help="Who rules.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    document: Annotated[str, typer.Option(help="The document of the ruling.")] = "",
) -> None:
    """Rule on an objection, once (裁定); after the closing it is told by the restatement only."""
    from onegrid import workflow
    from reporting.closing import parse_month
    from reporting.objections import adjudicate as record

    if uphold is None:
        raise ClosingError("say how it is ruled: --uphold or --reject")
    rules = workflow.open_city(city).settings.closing
    told = record(workflow.open_home(home), parse_month(month), rules, objection, uphold, role, by, why, document)
    later = " after the closing: only a restatement tells of it" if told["after_closing"] else ""
    typer.echo(f"{month}: objection {objection} {'upheld' if uphold else 'rejected'}{later}")


def objections(month: Month, city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Draft, objections and rulings of a month."""
    from onegrid import workflow
    from reporting.closing import parse_month
    from reporting.objections import proceedings

    known = proceedings(workflow.open_home(home), parse_month(month))
    if as_json:
        for record in (known.draft, *known.objections, *known.rulings.values()):
            if record is not None:
                typer.echo(json.dumps(record, ensure_ascii=False))
        return
    if known.draft is not None:
        typer.echo(f"draft of edition {known.draft['edition']}; objections until {known.draft['window_end']}")
    for one in known.objections:
        ruling = known.rulings.get(one["number"])
        state = "waits" if ruling is None else f"{'upheld' if ruling['upheld'] else 'rejected'} by {ruling['by']}"
        typer.echo(
            f"{one['number']}: {one['unit']} to {one['stream_key']} ({one['feed']}), {one['why']}; "
            f"evidence {one['evidence']}: {state}"
        )
    if known.draft is None and not known.objections:
        typer.echo("no draft, no objections")
