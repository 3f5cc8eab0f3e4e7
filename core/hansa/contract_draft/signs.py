"""The decimal sign of a file: what one column shows of it is held against the others, and what is open is asked.

A form of numbers is declared for the whole source, so that a point which is decimal by itself may part thousands in a
file whose other columns have decimal commas.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hansa.cast import NumberForm, spellings
from hansa.contract_draft.evidence import Evidence
from hansa.contract_draft.opened import Opened
from hansa.contract_draft.proposal import Proposal
from hansa.contract_draft.written import scalar
from hansa.sources.numbers import grouping_word, mesh_words, publish_options

_PLAIN = spellings.FORMS[0]
_COMMA, _COMMA_PARTS = replace(_PLAIN, decimal=","), replace(_PLAIN, grouping=",")
_POINT_PARTS = replace(_COMMA, grouping=".")
_NAMES = {",": "comma", ".": "point"}
_TYPE = "Then write logicalType: number and a type such as physicalType: DECIMAL(18,2)"
_ASK = "which is a thousand times as much: ask whoever makes the file"


@dataclass(frozen=True)
class _Numbers:
    """A column of numbers in texts with the forms, the simplest first, in which all of its values can be read."""

    made: Proposal
    seen: Evidence
    forms: tuple[NumberForm, ...]

    @property
    def comma_open(self) -> bool:
        """True if its commas may be decimal and may part thousands."""
        return _COMMA in self.forms and _COMMA_PARTS in self.forms and _PLAIN not in self.forms

    @property
    def point_open(self) -> bool:
        """True if its points, which are decimal by themselves, may part thousands."""
        return _PLAIN in self.forms and _POINT_PARTS in self.forms and _COMMA not in self.forms

    @property
    def decimals(self) -> frozenset[str]:
        """The decimal sign, if its values show one; both where either is possible."""
        found = frozenset(form.decimal for form in self.forms)
        return found if len(found) == 1 or self.comma_open or self.point_open else frozenset()


def ask_of_signs(pairs: Sequence[tuple[Proposal, Evidence]], opened: Opened) -> None:
    """Complete the questions of the columns whose numbers need a form that the source declares."""
    columns = [_Numbers(made, seen, _forms(seen)) for made, seen in pairs if _asked(made, seen)]
    signs = _Signs(columns, opened)
    for one in columns:
        if one.made.marked:
            one.made.decide.append(signs.of_marked(one))
        elif opened.kind in ("csv", "parquet"):
            _of_plain(one, signs)


def _asked(made: Proposal, seen: Evidence) -> bool:
    """Numbers in texts of which not all are whole: these are the same in every form."""
    return made.recognised is None and (made.marked or 0 < seen.whole + seen.forms.total() != seen.whole)


def _forms(seen: Evidence) -> tuple[NumberForm, ...]:
    return tuple(form for form in spellings.FORMS if seen.forms[form] + seen.whole == seen.filled)


def _of_plain(one: _Numbers, signs: _Signs) -> None:
    """A column that needs no word by itself: a question, or the word that it needs beside the other columns."""
    made = one.made
    if not signs.has_comma or _PLAIN not in one.forms:
        return
    if not one.point_open:
        words = _by_column(made.name, _PLAIN, own=True)
        made.decide.append(f"Other columns have a decimal comma: where the source declares it, it says {words} as well")
    elif made.logical_type == "number":
        made.comments[:1] = [f"all values can be read as {made.type_in_words}"]
        made.decide[:1] = [signs.of_point(one)]
        made.logical_type, made.physical_type = "string", None
    else:
        made.decide.append(signs.of_point(one))


class _Signs:
    """What the columns of one file show together."""

    def __init__(self, columns: Sequence[_Numbers], opened: Opened) -> None:
        self._settled = [one for one in columns if one.forms and len(one.decimals) < 2]
        self._shown = {sign for one in self._settled for sign in one.decimals}
        self._opened = opened
        #: True if a column has a decimal comma, or a comma that may be one.
        self.has_comma = "," in self._shown or any(one.comma_open for one in columns)

    def of_marked(self, one: _Numbers) -> str:
        """How the source can say in which form the column's numbers are written; which one, if it shows."""
        if not one.forms:
            return (
                "The gate reads 1234.56, or one form that is declared for the source (decimal, grouping, negative and "
                "positive in mesh.yaml); not all values are in one that was tried"
            )
        if one.comma_open:
            return self._of_comma(one)
        form = self._form([one]) or _simplest(one.forms)
        declared = self._words(one, form)
        command = self._command(form, [one, *self._settled])
        told = f". Then {command}" if command else ""
        return f"All of them are read as numbers once the source says so in mesh.yaml: {declared}. {_TYPE}{told}"

    def of_point(self, one: _Numbers) -> str:
        """The question of a point that is decimal by itself, in a file with a comma that may be."""
        others = "have a decimal comma" if "," in self._shown else "have a comma that may be decimal"
        parted, decimal = self._way(one, _POINT_PARTS), _by_column(one.made.name, _PLAIN, own=True)
        return (
            f"Its point may be decimal or part thousands, {_ASK}; other columns of the file {others}. If it parts "
            f"thousands: {parted}. If it is decimal: {decimal} beside the decimal comma of the source. {_TYPE}"
        )

    def _of_comma(self, one: _Numbers) -> str:
        shown = (
            f"; other columns of the file have a decimal {_NAMES[min(self._shown)]}" if len(self._shown) == 1 else ""
        )
        decimal, parted = self._way(one, _COMMA), self._way(one, _COMMA_PARTS)
        return (
            f'Its comma may be decimal (decimal: ",") or part thousands (grouping: ","), {_ASK}{shown}. If it is '
            f"decimal: {decimal}. If it parts thousands: {parted}. {_TYPE}"
        )

    def _form(self, columns: Iterable[_Numbers]) -> NumberForm | None:
        """The simplest form in which these columns and all settled ones are read."""
        among = [*columns, *self._settled]
        common = [form for form in spellings.FORMS if all(form in one.forms for one in among)]
        return _simplest(common) if common else None

    def _way(self, one: _Numbers, form: NumberForm) -> str:
        """The words and the command of one meaning of a column."""
        whole = self._agreed(form)
        if whole is None:
            return _by_column(one.made.name, form, own=True)
        command = self._command(whole, [one, *self._settled])
        return f"{mesh_words(_needed(whole, [one]))} in mesh.yaml{f', or {command}' if command else ''}"

    def _agreed(self, form: NumberForm) -> NumberForm | None:
        """The form, or a stricter one that reads the same and the settled columns too; None where they need another."""
        wider = [form, *(one for one in spellings.FORMS if one.decimal == form.decimal and not form.grouping)]
        return next((one for one in wider if all(one in column.forms for column in self._settled)), None)

    def _words(self, one: _Numbers, form: NumberForm) -> str:
        if self._form([one]) is None:
            return _by_column(one.made.name, _needed(form, [one]))
        return mesh_words(_needed(form, [one]))

    def _command(self, form: NumberForm, columns: Sequence[_Numbers]) -> str:
        """The command that publishes the whole file in one form; empty where there is none."""
        fits = all(form in one.forms for one in columns)
        if not fits or self._opened.kind not in ("csv", "parquet"):
            return ""
        sign = "tab" if self._opened.separator == "\t" else self._opened.separator
        options = [f"--separator {shlex.quote(sign)}"] if sign != "," else []
        options.append(publish_options(_needed(form, columns)))
        # In quotes of its own, since the sentence goes on with a sign that might be an option's.
        return f"`{' '.join(['hansa publish CONTRACT FILE', *filter(None, options)])}`"


def _simplest(forms: Sequence[NumberForm]) -> NumberForm:
    """The first form, one with a point before those with a comma: it needs fewer words where no sign shows."""
    return next((form for form in forms if form.decimal == "."), forms[0])


def _needed(form: NumberForm, columns: Iterable[_Numbers]) -> NumberForm:
    """The form with those marks alone that stand in the columns."""
    among = list(columns)
    behind, around = any(one.seen.minus_behind for one in among), any(one.seen.parentheses for one in among)
    return replace(form, negative=("-",) * behind + ("()",) * around)


def _by_column(name: str, form: NumberForm, *, own: bool = False) -> str:
    """The words of a mapping for one column; with ``own`` also those that take back what the source says."""
    key = scalar(name)
    words = [f'decimal: {{{key}: "{form.decimal}"}}'] if own or form.decimal != "." else []
    words += [f"grouping: {{{key}: {grouping_word(form.grouping)}}}"] if own or form.grouping else []
    if form.negative and not own:
        listed = ", ".join(f'"{mark}"' for mark in form.negative)
        words.append(f"negative: {{{key}: [{listed}]}}")
    return f"mapping: {{{', '.join(words)}}}"
