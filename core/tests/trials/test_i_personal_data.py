"""Trials of part i: a rejected value leaks nowhere, and one person has one token."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from definitions.conftest import institution
from hansa.contract import read_contract
from hansa.products import Product
from machinery.clear_data import find_clear
from trials.conftest import one_line

__all__ = ["institution"]

MOBILE = (
    "{name: mobile, logicalType: string, classification: C2, logicalTypeOptions: {pattern: '^1[3-9][0-9]{9}$'},"
    " unique: true}"
)
BALANCE = "{name: balance, logicalType: number, classification: C2}"
I1 = (
    "id,mobile,balance",
    "A,1990000QQ17,1",
    "B,19900000025,12Q7x",
    "C,19900000033,1",
    "D,19900000033,2",
    "E,１９９００００００４１,3",
)
#: The trial's list and the value of B that is lawful by itself, all of them rejected; the last as E's plain spelling.
SECRETS = ["1990000QQ17", "12Q7x", "19900000033", "１９９", "19900000025", "19900000041"]
GOOD = "F,19900000058,7"


def hits(values=SECRETS, without=(), texts=None, root=Path()):
    """Where values stand in the clear, without the values: under the command's folder, and in what it printed."""
    found = find_clear(values, [root], texts, without=[root / name for name in without])
    return sorted({(hit.value_index, hit.path, hit.where, hit.form) for hit in found})


def printed(*done):
    return {f"{stream} {n}": getattr(one, stream) for n, one in enumerate(done) for stream in ("out", "err")}


def every_command(hansa, file, name="i1"):
    """All that a command line says of the rejected rows, in every form."""
    at = ("--warehouse", "wh")
    product = f"t.{name}"
    return [
        hansa("publish", f"{name}.odcs.yaml", file, *at, "--json"),
        hansa("publish", f"{name}.odcs.yaml", file, *at),
        hansa("publish", f"{name}.odcs.yaml", file, *at, "--dry-run"),
        hansa("quarantine", "list", *at),
        hansa("quarantine", "list", *at, "--json"),
        hansa("quarantine", "show", product, *at),
        hansa("quarantine", "show", product, *at, "--json"),
        hansa("quarantine", "replay", product, "--contract", f"{name}.odcs.yaml", *at, "--json"),
        hansa("quarantine", "reject", product, "--reason", "wrong", *at),
        hansa("history", product, *at, "--json"),
        hansa("verify", product, *at),
        hansa("contract", "lint", f"{name}.odcs.yaml"),
    ]


def test_i1_no_rejected_value_stands_anywhere_in_the_clear(mk, key, csv_file, hansa):
    mk("i1", key, MOBILE, BALANCE)
    done = every_command(hansa, csv_file("i1.csv", *I1))
    assert not [one.err for one in done if one.code == 70]
    assert hits(without=["i1.csv"], texts=printed(*done)) == []
    assert hits(), "the same search finds them in the source"


def test_i1_messages_say_column_rule_count_and_row(mk, key, csv_file, hansa, rejected):
    mk("i1", key, MOBILE, BALANCE)
    told = hansa("publish", "i1.odcs.yaml", csv_file("i1.csv", *I1), "--warehouse", "wh", "--json")
    assert (told.code, told.json["incoming"], told.json["quarantined"]) == (1, 5, 5)
    assert told.json["receipts"][0]["broken"] == {"mobile.pattern": 2, "balance.type": 1, "mobile.unique": 2}
    shown = hansa("quarantine", "show", "t.i1", "--warehouse", "wh", "--json").json["shown"]
    assert all(entry["row_digest"] and entry["columns"] and entry["row"]["mobile"] == "***" for entry in shown)
    by_id = {entry["row"]["id"]: entry["rules"] for entry in shown}
    assert by_id == {
        "A": ["mobile.pattern"], "B": ["balance.type"], "C": ["mobile.unique"], "D": ["mobile.unique"],
        "E": ["mobile.pattern"],
    }  # fmt: skip


def test_i1_beside_a_good_row_it_is_published_and_the_others_stay_sealed(mk, key, csv_file, pub, ids, hansa):
    mk("i1", key, MOBILE, BALANCE)
    told = pub("i1", csv_file("i1.csv", *I1, GOOD))
    assert (told["published"], told["quarantined"]) == (1, 5)
    assert ids("i1") == ["F"]
    assert hits(without=["i1.csv"], texts=printed(*every_command(hansa, "i1.csv"))) == []


#: Column -> its promise and a value that it refuses.
OTHERS = {
    "born": ("logicalType: date", "31-of-Feb-1971"),
    "seen": ("logicalType: timestamp", "yesterday-at-noon"),
    "clock": ("logicalType: time", "25h-and-a-bit"),
    "yes": ("logicalType: boolean", "perhaps-so"),
    "units": ("logicalType: integer, logicalTypeOptions: {maximum: 1000}", "987650123"),
    "amount": ("logicalType: number, physicalType: 'DECIMAL(9,2)'", "771122.3344"),
    "sort": ("logicalType: string, enum: [{value: a}, {value: b}]", "enum-escapee-5566"),
    "long": ("logicalType: string, logicalTypeOptions: {maxLength: 5}", "much-too-long-8899"),
    "mail": ("logicalType: string, logicalTypeOptions: {format: email}", "nobody-at-example.org"),
    "card": ("logicalType: string, customProperties: [{property: tokenise, value: card_number}]", "6222-QQ77-1234"),
}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_i1_kind_whatever_the_type_and_the_rule_that_refuse_it(mk, key, hansa, kind):
    properties = [f"{{name: {name}, classification: C3, {words}}}" for name, (words, _) in OTHERS.items()]
    mk("i1", key, *properties)
    rows = [{"id": f"bad-{name}", name: value} for name, (_, value) in OTHERS.items()]
    frame = pl.DataFrame([{"id": "good"}, *rows], schema=dict.fromkeys(["id", *OTHERS], pl.String))
    getattr(frame, f"write_{kind}")(f"i1.{kind}")
    done = every_command(hansa, f"i1.{kind}")
    # A card that is no number of a card may be published as a token; in the clear it stands nowhere.
    assert done[0].json["quarantined"] >= len(OTHERS) - 1
    assert not [one.err for one in done if one.code == 70]
    values = [value for _, value in OTHERS.values()]
    assert hits(values, without=[f"i1.{kind}"], texts=printed(*done)) == []


def test_i1_kind_a_sealed_key_a_sealed_day_and_a_nested_value(mk, hansa):
    """The value that names the row, the one that names its partition, and one deep within an object."""
    mk(
        "i1",
        "{name: id, logicalType: string, required: true, primaryKey: true, classification: C3}",
        "{name: day, logicalType: date, required: true, partitioned: true, classification: C2}",
        "{name: home, logicalType: object, classification: C3, properties:"
        " [{name: street, logicalType: string, logicalTypeOptions: {maxLength: 9}}]}",
    )
    streets = [{"street": "Lane 1"}, {"street": "Lane 2"}, {"street": "Secret Lane 4711"}, {"street": "Lane 4"}]
    ids, days = ["ID-55667788", "ID-55667788", "ID-99001122", "ID-33445566"], ["2026-03-01"] * 3 + ["44-of-May"]
    pl.DataFrame({"id": ids, "day": days, "home": streets}).write_parquet("i1.parquet")
    done = every_command(hansa, "i1.parquet")
    assert done[0].json["quarantined"] == 4
    assert not [one.err for one in done if one.code == 70]
    values = ["ID-55667788", "ID-99001122", "ID-33445566", "44-of-May", "Secret Lane 4711"]
    assert hits(values, without=["i1.parquet"], texts=printed(*done)) == []


def test_i1_kind_a_file_that_cannot_be_read_as_rows_quotes_none_of_them(mk, key, csv_file, hansa):
    mk("i1", key, MOBILE, BALANCE)
    torn = csv_file("torn.csv", "id,mobile,balance", 'A,"1990000QQ17,1', "B,19900000025,12Q7x,,,", "C")
    headless = csv_file("headless.csv", *I1[1:])
    done = [hansa("publish", "i1.odcs.yaml", file, "--warehouse", "wh") for file in (torn, headless)]
    assert [one.code for one in done] == [1, 1]
    assert "Traceback" not in done[0].err + done[1].err
    assert hits(without=["torn.csv", "headless.csv"], texts=printed(*done)) == []


# Through Dagster, and from foreign code

MONDAY = dt.date(2026, 3, 2)


@pytest.fixture
def mesh_of_i1(institution, mk, key, csv_file):
    """The trial's contract in a mesh whose product a test chooses: call it with a function of no arguments."""
    mk("i1", key, MOBILE, BALANCE)
    csv_file("i1.csv", *I1)

    def with_product(function):
        institution.extra = (Product("t.i1", function=function),)
        institution.contracts = (read_contract(Path("i1.odcs.yaml")),)
        return institution.run(("t.i1", None))["t.i1"]

    return with_product


def rows_of_i1():
    return pl.read_csv("i1.csv", infer_schema=False)


def test_i1_through_dagster_the_rows_leave_no_value_in_its_books(mesh_of_i1, capfd):
    outcome = mesh_of_i1(rows_of_i1)
    out, err = capfd.readouterr()
    assert outcome.state == "held"
    assert list(Path().rglob("*.db")), "Dagster wrote its books"
    assert hits(without=["i1.csv"], texts={"out": out, "err": err}) == []


def _raising(function):
    def spoiled():
        rows = rows_of_i1()
        return function(rows)

    return spoiled


def _eager(rows):
    raise ValueError(f"bad row {rows.row(0)}")


def _of_one_batch(batch):
    raise ValueError(f"bad row {batch.rows()}")


def _chained(rows):
    try:
        raise KeyError(rows["mobile"][0])
    except KeyError as error:
        raise RuntimeError(f"cannot place {rows['balance'][1]}") from error


def _noted(rows):
    error = ValueError("a bad row")
    error.add_note(f"it is {rows.row(2)}")
    raise error


def _asserted(rows):
    assert not rows.height, rows.rows()


FOREIGN = {
    "raised at once": _eager,
    "raised while the frame is computed": lambda rows: rows.lazy().map_batches(_of_one_batch),
    "chained": _chained,
    "noted": _noted,
    "a strict cast of Polars": lambda rows: rows.lazy().with_columns(pl.col("mobile").cast(pl.Int64)),
    "a strict replacement of Polars": lambda rows: rows.with_columns(pl.col("mobile").replace_strict({"1": "2"})),
    "an assertion": _asserted,
}


@pytest.mark.parametrize("fault", FOREIGN)
def test_i1_a_product_that_raises_with_a_row_in_its_text_leaves_type_and_place(mesh_of_i1, capfd, fault):
    outcome = mesh_of_i1(_raising(FOREIGN[fault]))
    out, err = capfd.readouterr()
    assert outcome.state == "failed"
    said = outcome.error.sentence()
    assert "t.i1" in said
    assert hits(without=["i1.csv"], texts={"out": out, "err": err, "error": said, "repr": repr(outcome)}) == []


def test_i1_the_ui_shows_type_and_place(mesh_of_i1):
    outcome = mesh_of_i1(_raising(_eager))
    assert "ValueError at test_i_personal_data.py:" in outcome.error.sentence()


# i2: one person, one token

TOKEN = "{name: mobile, logicalType: string, classification: C2, customProperties: [{property: tokenise, value: %s}]}"
PERSON = ["19900000017", "+86 199 0000 0017", "１９９００００００１７", "199-0000-0017", " 19900000017 "]
SPELLED = [*PERSON, "", "", "0", "0"]


@pytest.fixture
def i2(mk, key, csv_file, pub):
    """Customers and logins of the trial; what was told of each."""
    told = {}
    for name in ("customers", "logins"):
        mk(name, key, TOKEN % "mobile")
        lines = [f"{name}{n},{text}" for n, text in enumerate(SPELLED)]
        told[name] = pub(name, csv_file(f"{name}.csv", "id,mobile", *lines))
    return told


def tokens(rows, name, wh="wh"):
    return [row[1] for row in rows(name, wh)]


def test_i2_five_spellings_are_one_person_and_what_is_empty_is_nobody(i2, rows):
    customers, logins = tokens(rows, "customers"), tokens(rows, "logins")
    assert customers[:5] == [customers[0]] * 5
    assert customers[5:7] == ["", ""], "null, which the command line writes as nothing"
    joined = Counter(token for token in customers if token)[customers[0]] * logins.count(customers[0])
    assert joined == 25


def test_i2_a_zero_is_no_mobile_and_is_refused(i2, rejected):
    assert i2["customers"]["quarantined"] == 2
    assert set(rejected("customers")) == {"customers7", "customers8"}


def test_i2_the_display_hides_the_middle(i2):
    from hansa.secrets import display

    assert {display("mobile", text) for text in PERSON} == {"199****0017"}


def test_i2_the_token_of_a_publication_is_revealed_masked(mk, key, csv_file, hansa, pub, rows, monkeypatch):
    monkeypatch.setenv("HANSA_VAULT", "vault.db")
    mk("customers", key, TOKEN % "mobile")
    pub("customers", csv_file("customers.csv", "id,mobile", f"c0,{PERSON[1]}"))
    token = tokens(rows, "customers")[0]
    done = hansa("reveal", token, "--kind", "mobile", "--purpose", "a call", "--masked")
    assert done.out == f"{token}  199****0017\n"


def test_i2_the_same_key_gives_the_same_token_in_another_mesh_and_another_key_another(
    i2, hansa, rows, monkeypatch, empty_place
):
    token = tokens(rows, "customers")[0]
    for name in ("customers.odcs.yaml", "customers.csv"):
        for place in ("second", "third"):
            Path(place).mkdir(exist_ok=True)
            shutil.copy(name, place)
    shutil.copytree(".hansa/keys", "second/.hansa/keys")
    found = {}
    for place in ("second", "third"):
        monkeypatch.chdir(empty_place / place)
        assert hansa("publish", "customers.odcs.yaml", "customers.csv", "--warehouse", "wh").code == 0
        found[place] = tokens(rows, "customers")[0]
    assert found["second"] == token
    assert found["third"] != token


def test_i2_another_key_on_the_same_warehouse_is_one_line(i2, hansa, csv_file):
    shutil.rmtree(".hansa")
    more = csv_file("more.csv", "id,mobile", "X,19900000025")
    assert "use the keys of" in one_line(hansa("publish", "customers.odcs.yaml", more, "--warehouse", "wh"))


#: Kind of identifier -> spellings of one of them, and texts that are none at all.
KINDS = {
    "mobile": (["19900000017", "0086-199-0000-0017", "(+86)19900000017", "1 9 9 0 0 0 0 0 0 1 7", "\u200b19900000017"],
               ["00000000000", "12345", "n/a", "x"]),
    "identity_number": (["11010519491231002X", "11010519491231002x", "１１０１０５１９４９１２３１００２Ｘ"],
                        ["0", "X", "11010519491231002"]),
    "email": (["a.b@example.org", "A.B@Example.ORG", " a.b@example.org ", "ａ.b@example.org"], ["@", "nobody", "-"]),
    "card_number": (["6222020000000000017", "6222 0200 0000 0000 017", "6222-0200-0000-0000-017"], ["0", "6222"]),
    "name": (["欧阳 建国", "欧阳\u3000建国", " 欧阳  建国", "欧阳 建国\ufe00"], ["0", "-"]),
}  # fmt: skip
BLANK = ["", " ", "\u3000", "\u200b", "\u00a0"]


@pytest.mark.parametrize("kind", KINDS)
def test_i2_kind_every_identifier_has_one_token_and_nothing_has_none(mk, key, pub, rows, kind):
    mk("people", key, TOKEN % kind)
    same = KINDS[kind][0]
    texts = [*same, *BLANK, None]
    pl.DataFrame({"id": [f"{n:02d}" for n in range(len(texts))], "mobile": texts}).write_parquet("people.parquet")
    pub("people", "people.parquet")
    found = tokens(rows, "people")
    assert len(set(found[: len(same)])) == 1
    assert set(found[len(same) :]) == {""}


@pytest.mark.parametrize("kind", KINDS)
def test_i2_kind_what_cannot_be_an_identifier_is_refused(mk, key, pub, rejected, kind):
    mk("people", key, TOKEN % kind)
    same, none = KINDS[kind]
    texts = [same[0], *none]
    pl.DataFrame({"id": [f"{n:02d}" for n in range(len(texts))], "mobile": texts}).write_parquet("people.parquet")
    told = pub("people", "people.parquet")
    assert told["quarantined"] == len(none)
    assert all("mobile" in rule for rules in rejected("people").values() for rule in rules)


def test_i2_kind_a_required_identifier_that_is_blank_is_missing(mk, key, pub, rejected):
    mk("people", key, TOKEN.replace("classification", "required: true, classification") % "mobile")
    pl.DataFrame({"id": ["A", "B", "C"], "mobile": [PERSON[0], " ", "--"]}).write_parquet("people.parquet")
    assert pub("people", "people.parquet")["quarantined"] == 2
    assert rejected("people") == {"B": ["mobile.required"], "C": ["mobile.required"]}


def test_i2_kind_one_person_twice_under_a_unique_token_is_found(mk, key, csv_file, pub, rejected):
    """Unique is judged on the token, so two spellings of one number are one number."""
    mk("people", key, TOKEN.replace("logicalType", "unique: true, logicalType") % "mobile")
    told = pub(
        "people", csv_file("p.csv", "id,mobile", f"A,{PERSON[0]}", f"B,{PERSON[1]}", "C,19900000025", "D,", "E,")
    )
    assert (told["published"], told["quarantined"]) == (3, 2)
    assert rejected("people") == {"A": ["mobile.unique"], "B": ["mobile.unique"]}
