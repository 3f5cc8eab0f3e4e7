"""How a table's columns follow its contract: columns are added and widened, never taken away or made another type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.contract.model import Contract
from hansa.errors import WorldError
from hansa.store.columns import iceberg_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table, Transaction
    from pyiceberg.types import IcebergType


def evolve(transaction: Transaction, kept: Schema, contract: Contract) -> bool:
    """Add to the transaction what the contract has and ``kept``, the table's schema, lacks; False if they agree.

    What is added is nullable in the table, whatever the contract asks of new rows: old rows have no value for it.
    """
    wanted = iceberg_schema(contract)
    if not _differences(kept, wanted):
        return False
    with transaction.update_schema() as update:
        update.union_by_name(_fit_for_old_rows(kept, wanted))
    return True


def _fit_for_old_rows(kept: Schema, wanted: Schema) -> Schema:
    """The wanted schema with every column nullable that the table lacks."""
    from pyiceberg.schema import Schema

    known = {field.name for field in kept.fields}
    return Schema(*(f if f.name in known else f.model_copy(update={"required": False}) for f in wanted.fields))


def evolved_schema(table: Table, contract: Contract) -> Schema:
    """The table's schema after ``evolve``."""
    transaction, kept = table.transaction(), table.schema()
    # A transaction copies its metadata, all snapshots included, each time that it is asked for them.
    return transaction.table_metadata.schema() if evolve(transaction, kept, contract) else kept


def arrow_schema(schema: Schema, contract: Contract) -> pa.Schema:
    """The schema of a data file: the contract's columns in its order, under the table's field ids."""
    from pyiceberg.io.pyarrow import schema_to_pyarrow
    from pyiceberg.schema import Schema

    fields = []
    for wanted in iceberg_schema(contract).fields:
        kept = schema.find_field(wanted.name)
        fields.append(kept.model_copy(update={"field_type": _ordered(kept.field_type, wanted.field_type)}))
    return schema_to_pyarrow(Schema(*fields))


def _ordered(kept: IcebergType, wanted: IcebergType) -> IcebergType:
    """The table's type, with the parts of its structs in the order in which the contract has them."""
    from pyiceberg import types

    if isinstance(kept, types.StructType) and isinstance(wanted, types.StructType):
        known = {part.name: part for part in kept.fields}
        parts = [(known[part.name], part.field_type) for part in wanted.fields]
        return types.StructType(*(p.model_copy(update={"field_type": _ordered(p.field_type, w)}) for p, w in parts))
    if isinstance(kept, types.ListType) and isinstance(wanted, types.ListType):
        element = _ordered(kept.element_type, wanted.element_type)
        return types.ListType(kept.element_id, element, kept.element_required)
    return kept


def same_ids(written: Schema, made: Schema) -> bool:
    """True if every column and every part of one has in both schemas the same field id, by which readers find it."""
    names = set(written.column_names)
    return names <= set(made.column_names) and all(
        written.find_field(name).field_id == made.find_field(name).field_id for name in names
    )


def refuse_other_columns(table: Table, contract: Contract) -> None:
    """Refuse a table whose columns cannot become the contract's."""
    kept, wanted = table.schema(), iceberg_schema(contract)
    faults = [
        *(f"column '{f.name}' is gone" for f in kept.fields if f.name not in contract.by_name),
        *_changed(kept, wanted),
    ]
    parted = [field.name for field in table.spec().fields]
    own = [contract.partition] if contract.partition else []
    if parted != own:
        faults.append(f"the partition was {', '.join(parted) or 'none'}, is {', '.join(own) or 'none'}")
    if not faults:
        return
    raise WorldError(
        "table.columns",
        f"the table was made under another set of columns: {'; '.join(faults[:5])}",
        where=contract.id,
        state="the last published rows go on serving",
        next_step="a change that breaks readers needs a new major version of the contract, or another warehouse",
    )


def _changed(kept: Schema, wanted: Schema) -> list[str]:
    before = {field.name: field.field_type for field in kept.fields}
    return [
        f"column '{f.name}' was {before[f.name]}, is {f.field_type}"
        for f in wanted.fields
        if f.name in before and not _widens(before[f.name], f.field_type)
    ]


def _widens(old: IcebergType, new: IcebergType) -> bool:
    """True if every value of ``old`` is one of ``new`` and Iceberg lets the type change so."""
    from pyiceberg import types

    if isinstance(old, types.DecimalType) and isinstance(new, types.DecimalType):
        # PyIceberg would let the scale change too, which the specification forbids.
        return old.scale == new.scale and old.precision <= new.precision
    if isinstance(old, types.StructType) and isinstance(new, types.StructType):
        after = {field.name: field.field_type for field in new.fields}
        return all(f.name in after and _widens(f.field_type, after[f.name]) for f in old.fields)
    if isinstance(old, types.ListType) and isinstance(new, types.ListType):
        return _widens(old.element_type, new.element_type)
    return str(old) == str(new)


def _differences(kept: Schema, wanted: Schema) -> bool:
    before = {field.name: field for field in kept.fields}
    for field in wanted.fields:
        known = before.get(field.name)
        if (
            known is None
            or _bare(known.field_type) != _bare(field.field_type)
            or (known.required and not field.required)
        ):
            return True
    return False


def _bare(kind: IcebergType) -> str:
    """A type without its field ids, which are the table's own."""
    from pyiceberg import types

    if isinstance(kind, types.StructType):
        return "{" + ",".join(f"{f.name}:{_bare(f.field_type)}:{f.required}" for f in kind.fields) + "}"
    if isinstance(kind, types.ListType):
        return f"[{_bare(kind.element_type)}:{kind.element_required}]"
    return str(kind)
