"""``hansa keys``: which keys there are, rotation, and what still needs an old one. A key itself is never shown."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.key_needs import bound_key, faults, mode, refuse_bound, refuse_sealed, refuse_young, sealed
from hansa.cli.place import JSON, MESH, WAREHOUSE

if TYPE_CHECKING:
    from hansa.secrets import KeySet, StoredKey
    from hansa.store.warehouse import Warehouse

group = typer.Typer(
    help="Token and sealing keys: list, check, rotate and retire.",
    invoke_without_command=True,
    no_args_is_help=False,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(group, name="keys")


@group.callback()
def keys(ctx: typer.Context, warehouse: str = WAREHOUSE, mesh: Path = MESH, as_json: bool = JSON) -> None:
    """Token and sealing keys: list, check, rotate and retire."""
    if ctx.invoked_subcommand is None:
        list_keys(warehouse, mesh, as_json)
    elif warehouse is not None or mesh is not None or as_json:
        raise typer.BadParameter("write the options after the subcommand")


@group.command(name="list")
def list_keys(warehouse: str = WAREHOUSE, mesh: Path = MESH, as_json: bool = JSON) -> None:
    """The ids, purposes, states and ages of the keys, their folder and its mode."""
    import json

    known, bound = _set(mesh), bound_key(_warehouse(warehouse, mesh))
    listed = [_told(key, bound) for key in known.keys]
    if as_json:
        made = {"folder": str(known.folder), "mode": mode(known.folder), "keys": listed, "warehouse_token_key": bound}
        typer.echo(json.dumps(made, ensure_ascii=False, allow_nan=False))
        return
    for entry in listed:
        age = "age unknown" if entry["age_days"] is None else f"{entry['age_days']} days"
        serves = "  (this warehouse)" if entry["serves_warehouse"] else ""
        typer.echo(f"{entry['id']}  {entry['purpose']:7}  {entry['state']:7}  {age}{serves}")
    typer.echo(f"in {known.folder}, mode {mode(known.folder)}")


@group.command(name="rotate")
def rotate_key(
    token: bool = typer.Option(False, "--token", help="A new key for the tokens of new warehouses."),
    sealing: bool = typer.Option(False, "--sealing", help="A new key for what is sealed from now on."),
    mesh: Path = MESH,
) -> None:
    """Make a new current key. The former one stays: it opens what it sealed, and serves the warehouses bound to it."""
    from hansa.errors import MeshError
    from hansa.secrets import rotate

    if token == sealing:
        raise MeshError("keys.purpose", "one purpose is needed", next_step="write --token or --sealing")
    made = rotate(_set(mesh).folder, "token" if token else "sealing")
    typer.echo(f"current  {made.current('token' if token else 'sealing').id}")
    if token:
        typer.echo("a new warehouse gets this key; one that was filled before goes on with its own, and nothing mixes")
    else:
        typer.echo("it seals from now on; what an older key sealed is still opened, see: hansa keys reseal")


@group.command(name="retire")
def retire_key(
    name: str = typer.Argument(metavar="ID", help="The id of an old key."),
    now: bool = typer.Option(False, "--now", help="Do not wait for runs that began before the rotation."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
) -> None:
    """Remove an old key for ever, if nothing in this warehouse and its vault needs it any more."""
    from hansa.secrets import retire

    known = _set(mesh)
    key = known.find(name)
    if key.state != "current":
        store = _warehouse(warehouse, mesh)
        if key.purpose == "token":
            refuse_bound(key, store)
        else:
            refuse_sealed(key, known, store, mesh)
        refuse_young(key, now)
    retire(known.folder, name)
    typer.echo(f"retired  {name}")


@group.command(name="reseal")
def reseal(mesh: Path = MESH) -> None:
    """Seal by the current key what the vault holds sealed by older ones."""
    from hansa.cli.reveal import open_vault

    with open_vault(mesh) as vault:
        typer.echo(f"sealed anew  {vault.reseal()} values of the vault")


@group.command(name="alias")
def alias(
    file: Path = typer.Argument(help="The Parquet file to write: kind, token_old, token_new."),
    old: str = typer.Option(..., "--from", metavar="ID", help="The token key of the older tokens."),
    new: str = typer.Option("", "--to", metavar="ID", help="The token key of the newer ones (else the current one)."),
    mesh: Path = MESH,
) -> None:
    """Write which token of one key is which of another, from the vault, so that an older history can be joined."""
    from io import BytesIO

    from hansa.cli.reveal import open_vault
    from hansa.errors import MeshError

    known = _set(mesh)
    for name in filter(None, (old, new)):
        if known.find(name).purpose != "token":
            raise MeshError("keys.purpose", f"{name} is no token key", next_step="see hansa keys")
    with open_vault(mesh) as vault:
        pairs = vault.retoken(old, known.keys_for(new or known.current("token").id))
    content = BytesIO()
    pairs.write_parquet(content)
    _write_private(file, content.getvalue())
    typer.echo(f"written  {pairs.height} tokens to {file}")


@group.command(name="check")
def check(warehouse: str = WAREHOUSE, mesh: Path = MESH, as_json: bool = JSON) -> None:
    """Whether nobody else may read the keys, and whether they are those of the warehouse and of its vault."""
    import json

    known, store = _set(mesh), _warehouse(warehouse, mesh)
    counts, vault_fault = sealed(known, store, mesh)
    wrong = [*faults(known, store, counts), *([vault_fault] if vault_fault else [])]
    if as_json:
        made = {"holds": not wrong, "faults": wrong, "sealed": dict(counts), "warehouse_token_key": bound_key(store)}
        typer.echo(json.dumps(made, ensure_ascii=False, allow_nan=False))
    else:
        for fault in wrong:
            typer.echo(f"fault  {fault}")
        for key, count in sorted(counts.items()):
            typer.echo(f"sealed by {key}: {count}")
        typer.echo(f"token key of the warehouse: {bound_key(store) or 'none yet'}")
        if not wrong:
            typer.echo("the keys hold")
    if wrong:
        raise typer.Exit(1)


def _set(mesh: Path | None) -> KeySet:
    from hansa.cli.place import keys_folder
    from hansa.secrets import open_set

    return open_set(keys_folder(mesh))


def _warehouse(option: str | None, mesh: Path | None) -> Warehouse:
    from hansa.cli.place import warehouse_of

    return warehouse_of(option, mesh)


def _told(key: StoredKey, bound: str | None) -> dict[str, Any]:
    age = (dt.datetime.now(dt.UTC) - key.made).days if key.made else None
    return {
        "id": key.id,
        "purpose": key.purpose,
        "state": key.state,
        "made": key.made.isoformat() if key.made else None,
        "age_days": age,
        "serves_warehouse": key.id == bound,
    }


def _write_private(file: Path, content: bytes) -> None:
    """Write a new file that its owner alone may read."""
    import os

    from hansa.errors import MeshError, WorldError

    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
            target.write(content)
    except FileExistsError:
        raise MeshError("keys.exists", "the file is there already", where=str(file), next_step="name another") from None
    except OSError as error:
        what = f"the file cannot be written ({error.strerror})"
        raise WorldError("keys.unwritable", what, where=str(file), next_step="name another") from None
