"""``hansa upkeep``: old snapshots expire, and what nothing names any more is removed."""

from __future__ import annotations

from pathlib import Path

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="upkeep")(keep_up)


def keep_up(
    product: str = typer.Argument(None, help="domain.product; without it every product of the warehouse."),
    keep_days: int = typer.Option(
        None, "--keep-days", min=0, help="Replaced rows stay readable so long (else the contract's retention, else 30)."
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say which files could go, and change nothing."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Let old snapshots expire and remove files that nothing names. Receipts and the newest rows always stay."""
    import datetime as dt
    import json
    from dataclasses import asdict

    from hansa.cli.place import name_of, product_of, warehouse_of
    from hansa.store.door import Door
    from hansa.store.warehouse import named_by
    from hansa.upkeep import upkeep

    store = warehouse_of(warehouse, mesh)
    wanted = [product_of(product)] if product else [named_by(name) for name, _ in store.products()]
    if product:
        # A product that is not there is said, not kept up.
        Door(store).files(*wanted[0])
    keep = None if keep_days is None else dt.timedelta(days=keep_days)
    done = [upkeep(store, name, major, keep=keep, dry_run=dry_run) for name, major in wanted]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in done], ensure_ascii=False, allow_nan=False))
        return
    for one, (_, major) in zip(done, wanted, strict=True):
        removed = "could go" if dry_run else "removed"
        files = f"{len(one.removed)} files {removed}, {one.bytes} bytes"
        typer.echo(f"{name_of(one.product, major)}  {one.expired} snapshots expired, {files}")
    if not done:
        typer.echo(f"nothing is published in {store.place}")
