"""Do the columns of a data file carry the field ids of its table? Readers of Iceberg find a column by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table

_FIELD_ID = b"PARQUET:field_id"


def misnumbered(table: Table, location: str) -> list[str]:
    """Paths of columns, and of parts of nested ones, whose field id in a data file is not that of ``table``.

    What cannot be read as Parquet has none; FileNotFoundError if there is no such file.
    """
    import pyarrow as pa
    from pyarrow.parquet import read_schema

    schema = table.schema()
    wanted = {name: schema.find_field(name).field_id for name in schema.column_names}
    try:
        with table.io.new_input(location).open() as stream:
            written = read_schema(stream)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError):
        return []
    return [path for path, number in _numbered(written) if number is None or wanted.get(path) != number]


def _numbered(fields: pa.Schema | pa.StructType, within: str = "") -> Iterator[tuple[str, int | None]]:
    for field in fields:
        yield from _of(field, f"{within}{field.name}")


def _of(field: pa.Field, path: str) -> Iterator[tuple[str, int | None]]:
    import pyarrow as pa

    text = (field.metadata or {}).get(_FIELD_ID, b"")
    yield path, int(text) if text.isdigit() else None
    if pa.types.is_struct(field.type):
        yield from _numbered(field.type, f"{path}.")
    elif pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
        # Iceberg calls what is in a list so, whatever the writer called it.
        yield from _of(field.type.value_field, f"{path}.element")
