"""Words of a source that say nothing of a statement: refused, since whoever wrote them meant something by them."""

from __future__ import annotations

from hansa.errors import MeshError
from hansa.sources import Binding

#: What a standard fixes for itself.
_OF_TABLES = frozenset(
    {
        "byte_order_mark",
        "columns",
        "control",
        "extra_fields",
        "footer",
        "formula_text",
        "grouping",
        "header",
        "ignore",
        "negative",
        "positive",
        "quote",
        "separator",
        "sheet",
        "skip",
        "strip_prefix",
        "text_after_quote",
    }
)


def refuse_layout(binding: Binding, format: str) -> None:
    """Errors: MeshError for a word of text tables or workbooks under a statement."""
    fresh = type(binding).model_fields
    for word in sorted(_OF_TABLES & binding.model_fields_set):
        said = getattr(binding, word)
        if said and said != fresh[word].get_default(call_default_factory=True):
            raise MeshError(
                "statement.word",
                f"'{word}' says nothing of the format {format}, whose standard fixes it",
                where=binding.uri,
                next_step=f"leave {word} out",
            )
