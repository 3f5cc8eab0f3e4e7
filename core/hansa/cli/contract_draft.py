"""``hansa contract draft FILE``: a contract proposed from a file or a published product."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, LAYOUT, MESH, WAREHOUSE

if TYPE_CHECKING:
    from hansa.contract_draft import Opened


def register(group: typer.Typer) -> None:
    """Add the command to the group ``hansa contract``."""
    group.command(name="draft")(draft)


def draft(
    source: str = typer.Argument(metavar="FILE", help="A CSV, Parquet or Excel file, or a product: domain.product."),
    identity: str = typer.Option(None, "--id", help="The contract's id, domain.product."),
    sheet: str = typer.Option(None, "--sheet", help="Sheet of an Excel file (else the first)."),
    separator: str = typer.Option(None, "--separator", help="Separator of a CSV file (else a comma)."),
    layout: str = LAYOUT,
    output: Path = typer.Option(None, "-o", "--output", help="File to write (else it is printed)."),
    force: bool = typer.Option(False, "--force", help="Replace the file of -o if it exists."),
    as_json: bool = JSON,
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
) -> None:
    """Propose a contract: names and types as they are, every rule left for its owner, no value copied."""
    import json

    from hansa.cli.laid_out import open_to_draft
    from hansa.contract_draft import draft_from
    from hansa.contract_draft.figures import counted

    _refuse_existing(output, force)
    if layout is not None:
        opened = open_to_draft(layout, Path(source), mesh, {"--separator": separator, "--sheet": sheet})
    else:
        opened = _opened(source, sheet, "," if separator is None else separator, warehouse, mesh)
    made = draft_from(opened, identity)
    if output is not None:
        _write(made.text, output, force)
    if as_json:
        typer.echo(json.dumps(made.reading(), ensure_ascii=False, allow_nan=False, indent=2))
    elif output is not None:
        typer.echo(f"drafted  {made.id}  {counted(len(made.proposals), 'column')} from {counted(made.rows, 'row')}")
    else:
        typer.echo(made.text, nl=False)


def _opened(source: str, sheet: str | None, separator: str, warehouse: str | None, mesh: Path | None) -> Opened:
    """A file if there is one, or if its name ends like one; else a published product."""
    from hansa.cli.place import product_of, warehouse_of
    from hansa.contract_draft import open_data_file, open_table
    from hansa.contract_draft.opened import ENDINGS
    from hansa.products import PRODUCT_ID
    from hansa.store.door import Door

    path = Path(source)
    named = source.partition("@")[0]
    if path.exists() or path.suffix.removeprefix(".").lower() in ENDINGS or not PRODUCT_ID.match(named):
        return open_data_file(path, separator=separator, sheet=sheet)
    product, major = product_of(source)
    return open_table(Door(warehouse_of(warehouse, mesh)), product, major)


def _refuse_existing(output: Path | None, force: bool) -> None:
    from hansa.errors import MeshError, WorldError

    if output is None:
        return
    if not output.parent.is_dir():
        raise WorldError("draft.output", f"there is no folder {output.parent}", where=str(output), next_step="make it")
    if output.is_dir() or (output.exists() and not force):
        what, mend = "it exists already", "name another file, or add --force to replace it"
        if output.is_dir():
            what, mend = "it is a folder", "name a file in it"
        raise MeshError("draft.output", what, where=str(output), state="it was left as it is", next_step=mend)


def _write(text: str, output: Path, force: bool) -> None:
    """Whole or not at all, and never over a file that came meanwhile."""
    from hansa.errors import WorldError

    half = output.with_name(f".{output.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        half.write_text(text, encoding="utf-8", newline="\n")
        try:
            if force:
                half.replace(output)
            else:
                os.link(half, output)
        finally:
            half.unlink(missing_ok=True)
    except FileExistsError:
        _refuse_existing(output, False)
    except OSError as error:
        what = f"cannot be written ({error.strerror or 'refused'})"
        raise WorldError("draft.output", what, where=str(output), next_step="name another file") from None
