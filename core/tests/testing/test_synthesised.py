"""What is synthesised: texts of patterns by the engine's own word, identifiers by their standards' check digits."""

from itertools import islice
from random import Random

import polars as pl
import pytest
from hansa.secrets import invalid
from hansa.testing.patterns import UnknownPatternError, parse
from hansa.testing.people import MAKERS
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

PATTERNS = [
    "^[A-Z]{3}$", "^1[3-9][0-9]{9}$", r"^\d{4}-\d{2}$", "^(?:a|bc)+x?$", r"^\p{Han}{2,4}$", r"^[\w.-]+@[a-z]+\.com$",
    "[A-Z]{2}-", "^[^@ ]+$", "^[[:upper:]]{2}[0-9a-f]*$", r"^\x41\x{42}$", "^(?P<year>[0-9]{4})$", "^[-+]?[0-9]+$",
    "a|^b$",
    r"^\.\*\\$", "^[a\\-z]{3}$", "^x{0,3}$", r"\A[0-9]\z",
]  # fmt: skip


@given(st.sampled_from(PATTERNS), st.integers())
def test_a_text_of_a_pattern_matches_it_in_the_gates_own_engine(pattern, seed):
    made = list(islice(parse(pattern).texts(Random(seed)), 20))
    assert pl.Series(made).str.contains(pattern).all()


@given(st.sampled_from(PATTERNS), st.integers())
def test_no_text_of_a_pattern_is_shorter_or_longer_than_it_says(pattern, seed):
    parsed = parse(pattern)
    low, high = parsed.width
    lengths = [len(text) for text in islice(parsed.texts(Random(seed)), 20)]
    assert low <= min(lengths)
    assert high is None or max(lengths) <= high


@pytest.mark.parametrize("pattern", ["(?i)a", "^[a-z&&[^b]]$", r"\p{Greek}", "(a", "a)", r"^\q$"])
def test_a_construct_that_is_not_known_is_said_to_be_so(pattern):
    with pytest.raises(UnknownPatternError):
        list(islice(parse(pattern).texts(Random(1)), 1))


@pytest.mark.parametrize("kind", MAKERS)
def test_identifiers_are_of_their_kind_and_differ(kind):
    made = [MAKERS[kind](number) for number in range(2000)]
    assert len(set(made)) == len(made)
    assert not invalid(pl.Series(made), kind).any()


@given(st.integers(0, 5000))
def test_check_digits_are_those_of_the_standards(number):
    assert luhn.is_valid(MAKERS["card_number"](number))
    identity = MAKERS["identity_number"](number)
    assert ric.calc_check_digit(identity) == identity[-1]
