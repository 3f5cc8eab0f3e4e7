"""``hansa read PRODUCT``: rows of a product, on the screen or into a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import MESH, WAREHOUSE

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from hansa.store.door import Opened
    from hansa.store.warehouse import Warehouse


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="read")(read)


def read(
    product: str = typer.Argument(help="domain.product, or domain.product@2 for a later major version."),
    at: str = typer.Option(None, "--at", help="A snapshot's number, or a date or time (ISO 8601, UTC) to read as of."),
    limit: int = typer.Option(None, "--limit", min=0, help="At most so many rows."),
    output: Path = typer.Option(None, "-o", "--output", help="A file: .csv, .json or .parquet."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
) -> None:
    """Read a product's published rows. Without -o they are printed as CSV."""
    from hansa.cli.place import product_of, warehouse_of
    from hansa.store.door import Door

    name, major = product_of(product)
    store = warehouse_of(warehouse, mesh)
    opened = Door(store).open(name, major, at=_moment(at))
    frame = opened.frame if limit is None else opened.frame.head(limit)
    with _told(store, opened, major, output):
        if output is not None:
            _save(frame, output)
        else:
            _print(frame)


@contextmanager
def _told(store: Warehouse, opened: Opened, major: int, output: Path | None) -> Iterator[None]:
    """What fails on the way from the data files to the output: the file that is damaged, or the output.

    Only what an engine raised is looked into, for that reads the data files once more; the system says itself what it
    refuses.
    """
    import polars as pl

    from hansa.errors import WorldError
    from hansa.store.damage import damaged
    from hansa.store.door import Door

    try:
        yield
    except BrokenPipeError:
        raise
    except (pl.exceptions.PolarsError, OSError) as error:
        if not isinstance(error, OSError) or error.errno is None:
            names = Door(store).files(opened.product, major, opened.snapshot)
            if (told := damaged(store.table(opened.product, major), names, opened.product)) is not None:
                raise told from None
        if output is None or not isinstance(error, OSError):
            raise
        what = f"cannot be written ({error.strerror or 'refused'})"
        raise WorldError("read.output", what, where=str(output)) from None


def _moment(text: str | None) -> int | dt.datetime | None:
    """A snapshot id, or an instant; a date alone means its end."""
    import datetime as dt

    from hansa.errors import MeshError

    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise MeshError(
            "read.at", f"'{text}' is no snapshot and no time", next_step="for example --at 2026-03-01"
        ) from None
    if len(text) == len("2026-03-01"):
        moment = dt.datetime.combine(moment, dt.time.max)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _texts(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Times as RFC 3339, so that what is written out can be published again."""
    import polars as pl

    columns = []
    for name, dtype in frame.collect_schema().items():
        if isinstance(dtype, pl.Datetime):
            zone = "Z" if dtype.time_zone else ""
            columns.append(pl.col(name).dt.to_string(f"%Y-%m-%dT%H:%M:%S%.6f{zone}"))
        elif dtype.is_nested():
            # As a file of texts brings it: JSON, which publishing reads back.
            columns.append(pl.col(name).map_batches(_as_json, return_dtype=pl.String))
    return frame.with_columns(columns)


def _as_json(values: pl.Series) -> pl.Series:
    import json

    import polars as pl

    def simple(value: Any) -> Any:
        return value.to_list() if isinstance(value, pl.Series) else value

    texts = [None if v is None else json.dumps(simple(v), ensure_ascii=False, default=str) for v in values]
    return pl.Series(values.name, texts, dtype=pl.String)


def _save(frame: pl.LazyFrame, output: Path) -> None:
    from hansa.errors import MeshError, WorldError

    if not output.parent.is_dir():
        raise WorldError("read.output", f"there is no folder {output.parent}", where=str(output), next_step="make it")
    match output.suffix:
        case ".csv":
            _texts(frame).sink_csv(output)
        case ".json":
            _texts(frame).collect().write_json(output)
        case ".parquet":
            frame.sink_parquet(output)
        case other:
            raise MeshError("read.format", f"'{other}' is no known ending", next_step="use .csv, .json or .parquet")


def _print(frame: pl.LazyFrame) -> None:
    first = True
    for batch in _texts(frame).collect_batches(chunk_size=100_000, maintain_order=True):
        typer.echo(batch.write_csv(include_header=first), nl=False)
        first = False
    if first:
        typer.echo(",".join(frame.collect_schema().names()))
