"""The words that a rule of a contract allows, for a sentence. They are the contract's own, never the data's."""

from __future__ import annotations

from collections.abc import Sequence

from hansa.contract.model import Contract

#: So many allowed words are told in one sentence, and so many characters of each.
_MOST_WORDS, _LONGEST_WORD = 12, 60


def allowed_words(contract: Contract, rule: str) -> tuple[str, ...]:
    """The words that a rule of the contract allows, as their author wrote them; empty for a rule without a list."""
    own = next((one for one in contract.rules if one.name == rule), None)
    if own is not None:
        return own.valid_values
    path, _, word = rule.rpartition(".")
    if word != "enum":
        return ()
    found = (one for column in contract.columns for at, one in column.walk() if at == path)
    return next((one.enum for one in found), ())


def told_words(words: Sequence[str]) -> str:
    """Words of a contract for a sentence: the first ones, and how many more there are."""
    more = len(words) - _MOST_WORDS
    return ", ".join(map(_told_word, words[:_MOST_WORDS])) + (f" and {more} more" if more > 0 else "")


def _told_word(word: str) -> str:
    """As it is written, in quotes where it could not be told from the sentence, and not beyond a line."""
    plain = word.isprintable() and word == word.strip() and word and not set(word) & set(",;'\"")
    short = word if len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_WORD]}..."
    return short if plain else repr(short)
