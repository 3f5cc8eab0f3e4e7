"""Is a column personal data? By what its values are, however dirty, and by its name where they do not tell.

Random digits pass a check digit in one of ten or eleven cases, and a code in one of 31. Where half of the values of
the right shape pass, and three at least, chance is ruled out; what stands beside them is dirt, and no reason to publish
the rest in clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from hansa.contract.model import LogicalType
from hansa.contract_draft.evidence import Evidence
from hansa.contract_draft.figures import counted, percent
from hansa.contract_draft.identities import (
    CARD,
    CHECKED,
    CREDIT_CODE,
    EMAIL,
    IDENTITY,
    IDENTITY_INSIDE,
    INSIDE,
    MOBILE,
    TOKEN_OF,
    Kinds,
)
from hansa.contract_draft.named import PASSPORT

#: From this share of the filled values on a column is one of the kind, however few values there are.
_NEARLY_ALL = 0.9
#: The least share of the values in the shape of a kind that are of it, and the least number of them.
_NO_CHANCE, _AT_LEAST = 0.5, 3
#: The least share of the filled values that have the shape, so that a column is made of tokens.
_A_PART = 0.1
#: From here on the values that the kind's own token would refuse are so few that they may go to quarantine.
_FITTING = 0.8
#: Beyond this share of the values in the shape personal data stands in the column, even if it is none as a whole.
_BEYOND_CHANCE = {IDENTITY: 0.25, CREDIT_CODE: 0.15, CARD: 0.25, MOBILE: 0.25, EMAIL: 0.0}
#: Numbers of identity documents are of class C3, whatever else identifies a person or an account of class C2.
_CLASS_3 = frozenset({IDENTITY, IDENTITY_INSIDE, PASSPORT})
_ANY_TOKEN = "identifier"  # noqa: S105 - a kind of token, no password


@dataclass
class Personal:
    """What a column of personal data is proposed as. ``token`` is None where it cannot be, or need not be, a token.

    ``kind`` is None where only some values are personal. ``seen`` are facts, ``decide`` what the owner is asked.
    """

    classification: str | None
    kind: str | None = None
    token: str | None = None
    seen: list[str] = field(default_factory=list)
    decide: list[str] = field(default_factory=list)


def personal(seen: Evidence, logical_type: LogicalType) -> Personal | None:
    """What is personal in a column that is no nested one; None if nothing is."""
    kind = _kind_by_values(seen)
    made = None
    if kind is not None:
        made = Personal(class_of(kind), kind, _token(kind, seen), seen=_by_values(kind, seen))
        if kind == CREDIT_CODE:
            made.decide.append("The code of a company is public: if nobody else stands here, remove class and token")
    elif _said_by_name(seen, logical_type):
        made = _by_name(seen.named or "", seen)
    if made is None:
        return _partly(seen)
    if any_c3(within(seen.kinds)):
        made.classification = "C3"
    if made.token == _ANY_TOKEN and TOKEN_OF.get(made.kind or "", _ANY_TOKEN) != _ANY_TOKEN:
        made.decide.append(
            f"The token '{_ANY_TOKEN}' takes any text. Once every value is a {made.kind}, write tokenise: "
            f"{TOKEN_OF[made.kind or '']}, so that these tokens equal those of other products"
        )
    if seen.dtype.is_float():
        made.token = None
        made.seen.append("kept as floating numbers")
        made.decide.append("Have the column exported as text: only text can be tokenised")
    return made


def class_of(kind: str) -> str:
    """The class of a column of this kind."""
    return "C3" if kind in _CLASS_3 else "C2"


def any_c3(kinds: Iterable[str]) -> bool:
    """True if one of the kinds is of class C3."""
    return any(class_of(kind) == "C3" for kind in kinds)


def within(kinds: Kinds) -> dict[str, int]:
    """Kinds that some of the values are of, beyond what chance brings, and how many."""
    found = {}
    for kind in TOKEN_OF:
        passed, shaped = kinds.passed[kind], kinds.shaped[kind]
        enough = passed >= _AT_LEAST or passed == shaped
        if passed and enough and passed >= _BEYOND_CHANCE[kind] * shaped:
            found[kind] = passed
    return found


def _kind_by_values(seen: Evidence) -> str | None:
    kinds, filled = seen.kinds, seen.filled
    fitting = [kind for kind in TOKEN_OF if _is_of(kind, kinds, filled)]
    return max(fitting, key=lambda kind: kinds.passed[kind], default=None)


def _is_of(kind: str, kinds: Kinds, filled: int) -> bool:
    passed, shaped = kinds.passed[kind], kinds.shaped[kind]
    if not passed:
        return False
    many = passed >= _AT_LEAST and passed >= _NO_CHANCE * shaped and shaped >= _A_PART * filled
    return many or passed >= _NEARLY_ALL * filled


def _token(kind: str, seen: Evidence) -> str:
    token = TOKEN_OF.get(kind, _ANY_TOKEN)
    fits = token == _ANY_TOKEN or not seen.filled or seen.kinds.taken[kind] >= _FITTING * seen.filled
    return token if fits else _ANY_TOKEN


def _by_values(kind: str, seen: Evidence) -> list[str]:
    passed, shaped, filled = seen.kinds.passed[kind], seen.kinds.shaped[kind], seen.filled
    said = [f"{percent(passed, filled)} of {counted(filled, 'value')} are of the kind {kind}"]
    if shaped > passed:
        wrong = "whose check digit does not hold" if kind in CHECKED else f"that look like a {kind} and are none"
        said.append(f"beside them {counted(shaped - passed, 'value')} {wrong}")
    if filled > shaped:
        said.append(f"{counted(filled - shaped, 'value')} of another shape")
    return said


def _said_by_name(seen: Evidence, logical_type: LogicalType) -> bool:
    """A name alone is believed where there are no values, or half of them have the digits of an identifier."""
    if seen.named is None or logical_type not in ("string", "integer", "number"):
        return False
    if logical_type == "number" and not (seen.dtype.is_float() and not seen.fractions):
        return False
    if not seen.filled:
        return seen.dtype in (pl.String, pl.Null)
    return seen.numbers * 2 >= seen.filled


def _by_name(kind: str, seen: Evidence) -> Personal:
    made = Personal(class_of(kind), kind, _token(kind, seen))
    passed, shaped = seen.kinds.passed[kind], seen.kinds.shaped[kind]
    doubt = ""
    if seen.filled and kind in CHECKED:
        doubt = ", though no value has the shape and check digit of one"
        if shaped:
            held = f"{percent(passed, shaped)} of {counted(shaped, 'value')}"
            doubt = f", though the check digit holds for {held} in that shape"
        made.decide.append("Ask where the values come from: what is no real number is no person's either")
    made.seen.append(f"{kind}, so its name says{doubt}")
    return made


def _partly(seen: Evidence) -> Personal | None:
    """Some values are personal, in a column that as a whole is not."""
    found = within(seen.kinds)
    inside = seen.kinds.passed[INSIDE]
    if not found and not inside:
        return _in_shape_only(seen)
    kinds = [*found, *([IDENTITY_INSIDE] if seen.kinds.passed[IDENTITY_INSIDE] else [])]
    made = Personal("C3" if any_c3(kinds) else "C2")
    made.seen += [
        f"{counted(count, 'value')} ({percent(count, seen.filled)}) of the kind {kind}" for kind, count in found.items()
    ]
    if inside:
        made.seen.append(f"{counted(inside, 'text')} with an identity number, mobile or address inside")
    made.decide.append(
        "These values name persons and would be published as they are: take them out at the source, or make the whole "
        f"column a token with the customProperty tokenise: {_ANY_TOKEN}"
    )
    return made


def _in_shape_only(seen: Evidence) -> Personal | None:
    """Eighteen digits with a day of birth within: serial numbers are written so too, and only their owner knows."""
    passed, shaped = seen.kinds.passed[IDENTITY], seen.kinds.shaped[IDENTITY]
    if not shaped or shaped < _NO_CHANCE * seen.filled:
        return None
    what = f"{counted(shaped, 'value')} in the shape of a {IDENTITY}, with its check digit in {percent(passed, shaped)}"
    asked = "That may be chance. If they are such numbers, write classification: C3 and the customProperty tokenise"
    return Personal(None, seen=[what], decide=[f"{asked}: {TOKEN_OF[IDENTITY]}"])
