"""Column names: whether they are names at all, and what becomes of one that no contract can have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import polars as pl

from hansa.contract_draft.identities import kinds_of
from hansa.errors import DataError

#: Numbers, dates, times, long runs of digits, whole sentences: what stands in a row, not in a header.
_VALUE = re.compile(
    r"[-+]?[0-9][0-9.,\s]*%?|[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}日?([ T].*)?|.*[0-9]{9}.*|.*@.*\..*", re.DOTALL
)
_LONGEST = 120
_NO_HEADER = "the file seems to have no header"
_MEND = "write a first line of column names, remove what stands above it, and draft again"


def refuse_values(names: Sequence[str], place: str) -> None:
    """Refuse a header whose names look like a row of data. Nothing of it is quoted.

    Errors: DataError ``draft.header``.
    """
    if not names:
        raise DataError("draft.header", "it has no columns", where=place, next_step="name a file with a table in it")
    plain = [unicodedata.normalize("NFKC", name).strip() for name in names]
    odd = sum(len(name) > _LONGEST or _VALUE.fullmatch(name) is not None for name in plain)
    kinds = kinds_of(pl.Series(plain, dtype=pl.String), pl.Series([1] * len(plain)))
    odd = max(odd, *kinds.passed.values(), 0)
    if odd:
        what = f"{odd} of its {len(names)} column names look like values: {_NO_HEADER}"
        raise DataError("draft.header", what, where=place, next_step=_MEND)
    empty = sum(not name for name in plain)
    if empty > 1 and empty * 2 >= len(names):
        what = f"{empty} of its {len(names)} columns have no name: {_NO_HEADER} in its first row"
        raise DataError("draft.header", what, where=place, next_step=_MEND)


def refuse_repeated(columns: int, place: str) -> None:
    """Refuse a file in whose ``columns`` columns, two or more, the column's own name stands as a value.

    Errors: DataError ``draft.header``.
    """
    if columns > 1:
        what = f"the names of {columns} columns stand among their own values: {_NO_HEADER}, or repeats it"
        raise DataError("draft.header", what, where=place, next_step="see to it that the header stands there once")


def refuse_doubles(names: Sequence[str], place: str) -> None:
    """Refuse names that stand twice. Errors: DataError ``draft.header`` with the positions."""
    first: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        other = first.setdefault(name, position) if name else position
        if other != position:
            what = f"columns {other} and {position} have the same name"
            raise DataError("draft.header", what, where=place, next_step="rename one of them in the file")


def mended(names: Sequence[str]) -> list[str]:
    """Names that a contract can have, in the same order: as they are where that is possible, and all different.

    A name that is none becomes lower case with underscores; two that differ by upper case only get a number.
    """
    made: list[str] = []
    taken = {name.casefold() for name in names if is_name(name)}
    used: set[str] = set()
    for position, name in enumerate(names, start=1):
        if is_name(name) and name.casefold() not in used:
            made.append(name)
        else:
            made.append(_free(_as_name(name, position), taken | used))
        used.add(made[-1].casefold())
    return made


def is_name(name: str) -> bool:
    """True if a contract can have a column of this name."""
    return name.isidentifier() and not name.startswith("__")


def _as_name(name: str, position: int) -> str:
    text = unicodedata.normalize("NFKC", name).lower()
    text = "_".join(re.findall(r"\w+", text)).strip("_")
    text = re.sub(r"__+", "_", text)[:60].strip("_")
    if text and not text.isidentifier():
        text = f"column_{text}"
    return text if text.isidentifier() else f"column_{position}"


def _free(name: str, taken: set[str]) -> str:
    number, made = 1, name
    while made.casefold() in taken:
        number += 1
        made = f"{name}_{number}"
    return made


#: Words of a column name that tell a person's name.
_PERSON = {
    "name", "surname", "forename", "firstname", "lastname", "fullname", "nickname", "payee", "payer", "cardholder",
    "holder", "beneficiary", "vorname", "nachname", "empfaenger", "nom", "prenom", "nombre", "apellido",
}  # fmt: skip
_PERSON_HAN = ("姓名", "户名", "名字", "客户名", "持卡人", "收款人", "付款人", "联系人", "申请人")
#: Things that have names too.
_THINGS = {
    "file", "product", "merchant", "branch", "bank", "company", "column", "table", "city", "country", "currency",
    "host", "brand", "item", "category", "campaign", "event", "metric", "model", "field", "class", "type", "source",
    "module", "rule", "region", "state", "street", "display", "short", "code", "index", "server", "domain", "id",
}  # fmt: skip


def names_person(name: str) -> bool:
    """True if the words of a column name say that a person's name stands in it."""
    if any(word in name for word in _PERSON_HAN):
        return True
    words = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()))
    return bool(words & _PERSON) and not words & _THINGS


def shown(name: str) -> str:
    """A name of the file for a comment: one line, whatever is in it."""
    return '"' + "".join(sign if sign.isprintable() and sign not in '"\\' else ascii(sign)[1:-1] for sign in name) + '"'
