"""The words of a mapping, held against the contract and the file, and what they make of the file's columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import polars as pl

from hansa.cast import Reading
from hansa.contract.model import Column, Contract
from hansa.errors import MeshError
from hansa.near import or_near
from hansa.sources.binding import Binding
from hansa.sources.declared import DAYS, HELPER, beside, declared_reading, only_of_texts
from hansa.sources.files import listed
from hansa.sources.value_checks import LISTS, TYPES, ValueWords

#: Words that list columns instead of saying something of each.
_LISTS = frozenset({"distinct", "binary_noise"}) | LISTS
_TIMES = frozenset({"timestamp"})


def joined_texts(parts: Sequence[pl.Expr]) -> pl.Expr:
    """Texts with a blank between them. Empty ones are left out, so that half of a time is refused and not lost."""
    filled = [pl.when(part.str.strip_chars() != "").then(part) for part in parts]
    some = pl.any_horizontal([part.is_not_null() for part in filled])
    return pl.when(some).then(pl.concat_str(filled, separator=" ", ignore_nulls=True))


#: Digits of a decimal that the engine can hold.
_DIGITS = 38


class Mapped:
    """One binding over one file. ``taken`` says for each column of the contract which column of the file it is.

    Errors: MeshError on construction, naming the entry, if the mapping does not fit contract and file.
    """

    def __init__(self, binding: Binding, contract: Contract, schema: Mapping[str, pl.DataType], entry: str) -> None:
        self.binding = binding
        self._words = binding.mapping
        self._contract = contract
        self._schema = schema
        self._entry = entry
        self._refuse_unknown()
        self._refuse_twice()
        self._refuse_joins()
        self._refuse_untaken()
        self._refuse_offsets()
        ValueWords(binding, contract, schema, self.given_by, entry).refuse()

    @cached_property
    def taken(self) -> dict[str, str]:
        """Column of the contract: column of the file; by ``rename``, else of the same name."""
        made = {}
        for column in self._contract.columns:
            sign = self._words.sign.get(column.name)
            given = any(column.name in names for names in (self._words.constant, self._words.offset, self._words.join))
            given = given or (sign is not None and sign.two_columns is not None)
            name = (sign.column if sign is not None else None) or self._words.rename.get(column.name, column.name)
            if name in self._schema and not given:
                made[column.name] = name
        return made

    def given_by(self, name: str) -> tuple[str, ...]:
        """The columns of the file that hold the values of a column of the contract: none, one, or several of them."""
        if name in self._words.join:
            return tuple(column for column in self._words.join[name] if column in self._schema)
        sign = self._words.sign.get(name)
        if sign is not None and (two := sign.two_columns) is not None:
            return tuple(column for column in two if column in self._schema)
        return (self.taken[name],) if name in self.taken else ()

    @cached_property
    def _helpers(self) -> dict[str, str]:
        """Helper column: the file's column, for offsets from a column that the contract does not have."""
        origins = {offset.column for offset in self._words.offset.values()}
        return {HELPER + name: name for name in sorted(origins) if name not in self._contract.by_name}

    def over(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with the contract's names. Rows are dropped by ``distinct`` only."""
        columns = [self._expression(name) for name in self._contract.by_name if self._in_frame(name)]
        helpers = [self._cleaned(name, self.binding.null_words).alias(made) for made, name in self._helpers.items()]
        others = [self._beside(name, place, column).alias(made) for made, name, place, column in beside(self._words)]
        made = frame.select(columns + helpers + others)
        if self._words.distinct:
            return made.unique(subset=list(self._words.distinct), keep="first", maintain_order=True)
        return made

    def reading(self) -> Reading:
        """How the gate reads the values of the frame."""
        texts = {name for name in self._contract.by_name if self._text(name)}
        return only_of_texts(declared_reading(self.binding, self._contract), frozenset(texts))

    def _text(self, name: str) -> bool:
        given = self.given_by(name)
        return bool(given) and all(self._schema[column] == pl.String for column in given)

    def missing(self) -> tuple[str, ...]:
        """Required columns that nothing gives."""
        return tuple(c.name for c in self._contract.columns if c.required and not self._given(c.name))

    def absent(self) -> tuple[str, ...]:
        """Columns that nothing gives and that need not be there."""
        return tuple(c.name for c in self._contract.columns if not c.required and not self._given(c.name))

    def surplus(self) -> tuple[str, ...]:
        """Columns of the file that nothing takes."""
        joined = {column for columns in self._words.join.values() for column in columns}
        used = joined | {*self.taken.values(), *self._helpers.values(), *(column for *_, column in beside(self._words))}
        return tuple(name for name in self._schema if name not in used)

    def unknown_fields(self) -> tuple[str, ...]:
        """Paths within the file's objects and arrays that the contract does not know; what is JSON tells none."""
        taken = ((self._contract.by_name[name], self._schema[given], given) for name, given in self.taken.items())
        return tuple(path for column, dtype, given in taken for path in _unknown_fields(column, dtype, given))

    def _in_frame(self, name: str) -> bool:
        return name in self.taken or name in self._words.constant or name in self._words.join

    def _given(self, name: str) -> bool:
        origin = self._contract.by_name[name].business_date_of
        found = self._in_frame(name) or name in self._words.offset or bool(self.given_by(name))
        return found or (origin is not None and self._given(origin))

    def _expression(self, name: str) -> pl.Expr:
        if name in self._words.constant:
            return pl.lit(self._words.constant[name]).alias(name)
        if name in self._words.join:
            return self._joined(name).alias(name)
        value = self._cleaned(self.taken[name], self._null_words(name))
        if name in self._words.value_map:
            value = value.cast(pl.String).replace(self._words.value_map[name])
        return value.alias(name)

    def _joined(self, name: str) -> pl.Expr:
        """Columns of the file as one value."""
        parts = [self._cleaned(column, self._null_words(name)) for column in self._words.join[name]]
        return parts[0].dt.combine(parts[1]) if self._typed(name) else joined_texts(parts)

    def _typed(self, name: str) -> bool:
        """True if a day and a time of day are joined that the file has as such."""
        return [self._schema[column] for column in self._words.join[name]] == [pl.Date, pl.Time]

    def _cleaned(self, name: str, words: Collection[str]) -> pl.Expr:
        """A column of the file, the words that mean no value made null; only text has words."""
        value = pl.col(name)
        if words and self._schema[name] == pl.String:
            return pl.when(~value.is_in(list(words))).then(value)
        return value

    def _null_words(self, name: str) -> Collection[str]:
        return self._words.null_words.get(name, self.binding.null_words)

    def _beside(self, name: str, place: str, column: str) -> pl.Expr:
        """What the file says of a column elsewhere; a word that is listed is that word, whatever means no value."""
        if place.endswith(("plus", "minus")):
            return self._cleaned(column, self._null_words(name))
        listed_words: set[str | None] = set()
        if place.endswith("flag"):
            sign = self._words.sign[name]
            listed_words = {*(sign.plus or ()), *(sign.minus or ()), *sign.none}
        elif place.startswith("fold"):
            listed_words = {*self._words.fold[name].first, *self._words.fold[name].second}
        return self._cleaned(column, set(self.binding.null_words) - listed_words)

    def _refuse_unknown(self) -> None:
        """Refuse columns that the contract or the file does not have, and words that do not fit the column's type."""
        words = self._words
        self._refuse_strangers("rename", words.rename)
        self._refuse_strangers("constant", words.constant)
        self._refuse_strangers("join", words.join, DAYS | {"string"})
        self._refuse_strangers("offset", words.offset, _TIMES)
        self._refuse_strangers("distinct", words.distinct)
        self._refuse_strangers("value_map", words.value_map)
        self._refuse_strangers("timezone", words.timezone, _TIMES)
        self._refuse_strangers("formats", words.formats, DAYS)
        self._refuse_strangers("binary_noise", words.binary_noise, frozenset({"number"}))
        for word, types in TYPES.items():
            self._refuse_strangers(word, getattr(words, word), types)
        for name, column in words.rename.items():
            if column not in self._schema:
                mend = or_near(column, self._schema, f"it has {listed(self._schema)}")
                raise self._refused(f"rename.{name}", f"the file has no column '{column}'", mend)

    def _refuse_strangers(self, word: str, names: Iterable[str], types: frozenset[str] | None = None) -> None:
        known = self._contract.by_name
        for name in names:
            place = word if word in _LISTS else f"{word}.{name}"
            if name not in known:
                own = [one for one in known if not one.startswith("__")]
                mend = or_near(name, own, f"it has {', '.join(own)}")
                raise self._refused(place, f"the contract {self._contract.id} has no column '{name}'", mend)
            if types is not None and known[name].logical_type not in types:
                wanted = " or ".join(sorted(types))
                what = f"column '{name}' is of type {known[name].logical_type}, {word} is for a {wanted}"
                raise self._refused(place, what, "remove it")

    def _refuse_twice(self) -> None:
        words = self._words
        ways: dict[str, Mapping[str, object]] = {
            "rename": words.rename,
            "constant": words.constant,
            "offset": words.offset,
            "join": words.join,
        }
        for name in self._contract.by_name:
            found = [word for word, names in ways.items() if name in names]
            if len(found) > 1:
                told = " and by ".join(found)
                raise self._refused(f"{found[1]}.{name}", f"column '{name}' is given by {told}", "keep one of them")

    def _refuse_untaken(self) -> None:
        """Refuse words about values of the file for a column that is not taken from the file."""
        for word, names in (("value_map", list(self._words.value_map)), ("distinct", list(self._words.distinct))):
            for name in names:
                place = word if word == "distinct" else f"{word}.{name}"
                if name not in self.taken and not (word == "distinct" and name in self._words.join):
                    mend = f"name its column under rename; the file has {listed(self._schema)}"
                    what = f"column '{name}' does not come from the file"
                    if name in self._words.join:
                        what, mend = f"column '{name}' is joined of several, {word} maps single words", "remove it"
                    raise self._refused(place, what, mend)
                dtype = self._schema[self.given_by(name)[0]]
                if word == "value_map" and (dtype.is_nested() or dtype == pl.Binary):
                    raise self._refused(place, f"column '{name}' holds no single words in the file", "remove it")

    def _refuse_offsets(self) -> None:
        for name, words in self._words.offset.items():
            place, origin = f"offset.{name}.column", self._contract.by_name.get(words.column)
            if origin is None and words.column not in self._schema:
                mend = or_near(
                    words.column, [*self._contract.by_name, *self._schema], f"the file has {listed(self._schema)}"
                )
                raise self._refused(place, f"neither contract nor file has a column '{words.column}'", mend)
            if origin is not None and origin.logical_type != "timestamp":
                raise self._refused(place, f"column '{words.column}' is no timestamp", "name a timestamp")
            if origin is not None and not self.given_by(words.column):
                what = f"column '{words.column}' does not come from the file, nothing can be offset from it"
                raise self._refused(place, what, "name a time of the file")

    def _refuse_joins(self) -> None:
        """Refuse to join what the file does not have, or what is neither text nor a day and a time of day."""
        for name, columns in self._words.join.items():
            for column in columns:
                if column not in self._schema:
                    mend = or_near(column, self._schema, f"it has {listed(self._schema)}")
                    raise self._refused(f"join.{name}", f"the file has no column '{column}'", mend)
            if name in self._words.identifiers:
                what = f"column '{name}' is joined, and what a program damaged in its parts could not be seen"
                raise self._refused("identifiers", what, "keep the identifier in a column of its own")
            typed = self._contract.by_name[name].logical_type == "timestamp" and self._typed(name)
            other = next((one for one in columns if self._schema[one] not in (pl.String, pl.Null)), None)
            if other is not None and not typed:
                what = f"the file's column '{other}' is no text"
                mend = "join texts, or a column of days and a column of times of day to a timestamp"
                raise self._refused(f"join.{name}", what, mend)

    def _refused(self, place: str, what: str, mend: str) -> MeshError:
        return MeshError("source.mapping", what, where=f"{self._entry}.mapping.{place}", next_step=mend)


def _unknown_fields(column: Column, dtype: pl.DataType, path: str) -> Iterator[str]:
    if column.items is not None and isinstance(dtype, pl.List | pl.Array):
        yield from _unknown_fields(column.items, dtype.inner, f"{path}[]")  # type: ignore[arg-type]
    elif column.fields and isinstance(dtype, pl.Struct):
        known = {field.name: field for field in column.fields}
        for field in dtype.fields:
            inner = f"{path}.{field.name}"
            if field.name in known:
                yield from _unknown_fields(known[field.name], field.dtype, inner)  # type: ignore[arg-type]
            else:
                yield inner


def untold_type(dtype: pl.DataType) -> str:
    """What is in a type, at any depth, that no cast can read; empty if there is nothing."""
    if isinstance(dtype, pl.Decimal):
        return f"decimals of {dtype.precision} digits" if (dtype.precision or 0) > _DIGITS else ""
    if dtype.base_type().__name__ == "Map":
        return "maps"
    if isinstance(dtype, pl.List | pl.Array):
        return untold_type(dtype.inner)  # type: ignore[arg-type]
    fields = dtype.fields if isinstance(dtype, pl.Struct) else ()
    return next((kind for field in fields if (kind := untold_type(field.dtype))), "")  # type: ignore[arg-type]
