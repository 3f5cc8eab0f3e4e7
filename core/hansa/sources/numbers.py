"""What a binding says of the numbers of its file: of all of them, and of a column that is written otherwise."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from hansa.cast import NumberForm
from hansa.cast.numbers import words_among
from hansa.contract.model import Column, Contract
from hansa.sources.binding import Binding, MappingWords

#: The words of a form, of a source and of its mapping alike.
WORDS = ("decimal", "grouping", "negative", "positive", "digits", "minus_signs", "currency", "grouping_size")
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
            form = _form(binding, column)
            if not form.plain:
                made[column.name] = form
    return made


def _form(binding: Binding, column: Column) -> NumberForm:
    words, name = binding.mapping, column.name
    said = {word: said_of(binding, name, word) for word in WORDS if word != "grouping_size"}
    implied, sign = words.implied_decimals.get(name), words.sign.get(name)
    if implied is not None:
        # No sign parts its decimals, so that those of the rest of the file are none of it.
        said |= {"decimal": None, "grouping": None}
    grouping = said["grouping"] or ""
    return NumberForm(
        **{word: value for word, value in said.items() if value is not None},
        lakh=bool(grouping) and said_of(binding, name, "grouping_size") == "lakh",
        unmarked=sign is not None and sign.unmarked == "minus",
        scientific=name in words.scientific,
        implied=implied,
        surplus_zeros=name in words.surplus_zeros and column.logical_type == "integer",
    )


def said_of(binding: Binding, name: str, word: str) -> Any:
    """By the column's own word, else by that of the source; None or nothing where neither says it."""
    own = words_of(binding.mapping, word)
    return own[name] if name in own else getattr(binding, word)


def meant_by(words: MappingWords, name: str) -> tuple[str, ...]:
    """The columns of the contract that a column of the file may be, without the contract: renamed, or of its name."""
    signs = ((to, (sign.column, *(sign.two_columns or ()))) for to, sign in words.sign.items())
    renamed = [to for to, given in words.rename.items() if given == name]
    return tuple(dict.fromkeys([*renamed, *(to for to, given in signs if name in given)])) or (name,)


def form_of_file(binding: Binding, name: str) -> NumberForm:
    """How a column of the file writes its numbers, without the contract."""
    meant = meant_by(binding.mapping, name)[0]
    said = {word: said_of(binding, meant, word) for word in WORDS if word != "grouping_size"}
    implied, sign = binding.mapping.implied_decimals.get(meant), binding.mapping.sign.get(meant)
    if implied is not None:
        said |= {"decimal": None, "grouping": None}
    return NumberForm(
        **{word: value for word, value in said.items() if value is not None},
        lakh=bool(said["grouping"]) and said_of(binding, meant, "grouping_size") == "lakh",
        unmarked=sign is not None and sign.unmarked == "minus",
        implied=implied,
    )


def contradiction(form: NumberForm) -> tuple[str, str, str] | None:
    """Word, problem and mend of a form in which one sign says two things; None if there is none."""
    if form.decimal == form.grouping:
        return "grouping", f"'{form.grouping}' cannot part thousands and be the decimal sign too", "mend one of them"
    both = {mark.casefold() for mark in form.negative} & {mark.casefold() for mark in form.positive}
    if both:
        return "positive", "a mark says negative and positive", "keep it in one of the two"
    if form.unmarked and not form.positive:
        return "sign", "every number is negative that has no mark, and no mark says positive", "write positive: [CR]"
    if _spelled(form, form.negative) & (_spelled(form, form.positive) | {text.casefold() for text in form.currency}):
        what = "a currency and a mark of a sign are spelled together as another mark is"
        return "currency", what, "leave one of them out"
    return None


def _spelled(form: NumberForm, marks: tuple[str, ...]) -> set[str]:
    """The marks that are words, alone and with a currency before or behind, in one case."""
    words = [word.casefold() for word in words_among(marks)]
    currencies = [text.casefold() for text in form.currency]
    pairs = {made for word in words for text in currencies for made in (word + text, text + word)}
    return {*words} | pairs


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
