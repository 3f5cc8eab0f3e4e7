"""``hansa quarantine replay``: refused rows sent through the gate again, or said what would become of them there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE, print_json
from hansa.cli.quarantine_account import DIGEST, PARTITION, PRODUCT, RULE, raise_last
from hansa.contract.model import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hansa.cast import Reading
    from hansa.contract.model import Contract
    from hansa.errors import MeshError
    from hansa.mesh import MeshProduct
    from hansa.replay import Replayed
    from hansa.secrets import Keys
    from hansa.store.warehouse import Warehouse


def register(group: typer.Typer) -> None:
    """Add the command to the group ``hansa quarantine``."""
    group.command(name="replay")(replay_rows)


def replay_rows(
    product: str = PRODUCT,
    contract: Path = typer.Option(None, "--contract", help="The contract to keep now; else that of the mesh."),
    rule: str = RULE,
    partition: str = PARTITION,
    digest: list[str] = DIGEST,
    zone: str = typer.Option(None, "--zone", help="Time zone of the business day (else as when the rows came)."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would become of each row; write nothing."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Send open rows through the gate again: each joins its day, or stays open under the rules that it breaks now.

    Late rows of a contract without a key are compared with their day first, and only those join it that do not stand
    there yet: a file that brings its days again and again doubles nothing.
    """
    from hansa.cli.contract_status import notes, refuse_retired, tell
    from hansa.cli.place import product_of, warehouse_of
    from hansa.cli.publish import vault_for
    from hansa.quarantine import told_beyond
    from hansa.quarantine.choice import Choice
    from hansa.replay import replay
    from hansa.sources import known_zone

    name, major = product_of(product)
    store = warehouse_of(warehouse, mesh)
    read, reading = _contract(name, major, contract, mesh)
    refuse_retired(read)
    keys = _keys_for(read, store, mesh, dry_run)
    made = replay(
        store,
        read,
        Choice(rule, partition, tuple(digest or ())),
        keys=keys,
        vault=None if dry_run else vault_for(read, keys, store, mesh),
        reading=reading,
        zone=known_zone(zone) if zone else None,
        dry_run=dry_run,
    )
    if as_json:
        print_json(_plain(name, made, read, dry_run))
    else:
        _tell(name_of(name, major), made, read, dry_run)
    _refuse_held(made, read, store, warehouse, mesh)
    raise_last(list(made.faults))
    tell(filter(None, [told_beyond(made.left_out), *notes(read)]))


def _plain(name: str, made: Replayed, contract: Contract, dry_run: bool) -> dict[str, Any]:
    return {
        "product": name,
        "dry_run": dry_run,
        "sent": made.sent,
        "replayed": made.replayed,
        "open": made.open,
        "standing": made.standing,
        "left_out": made.left_out,
        "days": {day or "": count for day, count in made.days.items()},
        "refused": made.refused(contract),
        "publications": [publication.reading() for publication in made.publications],
    }


def _tell(name: str, made: Replayed, contract: Contract, dry_run: bool) -> None:
    there = f" {made.standing} of them stood there already," if made.standing else ""
    done = "would replay" if dry_run else "replayed"
    typer.echo(f"{done}  {name}  {made.replayed} of {made.sent} rows,{there} {made.open} still in quarantine")
    if not dry_run:
        return
    parts: dict[str, dict[Any, int]] = {
        "be published": {**made.days},
        "be held": {**made.held},
        "still be refused": {**made.refused(contract)},
    }
    for what, counts in parts.items():
        if counts:
            told = ", ".join(f"{place}: {count}" if place else str(count) for place, count in counts.items())
            typer.echo(f"  would {what}: {told}")
    if len(made.publications) > 1:
        told = f"the rows came in {len(made.publications)} shapes; each was tried as if the others were not there"
        typer.echo(f"note: {told}", err=True)


def _keys_for(contract: Contract, store: Warehouse, mesh: Path | None, dry_run: bool) -> Keys | None:
    """Known keys only, the token key being the warehouse's: others open nothing, and make tokens that join nothing.

    In a folder without keys a replay makes them as a publication does, a dry run does not.
    """
    from hansa.cli.place import keys_folder, keys_of
    from hansa.errors import WorldError
    from hansa.secrets import open_set

    try:
        if dry_run:
            open_set(keys_folder(mesh))
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
    from hansa.mesh.place import has_mesh_file

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
    from hansa.sources.declared import declared_reading

    return declared_reading(kept.binding, kept.contract)


def _refuse_held(
    made: Replayed, contract: Contract, store: Warehouse, warehouse: str | None, mesh: Path | None
) -> None:
    from hansa.cli.place import command
    from hansa.cli.publish import refuse_held

    typed: Callable[[str, str], str] = lambda name, product: command(name, product, warehouse, mesh)  # noqa: E731
    for publication in made.publications:
        refuse_held(publication, contract, store, typed)
