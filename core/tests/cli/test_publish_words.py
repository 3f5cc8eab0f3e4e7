"""``hansa publish`` with words of a source: marks of a sign, words for no value, and hints where a type did not fit."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
AMOUNT = '{name: amount, logicalType: number, physicalType: "DECIMAL(12,2)"}'
TEXT = "{name: note, logicalType: string}"


@pytest.fixture
def sent(hansa, contract):
    """Publish these lines under a contract of these columns."""

    def send(lines, *options, columns=(AMOUNT,), name="sums"):
        made = contract(name, KEY, *columns)
        Path(f"{name}.csv").write_text("\n".join(lines) + "\n")
        return hansa("publish", made, f"{name}.csv", *options)

    return send


def rows(hansa, product="t.sums"):
    return hansa("read", product).out.splitlines()[1:]


# --- options ----------------------------------------------------------------------------------------------------------


def test_marks_of_debit_and_credit_are_options(hansa, sent):
    done = sent(["id,amount", "A,5.00 DR", "B,6.50CR", "C,7-", "D,(8)"], *["--negative", "DR", "--positive", "CR"])
    assert done.out.splitlines()[1] == "  amount.type: 2"
    done = sent(
        ["id,amount", "A,5.00 DR", "B,6.50CR", "C,7-", "D,(8)"],
        *["--negative", "DR", "--negative", "-", "--negative", "()", "--positive", "CR"],
    )
    assert done.out.startswith("published  t.sums  4 rows, 0 quarantined")
    assert rows(hansa) == ["A,-5.00", "B,6.50", "C,-7.00", "D,-8.00"]


def test_null_words_are_an_option_that_may_be_repeated(hansa, sent):
    lines = ["id,amount,note", "A,n/a,n/a", "B,NULL,x", "C,1,NULL"]
    done = sent(lines, "--null-word", "n/a", "--null-word", "NULL", columns=(AMOUNT, TEXT))
    assert done.out.startswith("published  t.sums  3 rows, 0 quarantined")
    assert rows(hansa) == ["A,,", "B,,x", "C,1.00,"]


def test_the_same_file_with_other_null_words_is_another_question(hansa, sent):
    lines = ["id,note", "A,-", "B,x"]
    sent(lines, columns=(TEXT,))
    assert rows(hansa) == ["A,-", "B,x"]
    done = sent(lines, "--null-word", "-", columns=(TEXT,))
    assert done.out.startswith("published")
    assert rows(hansa) == ["A,", "B,x"]
    assert sent(lines, "--null-word", "-", columns=(TEXT,)).out.startswith("unchanged")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--negative", "+5"], "hansa: --negative: it is no mark of a sign; write '-', '()'"),
        (["--positive", "()"], "hansa: --positive: it is no mark of a sign; write '+'"),
        (["--negative", ""], "hansa: --negative: it is no mark of a sign"),
        (["--negative", "dr", "--positive", "DR"], "hansa: --positive: a mark says negative and positive"),
    ],
)
def test_a_mark_that_is_none_is_one_sentence(sent, options, said):
    done = sent(["id,amount", "A,1"], *options)
    assert (done.code, done.sentence.startswith(said)) == (2, True), done.err


# --- hints ------------------------------------------------------------------------------------------------------------


def hint(done, rule):
    """The one note of a rule on standard error."""
    found = [line for line in done.err.splitlines() if line.startswith(f"note: {rule}: ")]
    assert len(found) == 1, done.err
    return found[0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("'1.234,56'", "--decimal , --grouping ."),
        ("'1234,56'", "--decimal ,"),
        ("1 234.56", "--grouping space"),
        ("12.50-", "--negative -"),
        ("(12.50)", "--negative '()'"),
        ("n/a", "--null-word n/a"),
    ],
)
def test_a_number_in_another_form_is_told_the_words_that_read_it(sent, value, words):
    done = sent(["id;amount", f"A;{value.strip(chr(39))}", "B;1"], "--separator", ";")
    assert done.out.startswith("published  t.sums  1 rows, 1 quarantined")
    assert words in hint(done, "amount.type")


def test_the_words_of_a_hint_publish_the_file(hansa, sent):
    lines = ["id;amount", "A;1.234,56", "B;12,5-"]
    said = hint(sent(lines, "--separator", ";", "--dry-run"), "amount.type")
    options = said.split("`")[1].removeprefix("hansa publish CONTRACT FILE ").split()
    done = sent(lines, "--separator", ";", *options)
    assert done.out.startswith("published  t.sums  2 rows, 0 quarantined")


def test_a_comma_that_may_be_either_is_asked(sent):
    said = hint(sent(["id;amount", "A;1,234", "B;2"], "--separator", ";"), "amount.type")
    assert "--decimal ," in said
    assert "--grouping ," in said


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("31.12.2025", "%d.%m.%Y"),
        ("12/31/2025", "%m/%d/%Y"),
        ("2025年12月31日", "%Y年%m月%d日"),
        ("20251231", "%Y%m%d"),
    ],
)
def test_a_date_in_another_form_is_told_the_format_that_reads_it(hansa, contract, sent, value, pattern):
    day = "{name: day, logicalType: date}"
    said = hint(sent(["id,day", f"A,{value}", "B,2025-12-31"], columns=(day,)), "day.type")
    assert f'customProperties: [{{property: formats, value: ["{pattern}"]}}]' in said
    assert f'formats: {{day: ["{pattern}"]}}' in said
    assert value not in said


def test_a_day_and_month_that_may_be_swapped_are_asked(sent):
    said = hint(sent(["id,day", "A,01/02/2025"], "--dry-run", columns=("{name: day, logicalType: date}",)), "day.type")
    assert "%d/%m/%Y" in said
    assert "%m/%d/%Y" in said


def test_a_time_without_zone_is_told_how_its_zone_is_said(sent):
    at = "{name: at, logicalType: timestamp}"
    said = hint(sent(["id,at", "A,2025-12-31 10:00:00", "B,2025-12-31T10:00:00Z"], columns=(at,)), "at.type")
    assert "defaultTimezone" in said
    assert "timezone: {at: " in said


def test_more_decimals_than_the_type_holds_are_told_as_that(sent):
    assert "DECIMAL(12,2)" in hint(sent(["id,amount", "A,1.23456", "B,2"]), "amount.type")


@pytest.mark.parametrize("value", ["1.234,56", "n/a", "77441"])
def test_of_a_sealed_column_only_the_general_hint_is_told(sent, value):
    secret = '{name: amount, logicalType: number, physicalType: "DECIMAL(4,2)", classification: C2}'
    other = {"1.234,56": "x", "n/a": "1.234,56", "77441": "1.234,56"}[value]
    said = hint(
        sent(["id;amount", f"A;{value}", "B;1"], "--separator", ";", columns=(secret,), name="one"), "amount.type"
    )
    same = hint(
        sent(["id;amount", f"A;{other}", "B;1"], "--separator", ";", columns=(secret,), name="two"), "amount.type"
    )
    assert said == same
    assert value not in said
    assert "decimal" in said


def test_a_word_that_is_not_allowed_is_told_the_allowed_ones(sent):
    state = "{name: state, logicalType: string, enum: [{value: open}, {value: paid}]}"
    done = sent(["id,state", "A,open", "B,gone"], columns=(state,))
    assert hint(done, "state.enum") == "note: state.enum: allowed are open, paid"


def test_of_many_allowed_words_twelve_are_told(sent):
    words = ", ".join(f"{{value: w{number:02}}}" for number in range(30))
    done = sent(["id,state", "A,w01", "B,gone"], columns=(f"{{name: state, logicalType: string, enum: [{words}]}}",))
    assert hint(done, "state.enum").endswith("w10, w11 and 18 more")


def test_a_hold_by_a_list_of_words_tells_them(sent):
    state = "{name: state, logicalType: string, enum: [{value: open}, {value: paid}]}"
    done = sent(["id,state", "A,gone", "B,lost"], columns=(state,))
    assert done.code == 1
    assert "state.enum 2 (state.enum allows open, paid)" in done.err


def test_hints_stand_in_the_json_too(sent):
    done = sent(["id;amount", "A;12,5", "B;1"], "--separator", ";", "--json")
    assert "--decimal ," in done.json["hints"]["amount.type"]


# --- a layout ---------------------------------------------------------------------------------------------------------

LINES = "Export 7\nNr;Betrag\nA;1.234,50 €\nB;-2,00 €\nSumme;1.232,50 €\n"
LAYOUT = """encoding: gb18030
separator: ";"
header: {starts_with: Nr}
footer: {starts_with: Summe}
decimal: ","
grouping: "."
currency: ["€"]
mapping: {rename: {id: Nr, amount: Betrag}}
"""


@pytest.fixture
def laid_out(hansa, contract):
    """Publish a file of a preamble, a footer and other names under the words of a layout."""
    made = contract("sums", KEY, AMOUNT)
    Path("sums.csv").write_bytes(LINES.encode("gb18030"))
    Path("sums.yaml").write_text(LAYOUT, encoding="utf-8")
    return lambda *options: hansa("publish", made, "sums.csv", *options)


def test_a_file_is_published_by_the_words_of_a_layout(hansa, laid_out):
    assert laid_out("--layout", "sums.yaml").out.startswith("published  t.sums  2 rows, 0 quarantined")
    assert rows(hansa) == ["A,1234.50", "B,-2.00"]


def test_a_layout_may_be_an_entry_of_the_mesh_file(hansa, laid_out):
    entry = "".join(f"    {line}\n" for line in LAYOUT.splitlines())
    Path("mesh.yaml").write_text(
        f"name: House\ntime_zone: UTC\nstart: 2026-01-01\nsources:\n  t.sums:\n    uri: x.csv\n{entry}"
    )
    assert laid_out("--layout", "t.sums").out.startswith("published  t.sums  2 rows, 0 quarantined")


def test_the_same_file_under_another_layout_is_another_question(hansa, laid_out):
    laid_out("--layout", "sums.yaml")
    assert laid_out("--layout", "sums.yaml").out.startswith("unchanged")
    Path("sums.yaml").write_text(LAYOUT + 'null_words: ["-2,00 €"]\n', encoding="utf-8")
    assert laid_out("--layout", "sums.yaml").out.startswith("published")
    assert rows(hansa) == ["A,1234.50", "B,"]


def test_a_fault_of_a_layout_is_told_by_its_file(laid_out):
    Path("sums.yaml").write_text(LAYOUT.replace("Betrag", "Betrug"), encoding="utf-8")
    assert "sums.yaml.mapping.rename.amount" in laid_out("--layout", "sums.yaml").err


@pytest.mark.parametrize(
    "option", [("--separator", ";"), ("--decimal", ","), ("--negative", "-"), ("--null-word", "x")]
)
def test_what_a_layout_says_is_no_option_beside_it(laid_out, option):
    assert f"{option[0]} is a word of the layout" in laid_out("--layout", "sums.yaml", *option).err


def test_a_layout_of_a_database_is_no_layout_of_a_file(laid_out):
    Path("sums.yaml").write_text("table: sums\n", encoding="utf-8")
    assert "'table' is a word of a database" in laid_out("--layout", "sums.yaml").err
