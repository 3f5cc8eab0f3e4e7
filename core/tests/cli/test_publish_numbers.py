"""Files whose numbers have a decimal comma: published exactly, or refused with the text as it came."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
AMOUNT = '{name: amount, logicalType: number, physicalType: "DECIMAL(12,2)", required: true}'
SIGNS = ("--separator", ";", "--decimal", ",", "--grouping", ".")


@pytest.fixture
def sums(contract):
    made = contract("sums", KEY, AMOUNT)
    Path("sums.csv").write_text("id;amount\nA;1.234,56\nB;-0,5\nC;110.7\nD;1.23.4,5\nE;1,999\n")
    return made


def shown(hansa, product="t.sums"):
    rows = hansa("quarantine", "show", product, "--json").json["shown"]
    return sorted((row["row"]["id"], row["row"]["amount"], row["rules"]) for row in rows)


def test_numbers_are_published_exactly_and_what_does_not_fit_waits_as_it_came(hansa, sums):
    done = hansa("publish", sums, "sums.csv", *SIGNS)
    assert done.out.splitlines()[:2] == ["published  t.sums  2 rows, 3 quarantined", "  amount.type: 3"]
    assert hansa("read", "t.sums").out.splitlines() == ["id,amount", "A,1234.56", "B,-0.50"]
    assert shown(hansa) == [
        ("C", "110.7", ["amount.type"]),
        ("D", "1.23.4,5", ["amount.type"]),
        ("E", "1,999", ["amount.type"]),
    ]


def test_one_text_is_another_number_under_another_form(hansa, contract):
    made = contract("sums", KEY, '{name: amount, logicalType: number, physicalType: "DECIMAL(12,3)"}')
    Path("sums.csv").write_text("id;amount\nA;1,234\n")
    hansa("publish", made, "sums.csv", "--separator", ";", "--decimal", ",")
    assert hansa("read", "t.sums").out.splitlines()[1] == "A,1.234"
    assert hansa("publish", made, "sums.csv", "--separator", ";", "--grouping", ",").out.startswith("published")
    assert hansa("read", "t.sums").out.splitlines()[1] == "A,1234.000"


def test_the_same_file_in_the_same_form_changes_nothing(hansa, sums):
    hansa("publish", sums, "sums.csv", *SIGNS)
    assert hansa("publish", sums, "sums.csv", *SIGNS).out.startswith("unchanged")


def test_a_replay_reads_the_rows_in_the_form_in_which_they_came(hansa, sums, contract):
    strict = contract("sums", KEY, AMOUNT.replace("}", ", logicalTypeOptions: {minimum: 0}}"))
    hansa("publish", strict, "sums.csv", *SIGNS)
    looser = contract("sums", KEY, AMOUNT, version="1.1.0")
    done = hansa("quarantine", "replay", "t.sums", "--contract", looser)
    assert done.out == "replayed  t.sums  1 of 4 rows, 3 still in quarantine\n"
    assert "B,-0.50" in hansa("read", "t.sums").out
    assert [row[1] for row in shown(hansa)] == ["110.7", "1.23.4,5", "1,999"]


def test_a_wrong_sign_is_one_sentence(hansa, sums):
    done = hansa("publish", sums, "sums.csv", "--separator", ";", "--decimal", ";")
    assert done.sentence.startswith("hansa: --decimal: it is no decimal sign; write '.' or ','")
    same = hansa("publish", sums, "sums.csv", "--separator", ";", "--grouping", ".").sentence
    assert "--grouping: '.' cannot part thousands and be the decimal sign too" in same


def test_the_code_of_a_wrong_sign_has_a_page(hansa):
    assert "--decimal" in hansa("why", "source.sign").out


MESH = """name: m
time_zone: Europe/Berlin
start: 2026-01-01
sources:
  governance.merchants:
    uri: m.csv
    separator: ";"
    {words}
"""


def test_a_mesh_names_a_wrong_word_by_its_line(hansa):
    Path("m.csv").write_text("merchant_id;opened_on\nM1;2026-01-02\n")
    Path("mesh.yaml").write_text(MESH.format(words='decimal: ";"'))
    said = hansa("check").err + hansa("check").out
    assert "mesh.yaml:8" in said
    assert "no decimal sign; write '.' or ','" in said


BOOKED = """name: m
time_zone: Europe/Berlin
start: 2026-01-01
sources:
  governance.transactions:
    uri: t.csv
    separator: ";"
    mapping:
      rename: {txn_id: No, account_token: Account, booked_at: At, amount: Amount, direction: DC}
      value_map: {direction: {S: debit, H: credit}}
      timezone: {booked_at: Europe/Berlin}
      offset: {known_at: {column: booked_at, by: 0 days}}
      constant: {currency: EUR, channel: transfer}
"""


def test_a_mesh_that_learns_the_form_of_its_source_replays_what_it_refused(hansa):
    rows = "".join(f"{n};A{n};2026-01-02 08:00:00;{n};S\n" for n in range(100, 140))
    Path("t.csv").write_text(f"No;Account;At;Amount;DC\n{rows}X;AX;2026-01-02 09:00:00;1.234,56;H\n")
    mesh = Path("mesh.yaml")
    mesh.write_text(BOOKED)
    assert hansa("run", "governance.transactions", "--bare").code == 0
    assert hansa("quarantine", "list").out.splitlines()[1] == "  amount.type: 1"
    mesh.write_text(BOOKED.replace("    mapping:", '    decimal: ","\n    grouping: "."\n    mapping:'))
    done = hansa("quarantine", "replay", "governance.transactions")
    assert done.out == "replayed  governance.transactions  1 of 1 rows, 0 still in quarantine\n"
    assert "1234.56" in hansa("read", "governance.transactions").out
    assert hansa("verify", "--all").code == 0
