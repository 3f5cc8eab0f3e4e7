"""``hansa upkeep``: old snapshots expire, and what nothing names any more is removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE

if TYPE_CHECKING:
    from hansa.store.warehouse import Warehouse


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="upkeep")(keep_up)


def keep_up(
    product: str = typer.Argument(None, help="domain.product; without it every product of the warehouse."),
    keep_days: int = typer.Option(
        None,
        "--keep-days",
        min=0,
        help="Replaced rows, and decided ones of quarantine, stay so long (else the contract's retention, else 30).",
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say which files could go, and change nothing."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Let old snapshots expire and remove files that nothing names. Receipts and the newest rows always stay.

    Of refused rows that were replayed or rejected only counts, digests and rules stay; open rows stay as they are.
    """
    import datetime as dt
    import json
    from dataclasses import asdict

    from hansa.cli.place import filled_warehouse_of, product_of, warehouse_of
    from hansa.contract.model import name_of
    from hansa.store.warehouse import named_by
    from hansa.upkeep import upkeep

    store = (warehouse_of if product else filled_warehouse_of)(warehouse, mesh)
    wanted = [product_of(product)] if product else [named_by(name) for name, _ in store.products()]
    if product:
        _refuse_unknown(store, *wanted[0])
    keep = None if keep_days is None else dt.timedelta(days=keep_days)
    done = [upkeep(store, name, major, keep=keep, dry_run=dry_run) for name, major in wanted]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in done], ensure_ascii=False, allow_nan=False))
        return
    for one, (_, major) in zip(done, wanted, strict=True):
        removed = "could go" if dry_run else "removed"
        files = f"{len(one.removed)} files {removed}, {one.bytes} bytes"
        emptied = "could be emptied" if dry_run else "emptied"
        rows = f", {one.decided} decided rows of quarantine {emptied}" if one.decided else ""
        typer.echo(f"{name_of(one.product, major)}  {one.expired} snapshots expired, {files}{rows}")
    if not done:
        typer.echo(f"nothing is published in {store.place}")


def _refuse_unknown(store: Warehouse, name: str, major: int) -> None:
    """A product that is not there is said, not kept up; one that was only held has refused rows."""
    from hansa.errors import DataError
    from hansa.store.door import Door

    try:
        Door(store).files(name, major)
    except DataError as error:
        if error.code != "product.held":
            raise
