import pytest
from hansa.errors import MeshError
from hansa.sources import Binding
from hansa.sources.encodings import one_encoding
from hansa.sources.layout import LayoutWords
from hansa.sources.layout_file import with_layout
from pydantic import ValidationError

ENTRY = "sources.bank.movements"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"encoding": "gb1830"}, "no known encoding; did you mean 'gb18030'"),
        ({"encoding": "unicode_escape"}, "cannot tell apart"),
        ({"encoding": "iso-2022-jp"}, "no encoding that can be read strictly"),
        ({"separator": "a|"}, "no separator"),
        ({"quote": '""'}, "no quotation mark"),
        ({"header": {"line": 0}}, "line is less than 1; lines are counted from 1"),
        ({"header": {"line": 1, "starts_with": "x"}}, "not one of the words"),
        ({"header": {"lines": 1}}, "lines is no word here"),
        ({"header": "first"}, "it is none of the words"),
        ({"footer": {"starts_with": ""}}, "starts_with is empty"),
        ({"skip": [{"matches": "("}]}, "matches is no regular expression"),
        ({"skip": ["comment"]}, "it is none of the words"),
        ({"columns": ["a", "a"]}, "a name that stands twice"),
        ({"columns": {"a": 1, "b": 1}}, "two names for one position"),
        ({"columns": {"a": "8-1"}}, "no range of bytes"),
        ({"columns": {"a": 1, "b": "2-3"}}, "positions and ranges of bytes at once"),
        ({"columns": "a"}, "no columns"),
        ({"trim": "\n"}, "a line break"),
        ({"control": {"count": {"matches": "rows"}}}, "without its one group"),
        ({"control": {"count": {}}}, "neither a text nor a line"),
        ({"control": {"sum": {"column": "a"}}}, r"sum\.0\.matches is missing"),
    ],
)
def test_words_that_cannot_be_meant_are_refused(words, message):
    with pytest.raises(ValidationError, match=message):
        Binding(uri="x.csv", **words)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("UTF8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("latin-1", "iso8859-1"),
        ("ISO-8859-15", "iso8859-15"),
        ("Windows-1252", "cp1252"),
        ("GB18030", "gb18030"),
    ],
)
def test_an_encoding_is_known_by_its_usual_names(written, meant):
    assert one_encoding(written) == meant


def test_a_binding_that_says_nothing_of_its_layout_is_written_as_before():
    assert Binding(uri="x.csv").model_dump_json() == (
        '{"uri":"x.csv","format":null,"separator":",","encoding":"utf-8","null_words":[],"mapping":{"rename":{},'
        '"constant":{},"offset":{},"distinct":[],"value_map":{},"timezone":{},"formats":{},"binary_noise":[]}}'
    )


def test_a_layout_comes_back_from_its_json():
    words = {
        "header": "none",
        "columns": {"a": 1},
        "footer": "blank_line",
        "skip": ["blank", "header", {"matches": "x"}],
        "control": {"sum": {"column": "a", "matches": "(x)"}},
        "sheet": 2,
    }
    binding = Binding(uri="x.csv", **words)
    assert Binding.model_validate_json(binding.model_dump_json()) == binding


def test_every_word_says_what_it_means():
    assert all(field.description for field in LayoutWords.model_fields.values())


@pytest.fixture
def shared(tmp_path):
    def merged(text, **words):
        (tmp_path / "bank.yaml").write_text(text)
        return with_layout(Binding(uri="x.csv", layout="bank.yaml", **words), tmp_path, ENTRY)

    return merged


def test_the_words_of_a_file_are_those_of_the_entry(shared):
    binding = shared("separator: ';'\nmapping: {rename: {id: Nummer}}\n")
    assert binding == Binding(uri="x.csv", separator=";", mapping={"rename": {"id": "Nummer"}})


def test_the_entrys_own_words_go_before_column_by_column(shared):
    text = "separator: ';'\nheader: {line: 3}\nmapping: {rename: {id: Nummer, amount: Betrag}, timezone: {at: UTC}}\n"
    binding = shared(text, header={"starts_with": "Nummer"}, mapping={"rename": {"id": "Nr"}})
    mapping = {"rename": {"id": "Nr", "amount": "Betrag"}, "timezone": {"at": "UTC"}}
    assert binding == Binding(uri="x.csv", separator=";", header={"starts_with": "Nummer"}, mapping=mapping)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("trim: ' '\nseperator: ';'\n", "bank.yaml:2", "there is no word 'seperator'"),
        ("trim: ' '\nencoding: utf9\n", "bank.yaml:2", "encoding is no known encoding"),
        ("trim: ' '\nuri: y.csv\n", "bank.yaml:2", "uri is a word of the entry"),
    ],
)
def test_a_fault_in_the_file_has_its_line(shared, text, where, what):
    with pytest.raises(MeshError) as caught:
        shared(text)
    assert caught.value.where.endswith(where)
    assert what in caught.value.what


@pytest.mark.parametrize("name", ["../bank.yaml", "/etc/passwd", "bnak.yaml"])
def test_the_file_lies_in_the_folder_of_the_mesh_file(tmp_path, name):
    (tmp_path / "mesh").mkdir()
    (tmp_path / "bank.yaml").write_text("")
    (tmp_path / "mesh" / "bank.yaml").write_text("")
    with pytest.raises(MeshError) as caught:
        with_layout(Binding(uri="x.csv", layout=name), tmp_path / "mesh", ENTRY)
    assert (caught.value.code, caught.value.where) == ("source.layout", f"{ENTRY}.layout")


def test_a_source_is_opened_by_the_words_of_its_file(bound, tmp_path):
    (tmp_path / "bank.yaml").write_text("separator: ';'\n")
    assert bound(b"id;amount\n1;2\n", layout="bank.yaml").frame.collect().rows() == [("1", "2")]


def test_an_entry_may_take_a_word_of_the_file_back(shared):
    text = "grouping: ','\nformula_text: true\nskip: blank\nmapping: {identifiers: [id]}\n"
    made = shared(text, grouping="none", formula_text=False, skip=[], mapping={"identifiers": []})
    assert (made.grouping, made.formula_text, made.skip, made.mapping.identifiers) == ("", False, (), ())
