"""A contract as other libraries see it: types of Polars, a schema of Pandera."""

from hansa.schema.conditions import must_have, written_values
from hansa.schema.parts import Part, part_at, parts
from hansa.schema.rules import absent, column_conditions, families, pandera_schema, row_conditions, rule_condition
from hansa.schema.types import polars_schema, polars_type, type_name

__all__ = [
    "Part",
    "absent",
    "column_conditions",
    "families",
    "must_have",
    "pandera_schema",
    "part_at",
    "parts",
    "polars_schema",
    "polars_type",
    "row_conditions",
    "rule_condition",
    "type_name",
    "written_values",
]
