"""``hansa why`` of a code that is none: what was meant if it is near, else the family or the families."""

import pytest
from hansa.cli import app
from hansa.cli.why import near_codes
from hansa.codes import families, pages
from hansa.errors import MeshError
from hypothesis import given
from hypothesis import strategies as st

CODES = [page.code for page in pages("en")]


def mend(asked):
    with pytest.raises(MeshError) as caught:
        app(["why", asked], standalone_mode=False)
    assert caught.value.code == "why.unknown"
    return caught.value.next_step


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("source.mising", "source.missing"),
        ("sorce.missing", "source.missing"),
        ("Mesh.Findngs", "mesh.findings"),
        ("soruce", "source"),
        ("quarantin", "quarantine"),
    ],
)
def test_a_slip_names_what_was_meant(typed, meant):
    assert mend(typed) == f"did you mean {meant}?"


@pytest.mark.parametrize("typed", ["source.abc", "source.capacitor", "source."])
def test_a_far_word_of_a_known_family_names_the_family(typed):
    assert mend(typed) == "hansa why source lists the codes of that family"


@pytest.mark.parametrize("typed", ["flux.capacitor", "hello", ".missing", "源.缺失", "x" * 5000, "days-of-thunder"])
def test_what_is_near_nothing_names_the_families(typed):
    assert mend(typed) == f"write FAMILY or FAMILY.CODE; families are {', '.join(families())}"


def test_a_long_word_is_not_printed_whole():
    with pytest.raises(MeshError) as caught:
        app(["why", "x" * 5000], standalone_mode=False)
    assert len(caught.value.what) < 100


def test_a_code_may_be_copied_with_its_brackets(capsys):
    app(["why", "[source.missing]"], standalone_mode=False)
    assert capsys.readouterr().out.splitlines()[0] == "source.missing"


@given(st.sampled_from(CODES), st.data())
def test_a_code_with_one_letter_less_is_near_to_itself(code, data):
    place = data.draw(st.integers(0, len(code) - 1))
    slip = code[:place] + code[place + 1 :]
    long = all(len(part) > 4 for part in code.split("."))
    if slip not in CODES and "." in slip and long:
        assert code in near_codes(slip, families(), CODES)
