"""The exports of banks, cards, payments and brokers: each is read exactly, or refused where it should be.

Their options are translated into the words of a source once, here; they are read through the real binding and the real
gate, and once more by a trial, which says line and column. ``expected.json`` was made by a reader of plain Python.
"""

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.errors import HansaError
from hansa.gate import publish
from hansa.registry import load
from hansa.run import Run
from hansa.source_draft.masked import typed
from hansa.source_draft.trial import tried
from hansa.sources import Binding, open_source
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
from pydantic import ValidationError

CASES = Path(__file__).resolve().parents[4] / "shared/data/exports/cases"
NAMES = sorted(path.name for path in CASES.iterdir()) if CASES.is_dir() else []
pytestmark = pytest.mark.shared

#: The corpus's code of a refusal: ours.
CODES = {
    "date-without-year": "source.year",
    "identifier-lost-digits": "source.identifier",
    "identifier-stored-as-number": "source.identifier",
    "control-count": "source.control",
    "number-not-in-format": "source.number",
    "ambiguous-local-time": "source.hour",
    "nul-bytes": "source.nul",
}
#: Of these a publication sends the row to quarantine, and publishes the others.
OF_A_ROW = {"number-not-in-format", "ambiguous-local-time"}
FORMATS = {"delimited": "csv", "camt053": "camt"}
ENCODINGS = {"latin-1": "iso-8859-1"}
KINDS = {"text": "string", "decimal": "number", "datetime": "timestamp"}
#: Field of a case: column of the plugin for statements, which says all the rest of itself.
STATEMENTS = {
    "ofx": {"at": "posted_at"},
    "camt": {"reference": "entry_reference", "booked": "booked_on"},
}


def header(rule, fixed):
    if fixed:
        return {"first_row": rule["number"]}
    return {"line": rule["number"]} if rule["rule"] == "line" else {"starts_with": rule["text"]}


def footer(rule):
    return "blank_line" if rule["rule"] == "blank-line" else {"starts_with": rule["text"]}


def skipped(rule):
    words = {"blank": "blank", "same-as-header": "header"}
    named = {"starts-with": ("starts_with", "text"), "matches": ("matches", "regex")}
    if rule["rule"] in words:
        return words[rule["rule"]]
    word, key = named[rule["rule"]]
    return {word: rule[key]}


def layout(options):
    """The words for how the rows lie in the file."""
    text, fixed = options["format"] == "delimited", options["format"] == "fixed"
    words = {"format": FORMATS.get(options["format"], options["format"])}
    if text or fixed:
        words["encoding"] = ENCODINGS.get(options["encoding"], options["encoding"])
    if options.get("bom") == "start-and-inner":
        words["byte_order_mark"] = "inside"
    if text:
        words["separator"] = {"\t": "tab"}.get(options["separator"], options["separator"])
    if text and options["quote"] is None:
        words["quote"] = "none"
    if options.get("text_after_closing_quote") == "keep":
        words["text_after_quote"] = "keep"
    if "header" in options:
        words["header"] = header(options["header"], fixed)
    if options.get("footer", {"rule": "none"})["rule"] != "none":
        words["footer"] = footer(options["footer"])
    if options.get("skip_rows"):
        words["skip"] = [skipped(rule) for rule in options["skip_rows"]]
    if options.get("fields_per_row") == "allow-empty-extra":
        words["extra_fields"] = "empty"
    for ours, theirs in (("trim", "trim"), ("strip_prefix", "strip_prefix"), ("ignore", "ignore_characters")):
        if options.get(theirs):
            words[ours] = options[theirs]
    if options.get("excel_text_formula"):
        words["formula_text"] = True
    if "sheet" in options:
        words["sheet"] = options["sheet"]
    return words | control(options.get("control") or {})


def control(given):
    if "count_regex" in given:
        return {"control": {"count": {"matches": given["count_regex"], "where": given["where"]}}}
    return {"control": {"count": {"line": given["count_line"]}}} if "count_line" in given else {}


def numbers(given):
    """The words for how numbers are written."""
    words = {}
    if given.get("decimal") not in (None, "."):
        words["decimal"] = given["decimal"]
    if given.get("thousands"):
        words["grouping"] = "space" if given["thousands"].strip() == "" else given["thousands"]
    if given.get("grouping") == "indian":
        words["grouping_size"] = "lakh"
    marks = {"trailing": "-", "parentheses": "()"}
    if negative := [marks[one] for one in given.get("negative", []) if one in marks]:
        words["negative"] = negative
    for word in ("digits", "currency"):
        if word in given:
            words[word] = given[word]
    return words


def mapped(options):
    """The words for the columns; a column by its position or its bytes goes by the field's own name."""
    columns, given = options["columns"], {}
    by_place = {c["field"]: c["source"] for c in columns if isinstance(c["source"], int)}
    by_bytes = {c["field"]: f"{c['source'][0] + 1}-{c['source'][1]}" for c in columns if isinstance(c["source"], list)}
    named = {c["field"]: c["source"] for c in columns if isinstance(c["source"], str)}
    decimals = [c["field"] for c in columns if c["type"] == "decimal"]
    mapping = {"rename": {field: source for field, source in named.items() if field != source}}
    for word in ("formats", "take_before", "implied_decimals", "null_words", "zone_column"):
        # A time of day is read by the gate in the form of the standard, which is the one that the corpus has.
        if found := {c["field"]: c[word] for c in columns if word in c and (word, c["type"]) != ("formats", "time")}:
            mapping[word] = found
    if zones := {c["field"]: c["zone"] for c in columns if "zone" in c}:
        mapping["timezone"] = zones
    if identifiers := [c["field"] for c in columns if c.get("identifier")]:
        mapping["identifiers"] = identifiers
    if options["numbers"].get("scientific"):
        mapping["scientific"] = decimals
    if options["numbers"].get("binary_noise"):
        mapping["binary_noise"] = decimals
    if sign := signed(options["sign"], {c["field"]: c["source"] for c in columns}):
        mapping["sign"] = sign
    if by_place or by_bytes:
        given["columns"] = by_place | by_bytes
    return given | {"mapping": mapping}


def signed(rule, sources):
    def file_column(field):
        return sources[field] if isinstance(sources[field], str) else field

    if "into" not in rule:
        return {}
    if rule["rule"] == "two-columns":
        words = {"plus": file_column(rule["plus"]), "minus": file_column(rule["minus"])}
        return {rule["into"]: words | {"minus_written": rule["minus_written"]}}
    words = {"column": file_column(rule["amount"]), "flag": file_column(rule["flag"])}
    return {rule["into"]: words | {word: rule[word] for word in ("plus", "minus", "none") if rule[word]}}


def words_of(options):
    """The options of a case as the words of a source."""
    words = layout(options) | numbers(options["numbers"]) | mapped(options)
    words["null_words"] = options["null_words"]
    if "two_digit_year_from" in options.get("dates", {}):
        words["two_digit_years"] = options["dates"]["two_digit_year_from"]
    if words["format"] in STATEMENTS:
        words = {"format": words["format"], "mapping": {"rename": STATEMENTS[words["format"]]}}
    return words


def contract_of(options):
    columns = tuple(
        Column(
            c["field"],
            KINDS.get(c["type"], c["type"]),
            number,
            precision=38 if c["type"] == "decimal" else None,
            scale=c.get("scale"),
            zoned="zone" in c or "store" in c,
        )
        for number, c in enumerate(options["columns"], 1)
    )
    into = options["sign"].get("into")
    if into is not None:
        columns = (*columns, Column(into, "number", 99, precision=38, scale=2))
    return Contract("bank.exports", "1.0.0", columns, Path("exports.odcs.yaml"), "0")


@pytest.fixture(scope="module")
def readers():
    return load().readers


@pytest.fixture(params=NAMES)
def case(request, readers):
    expected = json.loads((CASES / request.param / "expected.json").read_text(encoding="utf-8"))
    options = expected["options"]
    words = words_of(options)
    if words["format"] not in readers:
        pytest.skip(f"nothing that is installed reads {words['format']}")
    return CASES / request.param / expected["input"], words, contract_of(options), expected


def total(values):
    return format(sum((value for value in values if value is not None), Decimal(0)), "f")


def digest(rows):
    lines = (
        json.dumps([typed(row[name])["value"] for name in sorted(row)], ensure_ascii=False, separators=(",", ":"))
        for row in rows
    )
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def sent(path, words, contract, readers, folder):
    """What the gate makes of the file: the source, the publication, and the rows as readers get them."""
    source = open_source(Binding(uri=str(path), **words), contract, folder, readers)
    store = Warehouse(folder / "warehouse")
    made = publish(source.frame, contract, Run("0" * 32, "UTC"), store, reading=source.reading, rereadable=True)
    rows = Door(store).open(contract.id, 1).frame.collect() if made.landed else pl.DataFrame()
    return source, made, rows


def lines_of(path, encoding):
    """Physical lines, as an editor counts them."""
    return len(path.read_bytes().decode(encoding).replace("\r\n", "\n").removesuffix("\n").split("\n"))


def test_every_line_is_a_row_or_skipped_by_a_named_rule(case, readers):
    path, words, contract, expected = case
    if expected["verdict"] != "accept" or words["format"] not in ("csv", "fixed"):
        pytest.skip("it is no text with rows")
    trial = tried(path, Binding(uri=str(path), **words), readers, contract)
    within = sum(value.count("\n") for value in trial_texts(path, words, contract, readers))
    header_line = 0 if words["format"] == "fixed" else 1
    counted = trial.preamble + header_line + trial.rows + within + sum(trial.skipped.values())
    assert counted == lines_of(path, words["encoding"])


def trial_texts(path, words, contract, readers):
    """All texts of the file's rows: a quoted one may take several lines."""
    frame = open_source(Binding(uri=str(path), **words), contract, path.parent, readers).frame
    texts = frame.select(pl.selectors.string()).collect()
    return [value for name in texts.columns for value in texts[name] if value is not None]


def test_what_is_published_is_what_was_expected(case, readers, tmp_path):
    path, words, contract, expected = case
    if expected["verdict"] != "accept":
        pytest.skip("it is to be refused")
    _, made, rows = sent(path, words, contract, readers, tmp_path)
    assert (rows.height, made.total("quarantined")) == (expected["rows"], 0)
    for field, key in (("amount", "amount_sum"), ("signed_amount", "signed_amount_sum")):
        if key in expected and rows.height:
            assert total(rows[field]) == expected[key]
    assert {name: rows[name].null_count() for name in expected["null_counts"]} == expected["null_counts"]


def test_a_trial_shows_the_very_rows(case, readers):
    path, words, contract, expected = case
    if expected["verdict"] != "accept":
        pytest.skip("it is to be refused")
    trial = tried(path, Binding(uri=str(path), **words), readers, contract)
    assert (trial.refusal, trial.rows) == (None, expected["rows"])
    if trial.rows:
        assert {name: typed(value) for name, value in trial.first.items()} == expected["first_row"]
        assert {name: typed(value) for name, value in trial.last.items()} == expected["last_row"]
        assert trial.nulls == expected["null_counts"]


def test_every_row_between_is_right_as_well(case, readers, tmp_path):
    path, words, contract, expected = case
    if expected["verdict"] != "accept" or not expected["rows"]:
        pytest.skip("it has no rows")
    _, _, rows = sent(path, words, contract, readers, tmp_path)
    assert digest(rows.select(*contract.by_name).to_dicts()) == expected["rows_sha256"]


def test_a_trial_refuses_by_code_line_and_column(case, readers):
    path, words, contract, expected = case
    if expected["verdict"] != "refuse":
        pytest.skip("it is to be read")
    wanted = expected["refusal"]
    found = tried(path, Binding(uri=str(path), **words), readers, contract).refusal
    assert found is not None
    assert found.code == CODES[wanted["code"]]
    for place in ("line", "column"):
        if wanted.get(place):
            assert getattr(found, place) == wanted[place]


def test_what_is_refused_is_not_published(case, readers, tmp_path):
    path, words, contract, expected = case
    if expected["verdict"] != "refuse":
        pytest.skip("it is to be read")
    if expected["refusal"]["code"] not in OF_A_ROW:
        with pytest.raises((HansaError, ValidationError)):
            sent(path, words, contract, readers, tmp_path)
        return
    _, made, _ = sent(path, words, contract, readers, tmp_path)
    column = next(c["field"] for c in expected["options"]["columns"] if c["source"] == expected["refusal"]["column"])
    assert made.total("quarantined") > 0
    assert made.total("incoming") == made.total("published") + made.total("quarantined")
    assert {rule for receipt in made.receipts for rule in receipt.broken} == {f"{column}.type"}
