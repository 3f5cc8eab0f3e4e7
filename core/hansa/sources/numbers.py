"""What a binding says of the numbers of its file: of all of them, and of a column that is written otherwise."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from hansa.cast import NumberForm
from hansa.contract.model import Contract
from hansa.sources.binding import Binding, MappingWords

#: The words of a form, of a source and of its mapping alike.
WORDS = ("decimal", "grouping", "negative", "positive")
NUMBERS = frozenset({"integer", "number"})


def words_of(words: MappingWords, word: str) -> Mapping[str, Any]:
    """What the mapping says of each column by one of the words."""
    found: Mapping[str, Any] = getattr(words, word)
    return found


def number_forms(binding: Binding, contract: Contract) -> dict[str, NumberForm]:
    """The form of each number of the contract that may come from the file and is not written plainly.

    A constant is the mesh file's own, and is written plainly there.
    """
    made = {}
    for column in contract.columns:
        if column.logical_type in NUMBERS and column.name not in binding.mapping.constant:
            form = NumberForm(**{word: _said(binding, column.name, word) for word in WORDS})
            if not form.plain:
                made[column.name] = form
    return made


def _said(binding: Binding, name: str, word: str) -> Any:
    """By the column's own word, else by that of the source, else by what a form says of itself."""
    own = words_of(binding.mapping, word)
    if name in own:
        return own[name]
    said = getattr(binding, word)
    return getattr(NumberForm(), word) if said is None else said


def contradiction(form: NumberForm) -> tuple[str, str, str] | None:
    """Word, problem and mend of a form in which one sign says two things; None if there is none."""
    if form.decimal == form.grouping:
        return "grouping", f"'{form.grouping}' cannot part thousands and be the decimal sign too", "mend one of them"
    both = {mark.casefold() for mark in form.negative} & {mark.casefold() for mark in form.positive}
    if both:
        return "positive", "a mark says negative and positive", "keep it in one of the two"
    return None


def mesh_words(form: NumberForm) -> str:
    """The words of a source for a form, ``decimal: ",", grouping: "."``; only those that are not so by themselves."""
    words = [f'decimal: "{form.decimal}"'] if form.decimal != "." else []
    words += [f"grouping: {grouping_word(form.grouping)}"] if form.grouping else []
    words += [f"negative: [{', '.join(_in_yaml(mark) for mark in form.negative)}]"] if form.negative else []
    return ", ".join(words)


def publish_options(form: NumberForm) -> str:
    """The same as options of ``hansa publish``, as a shell takes them."""
    options = [f"--decimal {form.decimal}"] if form.decimal != "." else []
    options += [f"--grouping {_in_shell(form.grouping)}"] if form.grouping else []
    options += [f"--negative {_in_shell(mark)}" for mark in form.negative]
    return " ".join(options)


def grouping_word(grouping: str) -> str:
    """A sign between thousands as a mesh file has it."""
    return _in_yaml(grouping) if grouping else "none"


def _in_yaml(mark: str) -> str:
    return mark if mark.isalpha() else f'"{mark}"'


def _in_shell(mark: str) -> str:
    """In double quotes where it is a stroke: the library would write five signs for it."""
    return '"\'"' if mark == "'" else shlex.quote(mark)
