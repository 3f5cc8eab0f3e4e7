"""``hansa compare``: what would be other if a module in shadow were on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH, cleaned

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
    from hansa.comparison import pairs
    from hansa.errors import DataError
    from hansa.mesh import load_mesh

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
    if as_json:
        found = {"products": [_plain(one) for one in made], "flipped": sum(one.flipped for one in made)}
        found["not_compared"] = [{"product": one.where, "what": one.what} for one in missing]
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=2, default=str))
        return
    for one in made:
        typer.echo("\n".join(_lines(one)))
    for fault in missing:
        typer.echo(f"not compared {fault.sentence()}")
    typer.echo(f"decisions that would flip: {sum(one.flipped for one in made)}")


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
            yield from _examples(one, kind)
    if one.changed:
        told = ", ".join(f"{name} {count}" for name, count in one.columns.items())
        yield f"  {one.changed} rows with other values: {told}"
    for column, count in one.flips.items():
        yield f"  {count} decisions of {column} flip"
        yield from _examples(one, column)
    if not (one.only_live or one.only_shadow or one.changed):
        yield "  the same rows"


def _examples(one: Compared, kind: str) -> Iterator[str]:
    for row in one.examples.get(kind, []):
        yield "    " + ", ".join(f"{name} {_clean(value)}" for name, value in row.items())


def _clean(value: Any) -> str:
    """One line without what would move a terminal's cursor."""
    return cleaned("none" if value is None else str(value))
