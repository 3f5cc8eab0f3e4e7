"""Every error code has a page in English and Chinese, and a test that raises it."""

import re
import tomllib
from functools import cache

import pytest
import yaml
from machinery.error_codes import CODE, ROOT, codes

PAGES = ROOT / "core/hansa/codes"
#: Codes that no test here can provoke by a real fault, each with the reason.
UNPROVOKED = tomllib.loads((ROOT / "tests/architecture/unprovoked.toml").read_text())


@cache
def found():
    return codes()


@cache
def told():
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(PAGES.glob("*.yaml"))}


@cache
def pages():
    return {code: page for family in told().values() for code, page in family.items()}


@cache
def named_in_tests():
    """Every code that stands as a whole text in a test, or as the last part of one that adds the room itself."""
    tops = [ROOT / name for name in ("core/tests", "contracts/tests", "domains", "plugins", "tests")]
    tests = [
        path for top in tops for path in top.rglob("*.py") if "tests" in path.parts or path.is_relative_to(tops[-1])
    ]
    own = {"error_codes.py", "test_error_codes.py"}
    text = "\n".join(path.read_text() for path in tests if path.name not in own)
    return set(re.findall(r"(?<![\w./-])[a-z]+\.[a-z][a-z0-9_-]*(?![\w/-])", text))


def test_every_code_can_be_read_from_the_source():
    assert found()[1] == [], (
        "core/tests/machinery/error_codes.py cannot read the code of these errors: see CARRIERS there"
    )


def test_every_code_has_the_form_of_one():
    assert [code for code in found()[0] if not CODE.fullmatch(code)] == []


def test_every_code_has_a_page():
    missing = {code: places[0] for code, places in found()[0].items() if code not in pages()}
    how = "write a page (en and zh, what and mend) into core/hansa/codes/FAMILY.yaml for each of these codes"
    assert missing == {}, how


def test_every_page_has_a_code():
    assert sorted(set(pages()) - set(found()[0])) == [], "no error has these codes any more: remove their pages"


@pytest.mark.parametrize("family", sorted(told()))
def test_a_family_has_its_own_codes_in_both_languages(family):
    for code, page in told()[family].items():
        assert code.split(".")[0] == family
        assert {spoken: set(part) for spoken, part in page.items()} == {"en": {"what", "mend"}, "zh": {"what", "mend"}}
        assert all(text.strip() for part in page.values() for text in part.values())


def test_pages_are_sentences_in_their_language():
    for code, page in pages().items():
        assert re.search(r"[\u4e00-\u9fff]", page["zh"]["what"]) and page["zh"]["what"].endswith("。"), code
        assert not re.search(r"[\u4e00-\u9fff]", page["en"]["what"] + page["en"]["mend"]), code
        assert page["en"]["what"].endswith("."), code


def test_no_two_codes_of_one_family_have_the_same_page():
    for family, told_pages in told().items():
        texts = [page["en"]["what"] for page in told_pages.values()]
        assert len(set(texts)) == len(texts), family


def test_every_code_has_a_test_that_raises_it():
    lacking = sorted(set(found()[0]) - named_in_tests() - set(UNPROVOKED))
    how = "raise each of these codes in a test and assert it by its full name, or say in unprovoked.toml why not"
    assert lacking == [], how


def test_what_is_excused_from_a_test_is_a_code_without_one():
    assert sorted(set(UNPROVOKED) - set(found()[0])) == []
    assert sorted(set(UNPROVOKED) & named_in_tests()) == []
    assert all(len(reason.split()) > 3 for reason in UNPROVOKED.values())
