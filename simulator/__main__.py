"""`python -m simulator`: write a made-up district as files, print what is in it, or start its centres as servers."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import FrameType

from simulator.plan import DAY, Plan

_SCALES = "grids 30 to 5000, days 1 to 1500, incidents a day 1 to 200000"


def main(arguments: Sequence[str] | None = None, called: str = "python -m simulator") -> int:
    """Run one command; returns the exit code. called: how the user came here, for the help text."""
    parser = argparse.ArgumentParser(prog=called, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    simulate = commands.add_parser(
        "simulate",
        help="write deliveries and truth, or landed events, as files",
        description="A made-up district as files: what its centres deliver, and the truth beside it.",
    )
    _plan_arguments(simulate)
    simulate.add_argument("--out", type=Path, help="a new folder; needed unless --describe is given")
    simulate.add_argument("--describe", action="store_true", help="print the world in one page instead")
    simulate.add_argument(
        "--as", dest="form", choices=("deliveries", "events"), default="deliveries",
        help="deliveries: files as the centres drop them; events: Parquet in the columns of the event log",
    )  # fmt: skip
    simulate.add_argument("--no-truth", action="store_true", help="leave the truth out (big worlds)")
    simulate.add_argument("--processes", type=int, default=1, help="how many work at once (default 1)")
    serve = commands.add_parser("serve", help="start the centres as servers on loopback")
    _plan_arguments(serve)
    serve.add_argument("--at", default="end", help="day up to which everything is told: a number, or end (default)")
    serve.add_argument("--root", type=Path, required=True, help="folder of the centres; emptied first")
    serve.add_argument("call", nargs=argparse.REMAINDER, help="-- COMMAND …: run it with the centres up, then stop")
    told = parser.parse_args(arguments)
    try:
        plan = _plan(told)
        return _simulate(told, plan, simulate) if told.command == "simulate" else _serve(told, plan)
    except (ValueError, FileExistsError) as error:
        (simulate if told.command == "simulate" else serve).error(str(error))


def _plan_arguments(parser: argparse.ArgumentParser) -> None:
    usual = Plan()
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--begins", type=date.fromisoformat, default=usual.begins, help="first day, YYYY-MM-DD")
    parser.add_argument("--days", type=int, default=usual.days)
    parser.add_argument("--grids", type=int, default=usual.grids)
    parser.add_argument("--incidents", type=int, default=usual.incidents_a_day, help=f"a day, as a mean ({_SCALES})")
    parser.add_argument("--noise", choices=("low", "middle", "high"), default=usual.noise, help="how badly it is told")
    parser.add_argument("--purpose", choices=("develop", "score"), default=usual.purpose, help="which seeds")
    parser.add_argument("--faults", default="", help="all, or name=rate,name=rate… (a name alone: its usual rate)")


def _plan(told: argparse.Namespace) -> Plan:
    return Plan(
        seed=told.seed,
        begins=told.begins,
        days=told.days,
        grids=told.grids,
        incidents_a_day=told.incidents,
        noise=told.noise,
        purpose=told.purpose,
        faults=switches(told.faults),
    )


def switches(text: str) -> dict[str, float]:
    """Faults as written on the command line. Raises ValueError for what is no fault or no rate."""
    from simulator.faults import FAULTS, checked, every

    if text == "all":
        return every()
    found = {}
    for part in filter(None, text.split(",")):
        name, _, rate = part.partition("=")
        usual = FAULTS[name].rate if name in FAULTS else 0.0
        try:
            found[name] = float(rate) if rate else usual
        except ValueError:
            raise ValueError(f"the rate of {name} must be a number, not {rate!r}") from None
    return checked(found)


def _simulate(told: argparse.Namespace, plan: Plan, parser: argparse.ArgumentParser) -> int:
    if told.describe:
        from simulator.describe import describe

        print(describe(plan))
        return 0
    if told.out is None:
        parser.error("give --out DIR, or --describe")
    if told.form == "events":
        from simulator.bulk import write_events

        bulk = write_events(plan, told.out, max(1, told.processes))
        print(f"{bulk.events:,} events of {bulk.cases:,} cases in {bulk.files} files, {bulk.seconds} s: {told.out}")
        return 0
    from simulator.simulate import simulate

    done = simulate(plan, told.out, not told.no_truth, max(1, told.processes))
    for feed, files in done.files.items():
        print(f"{feed:28} {files:6,} files {done.rows[feed]:10,} rows")
    print(f"{done.bytes / 1e6:,.1f} MB in {done.seconds} s: {told.out}")
    return 0


def _serve(told: argparse.Namespace, plan: Plan) -> int:
    from simulator.happenings.world import World
    from simulator.servers import Centres
    from simulator.told import CHANNELS
    from simulator.told import told as ledgers_of

    until = plan.end if told.at == "end" else int(told.at) * DAY
    shutil.rmtree(told.root, ignore_errors=True)
    told.root.mkdir(parents=True)
    call = told.call[1:] if told.call[:1] == ["--"] else told.call
    print(f"the centres of the made-up district are starting: {plan.days} days, {plan.grids} grids", flush=True)
    with Centres(plan, ledgers_of(World(plan)), CHANNELS, told.root, until) as centres:
        if call:
            return _run(call, {**os.environ, **centres.environment})
        over = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            over.set()

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        for name, value in sorted(centres.environment.items()):
            print(f"export {name}={shlex.quote(value)}")
        print("# the centres are up; Ctrl-C stops them", flush=True)
        over.wait()
    return 0


def _run(call: Sequence[str], environment: dict[str, str]) -> int:
    """Run a command to its end, handing on what would stop us; returns its exit code."""
    with subprocess.Popen(call, env=environment) as process:

        def hand_on(number: int, frame: FrameType | None) -> None:
            process.send_signal(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, hand_on)
        code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
