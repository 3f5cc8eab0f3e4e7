"""``hansa quarantine list``: how many refused rows of each product there are, and what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE
from hansa.cli.quarantine_account import known_account, raise_last
from hansa.contract.model import name_of

if TYPE_CHECKING:
    from hansa.errors import HansaError
    from hansa.quarantine import Account


def register(group: typer.Typer) -> None:
    """Add the command to the group ``hansa quarantine``."""
    group.command(name="list")(list_products)


def list_products(
    everything: bool = typer.Option(False, "--all", help="Also products whose rows are all decided."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """How many rows of each product are in quarantine, by rule, and what became of the others.

    A row that came with several publications is one row here; how often rows were refused is said beside it.
    """
    import json

    from hansa.cli.place import filled_warehouse_of
    from hansa.errors import HansaError
    from hansa.store.warehouse import named_by

    store = filled_warehouse_of(warehouse, mesh)
    listed: list[dict[str, Any]] = []
    faults: list[HansaError] = []
    untold: list[str] = []
    for table, _ in store.products():
        name, major = named_by(table)
        try:
            account = known_account(store, name, major)
        except HansaError as error:
            # What is broken in one product must not hide the others.
            faults.append(error)
            untold.append(f"{name_of(name, major)}  cannot be told: {error.what}")
            continue
        faults += account.faults
        entry = _listed(name, major, account)
        if entry["quarantined"] and (everything or _undecided(entry)):
            listed.append(entry)
    if as_json:
        typer.echo(json.dumps(listed, ensure_ascii=False, allow_nan=False))
    else:
        _tell_list(listed)
        for line in untold:
            typer.echo(line)
        if not listed and not untold:
            typer.echo("no row is in quarantine")
    raise_last(faults)


def _listed(name: str, major: int, account: Account) -> dict[str, Any]:
    from dataclasses import asdict

    import polars as pl

    rows = account.rows.filter(pl.col("state") == "open")
    counts = rows["rules"].explode().drop_nulls().value_counts(sort=True).sort("count", "rules")
    left_out = {rule: seen - kept for rule, (kept, seen) in account.left_out().items()}
    return {
        "product": name,
        "major": major,
        "rows": rows.height,
        "distinct": account.distinct_open,
        "rules": dict(counts.iter_rows()),
        "publications": [asdict(made) for made in account.refusals],
        "quarantined": account.ledger.quarantined,
        "left_out": left_out,
        "kept": {rule: kept for rule, (kept, _) in account.left_out().items()},
        "ledger": asdict(account.ledger),
    }


def _undecided(entry: dict[str, Any]) -> bool:
    """True if somebody has to look at it: rows are open, or it cannot be told what became of them."""
    ledger = entry["ledger"]
    return bool(entry["rows"] or any(entry["left_out"].values()) or ledger["unreadable"] or ledger["unclear"])


def _tell_list(listed: list[dict[str, Any]]) -> None:
    for entry in listed:
        ledger = entry["ledger"]
        told = [f"{name_of(entry['product'], entry['major'])}  {entry['rows']} rows"]
        if entry["distinct"] != entry["rows"]:
            told.append(f"{entry['distinct']} different")
        told += [f"{ledger[state]} {state}" for state in ("replayed", "rejected") if ledger[state]]
        if ledger["unreadable"]:
            told.append(f"{ledger['unreadable']} cannot be read: their file was cut or is gone")
        if ledger["unclear"]:
            told.append(f"{ledger['unclear']} unclear: the file that tells what became of them was cut or is gone")
        if ledger["repeated"]:
            told.append(f"refused {entry['quarantined']} times in {len(entry['publications'])} publications")
        typer.echo(", ".join(told))
        for rule, count in sorted(entry["rules"].items(), key=lambda item: (-item[1], item[0])):
            typer.echo(f"  {rule}: {count}")
        for rule, count in entry["left_out"].items():
            typer.echo(f"  {rule}: {entry['kept'][rule]} of {entry['kept'][rule] + count} refused rows were kept")
