"""``hansa quarantine list | show | replay | reject``: rejected rows, and what is decided over them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE, name_of, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from hansa.cast import Reading
    from hansa.contract.model import Contract
    from hansa.errors import MeshError
    from hansa.mesh import MeshProduct
    from hansa.quarantine import Account
    from hansa.replay import Replayed
    from hansa.secrets import Keys
    from hansa.store.warehouse import Warehouse

group = typer.Typer(
    help="Rows that were refused: list, show, replay and reject.", no_args_is_help=True, rich_markup_mode=None
)
PRODUCT = typer.Argument(help="domain.product, or domain.product@2.")
RULE = typer.Option(None, "--rule", help="Only rows that broke this rule.")
PARTITION = typer.Option(None, "--partition", help="Only rows of this day; - for rows of none.")
DIGEST = typer.Option(None, "--digest", help="Only this row, by its digest; may be given several times.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(group, name="quarantine")


def _account(store: Warehouse, name: str, major: int) -> Account:
    from hansa.quarantine import account_of
    from hansa.receipt import book_of

    return account_of(book_of(store, name, major), store.table(name, major))


@group.command(name="list")
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

    from hansa.cli.place import warehouse_of
    from hansa.errors import HansaError
    from hansa.store.warehouse import named_by

    store = warehouse_of(warehouse, mesh)
    listed: list[dict[str, Any]] = []
    faults: list[HansaError] = []
    for table, _ in store.products():
        name, major = named_by(table)
        try:
            account = _account(store, name, major)
        except HansaError as error:
            # What is broken in one product must not hide the others.
            faults.append(error)
            continue
        faults += account.faults
        entry = _listed(name, major, account)
        if entry["quarantined"] and (everything or entry["rows"] or any(entry["left_out"].values())):
            listed.append(entry)
    if as_json:
        typer.echo(json.dumps(listed, ensure_ascii=False, allow_nan=False))
    else:
        _tell_list(listed)
    _raise_last(faults)


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


def _tell_list(listed: list[dict[str, Any]]) -> None:
    for entry in listed:
        ledger = entry["ledger"]
        told = [f"{name_of(entry['product'], entry['major'])}  {entry['rows']} rows"]
        if entry["distinct"] != entry["rows"]:
            told.append(f"{entry['distinct']} different")
        told += [f"{ledger[state]} {state}" for state in ("replayed", "rejected") if ledger[state]]
        if ledger["repeated"]:
            told.append(f"refused {entry['quarantined']} times in {len(entry['publications'])} publications")
        typer.echo(", ".join(told))
        for rule, count in sorted(entry["rules"].items(), key=lambda item: (-item[1], item[0])):
            typer.echo(f"  {rule}: {count}")
        for rule, count in entry["left_out"].items():
            typer.echo(f"  {rule}: {entry['kept'][rule]} of {entry['kept'][rule] + count} refused rows were kept")
    if not listed:
        typer.echo("no row is in quarantine")


def _raise_last(faults: list[Any]) -> None:
    """Tell of what cannot be read after everything else was told."""
    for fault in faults[:-1]:
        typer.echo(f"hansa: {fault.sentence()}", err=True)
    if faults:
        raise faults[-1]


@group.command(name="show")
def show(
    product: str = PRODUCT,
    rule: str = RULE,
    partition: str = PARTITION,
    state: str = typer.Option("open", "--state", help="open, replayed, rejected, unclear or all."),
    digest: list[str] = DIGEST,
    limit: int = typer.Option(20, "--limit", min=1, help="At most so many rows."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Rejected rows as they came, with the rules that they broke. Values of class C2 and C3 are masked."""
    import json

    import polars as pl

    from hansa.cli.place import keys_of, product_of, warehouse_of
    from hansa.errors import MeshError
    from hansa.quarantine.choice import Choice
    from hansa.store.door import Door

    states = ("open", "replayed", "rejected", "unclear", "all")
    if state not in states:
        raise MeshError("quarantine.state", f"'{state}' is no state", next_step=f"write one of {', '.join(states)}")
    store = warehouse_of(warehouse, mesh)
    name, major = product_of(product)
    account = _account(store, name, major)
    if not account.rows.height and not account.faults:
        Door(store).open(name, major)
    rows = Choice(rule, partition, tuple(digest or ())).of(account.rows)
    if state != "all":
        rows = rows.filter(pl.col("state") == state)
    envelopes = rows.head(limit).to_dicts()
    keys = keys_of(mesh, known=True) if any(envelope["sealed"] for envelope in envelopes) else None
    entries = [_entry(envelope, keys) for envelope in envelopes]
    left_out = {rule: {"kept": kept, "refused": seen} for rule, (kept, seen) in account.left_out().items()}
    if as_json:
        told = {"product": name, "rows": rows.height, "left_out": left_out, "shown": entries}
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
    else:
        _tell_rows(entries, f"{len(entries)} of {rows.height} rows of {name} in quarantine", left_out)
    _raise_last(account.faults)


def _entry(envelope: dict[str, Any], keys: Keys | None) -> dict[str, Any]:
    from hansa.quarantine import shown

    told = {key: envelope[key] for key in ("partition", "row_digest", "rules", "columns", "run", "state")}
    return told | {"row": None if envelope["payload"] is None else shown(envelope, keys)}


def _tell_rows(entries: list[dict[str, Any]], summary: str, left_out: dict[str, dict[str, int]]) -> None:
    for entry in entries:
        state = "" if entry["state"] == "open" else f"  {entry['state']}"
        typer.echo(f"{entry['partition'] or '-'}  {entry['row_digest']}  {', '.join(entry['rules'])}{state}")
        if entry["row"] is None:
            typer.echo("    what it held was removed by hansa upkeep, long after the decision")
            continue
        typer.echo("    " + ", ".join(f"{key}={value}" for key, value in entry["row"].items() if value is not None))
    typer.echo(summary)
    for rule, counts in left_out.items():
        typer.echo(f"  {rule}: {counts['kept']} of {counts['refused']} refused rows were kept")


@group.command(name="reject")
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
    typer.echo(json.dumps({"product": name, "rejected": count}) if as_json else f"rejected  {name}  {count} rows")
    _raise_last(_account(store, name, major).faults)


@group.command(name="replay")
def replay_rows(
    product: str = PRODUCT,
    contract: Path = typer.Option(None, "--contract", help="The contract to keep now; else that of the mesh."),
    rule: str = RULE,
    partition: str = PARTITION,
    digest: list[str] = DIGEST,
    zone: str = typer.Option(None, "--zone", help="Time zone of the business day (else as when the rows came)."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Send open rows through the gate again: each joins its day, or stays open under the rules that it breaks now.

    Late rows of a contract without a key are compared with their day first, and only those join it that do not stand
    there yet: a file that brings its days again and again doubles nothing.
    """
    from hansa.cli.place import product_of, warehouse_of
    from hansa.cli.publish import vault_for
    from hansa.quarantine.choice import Choice
    from hansa.replay import replay
    from hansa.sources import known_zone

    name, major = product_of(product)
    store = warehouse_of(warehouse, mesh)
    read, reading = _contract(name, major, contract, mesh)
    keys = _keys_for(read, store, mesh)
    made = replay(
        store,
        read,
        Choice(rule, partition, tuple(digest or ())),
        keys=keys,
        vault=vault_for(read, keys, store, mesh),
        reading=reading,
        zone=known_zone(zone) if zone else None,
    )
    if as_json:
        told = {
            "product": name,
            "sent": made.sent,
            "replayed": made.replayed,
            "open": made.open,
            "standing": made.standing,
        }
        told["publications"] = [publication.reading() for publication in made.publications]
        print_json(told)
    else:
        there = f" {made.standing} of them stood there already," if made.standing else ""
        typer.echo(f"replayed  {name}  {made.replayed} of {made.sent} rows,{there} {made.open} still in quarantine")
    _refuse_held(made, read, store, warehouse, mesh)
    _raise_last(list(made.faults))


def _keys_for(contract: Contract, store: Warehouse, mesh: Path | None) -> Keys | None:
    """Known keys only, the token key being the warehouse's: others open nothing, and make tokens that join nothing."""
    from hansa.cli.place import keys_of
    from hansa.errors import WorldError

    try:
        return keys_of(mesh, known=True, warehouse=store)
    except WorldError as error:
        if error.code != "keys.missing" or contract.sealed:
            raise
        return None


def _contract(name: str, major: int, path: Path | None, mesh: Path | None) -> tuple[Contract, Reading | None]:
    """The contract that is meant, and what the mesh says of reading the product's source."""
    from hansa.contract import read_contract
    from hansa.errors import MeshError
    from hansa.mesh import load_mesh
    from hansa.mesh.read import has_mesh_file

    if path is not None:
        read = read_contract(path)
        if read.id == name and _table(read.major) != _table(major):
            raise _other_major(name, major, f"this is its contract of version {read.major}", read.major, str(path))
        if read.id != name:
            raise MeshError(
                "contract.other",
                f"it is the contract of {read.id}@{read.major}, the rows are of {name}@{major}",
                where=str(path),
                next_step=f"name the contract of {name}, version {major}",
            )
        return read, None
    if mesh is None and not has_mesh_file():
        raise MeshError(
            "contract.missing",
            "there is no mesh file here, and no contract was named",
            where=name,
            state="nothing was changed",
            next_step="name the contract that its rows keep now by --contract FILE, or the mesh file by --mesh",
        )
    loaded = load_mesh(mesh)
    kept = loaded.products.get(name)
    if kept is not None and _table(other := kept.contract.major) != _table(major):
        raise _other_major(name, major, f"the mesh keeps version {other} of {name}", other, str(loaded.path))
    if kept is None:
        raise MeshError(
            "contract.missing",
            f"the mesh has no product {name}@{major}",
            where=str(loaded.path),
            next_step="name its contract by --contract",
        )
    return kept.contract, _reading(kept)


def _table(major: int) -> int:
    """What is published before version 1 lies in the table of version 1."""
    return max(major, 1)


def _other_major(name: str, major: int, what: str, other: int, where: str) -> MeshError:
    """Two majors are two tables with readers of their own: what one refused has no day in the other to join.

    Its source has rows for both, so that rows which were replayed across would come twice.
    """
    from hansa.errors import MeshError

    return MeshError(
        "quarantine.major",
        f"{what}, and the rows were refused under version {major}, which is another table",
        where=where,
        state="nothing was changed",
        next_step=f"replay them under a contract of version {major} by --contract; for version {other} send their file "
        f"again under version {other}, then: hansa quarantine reject {name_of(name, major)} --reason TEXT",
    )


def _reading(kept: MeshProduct) -> Reading | None:
    """How the mesh reads the product's source today; the rows have the contract's names already."""
    if kept.binding is None:
        return None
    from hansa.cast import Offset, Reading
    from hansa.sources.mapping import HELPER
    from hansa.sources.numbers import number_forms

    words = kept.binding.mapping
    known = kept.contract.by_name
    return Reading(
        formats=dict(words.formats),
        zones=dict(words.timezone),
        offsets={
            name: Offset(given.column if given.column in known else HELPER + given.column, given.by)
            for name, given in words.offset.items()
        },
        binary_noise=frozenset(words.binary_noise),
        numbers=number_forms(kept.binding, kept.contract),
    )


def _refuse_held(
    made: Replayed, contract: Contract, store: Warehouse, warehouse: str | None, mesh: Path | None
) -> None:
    from hansa.cli.place import command
    from hansa.cli.publish import refuse_held

    typed: Callable[[str, str], str] = lambda name, product: command(name, product, warehouse, mesh)  # noqa: E731
    for publication in made.publications:
        refuse_held(publication, contract, store, typed)
