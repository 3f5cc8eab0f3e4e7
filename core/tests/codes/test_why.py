"""``hansa why``: the page of a code in the reader's language."""

import json

import pytest
from hansa.cli import app
from hansa.codes import families, language, pages


@pytest.fixture
def said(place, capsys, monkeypatch):
    """What ``hansa why WORDS`` prints, in an environment that speaks English."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")

    def call(*words):
        app(["why", *words], standalone_mode=False)
        return capsys.readouterr().out

    return call


def test_a_code_has_its_page(said):
    code, what, mend = said("source.missing").splitlines()
    assert (code, what.split()[:3], mend.split()[0]) == ("source.missing", ["There", "is", "no"], "mend:")


def test_the_page_is_chinese_where_the_reader_asks_for_it(said):
    assert "处理办法：" in said("source.missing", "--lang", "zh")


def test_a_family_lists_its_codes(said):
    listed = [line.split()[0] for line in said("source").splitlines()]
    assert "source.missing" in listed
    assert {code.split(".")[0] for code in listed} == {"source"}


def test_alone_it_lists_every_code_on_one_line(said):
    lines = said().splitlines()
    assert len(lines) == sum(1 for _ in pages("en")) > 200
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)


def test_a_page_and_a_list_are_json_too(said):
    assert set(json.loads(said("source.missing", "--json"))) == {"code", "what", "mend"}
    assert {page["code"] for page in json.loads(said("--json", "--lang", "zh"))["codes"]} > {"source.missing"}


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "de_DE"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_environment_says_which_language(variables, spoken, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == spoken


@pytest.mark.parametrize(
    "strange", ["", " ", "source.", ".missing", "../../x", "source/missing", "源.缺失", "a" * 5000]
)
def test_what_is_no_code_is_refused_or_lists_all(strange, said, refused):
    if strange.strip():
        assert refused("why", strange) == "why.unknown"
    else:
        assert len(said(strange).splitlines()) > 200


def test_a_first_sentence_is_one(said):
    for family in families():
        for spoken in ("en", "zh"):
            assert all(page.first and page.what.startswith(page.first) for page in pages(spoken, family))
