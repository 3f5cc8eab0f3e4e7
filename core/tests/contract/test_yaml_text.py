import hashlib
import json
import math
import time

import pytest
from hansa.contract.yaml_text import MAX_BYTES, load, read_yaml
from hansa.errors import ContractError, MeshError
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def read(tmp_path):
    def read_text(content, **more):
        path = tmp_path / "file.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return read_yaml(path, **more)

    return read_text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-01-31", "2026-01-31"),
        ("1_0", "1_0"),
        ("12:30:45", "12:30:45"),
        ("0b11", "0b11"),
        ("True", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("012", 12),
        ("-7", -7),
        ("0o17", 15),
        ("0xFF", 255),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("'true'", "true"),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_scalar_means_what_the_core_schema_of_yaml_1_2_says(read, written, meant):
    value = read(f"a: {written}\n").data["a"]
    assert (value, type(value)) == (meant, type(meant))


def test_not_a_number_is_a_float(read):
    assert math.isnan(read("a: .nan\n").data["a"])


@pytest.mark.parametrize("written", ["012", "NO", "1_0", "1.50", "~", "2026-01-31", "0755", "+1", "TRUE"])
def test_the_text_is_what_stands_in_the_file(read, written):
    assert read(f"a: [x, {written}]\n").text(("a", 1)) == written


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=30))
def test_any_quoted_text_survives(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("yaml") / "file.yaml"
    path.write_text("a: " + json.dumps(text, ensure_ascii=False), encoding="utf-8")
    document = read_yaml(path)
    assert document.text(("a",)) == document.data["a"] == text


def test_lines_count_from_one_and_a_value_stands_where_its_key_does(read):
    document = read("# note\na:\n  - b: 1\n    c:\n      1\n  - {d: 2,\n     e: 3}\n")
    places = [("a",), ("a", 0), ("a", 0, "c"), ("a", 1, "d"), ("a", 1, "e")]
    assert [document.line(keys) for keys in places] == [2, 3, 4, 6, 7]


def test_the_line_of_what_is_absent_is_that_of_what_holds_it(read):
    document = read("a: 1\nb:\n  c: 2\n")
    assert (document.line(("b", "x", 0)), document.line(("x",))) == (2, 1)


def test_byte_order_mark_and_carriage_returns_change_nothing(read):
    document = read("\ufeffa: 你好\r\nb: 2\r\n")
    assert (document.data, document.line(("b",))) == ({"a": "你好", "b": 2}, 2)


def test_the_digest_is_that_of_the_bytes(read):
    content = b"\xef\xbb\xbfa: 1\r\n"
    assert read(content).digest == hashlib.sha256(content).hexdigest()


def test_an_alias_is_its_anchors_value_and_no_shared_object(read):
    document = read("a: &x [NO]\nb: *x\n")
    document.data["a"].append(1)
    assert document.data["b"] == ["NO"]
    assert document.text(("b", 0)) == "NO"


FAULTS = {
    "tab": ("a:\n\tb: 1\n", 2, "a tab stands in the indentation; indent with blanks instead"),
    "tab_after_text": ("a: x\n\tb: 1\n", 2, "a tab stands in the indentation"),
    "double_key": ("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice here, first in line 1"),
    "double_quoted_key": ("1: x\n'1': y\n", 2, "'1' stands twice"),
    "colon": ("a: b: c\n", 1, "mapping values are not allowed in this context; indent the key properly, or quote"),
    "unclosed_list": ("a: [1\nb: 2\n", 2, "(while parsing a flow sequence that begins in line 1)"),
    "unclosed_quote": ("a: 'x\nb: 1\n", 2, "(while scanning a quoted scalar that begins in line 1)"),
    "at_sign": ("a: @x\n", 1, "quote a text that begins with one of @"),
    "wrong_encoding": (b"a: 1\nb: \xe9t\xe9\n", 2, "the file is not UTF-8; save it as UTF-8"),
    "utf_16": ("a: 1".encode("utf-16"), 1, "the file is UTF-16"),
    "control_character": ("a: 你好\nb: \x07\n", 2, "the control character U+0007"),
    "empty": ("", 1, "the file is empty"),
    "comments_only": ("# x\n", 1, "the file is empty"),
    "list": ("- a\n", 1, "the file is no mapping"),
    "text": ("just text\n", 1, "the file is no mapping"),
    "two_documents": ("a: 1\n---\nb: 2\n", 2, "a second document begins here"),
    "merge_key": ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "the merge key '<<'"),
    "key_that_is_a_mapping": ("a:\n  {{ x }}: 1\n", 2, "a key is no plain text"),
    "tag": ("a: !!python/object/apply:os.system [x]\n", 1, "the tag !!python/object/apply:os.system is not read"),
    "unknown_alias": ("a: 1\nb: *x\n", 2, "'*x' names no value"),
    "alias_of_itself": ("a: &x [*x]\n", 1, "'*x' names no value"),
    "deep": ("a: " + "[" * 100 + "]" * 100, 1, "nested more than 60 levels deep"),
    "deep_block": ("\n".join(" " * n + "a:" for n in range(80)), 61, "nested more than 60 levels deep"),
    "ten_thousand_levels": ("a: " + "- " * 10_000 + "x\n", 1, "this is no YAML"),
    "ten_thousand_lists": ("- " * 10_000 + "x\n", 1, "nested more than 60 levels deep"),
    "nul": ("a: 1\nb: x\x00y\n", 2, "the control character U+0000"),
    "utf_16_without_mark": ("a: 1\n".encode("utf-16-le"), 1, "the control character U+0000"),
    "utf_32": ("a: 1\n".encode("utf-32"), 1, "UTF-16"),
    "half_a_character": ('a: 1\nb: "\\ud800"\n', 2, "this is no YAML"),
    "object_tag": ("a: 1\nb: !!python/object:os.system {}\n", 2, "the tag !!python/object:os.system is not read"),
    "binary_tag": ("a: !!binary aGk=\n", 1, "the tag !!binary is not read"),
    "own_tag": ("%TAG !e! tag:e.org,2026:\n---\na: !e!x 1\n", 3, "the tag tag:e.org,2026:x is not read"),
    "merge_list": ("a: &x {b: 1}\nc: {<<: [*x]}\n", 2, "the merge key '<<'"),
    "double_through_alias": ("&k a: 1\nb: {c: 1, c: *k}\n", 2, "'c' stands twice"),
    "list_as_key": ("? [a, b]\n: 1\n", 1, "a key is no plain text"),
    "alias_as_key": ("a: &x b\n*x : 1\n", 2, "a key is no plain text"),
    "second_empty_document": ("a: 1\n---\n", 2, "a second document begins here"),
    "second_after_end": ("a: 1\n...\n---\nb: 2\n", 3, "a second document begins here"),
    "very_deep": ("[" * 900_000, 1, "nested"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_refused_with_its_line(read, fault):
    content, line, told = FAULTS[fault]
    with pytest.raises(ContractError) as caught:
        read(content)
    sentence = caught.value.sentence()
    assert caught.value.where.endswith(f"file.yaml:{line}")
    assert told in sentence if fault != "very_deep" else "nest" in sentence or "key" in sentence
    assert "\n" not in sentence


def test_what_an_author_wrote_cannot_break_the_line_of_a_message(read):
    with pytest.raises(ContractError) as caught:
        read('"a\\n\\eb": 1\n"a\\n\\eb": 2\n')
    assert caught.value.sentence().isprintable()


def test_aliases_that_multiply_are_refused_quickly(read):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    started = time.monotonic()
    with pytest.raises(ContractError, match="with its aliases the file holds more than"):
        read("\n".join(lines))
    assert time.monotonic() - started < 20


def test_aliases_that_nest_are_refused(read):
    lines = ["a0: &a0 1"] + [f"a{n}: &a{n} [[[[[*a{n - 1}]]]]]" for n in range(1, 1500)]
    with pytest.raises(ContractError, match="nested more than"):
        read("\n".join(lines))


@pytest.mark.parametrize("size", [MAX_BYTES, 10_000_000])
def test_a_large_file_is_refused(read, size):
    with pytest.raises(ContractError, match="larger than 1000000 bytes"):
        read("a: " + "x" * size)


def test_a_scalar_may_be_as_large_as_the_file(read):
    assert len(read("a: " + "x" * 900_000).data["a"]) == 900_000


@pytest.mark.parametrize("key", ["1", "true", "~", "2026-01-31", "1.50", "'null'"])
def test_a_key_is_the_text_that_its_author_wrote(read, key):
    assert list(read(f"{key}: x\n").data) == [key.strip("'")]


def test_a_merge_key_in_quotes_is_a_key_like_another(read):
    assert read("'<<': x\n").data == {"<<": "x"}


@pytest.mark.parametrize("number", ["9" * 300, "-" + "9" * 300, "0x" + "F" * 240, "0o" + "7" * 300])
def test_the_largest_whole_number_still_makes_a_floating_one(read, number):
    assert math.isfinite(float(read(f"a: {number}\n").data["a"]))


@pytest.mark.parametrize("number", ["9" * 301, "0x" + "F" * 241, "9" * 100_000])
def test_a_whole_number_beyond_that_stays_text(read, number):
    assert read(f"a: {number}\n").data["a"] == number


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(ContractError, match="does not exist") as missing:
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(ContractError, match="it is a folder") as folder:
        read_yaml(tmp_path)
    assert (missing.value.code, folder.value.code) == ("contract.missing", "contract.folder")


@pytest.mark.parametrize("name", ["/dev/zero", "x" * 400])
def test_what_is_no_readable_file_is_refused(tmp_path, name):
    with pytest.raises(ContractError):
        read_yaml(tmp_path / name)


def test_an_institutions_file_is_refused_as_its_own_choice(tmp_path):
    path = tmp_path / "mesh.yaml"
    path.write_text("a: [\n")
    with pytest.raises(MeshError) as caught:
        load(path)
    assert (caught.value.code, caught.value.exit_code) == ("mesh.syntax", 2)


def test_an_institutions_file_is_data_and_lines(tmp_path):
    path = tmp_path / "mesh.yaml"
    path.write_text("modules:\n  risk.fraud: on\n")
    data, lines = load(path)
    assert data == {"modules": {"risk.fraud": "on"}}
    assert lines["modules", "risk.fraud"] == 2


def test_a_page_of_text_where_a_word_belongs_is_cut_in_the_sentence(contracts):
    told = contracts.refusal(version="x" * 30_000)
    assert len(told) < 700
    assert told.endswith("is not of the form MAJOR.MINOR.PATCH; write version: 1.0.0")
