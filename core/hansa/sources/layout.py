"""How the rows of a file lie in it: what comes before and after them, which lines are none, how fields are parted.

These are words of a source's entry in ``mesh.yaml``; ``rules.py`` says what they do. All are optional, and one that is
not used is not written, so that a binding from before it keeps its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WrapValidator

from hansa.sources.encodings import one_encoding
from hansa.sources.layout_words import (
    Characters,
    Columns,
    ControlWords,
    Footer,
    Header,
    Skip,
    SomeText,
    Text,
    byte_range,
    empty,
    listed,
    one_quote,
    one_separator,
    plainly,
)

#: What a binding that says nothing has.
SEPARATOR = ","
QUOTE = '"'
ENCODING = "utf-8"


class LayoutWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """The words of a layout. ``Binding`` has them all, and a file that ``layout`` names may have them too."""

    separator: Annotated[str, AfterValidator(one_separator)] = Field(
        SEPARATOR, description="what stands between the fields of a text file: one or more characters, or the word tab"
    )
    encoding: Annotated[Text, AfterValidator(one_encoding)] = Field(
        ENCODING, description="the encoding of a text file, such as gb18030, cp1252 or utf-16; read strictly"
    )
    byte_order_mark: Literal["inside"] | None = Field(
        None,
        exclude_if=empty,
        description="inside: marks may stand at the start of any line, as where files were joined; else only the first",
    )
    quote: Annotated[Text, AfterValidator(one_quote)] | None = Field(
        None, exclude_if=empty, description="what a field is quoted with, '\"' if nothing is said, or none"
    )
    text_after_quote: Literal["keep"] | None = Field(
        None, exclude_if=empty, description="keep: what stands between a closing mark and the separator is kept"
    )
    header: Header | None = Field(
        None,
        exclude_if=empty,
        description="{line: 3}, {starts_with: TEXT}, or none with columns (or {first_row: 3}); else the first line",
    )
    columns: Columns | None = Field(
        None,
        exclude_if=empty,
        description="names by position that take the place of the header's: [id, amount]; or {NAME: 5} for some of "
        "them; or, for format fixed, {NAME: 1-8} in bytes",
    )
    footer: Footer | None = Field(
        None, exclude_if=empty, description="{starts_with: TEXT} or blank_line: the line that ends the rows"
    )
    skip: Annotated[tuple[Skip, ...], BeforeValidator(listed)] = Field(
        (), exclude_if=empty, description="lines that are no rows: blank, header, {starts_with: TEXT}, {matches: REGEX}"
    )
    extra_fields: Literal["empty"] | None = Field(
        None, exclude_if=empty, description="empty: a row may be longer than the header if what is more is empty"
    )
    trim: Characters | None = Field(
        None, exclude_if=empty, description="characters to drop from both ends of names and values, such as ' \\t'"
    )
    strip_prefix: SomeText | None = Field(
        None, exclude_if=empty, description='what to drop from the start of names and values, such as "\'"'
    )
    ignore: Characters | None = Field(
        None, exclude_if=empty, description="characters to drop everywhere, such as marks of direction"
    )
    formula_text: bool = Field(False, exclude_if=empty, description='true: ="002304" is the text 002304')
    control: Annotated[ControlWords, WrapValidator(plainly)] | None = Field(
        None,
        exclude_if=empty,
        description="what the file says of itself and its rows must bear out: count, sum, balance",
    )
    sheet: Annotated[str | int, Field(union_mode="left_to_right")] | None = Field(
        None, exclude_if=empty, description="the sheet of a workbook, by its name, or its number from 1"
    )

    @property
    def quote_sign(self) -> str:
        """The quotation mark; empty if the file has none."""
        return "" if self.quote == "none" else self.quote or QUOTE

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of all columns, if they are listed."""
        return self.columns if isinstance(self.columns, tuple) else None

    @property
    def positions(self) -> dict[str, int]:
        """Name: position from 0, of the columns that are named by position."""
        given = self.columns if isinstance(self.columns, Mapping) else {}
        return {name: place - 1 for name, place in given.items() if isinstance(place, int)}

    @property
    def byte_ranges(self) -> dict[str, tuple[int, int]]:
        """Name: first byte from 0 and the byte after the last one, of the columns of a fixed width."""
        given = self.columns if isinstance(self.columns, Mapping) else {}
        return {name: byte_range(place) for name, place in given.items() if isinstance(place, str)}

    def is_plain(self) -> bool:
        """True if nothing is said of the layout but a separator of one ASCII character: Polars reads that itself."""
        said = {
            name for name in LayoutWords.model_fields if getattr(self, name) != LayoutWords.model_fields[name].default
        }
        return said <= {"separator"} and len(self.separator) == 1 and self.separator.isascii()
