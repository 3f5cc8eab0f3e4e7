"""``hansa history``: what was published and what was held, from the receipts."""

from __future__ import annotations

from pathlib import Path

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="history")(history)


def history(
    product: str = typer.Argument(help="domain.product."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Every publication of a product, oldest first, and every hold with its reason."""
    import json

    from hansa.cli.place import product_of, warehouse_of
    from hansa.receipt import book_of
    from hansa.store.door import Door

    store = warehouse_of(warehouse, mesh)
    name, major = product_of(product)
    publications = book_of(store, name, major).all() if store.exists else []
    if not publications:
        Door(store).open(name, major)
    if as_json:
        typer.echo(json.dumps([p.reading() for p in publications], ensure_ascii=False, allow_nan=False))
        return
    for publication in publications:
        days = [r.partition for r in publication.receipts if r.partition]
        span = f"{days[0]}..{days[-1]}" if len(days) > 1 else (days[0] if days else "whole")
        state = publication.reading()["state"]
        snapshot = publication.landed.snapshot if publication.landed else "-"
        typer.echo(
            f"{publication.made_at[:19]}Z  {state:9}  {span:22}  {publication.total('published'):>9} rows  "
            f"{publication.total('quarantined'):>6} quarantined  snapshot {snapshot}"
        )
        for receipt in publication.held:
            typer.echo(f"    held {receipt.partition or 'whole'}: {'; '.join(receipt.reasons)}")
