"""``hansa quarantine show | reject``, and the group: rejected rows, and what is decided over them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli import quarantine_list, quarantine_replay
from hansa.cli.place import JSON, MESH, WAREHOUSE
from hansa.cli.quarantine_account import DIGEST, PARTITION, PRODUCT, RULE, known_account, raise_last
from hansa.contract.model import name_of
from hansa.errors import one_line

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.secrets import Keys

group = typer.Typer(
    help="Rows that were refused: list, show, replay and reject.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    quarantine_list.register(group)
    group.command(name="show")(show)
    quarantine_replay.register(group)
    group.command(name="reject")(reject_rows)
    app.add_typer(group, name="quarantine")


def show(
    product: str = PRODUCT,
    rule: str = RULE,
    partition: str = PARTITION,
    state: str = typer.Option("open", "--state", help="open, replayed, rejected, unclear or all."),
    digest: list[str] = DIGEST,
    limit: int = typer.Option(20, "--limit", min=1, help="At most so many rows."),
    contract: Path = typer.Option(None, "--contract", help="Their contract, for hints; else that of the mesh."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Rejected rows as they came, with the rules that they broke. Values of class C2 and C3 are masked.

    Below stand the words that a rule allows, and what reads values that their type refused, as far as it is known.
    """
    import json

    import polars as pl

    from hansa.cli.hints import contract_for, of_rows
    from hansa.cli.place import keys_of, product_of, warehouse_of
    from hansa.errors import MeshError
    from hansa.quarantine.choice import Choice
    from hansa.store.door import Door

    states = ("open", "replayed", "rejected", "unclear", "all")
    if state not in states:
        raise MeshError("quarantine.state", f"'{state}' is no state", next_step=f"write one of {', '.join(states)}")
    store = warehouse_of(warehouse, mesh)
    name, major = product_of(product)
    account = known_account(store, name, major)
    if not account.rows.height and not account.faults:
        Door(store).open(name, major)
    rows = Choice(rule, partition, tuple(digest or ())).of(account.rows)
    if state != "all":
        rows = rows.filter(pl.col("state") == state)
    envelopes = rows.head(limit).to_dicts()
    keys = keys_of(mesh, known=True) if any(envelope["sealed"] for envelope in envelopes) else None
    known = contract_for(name, major, contract, mesh) if envelopes else None
    entries = [_entry(envelope, keys, known) for envelope in envelopes]
    helpful = of_rows(entries, known) if entries else {}
    left_out = {rule: {"kept": kept, "refused": seen} for rule, (kept, seen) in account.left_out().items()}
    if as_json:
        told = {"product": name, "rows": rows.height, "left_out": left_out, "shown": entries, "hints": helpful}
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
    else:
        _tell_rows(entries, f"{len(entries)} of {rows.height} rows of {name_of(name, major)} in quarantine", left_out)
        for broken, hint in helpful.items():
            typer.echo(f"  {broken}: {hint}")
    raise_last(account.faults)


def _entry(envelope: dict[str, Any], keys: Keys | None, contract: Contract | None) -> dict[str, Any]:
    """A refused row as it is shown: what was sealed when it came is masked, and what the contract seals now."""
    from hansa.quarantine import shown

    told = {key: envelope[key] for key in ("partition", "row_digest", "rules", "columns", "run", "state")}
    sealed = {column.name for column in contract.columns if column.sealed} if contract is not None else set()
    return told | {"row": None if envelope["payload"] is None else shown(envelope, keys, sealed)}


def _tell_rows(entries: list[dict[str, Any]], summary: str, left_out: dict[str, dict[str, int]]) -> None:
    for entry in entries:
        state = "" if entry["state"] == "open" else f"  {entry['state']}"
        typer.echo(f"{entry['partition'] or '-'}  {entry['row_digest']}  {', '.join(entry['rules'])}{state}")
        if entry["row"] is None:
            typer.echo("    what it held was removed by hansa upkeep, long after the decision")
            continue
        told = ", ".join(f"{key}={value}" for key, value in entry["row"].items() if value is not None)
        typer.echo(one_line(f"    {told}"))
    typer.echo(summary)
    for rule, counts in left_out.items():
        typer.echo(f"  {rule}: {counts['kept']} of {counts['refused']} refused rows were kept")


def reject_rows(
    product: str = PRODUCT,
    reason: str = typer.Option(..., "--reason", help="Why these rows will not be published; it is kept."),
    rule: str = RULE,
    partition: str = PARTITION,
    digest: list[str] = DIGEST,
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Decide that open rows will not be published. Who decided, when and why is kept.

    What they hold stays as long as replaced rows do, see hansa upkeep; their count, digests and rules stay for good.
    """
    import json

    from hansa.cli.place import product_of, warehouse_of
    from hansa.quarantine.choice import Choice, reject

    store = warehouse_of(warehouse, mesh)
    name, major = product_of(product)
    count = reject(store, name, major, Choice(rule, partition, tuple(digest or ())), reason)
    told = f"rejected  {name_of(name, major)}  {count} rows"
    typer.echo(json.dumps({"product": name, "rejected": count}) if as_json else told)
    raise_last(known_account(store, name, major).faults)
