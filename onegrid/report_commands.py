"""`onegrid report …`: what people ask for as files: the daily report and the bulletin of a closed month."""

from pathlib import Path
from typing import Annotated

import typer

from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home

report_app = typer.Typer(help="Reports as Word files and workbooks.", no_args_is_help=True)

Out = Annotated[Path | None, typer.Option(help="Folder of the files; default: `reports` in the home.")]
Language = Annotated[str, typer.Option(help="zh or en.")]


@report_app.command("daily")
def daily(
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    edition: Annotated[str, typer.Option(help="Number of the edition; default: the current one.")] = "",
    out: Out = None,
    language: Language = "zh",
) -> None:
    """日报: yesterday and this morning on two pages, as a Word file and a workbook."""
    from onegrid import workflow
    from reporting.reports import write_daily

    for path in write_daily(workflow.open_home(home), edition, out, language):
        typer.echo(str(path))


@report_app.command("monthly")
def monthly(
    month: Annotated[str, typer.Argument(help="A closed month, as 2026-10.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    closing: Annotated[int | None, typer.Option(help="Number of the month's closing; default: the last.")] = None,
    out: Out = None,
    language: Language = "zh",
) -> None:
    """通报: the bulletin of a closed month with tables and charts, as a Word file and a workbook."""
    from onegrid import workflow
    from reporting.reports import write_monthly

    for path in write_monthly(workflow.open_home(home), month, closing, out, language):
        typer.echo(str(path))
