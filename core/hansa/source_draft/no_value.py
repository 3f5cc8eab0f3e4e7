"""Words that stand where a value is missing."""

from __future__ import annotations

from collections.abc import Sequence

from hansa.cast.spellings import NULL_WORDS
from hansa.source_draft.cells import FileColumn
from hansa.source_draft.finding import Finding, Sure, counted

_WORDS = frozenset({*NULL_WORDS, "/"})
#: A word that stands in nearly all rows may be the value itself.
_CERTAIN = ("", "/")


def find_null_words(columns: Sequence[FileColumn]) -> tuple[frozenset[str], tuple[Finding, ...]]:
    """Words for no value, the empty one included where it is seen."""
    words: dict[str, int] = {}
    for column in columns:
        for word in {value for value in column.filled if not value or value.lower() in _WORDS}:
            words[word] = words.get(word, 0) + 1
    if not words:
        return frozenset(), ()
    listed = sorted(words)
    shown = " and ".join("empty fields" if not word else f"the word {word}" for word in listed)
    sure: Sure = "certain" if all(word in _CERTAIN for word in listed) else "likely"
    seen = f"{shown} in {counted(max(words.values()), 'column')}"
    return frozenset(listed), (Finding(("null_words",), listed, seen, sure),)
