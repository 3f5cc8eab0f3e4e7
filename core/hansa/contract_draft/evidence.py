"""What is seen of each column while the whole file passes by: counts, lengths and formats, never a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from hansa.cast import NumberForm, spellings
from hansa.contract_draft.distinct import Distinct
from hansa.contract_draft.identities import Kinds, kinds_of
from hansa.contract_draft.named import named_kind
from hansa.contract_draft.nested import texts_within

#: Up to here a double tells neighbouring whole numbers apart.
_EXACT = 2**53
#: An identifier of a person has so many digits at least, whatever stands between them.
_NUMBER, _SIX_DIGITS = r"([0-9][^0-9]*){6}", 100_000


@dataclass
class Evidence:
    """One column: ``name`` is the file's, ``column`` the frame's. Counts are of rows.

    ``filled`` are values that are neither null, empty nor a null word. ``whole`` and ``decimal`` count the numbers of
    that form (a whole number is a decimal too), ``double`` those beside them that the gate casts to a double; ``days``
    and ``times`` the values that it casts by each pattern. ``before`` and ``after`` are the most digits on either side
    of a decimal point; ``forms`` counts the values that are no whole numbers and are read in a form that a source may
    declare, ``minus_behind`` and ``parentheses`` those that say so that they are negative. ``named`` is the kind of
    personal data that the name says, and ``numbers`` then counts the values of six digits and more.
    """

    name: str
    column: str
    dtype: pl.DataType
    distinct: Distinct
    rows: int = 0
    nulls: int = 0
    empty: int = 0
    null_words: int = 0
    shortest: int | None = None
    longest: int = 0
    padded: int = 0
    whole: int = 0
    decimal: int = 0
    double: int = 0
    boolean: int = 0
    before: int = 0
    after: int = 0
    leading_zeros: int = 0
    digits_only: int = 0
    long_digits: int = 0
    spreadsheet: int = 0
    marked: int = 0
    minus_behind: int = 0
    parentheses: int = 0
    not_finite: int = 0
    beyond_exact: int = 0
    fractions: int = 0
    beyond_cents: int = 0
    midnight: int = 0
    clocks: int = 0
    own_name: int = 0
    days: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    forms: Counter[NumberForm] = field(default_factory=Counter)
    kinds: Kinds = field(default_factory=Kinds)
    numbers: int = 0

    @cached_property
    def named(self) -> str | None:
        """The kind of personal data that the column's name says."""
        return named_kind(self.name)

    @property
    def filled(self) -> int:
        """Values that say something."""
        return self.rows - self.nulls - self.empty - self.null_words

    @property
    def non_empty(self) -> int:
        """Values that are neither null nor the empty text; null words count."""
        return self.rows - self.nulls - self.empty

    def see(self, batch: pl.Series) -> None:
        """Take the next rows of the column into account."""
        self.rows += batch.len()
        self.nulls += batch.null_count()
        present = batch.drop_nulls()
        if not present.len():
            return
        if self.dtype.is_nested():
            self._see_nested(present)
            return
        counts = present.to_frame("value").group_by("value").agg(pl.len().alias("weight"))
        self.distinct.see(counts)
        if self.dtype == pl.String or isinstance(self.dtype, pl.Categorical | pl.Enum):
            self._see_texts(counts.with_columns(pl.col("value").cast(pl.String)))
        elif self.dtype.is_float():
            self._see_floats(counts)
        elif self.dtype.is_integer() or (isinstance(self.dtype, pl.Decimal) and self.dtype.scale == 0):
            self._see_whole(counts.with_columns(pl.col("value").cast(pl.String)))
        elif isinstance(self.dtype, pl.Datetime):
            midnight = counts["value"].dt.truncate("1d") == counts["value"]
            self.midnight += _sum(counts, midnight)

    def _see_nested(self, present: pl.Series) -> None:
        """Of nested values only what could name a person; whether they differ is not counted."""
        self.distinct.state = False
        for part in texts_within(present):
            counts = part.to_frame("value").group_by("value").agg(pl.len().alias("weight"))
            self.kinds.add(kinds_of(counts["value"], counts["weight"]))

    def _see_texts(self, counts: pl.DataFrame) -> None:
        value = counts["value"]
        self.own_name += _sum(counts, value == self.name)
        void = value == ""
        self.empty += _sum(counts, void)
        words = value.str.strip_chars().str.to_lowercase().is_in(list(spellings.NULL_WORDS)) & (
            value.str.len_bytes() < 20
        )
        self.null_words += _sum(counts, words)
        texts = counts.filter(~(void | words))
        if not texts.height:
            return
        value = texts["value"]
        self._see_lengths(value)
        self.padded += _sum(texts, value.str.contains(r"^\s|\s$"))
        self._see_identifiers(value, texts["weight"])
        self.boolean += _sum(texts, value.str.to_lowercase().is_in(["true", "false"]))
        self._see_numbers(texts.filter(value.str.contains(spellings.NUMBER_LIKE)))
        self._see_forms(texts.filter(value.str.contains(spellings.MARKED_NUMBER)))
        self.clocks += _casting(texts.filter(value.str.contains(spellings.CLOCK_LIKE)), "time")
        self._see_times(texts.filter(value.str.contains(spellings.TIME_LIKE) & (value.str.len_bytes() < 60)))

    def _see_lengths(self, value: pl.Series) -> None:
        lengths = value.str.len_chars()
        low, high = int(lengths.min() or 0), int(lengths.max() or 0)  # type: ignore[arg-type]
        self.shortest = low if self.shortest is None else min(low, self.shortest)
        self.longest = max(high, self.longest)

    def _see_numbers(self, numbers: pl.DataFrame) -> None:
        if not numbers.height:
            return
        value = numbers["value"]
        whole = value.str.contains(spellings.WHOLE)
        self.whole += _sum(numbers, whole)
        self.digits_only += _sum(numbers, whole & ~value.str.contains(r"^[+-]"))
        self.long_digits += _sum(numbers, whole & value.str.contains(r"^[+-]?[0-9]{15}|^\+[0-9]{7}"))
        self.leading_zeros += _sum(numbers, value.str.contains(r"^[+-]?0[0-9]"))
        self.spreadsheet += _sum(numbers, value.str.contains(r"[eE]\+?(1[1-9]|[2-9][0-9])$"))
        is_plain = value.str.contains(spellings.PLAIN)
        self.double += _casting(numbers.filter(~is_plain), "number")
        plain = numbers.filter(is_plain)
        self.decimal += int(plain["weight"].sum())
        sides = plain.select(
            before=pl.col("value").str.replace(r"\..*$", "").str.strip_chars_start("+-0").str.len_chars().max(),
            after=pl.col("value").str.extract(r"\.([0-9]*)$").str.len_chars().max(),
        ).row(0)
        self.before, self.after = max(self.before, sides[0] or 0), max(self.after, sides[1] or 0)

    def _see_forms(self, numbers: pl.DataFrame) -> None:
        self.marked += int(numbers["weight"].sum())
        texts = numbers.filter(~numbers["value"].str.contains(spellings.WHOLE))
        if not texts.height:
            return
        value = texts["value"]
        self.minus_behind += _sum(texts, value.str.contains(spellings.BEHIND))
        self.parentheses += _sum(texts, value.str.contains(spellings.AROUND))
        for form in spellings.FORMS:
            self.forms[form] += _sum(texts, spellings.in_form(value, form))

    def _see_times(self, texts: pl.DataFrame) -> None:
        if not texts.height:
            return
        for patterns, kind, counter in (
            (spellings.DAYS, "date", self.days),
            (spellings.TIMES, "timestamp", self.times),
        ):
            for pattern in patterns:
                mask = texts["value"].str.contains(spellings.shape_of(pattern))
                if mask.any() and (count := _casting(texts.filter(mask), kind, pattern)):
                    counter[pattern] += count

    def _see_floats(self, counts: pl.DataFrame) -> None:
        finite = counts["value"].is_finite()
        self.not_finite += _sum(counts, ~finite)
        numbers = counts.filter(finite)
        value = numbers["value"]
        whole = value == value.round(0)
        self.fractions += _sum(numbers, ~whole)
        self.beyond_cents += _sum(numbers, value.round(2) != value)
        exact = value.abs() <= _EXACT
        self.beyond_exact += _sum(numbers, ~exact)
        # An identifier that a library without whole numbers beside nulls has made a double of.
        texts = numbers.filter(whole & exact).with_columns(pl.col("value").cast(pl.Int64).cast(pl.String))
        self.kinds.add(kinds_of(texts["value"], texts["weight"]))
        if self.named is not None:
            self.numbers += _sum(numbers, whole & (value.abs() >= _SIX_DIGITS))

    def _see_identifiers(self, value: pl.Series, weights: pl.Series) -> None:
        self.kinds.add(kinds_of(value, weights))
        if self.named is not None:
            self.numbers += int(weights.filter(value.str.contains(_NUMBER)).sum())

    def _see_whole(self, counts: pl.DataFrame) -> None:
        value = counts["value"]
        self._see_lengths(value)
        self._see_identifiers(value, counts["weight"])
        self.boolean += _sum(counts, value.is_in(["0", "1"]))


def _sum(counts: pl.DataFrame, mask: pl.Series) -> int:
    return int(counts["weight"].filter(mask).sum())


def _casting(counts: pl.DataFrame, kind: str, pattern: str = "") -> int:
    """How many of the texts the gate casts to ``kind``."""
    if not counts.height:
        return 0
    failed = counts.lazy().select(spellings.fails(kind, pattern)).collect().to_series()
    return _sum(counts, ~failed)
