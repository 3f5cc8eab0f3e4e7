"""``hansa quarantine list | show``: rejected rows, with every rule that they broke."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE

if TYPE_CHECKING:
    import polars as pl

    from hansa.store.warehouse import Warehouse

group = typer.Typer(help="Rows that were refused: list and show.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(group, name="quarantine")


def _rows(store: Warehouse, name: str, major: int) -> pl.DataFrame:
    from hansa.quarantine import envelopes
    from hansa.receipt import book_of

    return envelopes(book_of(store, name, major).latest(), store.table(name, major))


@group.command(name="list")
def list_products(warehouse: str = WAREHOUSE, mesh: Path = MESH, as_json: bool = JSON) -> None:
    """How many rows of each product are in quarantine, by rule."""
    import json

    from hansa.cli.place import warehouse_of
    from hansa.store.warehouse import named_by

    store = warehouse_of(warehouse, mesh)
    listed: list[dict[str, Any]] = []
    for table, _ in store.products():
        name, major = named_by(table)
        rows = _rows(store, name, major)
        if rows.height:
            counts = rows["rules"].explode().value_counts(sort=True)
            listed.append(
                {"product": name, "rows": rows.height, "rules": dict(counts.sort("count", "rules").iter_rows())}
            )
    if as_json:
        typer.echo(json.dumps(listed, ensure_ascii=False, allow_nan=False))
        return
    for entry in listed:
        typer.echo(f"{entry['product']}  {entry['rows']} rows")
        for rule, count in sorted(entry["rules"].items(), key=lambda item: (-item[1], item[0])):
            typer.echo(f"  {rule}: {count}")
    if not listed:
        typer.echo("no row is in quarantine")


@group.command(name="show")
def show(
    product: str = typer.Argument(help="domain.product."),
    limit: int = typer.Option(20, "--limit", min=1, help="At most so many rows."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Rejected rows as they came, with the rules that they broke. Values of class C2 and C3 are masked."""
    import json

    from hansa.cli.place import keys_of, product_of, warehouse_of
    from hansa.quarantine import shown
    from hansa.store.door import Door

    store = warehouse_of(warehouse, mesh)
    name, major = product_of(product)
    rows = _rows(store, name, major)
    if not rows.height:
        Door(store).open(name, major)
    envelopes = rows.head(limit).to_dicts()
    keys = keys_of(mesh, known=True) if any(envelope["sealed"] for envelope in envelopes) else None
    entries = [
        {key: envelope[key] for key in ("partition", "row_digest", "rules", "columns", "run", "state")}
        | {"row": shown(envelope, keys)}
        for envelope in envelopes
    ]
    if as_json:
        typer.echo(
            json.dumps({"product": name, "rows": rows.height, "shown": entries}, ensure_ascii=False, allow_nan=False)
        )
        return
    for entry in entries:
        typer.echo(f"{entry['partition'] or '-'}  {entry['row_digest']}  {', '.join(entry['rules'])}")
        typer.echo("    " + ", ".join(f"{key}={value}" for key, value in entry["row"].items() if value is not None))
    typer.echo(f"{len(entries)} of {rows.height} rows of {name} in quarantine")
