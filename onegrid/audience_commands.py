"""`onegrid audience …` and `onegrid retire`: who reads what, and what is kept."""

from typing import Annotated

import typer

from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home

audience_app = typer.Typer(help="Editions cut for audiences.", no_args_is_help=True)


@audience_app.command("list")
def audience_list(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """The audiences of the city: the folder that each is given, its cut, whether it has the duty to see persons."""
    from onegrid import workflow

    for line in workflow.audience_lines(workflow.open_city(city), workflow.open_home(home)):
        typer.echo(line)


@audience_app.command("cut")
def audience_cut(
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    edition: Annotated[str, typer.Option(help="The edition to cut; default: the current one.")] = "",
) -> None:
    """Cut an edition for every audience, as each publication does, and the public one from the closed months."""
    from onegrid import workflow

    for report in workflow.cut(workflow.open_city(city), workflow.open_home(home), edition):
        what = "cut" if report.changed else "stands already"
        typer.echo(f"{report.audience}: {what}: {report.path} (edition {report.edition})")


def retire(
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without it nothing is touched.")] = False,
) -> None:
    """Name the editions, cuts and builds that are no longer kept; with --apply remove their tables."""
    from onegrid import workflow

    found = workflow.retire(workflow.open_home(home), apply)
    for one in found:
        typer.echo(f"{one.kind} {one.name}: {one.why}, {one.bytes / 1e6:.1f} MB")
    total = sum(one.bytes for one in found) / 1e6
    done = "are retired" if apply else "would be retired (--apply does it)"
    typer.echo(f"{len(found)} {done}, {total:.1f} MB" if found else "nothing is to be retired")
