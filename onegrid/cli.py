"""The command line: the same steps as the DAGs, for people and for machines without Airflow.

Exit codes: 0 done, 1 something failed or was held back (the message says what to do), 2 the call was wrong.
"""

import importlib
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest.errors import OnegridError
from onegrid import __version__
from onegrid.audience_commands import audience_app, retire
from onegrid.closing_commands import adjudicate, object_to, objections
from onegrid.deliver_commands import deliver_app
from onegrid.dossier_commands import dossier
from onegrid.explain_commands import explain_app
from onegrid.feed_commands import DEFAULT_CITY, DEFAULT_HOME, City, Home, feed_app, redrive
from onegrid.link_commands import link, refit_links, unlink
from onegrid.report_commands import report_app

app = typer.Typer(
    help="onegrid (多网合一): one event log and one warehouse for a district's grid events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(feed_app, name="feed")
app.add_typer(explain_app, name="explain")
app.add_typer(report_app, name="report")
app.add_typer(deliver_app, name="deliver")
app.command()(link)
app.command()(unlink)
app.command()(refit_links)
app.command()(redrive)
app.command("object")(object_to)
app.command()(adjudicate)
app.command()(objections)
app.add_typer(audience_app, name="audience")
app.command()(retire)
app.command()(dossier)

Feeds = Annotated[list[str] | None, typer.Argument(help="Feeds by name; none means all.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")]


def _open(city: Path, home: Path) -> tuple[Any, Any]:
    from onegrid import workflow

    return workflow.open_city(city), workflow.open_home(home)


def _say(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    head, *rest = report.items()
    typer.echo(f"{head[1]}: " + ", ".join(f"{name} {_plain(value)}" for name, value in rest))


def _plain(value: Any) -> str:
    return "; ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _each(city: Any, feeds: list[str] | None, step: Callable[[str], dict[str, Any]], as_json: bool) -> int:
    """Run a step for each feed; one that fails does not stop the others."""
    failed = 0
    for feed in feeds or city.feeds:
        try:
            _say(step(feed), as_json)
        except OnegridError as error:
            failed += 1
            typer.echo(f"{feed}: {error}", err=True)
    return 1 if failed else 0


@app.callback()
def _settings(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what happens on the way.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s")
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def pull(feeds: Feeds = None, city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Ask the sources for what is new and seal it in the vault."""
    from onegrid import workflow

    place, store = _open(city, home)
    raise typer.Exit(_each(place, feeds, lambda f: workflow.pull(place, store, f).to_dict(), as_json))


@app.command()
def land(feeds: Feeds = None, city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """Turn sealed deliveries into rows of the event log, each delivery with a receipt."""
    from onegrid import workflow

    place, store = _open(city, home)
    raise typer.Exit(_each(place, feeds, lambda f: workflow.land(place, store, f).to_dict(), as_json))


@app.command()
def gate(
    feeds: Feeds = None,
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
    release: Annotated[str, typer.Option(help="Let a held landing through (its id, or the beginning).")] = "",
    hold: Annotated[str, typer.Option(help="Hold a landing back.")] = "",
    refuse: Annotated[str, typer.Option(help="Refuse a landing for good.")] = "",
    reland: Annotated[str, typer.Option(help="Land it again by the contract in force, and refuse the old one.")] = "",
    held: Annotated[bool, typer.Option("--held", help="List what is held: since when, why, whose desk.")] = False,
    by: Annotated[str, typer.Option(help="Who decides, for --release, --hold, --refuse and --reland.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Judge landings that have no verdict yet; exit 1 when one is held. Or list what is held, or decide by hand."""
    from onegrid import workflow

    place, store = _open(city, home)
    by_hand = [(i, v) for i, v in ((release, "released"), (hold, "held"), (refuse, "refused")) if i]
    if by_hand:
        for landing, verdict in by_hand:
            landing_id = workflow.judge_by_hand(place, store, landing, verdict, by, why)
            typer.echo(f"landing {landing_id} is {verdict}; the next build follows")
    if reland:
        typer.echo(f"landed again as {workflow.land_again(place, store, reland, by, why)}, and judged")
    if by_hand or reland:
        return
    if held:
        from onegrid.summary import held_landings

        for line in held_landings(store):
            typer.echo(line)
        return
    waiting = 0

    def step(feed: str) -> dict[str, Any]:
        nonlocal waiting
        report = workflow.gate_landings(place, store, feed)
        waiting += report.held
        return report.to_dict()

    code = _each(place, feeds, step, as_json)
    if waiting:
        typer.echo(
            f"{waiting} landings are held; see `onegrid gate --held`, then release, re-land or refuse them", err=True
        )
    raise typer.Exit(1 if code or waiting else 0)


@app.command()
def acknowledge(
    feeds: Feeds = None, city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME, as_json: AsJson = False
) -> None:
    """Send back the receipts (回执) that are owed to the centres whose contracts ask for them."""
    from onegrid import workflow

    place, store = _open(city, home)
    raise typer.Exit(_each(place, feeds, lambda f: workflow.acknowledge(place, store, f).to_dict(), as_json))


@app.command()
def build(
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    as_of: Annotated[str | None, typer.Option(help="An edition's number, or a log version.")] = None,
    as_json: AsJson = False,
) -> None:
    """Mount the log and build the warehouse with dbt. Prints the build's id."""
    from onegrid import workflow

    place, store = _open(city, home)
    _say(workflow.build(place, store, as_of).to_dict(), as_json)


@app.command()
def publish(
    build_id: Annotated[
        str, typer.Argument(help="A build whose marts were judged; default: the newest log version.")
    ] = "",
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", help="Publish in spite of this failed check (again for each; `crashed` for a crash)."),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who accepts.")] = "",
    why: Annotated[str, typer.Option("--why", help="And why; kept with the edition and shown on its report.")] = "",
    as_json: AsJson = False,
) -> None:
    """Judge the marts of a build and publish it as the next edition."""
    from onegrid import workflow

    place, store = _open(city, home)
    waiver = workflow.Waiver(tuple(accept or ()), by, why) if accept or by or why else None
    build_id = build_id or workflow.build(place, store).build_id
    raise typer.Exit(_publish(place, store, build_id, as_json, waiver))


def _publish(place: Any, store: Any, build_id: str, as_json: bool, waiver: Any = None) -> int:
    from onegrid import workflow

    report = workflow.gate_marts(place, store, build_id)
    if not report.passed and waiver is None:
        for failure in report.failures:
            typer.echo(failure, err=True)
        typer.echo(f"build {build_id} is not published; the current edition stays. Results: {report.pages}", err=True)
        return 1
    _say(workflow.publish(place, store, build_id, waiver).to_dict(), as_json)
    return 0


@app.command()
def run(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """Everything once, without Airflow: pull, land, gate, receipts, build, gate, publish; then the closing table."""
    from onegrid import workflow
    from onegrid.summary import run_summary

    place, store = _open(city, home)

    def ingest(feed: str) -> dict[str, Any]:
        pulled = workflow.pull(place, store, feed)
        landed = workflow.land(place, store, feed)
        judged = workflow.gate_landings(place, store, feed)
        workflow.acknowledge(place, store, feed)
        return {"feed": feed, "new": pulled.batches, "landings": landed.landings, "held": judged.held}

    code = _each(place, None, ingest, as_json=False)
    made = workflow.build(place, store)
    if made.changed:
        code = _publish(place, store, made.build_id, as_json=False) or code
    else:
        typer.echo("nothing changed: the current edition shows this log already")
    typer.echo(run_summary(city, home))
    raise typer.Exit(code)


@app.command()
def status(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """One screen: feeds with their last outcome, held landings, the current edition."""
    from onegrid.summary import run_summary

    _open(city, home)
    typer.echo(run_summary(city, home))


@app.command()
def watch(
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    standing: Annotated[
        bool, typer.Option("--open", help="Look at nothing; list what stands open, and since when.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look whether every feed still comes and is itself; tell its office once. Exit 1 when alerts stand open."""
    from onegrid import workflow
    from onegrid.summary import open_findings

    place, store = _open(city, home)
    if not standing:
        report = workflow.watch(place, store)
        if as_json:
            typer.echo(json.dumps(report.to_dict(), ensure_ascii=False))
        else:
            for line in (*report.opened, *report.closed):
                typer.echo(line)
            typer.echo(
                f"{len(report.opened)} found, {len(report.closed)} over, {report.standing} stand open "
                f"(`onegrid watch --open`); {report.messages} messages sent"
            )
        if report.unsent:
            typer.echo(report.unsent, err=True)
    lines = open_findings(place, store)
    if standing:
        for _, line in lines:
            typer.echo(line)
        if not lines:
            typer.echo("nothing stands open")
    raise typer.Exit(1 if any(severity == "alert" for severity, _ in lines) else 0)


@app.command()
def verify(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """Check vault, log, editions, cuts and closings against their hashes; exit 1 when anything was changed or lost."""
    from onegrid import workflow

    _, store = _open(city, home)
    faults = workflow.verify(store)
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo("sound" if not faults else f"{len(faults)} faults", err=bool(faults))
    raise typer.Exit(1 if faults else 0)


@app.command()
def close(
    month: Annotated[str, typer.Argument(help="The month, as 2026-10.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    edition: Annotated[str, typer.Option(help="Whose figures; default: the current edition.")] = "",
    by: Annotated[str, typer.Option(help="Who closes.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    document: Annotated[str, typer.Option(help="The document that authorises the assessment.")] = "",
    again: Annotated[str, typer.Option(help="Why a closed month is closed once more; the first closing stays.")] = "",
    incomplete: Annotated[
        str, typer.Option(help="Why it is closed though landings are held or feeds end before the month does.")
    ] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Lay the figures open to objections; close later.")] = False,
    unruled: Annotated[str, typer.Option(help="Why it is closed though objections wait for a ruling.")] = "",
    as_json: AsJson = False,
) -> None:
    """Freeze the assessment of a month (考核月结): a recorded act, and a copy of every row it rests on."""
    from onegrid import workflow
    from onegrid.closing_commands import lay_open

    deployment, store = _open(city, home)
    rules = deployment.settings.closing
    if draft:
        _say(lay_open(store, month, rules, edition, by, why, document, again, incomplete), as_json)
        return
    done = workflow.close(store, month, edition, by, why, document, again, incomplete, rules, unruled)
    _say(done.to_dict(), as_json)


@app.command()
def closings(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME, as_json: AsJson = False) -> None:
    """The closed months: when, by whom, with which edition, and what was not complete."""
    from onegrid import workflow

    _, store = _open(city, home)
    found = workflow.closings(store)
    for one in found:
        _say(one.to_dict(), as_json)
    if not found and not as_json:
        typer.echo("no month is closed")


@app.command()
def restate(
    month: Annotated[str, typer.Argument(help="A closed month, as 2026-10.")],
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    edition: Annotated[str, typer.Option(help="The edition to compare with; default: the current one.")] = "",
    closing: Annotated[int | None, typer.Option(help="Number of the month's closing; default: the last.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; default: beside the frozen rows.")] = None,
    as_json: AsJson = False,
) -> None:
    """What of a closed month an edition gives otherwise, by how much and why; exit 1 when anything changed."""
    from onegrid import workflow

    _, store = _open(city, home)
    raise typer.Exit(_compared(workflow.restate(store, month, edition, closing, out), as_json))


@app.command()
def diff(
    earlier: Annotated[str, typer.Argument(help="Number of the earlier edition.")],
    later: Annotated[str, typer.Argument(help="Number of the later edition; default: the current one.")] = "",
    city: City = DEFAULT_CITY,
    home: Home = DEFAULT_HOME,
    month: Annotated[str, typer.Option(help="As 2026-10; default: the month that the later edition ends in.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of the report; default: in the home.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why two editions give a month's figures otherwise: each change with its causes; exit 1 when any changed."""
    from onegrid import workflow

    _, store = _open(city, home)
    raise typer.Exit(_compared(workflow.differ(store, earlier, later, month, out), as_json))


def _compared(report: Any, as_json: bool) -> int:
    """Say what a comparison found; 1 when anything changed."""
    if as_json:
        _say(report.to_dict(), as_json)
        return int(report.changed)
    closed = f"closing {report.closing} (edition {report.closed_edition})"
    against = f"{report.month}, {closed if report.closing else f'edition {report.closed_edition}'} against edition"
    outcome = "nothing changed"
    if report.items:
        causes = ", ".join(f"{cause} {count}" for cause, count in report.causes.items())
        would = "would change" if report.closing else "changed"
        outcome = f"{report.figures} figures {would}, by {report.items} items: {causes}"
    if report.rulings:
        outcome += f"; objections upheld after the closing: {report.rulings}"
    typer.echo(f"{against} {report.edition}: {outcome}; {report.page}")
    return int(report.changed)


@app.command()
def docs(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """Build the newest log version if need be, and write dbt's own documentation of it as one page."""
    from onegrid import workflow
    from reporting.build import generate_docs

    place, store = _open(city, home)
    typer.echo(generate_docs(workflow.build(place, store).path))


@app.command("airflow-run")
def airflow_run(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """Everything once through a real Airflow on this machine (what `make run` does)."""
    from ingest.keys import current_keys
    from onegrid.embedded import run_once

    place, _ = _open(city, home)
    _ = place.contracts
    current_keys()  # a development pair is made and announced here, not in a task's log
    raise typer.Exit(run_once(city.resolve(), home.resolve()))


@app.command("airflow")
def airflow_stay(city: City = DEFAULT_CITY, home: Home = DEFAULT_HOME) -> None:
    """A real Airflow on this machine, until interrupted (what `make airflow` does)."""
    from onegrid.embedded import serve

    raise typer.Exit(serve(city.resolve(), home.resolve()))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def simulate(context: typer.Context) -> None:
    """A made-up district as files: what its centres deliver, and the truth beside it. `--help` lists the options."""
    simulator = importlib.import_module("simulator.__main__")  # by name: the product knows nothing of its insides
    raise typer.Exit(simulator.main(["simulate", *context.args], "onegrid"))


def main() -> None:
    """Entry point: an expected error is a sentence and exit 1, never a traceback."""
    os.environ.setdefault("PYTHONUTF8", "1")
    try:
        app()
    except OnegridError as error:
        typer.echo(f"onegrid: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
