"""What a strict model cannot see in a contract: names that point nowhere, modes that do not fit, persons let out."""

from pathlib import Path
from typing import Any

from ingest.contract import (
    CRIMINAL_NETWORK,
    NAME,
    OBSERVED_AT,
    RESERVED_FIELDS,
    Category,
    EventColumns,
    Expression,
    FeedContract,
    Grid,
)
from ingest.errors import ContractError
from ingest.expressions import check_expression, columns_of
from ingest.lint_source import lint_source


def lint(contract: FeedContract, file_name: str, networks: set[str]) -> list[str]:
    """Everything a strict model cannot see, as sentences; empty when the contract is sound."""
    faults: list[str] = []
    where = f"{file_name}"

    def fault(place: str, message: str) -> None:
        faults.append(f"{where}: {place}: {message}")

    def expression(sql: str, place: str, names: set[str]) -> None:
        try:
            check_expression(sql, names, f"{where}: {place}")
        except ContractError as error:
            faults.append(str(error))

    if contract.feed != Path(file_name).stem:
        fault("feed", f"{contract.feed!r} must be the file's name ({Path(file_name).stem})")
    if not NAME.match(contract.feed):
        fault("feed", "use lower-case letters, digits and underscores")
    if contract.network not in networks:
        fault(
            "network",
            f"{contract.network!r} is not among the networks of city.yml ({', '.join(sorted(networks))})",
        )
    if contract.is_typed_at_the_base and contract.admission is None:
        fault(
            "admission",
            f"filled_by is {contract.filled_by}: what a community or its grid workers must type needs an admission, "
            "`admission: {number: …, expires: YYYY-MM-DD}`; take it from a system that records it already, or get one",
        )
    names = set(contract.fields)
    for name in sorted(names & RESERVED_FIELDS):
        fault(f"fields.{name}", "this name is reserved, choose another and name the column with `source`")
    told = {name for name, rule in contract.fields.items() if rule.derived is None}
    for name, rule in contract.fields.items():
        if rule.derived is not None:
            expression(rule.derived, f"fields.{name}.derived", told | {OBSERVED_AT})

    def cell(value: Any, place: str) -> None:
        if isinstance(value, str) and value not in names:
            fault(place, f"{value!r} is no field of this contract")
        elif isinstance(value, Expression):
            expression(value.expression, place, names)

    def columns(value: EventColumns | None, place: str) -> None:
        if value is None:
            return
        for key in type(value).model_fields:
            given = getattr(value, key)
            if key == "attributes":
                for name in given:
                    cell(name, f"{place}.attributes")
            elif isinstance(given, Category):
                cell(given.code, f"{place}.category.code")
                cell(given.kind, f"{place}.category.kind")
                if not isinstance(given.code_set, str):
                    cell(given.code_set, f"{place}.category.code_set")
            elif isinstance(given, Grid):
                cell(given.code, f"{place}.grid.code")
                if not isinstance(given.scheme, str):
                    cell(given.scheme, f"{place}.grid.scheme")
            else:
                cell(given, f"{place}.{key}")
        token_cell = value.actor_token
        if isinstance(token_cell, str) and token_cell in names:
            privacy = contract.fields[token_cell].privacy
            if privacy is None or privacy.rule != "token":
                fault(f"{place}.actor_token", f"{token_cell!r} must carry privacy rule token")

    lint_source(contract, fault)
    for name in contract.key if isinstance(contract.key, list) else []:
        cell(name, "key")
    if isinstance(contract.key, Expression):
        cell(contract.key, "key")
    cell(contract.recorded_at, "recorded_at")
    if contract.admit.records:
        expression(contract.admit.records, "admit.records", told)
    for check in contract.checks:
        expression(check.when_not, f"checks.{check.code}", names | {OBSERVED_AT})
        if check.field:
            cell(check.field, f"checks.{check.code}.field")
    _lint_mode(contract, fault)
    if contract.stream:
        cell(contract.stream.key, "stream.key")
    columns(contract.event, "event")
    for rule_index, event in enumerate(contract.events):
        place = f"events[{rule_index}] {event.type}"
        cell(event.at, f"{place}.at")
        if event.when:
            expression(event.when, f"{place}.when", names)
        cell(event.discriminator, f"{place}.discriminator")
        if event.stream:
            cell(event.stream.key, f"{place}.stream.key")
        columns(event.set, f"{place}.set")
    if contract.item:
        cell(contract.item.at, "item.at")
    if contract.reference:
        cell(contract.reference.valid_from, "reference.valid_from")
        cell(contract.reference.valid_to, "reference.valid_to")
    if (
        contract.network == CRIMINAL_NETWORK
        and contract.mode != "reference"
        and not (contract.admit.records or contract.admit.approval)
    ):
        fault(
            "admit",
            "a police feed must say what it may bring: `admit.records` that leaves criminal classes out, "
            "or `admit.approval` naming the document that allows them",
        )
    located = any(c is not None for c in (contract.event.lon, contract.event.lat))
    if located and contract.crs == "none":
        fault(
            "crs",
            "coordinates are mapped, so the coordinate system must be declared (wgs84, cgcs2000, gcj02, bd09)",
        )
    faults.extend(_lint_names(contract, where))
    return faults


def _lint_mode(contract: FeedContract, fault: Any) -> None:
    mode = contract.mode
    if mode == "reference":
        if not contract.reference:
            fault("reference", "a reference feed says which table it states")
        if contract.stream or contract.events or contract.item:
            fault("mode", "a reference feed has no stream, events or item")
        return
    if contract.reference:
        fault("reference", f"goes with mode reference, not {mode}")
    if not contract.stream:
        fault("stream", "is missing: what are the events about?")
    if mode == "snapshot":
        if contract.events:
            fault(
                "events",
                "a snapshot feed tells no events itself; they are derived from what appears and vanishes",
            )
        if not contract.item:
            fault("item", "is missing: say when an item of the list began (`item: {at: …}`)")
    else:
        if not contract.events:
            fault("events", "is missing: which columns tell which event at which time?")
        if contract.item:
            fault("item", f"goes with mode snapshot, not {mode}")
    if mode == "upsert" and contract.recorded_at is None:
        fault(
            "recorded_at",
            "an upsert feed must say when its rows were changed, so that versions have an order",
        )


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Category):
        return [value.code, value.kind]
    return [value.code] if isinstance(value, Grid) else [value]


def _lint_names(contract: FeedContract, where: str) -> list[str]:
    """A personal field named in an event column must have been tokenised, scrubbed or cut first."""
    faults = []
    hidden = {name for name, rule in contract.fields.items() if rule.privacy and rule.privacy.rule in ("name", "drop")}

    def used(columns: EventColumns | None) -> set[str]:
        if columns is None:
            return set()
        names = set(columns.attributes)
        for key in type(columns).model_fields:
            value = getattr(columns, key)
            for part in _parts(value):
                if isinstance(part, str):
                    names.add(part)
                elif isinstance(part, Expression):
                    names |= columns_of(part.expression)
        return names

    for place, columns in [
        ("event", contract.event),
        *((f"events {e.type}", e.set) for e in contract.events),
    ]:
        for name in sorted(used(columns) & hidden):
            faults.append(
                f"{where}: {place}: {name!r} is personal and never leaves the vault; "
                "give it rule token, or leave it out"
            )
    return faults
