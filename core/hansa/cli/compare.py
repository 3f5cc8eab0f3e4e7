"""``hansa compare``: what would be other if a module in shadow were on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH
from hansa.errors import one_line

if TYPE_CHECKING:
    from hansa.comparison import Compared


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="compare")(compare)


def compare(
    name: str = typer.Argument(..., help="A module in shadow, or one of its products."),
    first: str = typer.Option(None, "--from", help="First business day (else all that both have)."),
    last: str = typer.Option(None, "--to", help="Last business day (else all that both have)."),
    as_json: bool = JSON,
    mesh: Path = MESH,
) -> None:
    """Compare what a module makes in shadow with what is live: rows, columns, and the decisions that would flip."""
    from hansa.cli.run import day_of
    from hansa.comparison import compare as compared
    from hansa.comparison import names_decisions, pairs
    from hansa.errors import DataError
    from hansa.mesh import load_mesh
    from hansa.mesh.shadow import in_shadow

    days = [day_of(text, option) if text else None for text, option in ((first, "--from"), (last, "--to"))]
    loaded = load_mesh(mesh)
    made: list[Compared] = []
    missing: list[DataError] = []
    for product in pairs(loaded, name):
        try:
            made.append(compared(loaded, product, *days))
        except DataError as error:
            missing.append(error)
    if missing and not made:
        raise missing[0]
    named = [one.product for one in made if names_decisions(loaded.products[in_shadow(one.product)].contract)]
    if as_json:
        found: dict[str, Any] = {"products": [_plain(one) for one in made], "flipped": sum(one.flipped for one in made)}
        found["not_compared"] = [{"product": one.where, "what": one.what} for one in missing]
        found["naming_decisions"] = named
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=2, default=str))
        return
    for one in made:
        typer.echo("\n".join(_lines(one)))
    for fault in missing:
        typer.echo(f"not compared {fault.sentence()}")
    typer.echo(_verdict(sum(one.flipped for one in made), named))


def _verdict(flipped: int, named: list[str]) -> str:
    """How many decisions would be others; where none could be, because no product says what a decision is."""
    if flipped or named:
        return f"decisions that would flip: {flipped or 'none'}"
    return (
        "no product here says what a decision is: tag its contract, or a column of it, with 'decision' to count flips"
    )


def _plain(one: Compared) -> dict[str, Any]:
    days = None if one.days is None else [str(day) for day in one.days]
    return vars(one) | {"days": days, "flipped": one.flipped}


def _lines(one: Compared) -> Iterator[str]:
    span = "" if one.days is None else f"  {one.days[0]}..{one.days[-1]}, {len(one.days)} days"
    yield f"{one.product}{span}: {one.rows_live} rows live, {one.rows_shadow} in shadow"
    for kind, count, words in (
        ("only_live", one.only_live, "decisions no longer made" if one.decides else "rows only live"),
        ("only_shadow", one.only_shadow, "decisions newly made" if one.decides else "rows only in shadow"),
    ):
        if count:
            yield f"  {count} {words}"
            yield from _rows(one.examples.get(kind, []))
    if one.changed:
        told = ", ".join(f"{name} {count}" for name, count in one.columns.items())
        yield f"  {one.changed} rows with other values: {told}"
    for column, count in one.flips.items():
        yield f"  {count} decisions of {column} flip"
        yield from _rows(one.flipped_rows.get(column, []))
    if not (one.only_live or one.only_shadow or one.changed):
        yield "  the same rows"


def _rows(examples: list[dict[str, Any]]) -> Iterator[str]:
    for row in examples:
        yield "    " + ", ".join(f"{name} {_clean(value)}" for name, value in row.items())


def _clean(value: Any) -> str:
    """One line without what would move a terminal's cursor."""
    return one_line("none" if value is None else str(value))
