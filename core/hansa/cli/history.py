"""``hansa history``: what was published and what was held, from the receipts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE

if TYPE_CHECKING:
    from hansa.receipt import Publication


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="history")(history)


def history(
    product: str = typer.Argument(help="domain.product."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Every publication of a product, oldest first: from what it came, how, under which version of its contract.

    A hold says why, with every rule that was broken; of very many the first ten.
    """
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
        told = [publication.reading() | {"from": _sources(publication)} for publication in publications]
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    for publication in publications:
        _tell(publication)


def _tell(publication: Publication) -> None:
    from hansa.held import told_reasons

    days = [r.partition for r in publication.receipts if r.partition]
    span = f"{days[0]}..{days[-1]}" if len(days) > 1 else (days[0] if days else "whole")
    state = publication.reading()["state"]
    snapshot = publication.landed.snapshot if publication.landed else "-"
    came = ", ".join(_sources(publication)) or "-"
    typer.echo(
        f"{publication.made_at[:19]}Z  {state:9}  {span:22}  {publication.total('published'):>9} rows  "
        f"{publication.total('quarantined'):>6} quarantined  snapshot {snapshot}  "
        f"contract {publication.version}  {publication.mode or '-'}  from {came}"
    )
    for receipt in publication.held:
        typer.echo(f"    held {receipt.partition or 'whole'}: {told_reasons(receipt)}")


def _sources(publication: Publication) -> list[str]:
    """Names of the inputs; of a file or an address its last part alone: what stands before it may be a secret."""
    found = [
        given.name.partition("?")[0].replace("\\", "/").rstrip("/").rpartition("/")[2] for given in publication.inputs
    ]
    return ["".join(letter if letter.isprintable() else "?" for letter in name) or "-" for name in found]
