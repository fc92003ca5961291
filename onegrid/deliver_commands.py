"""`onegrid deliver …`: an edition into another system, for BI tools that read a server and no file."""

import json
from typing import Annotated

import typer

from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home

deliver_app = typer.Typer(help="Deliver an edition to another system.", no_args_is_help=True)


@deliver_app.command("postgresql")
def deliver_postgresql(
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    connection: Annotated[
        str, typer.Option(help="Name of the connection (AIRFLOW_CONN_<NAME>); default: those of city.yml.")
    ] = "",
    edition: Annotated[str, typer.Option(help="Number of the edition; default: the current one.")] = "",
    reader: Annotated[list[str] | None, typer.Option(help="A role that may read; again for each.")] = None,
    schema: Annotated[str, typer.Option(help="Schema that the readers see.")] = "mart",
    keep: Annotated[int, typer.Option(help="Whole editions that stay in the database.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")] = False,
) -> None:
    """Load an edition beside the old one, check it there, show it in one step."""
    from onegrid import workflow

    place, store = workflow.open_city(city), workflow.open_home(home)
    asked = [workflow.Delivery(connection=connection, readers=tuple(reader or ()), schema=schema, keep=keep)]
    for report in workflow.deliver(place, store, edition, asked if connection else None):
        if as_json:
            typer.echo(json.dumps(report.to_dict(), ensure_ascii=False))
            continue
        what = "is shown" if report.changed else "was shown already"
        typer.echo(
            f"edition {report.edition} {what} in schema {report.schema} of {report.connection}: "
            f"{report.marts} marts, {report.rows} rows; retired: {', '.join(map(str, report.retired)) or 'none'}"
        )
