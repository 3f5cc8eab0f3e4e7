"""``hansa verify``: anyone checks later what was published."""

from __future__ import annotations

from pathlib import Path

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="verify")(verify_products)


def verify_products(
    product: str = typer.Argument(None, help="domain.product; with --all every product."),
    everything: bool = typer.Option(False, "--all", help="Every product of the warehouse."),
    clean_up: bool = typer.Option(
        False, "--clean", help="Remove files of no publication that no living run can need any more."
    ),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Recount and re-digest what lies in the warehouse, and compare it with the receipts."""
    import json
    from dataclasses import asdict

    from hansa.cli.place import filled_warehouse_of, product_of, warehouse_of
    from hansa.cli.quarantine_account import raise_last
    from hansa.contract.model import name_of
    from hansa.errors import HansaError, MeshError
    from hansa.store.warehouse import named_by
    from hansa.verify import Verdict, clean, verify

    if product is None and not everything:
        raise MeshError("verify.what", "which product?", next_step="hansa verify domain.product, or hansa verify --all")
    store = (warehouse_of if product else filled_warehouse_of)(warehouse, mesh)
    wanted = [product_of(product)] if product else [named_by(name) for name, _ in store.products()]
    removed = [place for name, major in wanted for place in clean(store, name, major)] if clean_up else []
    for place in removed:
        typer.echo(f"removed {place}", err=True)
    if not product:
        # A product of which nothing but leftovers was there is gone now.
        wanted = [named_by(name) for name, _ in store.products()]
    verdicts: dict[str, Verdict] = {}
    faults: list[HansaError] = []
    for name, major in wanted:
        try:
            verdicts[name_of(name, major)] = verify(store, name, major)
        except HansaError as error:
            if product:
                raise
            # What is wrong with one product must not hide the others.
            faults.append(error)
    if as_json:
        typer.echo(json.dumps([asdict(verdict) for verdict in verdicts.values()], ensure_ascii=False, allow_nan=False))
    else:
        for name, verdict in verdicts.items():
            state = "right" if not verdict.faults else "WRONG"
            counted = f"{verdict.partitions} partitions, {verdict.files} files, {verdict.rows} rows"
            typer.echo(f"{state}  {name}  {counted}")
            for fault in verdict.faults:
                typer.echo(f"  {fault.kind}: {fault.place}: {fault.what}")
        if not verdicts and not faults:
            typer.echo(f"nothing is published in {store.place}")
    raise_last(faults)
    if any(verdict.faults for verdict in verdicts.values()):
        raise typer.Exit(1)
