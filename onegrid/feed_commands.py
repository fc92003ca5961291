"""`onegrid feed …` and `onegrid redrive`: what the keeper of a feed does with its contract."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ingest.errors import ContractError

feed_app = typer.Typer(help="Contracts of feeds.", no_args_is_help=True)

City = Annotated[Path, typer.Option("--city", envvar="ONEGRID_CITY", help="Folder of the deployment.")]
Home = Annotated[Path, typer.Option("--home", envvar="ONEGRID_HOME", help="Folder that holds the data.")]
DEFAULT_CITY = Path("cities/sandbox")
DEFAULT_HOME = Path("var")
SHOWN = 20  # rows of each kind that a trial prints


@feed_app.command("lint")
def feed_lint(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """Check city.yml, audiences.yml and every contract, also against what has landed; exit 1 for a fault."""
    from ingest.lint_history import lint_history
    from onegrid import workflow

    place = workflow.open_city(city)
    faults = place.lint() or [*lint_history(place, workflow.open_home(home)), *workflow.lint_audiences(place)]
    for fault in faults:
        typer.echo(fault, err=True)
    if not faults:
        typer.echo(f"{len(place.contracts)} contracts of {place.name} are sound")
    raise typer.Exit(1 if faults else 0)


@feed_app.command("new")
def feed_new(
    sample: Annotated[Path, typer.Argument(help="A delivery as the centre sends it.")],
    name: Annotated[str, typer.Option(help="Name of the feed; default: from the file's name.")] = "",
) -> None:
    """Draft a contract from a sample, on standard output; what a sample can't tell stands there as TODO."""
    from ingest.draft import draft

    stem = re.sub(r"[_-]?\d{6,8}([t_-]?\d{2,6})?$", "", sample.name.partition(".")[0].lower())
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in stem)
    typer.echo(draft(sample, name or plain.strip("_") or "new_feed"), nl=False)


@feed_app.command("try")
def feed_try(
    contract: Annotated[Path, typer.Argument(help="A contract file, in a city's feeds folder or elsewhere.")],
    samples: Annotated[list[Path], typer.Argument(help="Deliveries as the centre sends them.")],
    at: Annotated[str, typer.Option(help="When they count as pulled, ISO 8601 with offset; default: now.")] = "",
    golden: Annotated[bool, typer.Option("--golden", help="Print everything, in the form that is kept.")] = False,
    rows: Annotated[int, typer.Option(help="Events and rejections shown.")] = SHOWN,
) -> None:
    """Show the events and rejections that a contract makes of samples; writes nothing."""
    from ingest.contract import load_contract
    from ingest.lint import lint
    from ingest.trial import golden as as_golden
    from ingest.trial import try_contract

    checked = load_contract(contract)
    for fault in lint(checked, contract.name, {checked.network}):
        raise ContractError(fault)
    trial = try_contract(checked, samples, datetime.fromisoformat(at) if at else datetime.now(UTC))
    if golden:
        typer.echo(as_golden(trial).decode(), nl=False)
        return
    typer.echo(f"{checked.feed}: " + ", ".join(f"{name} {count}" for name, count in trial.counts.items()))
    for what, names in (("not admitted, left out", trial.left_out), ("not in the contract", trial.undeclared)):
        if names:
            typer.echo(f"columns {what}: {', '.join(names)}")
    for name, reading in trial.readings.items():
        found = "; ".join(f"{what.replace('_', ' ')} {value}" for what, value in reading.items())
        typer.echo(f"{name}: {found}")
    typer.echo(f"\n{trial.events.num_rows} events" + _first(trial.events.num_rows, rows))
    for event in trial.events.slice(0, rows).to_pylist():
        told = {name: value for name, value in event.items() if value is not None and name in _SHOWN_COLUMNS}
        typer.echo(
            f"  line {event['line']:<5} {event['occurred_at']:%Y-%m-%d %H:%M:%SZ}  {event['event_type']:<12} "
            f"{event['stream_type']} {event['stream_key']}  "
            + " ".join(f"{name}={value}" for name, value in told.items())
        )
    typer.echo(f"\n{trial.rejections.num_rows} rejections and warnings" + _first(trial.rejections.num_rows, rows))
    for one in trial.rejections.slice(0, rows).to_pylist():
        typer.echo(f"  line {one['line']:<5} {one['severity']:<7} {one['code']} {one['field'] or ''}: {one['message']}")


_SHOWN_COLUMNS = ("category_code_set", "category_code", "org_code", "lon", "lat", "grid_code_given", "address", "text")


def _first(count: int, shown: int) -> str:
    return f" (the first {shown})" if count > shown else ""


@feed_app.command("diff")
def feed_diff(
    contract: Annotated[Path, typer.Argument(help="The changed contract file.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Say what a changed contract would do to what has landed; writes nothing, exit 1 when anything would differ."""
    from ingest.contract import load_contract
    from ingest.difference import difference
    from onegrid import workflow

    found = difference(load_contract(contract), workflow.open_home(home))
    for line in found.sentences():
        typer.echo(line)
    raise typer.Exit(1 if found.changes else 0)


def redrive(
    feeds: Annotated[list[str] | None, typer.Argument(help="Feeds by name; none means all.")] = None,
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
) -> None:
    """Land held or rejected records again under the contracts in force, and say what became of them."""
    from onegrid import workflow

    place, store = workflow.open_city(city), workflow.open_home(home)
    left = 0
    for feed in feeds or place.feeds:
        report = workflow.redrive(place, store, feed)
        left += report.held_after + report.rejected_after
        if report.landings or report.held_before or report.rejected_before:
            typer.echo(
                f"{feed}: {report.landings} batches landed again; rejected records {report.rejected_before} → "
                f"{report.rejected_after}, held landings {report.held_before} → {report.held_after}"
            )
    typer.echo("nothing is held or rejected" if not left else f"{left} records or landings still wait for a fix")
