"""The words about values, held against contract and file: what cannot be meant is refused before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from hansa.cast.years import has_two_digit_year, has_year
from hansa.cast.zones import minutes_of
from hansa.contract.formats import check_format
from hansa.contract.model import Column, Contract
from hansa.errors import MeshError
from hansa.near import or_near
from hansa.sources.binding import Binding
from hansa.sources.declared import DAYS, beside, formats_of, window_of
from hansa.sources.files import listed
from hansa.sources.numbers import NUMBERS, WORDS, contradiction, number_forms, words_of

_TIMES = frozenset({"timestamp"})
#: The words of columns and the types that each is for; None for any.
TYPES: Mapping[str, frozenset[str] | None] = {
    **dict.fromkeys(WORDS, NUMBERS),
    "digits": NUMBERS | DAYS | {"time"},
    "scientific": NUMBERS,
    "implied_decimals": frozenset({"number"}),
    "surplus_zeros": NUMBERS,
    "sign": NUMBERS,
    "null_words": None,
    "take_before": None,
    "identifiers": frozenset({"string"}),
    "two_digit_years": DAYS,
    "zone_column": _TIMES,
    "zone_names": _TIMES,
    "fold": _TIMES,
}
LISTS = frozenset({"scientific", "surplus_zeros", "identifiers"})
#: Words that say how texts are written, so that nothing else has them.
_OF_TEXTS = (*WORDS, "scientific", "implied_decimals", "surplus_zeros", "null_words", "take_before", "two_digit_years")
_OFFSETS = ("%z", "%:z", "%+")

Fault = tuple[str, str, str]


@dataclass(frozen=True)
class ValueWords:
    """The words about values of one binding, over the columns of one file.

    ``given_by`` says which columns of the file hold the values of a column of the contract; ``entry`` is the entry of
    the mesh file, empty for a file without one.
    """

    binding: Binding
    contract: Contract
    schema: Mapping[str, pl.DataType]
    given_by: Callable[[str], tuple[str, ...]]
    entry: str

    def refuse(self) -> None:
        """Errors: MeshError at the first word that does not fit."""
        for faults in (self._signs, self._others, self._texts, self._numbers, self._zones, self._folds):
            for place, what, mend in faults():
                raise self._fault("source.mapping", f"mapping.{place}", what, mend)
        self._refuse_forms()
        self._refuse_years()
        self._refuse_clocks()

    def _fault(self, code: str, place: str, what: str, mend: str) -> MeshError:
        return MeshError(code, what, where=f"{self.entry}.{place}" if self.entry else "", next_step=mend)

    def _signs(self) -> Iterator[Fault]:
        words = self.binding.mapping
        for name, sign in words.sign.items():
            ways = [word for word in ("constant", "offset") if name in getattr(words, word)]
            if name in words.rename and (sign.two_columns or sign.column):
                ways.append("rename")
            if ways:
                yield f"sign.{name}", f"column '{name}' is given by {ways[0]} and by sign", "keep one of them"
            if sign.two_columns and name in words.value_map:
                yield f"value_map.{name}", f"column '{name}' stands in two columns of the file", "remove it"
            if sign.column is not None and sign.column not in self.schema:
                yield self._unknown(f"sign.{name}.column", sign.column)
            elif not self.given_by(name):
                mend = f"name its column by sign.{name}.column; the file has {listed(self.schema)}"
                yield f"sign.{name}", f"column '{name}' does not come from the file", mend
            own = [word for word in ("negative", "positive") if name in words_of(words, word)]
            if own and sign.unmarked is None and sign.own_sign != "turned":
                what = f"the sign of '{name}' stands in another column, so that its numbers have none"
                yield f"{own[0]}.{name}", what, "remove it, or say own_sign: turned beside a flag"

    def _others(self) -> Iterator[Fault]:
        """Columns of the file that say something of the values of another one."""
        for _, name, place, column in beside(self.binding.mapping):
            where = place.format(name)
            if column not in self.schema:
                yield self._unknown(where, column)
            elif "sign" not in place and "fold" not in place and self.schema[column] not in (pl.String, pl.Null):
                yield where, f"the file's column '{column}' is no text", "name a column of texts"
            elif place.endswith(("flag", "fold.{}.column")) and not _of_words(self.schema[column]):
                yield where, f"the file's column '{column}' holds no words", "name a column of words"

    def _unknown(self, place: str, column: str) -> Fault:
        mend = or_near(column, self.schema, f"it has {listed(self.schema)}")
        return place, f"the file has no column '{column}'", mend

    def _texts(self) -> Iterator[Fault]:
        words = self.binding.mapping
        for word in (*_OF_TEXTS, "identifiers"):
            for name in getattr(words, word):
                place = word if word in LISTS else f"{word}.{name}"
                found = [self.schema[column] for column in self.given_by(name)]
                if not found and name not in words.offset:
                    yield place, f"column '{name}' does not come from the file", "remove it"
                if word in _OF_TEXTS and any(dtype not in (pl.String, pl.Null) for dtype in found):
                    what = f"column '{name}' is no text in the file, its values are read as they are"
                    if self.contract.by_name[name].logical_type in NUMBERS:
                        what = f"column '{name}' is no text in the file, its numbers are read as they are"
                    yield place, what, "remove it"

    def _numbers(self) -> Iterator[Fault]:
        words = self.binding.mapping
        for name in words.implied_decimals:
            own = [word for word in ("decimal", "grouping", "grouping_size") if name in words_of(words, word)]
            if own or name in words.scientific:
                place = f"{own[0]}.{name}" if own else "scientific"
                yield place, f"the decimals of '{name}' are implied, no sign parts its digits", "keep one of them"
        for name, size in words.grouping_size.items():
            form = number_forms(self.binding, self.contract).get(name)
            if size == "lakh" and not (form and form.grouping):
                yield f"grouping_size.{name}", "nothing parts its digits", f"write grouping: {{{name}: ','}}"

    def _zones(self) -> Iterator[Fault]:
        words = self.binding.mapping
        for name in words.zone_names:
            if name not in words.zone_column:
                what = "no column of the file says its zone"
                yield f"zone_names.{name}", what, f"write zone_column: {{{name}: COLUMN}}, or remove it"
        for name in words.zone_column:
            if name in words.timezone:
                yield f"zone_column.{name}", f"the zone of '{name}' is said by timezone too", "keep one of them"
            yield from self._of_clock("zone_column", name)

    def _folds(self) -> Iterator[Fault]:
        words = self.binding.mapping
        for name in words.fold:
            zones = [zone for zone in words.zone_names.get(name, {}).values() if minutes_of(zone) is None]
            told = words.timezone.get(name) or self.contract.by_name[name].zone
            if not zones and (name in words.zone_column or not told):
                what = f"no zone is said of '{name}' in which an hour could come twice"
                yield f"fold.{name}", what, f"write timezone: {{{name}: ZONE}}, or remove it"
            yield from self._of_clock("fold", name)

    def _of_clock(self, word: str, name: str) -> Iterator[Fault]:
        """What is said of a time that has its zone already, or will never have one."""
        column = self.contract.by_name[name]
        if not column.zoned:
            yield f"{word}.{name}", f"the contract keeps '{name}' as it is written, without a zone", "remove it"
        if any(offset in pattern for pattern in formats_of(self.binding, column) for offset in _OFFSETS):
            yield f"{word}.{name}", f"the texts of '{name}' carry their offset", "remove it"
        if not self.given_by(name) and name not in self.binding.mapping.offset:
            yield f"{word}.{name}", f"column '{name}' does not come from the file", "remove it"

    def _refuse_forms(self) -> None:
        """Refuse forms in which one sign says two things, at the column's word or at the source's."""
        parted = (self.binding.grouping, *self.binding.mapping.grouping.values())
        if self.binding.grouping_size == "lakh" and not any(parted):
            raise self._fault("source.mapping", "grouping_size", "nothing parts thousands", "write grouping: ','")
        for name, form in number_forms(self.binding, self.contract).items():
            given = self.given_by(name)
            found = contradiction(form) if given and self.schema[given[0]] == pl.String else None
            if found is not None:
                word, what, mend = found
                own = any(name in words_of(self.binding.mapping, one) for one in (*WORDS, "sign"))
                place = f"{self.entry}.mapping.{word}.{name}" if own else f"{self.entry}.{word}"
                where = place if self.entry else f"--{word}"
                raise MeshError("source.mapping", what, where=where, next_step=mend)

    def _refuse_years(self) -> None:
        """Refuse days whose texts do not tell the year, or tell two digits of it and nobody says the others."""
        for column in self.contract.columns:
            offset = self.binding.mapping.offset.get(column.name)
            given = self.given_by(column.name) or ((offset.column,) if offset is not None else ())
            read = column.logical_type in DAYS and any(self.schema.get(name) == pl.String for name in given)
            patterns = formats_of(self.binding, column) if read else ()
            for pattern in patterns:
                if not has_year(pattern):
                    raise self._year(column, pattern, "has no year, and no word says where the year comes from")
                if has_two_digit_year(pattern) and window_of(self.binding, column) is None:
                    raise self._year(column, pattern, "has two digits of a year, and no word says of which hundred")
            if column.name in self.binding.mapping.two_digit_years and window_of(self.binding, column) is None:
                place = f"mapping.two_digit_years.{column.name}"
                raise self._fault("source.mapping", place, "no format of it has a year of two digits", "remove it")

    def _refuse_clocks(self) -> None:
        """Refuse a format of a date that is none of days alone: nothing is cut off a time in silence."""
        for name, patterns in self.binding.mapping.formats.items():
            for pattern in patterns if self.contract.by_name[name].logical_type == "date" else ():
                try:
                    check_format(pattern, "date")
                except ValueError as error:
                    what = f"'{name}' is a date, and the format {pattern} {error}"
                    mend = "take_before cuts a text before its time; or take the day of a timestamp by businessDateOf"
                    raise self._fault("source.mapping", f"mapping.formats.{name}", what, mend) from None

    def _year(self, column: Column, pattern: str, what: str) -> MeshError:
        file = " and ".join(f"'{name}'" for name in self.given_by(column.name))
        told = f" (column {file} of the file)" if file and file != f"'{column.name}'" else ""
        mend = "ask for the year in the file"
        if has_year(pattern):
            mend = "write two_digit_years: 1970, the first of the hundred years, in its entry of mesh.yaml"
        place = f"mapping.formats.{column.name}"
        return self._fault("source.year", place, f"'{column.name}'{told} is read by {pattern}, which {what}", mend)


def _of_words(dtype: pl.DataType) -> bool:
    return (
        dtype.is_integer() or dtype in (pl.String, pl.Boolean, pl.Null) or isinstance(dtype, pl.Categorical | pl.Enum)
    )
