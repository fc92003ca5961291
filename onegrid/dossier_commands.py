"""`onegrid dossier`: one grid, community or house over 90 days, as a page to print."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.errors import ReportError
from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home


def dossier(
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    grid: Annotated[str, typer.Option(help="A grid, by code or name.")] = "",
    community: Annotated[str, typer.Option(help="A community, by code or name.")] = "",
    address: Annotated[str, typer.Option(help="A house, by road or estate and number; needs --for, --by, --why.")] = "",
    audience: Annotated[str, typer.Option("--for", help="Read the cut of this audience, as units/ST01.")] = "",
    edition: Annotated[str, typer.Option(help="Number of the edition; default: the current one.")] = "",
    by: Annotated[str, typer.Option(help="Who looks a house up.")] = "",
    why: Annotated[str, typer.Option(help="And why; both are recorded.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of the page; default: below `reports` in the home.")] = None,
    looked_up: Annotated[bool, typer.Option("--log", help="List the look-ups; with --address: its own.")] = False,
) -> None:
    """一格一档: all networks in one grid, community or house over the last 90 days, one sheet to print."""
    from onegrid import workflow
    from reporting.dossier import lookups, write_dossier

    store = workflow.open_home(home)
    if looked_up:
        for one in lookups(store, address):
            typer.echo(f"{one['at']} {one['audience']} ({one['document']}): {one['by']}: {one['why']}")
        return
    asked = [(kind, text) for kind, text in (("grid", grid), ("community", community), ("address", address)) if text]
    if len(asked) != 1:
        raise ReportError("name one place: --grid, --community or --address")
    typer.echo(str(write_dossier(workflow.open_city(city), store, *asked[0], edition, audience, by, why, out)))
