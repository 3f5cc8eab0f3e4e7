"""Files whose values are bad: whatever is refused under a sealed contract stands nowhere in the clear."""

import json
import traceback
from pathlib import Path

import polars as pl
import pytest
from hansa.contract import read_contract
from hansa.errors import HansaError
from hansa.gate import publish
from hansa.run import Run
from hansa.secrets import load_keys
from hansa.store.warehouse import Warehouse
from machinery.clear_data import find_clear

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: bank.people
name: People
version: 1.0.0
status: active
domain: bank
schema:
  - name: people
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
      - name: person
        logicalType: string
        classification: C3
        logicalTypeOptions: {pattern: "^[0-9]{17}[0-9X]$"}
        customProperties: [{property: tokenise, value: identity_number}]
      - name: mobile
        logicalType: string
        classification: C2
        unique: true
        logicalTypeOptions: {pattern: "^1[3-9][0-9]{9}$"}
      - {name: email, logicalType: string, classification: C2, logicalTypeOptions: {pattern: "^[^@]+@[^@]+$"}}
      - {name: balance, logicalType: number, physicalType: "DECIMAL(18,2)", classification: C2}
      - {name: born, logicalType: date, classification: C2}
      - {name: seen, logicalType: timestamp, classification: C2}
      - {name: limit_, logicalType: integer, classification: C2, logicalTypeOptions: {maximum: 1000}}
"""
HEAD = ["id", "day", "person", "mobile", "email", "balance", "born", "seen", "limit_"]
DAY = "2026-03-01"
#: Column -> a value that its type, pattern, range or uniqueness refuses. No good row has it.
BAD = {
    "person": "99000119800101QQ39",
    "mobile": "1990000QQ17",
    "email": "nobody-at-example.org",
    "balance": "12Q7x.55",
    "born": "31-of-Feb-1971",
    "seen": "yesterday-at-noon",
    "limit_": "987650123",
}
#: Two rows that contradict each other about one person, a number in full width, a value in a column nobody declared.
TWIN, WIDE, WIDE_PLAIN, SURPLUS = "15477665544", "１５４９９８８７７６６", "15499887766", "surplus-5566-value"
FILES = ["people.csv", "p.parquet", "held.csv", "torn.csv"]
SECRETS = [*BAD.values(), TWIN, WIDE, WIDE_PLAIN]

#: One process for all commands, each behind a mark on both streams.
ONE_AFTER_ANOTHER = """
import json, sys
from hansa.cli import main

for words in json.loads(sys.argv[1]):
    for stream in (sys.stdout, sys.stderr):
        print("@@@", file=stream, flush=True)
    sys.argv = ["hansa", *words]
    try:
        main()
    except SystemExit:
        pass
"""


def rows():
    """One row a bad value, and the others; all of them on one day, among good ones."""
    made = [[f"good{n}", DAY, *([None] * (len(HEAD) - 2))] for n in range(40)]
    for name, value in BAD.items():
        row = [f"bad-{name}", DAY, *([None] * (len(HEAD) - 2))]
        row[HEAD.index(name)] = value
        made.append(row)
    for number, mobile in (("twin1", TWIN), ("twin2", TWIN), ("wide", WIDE)):
        row = [number, DAY, *([None] * (len(HEAD) - 2))]
        row[HEAD.index("mobile")] = mobile
        made.append(row)
    return pl.DataFrame(made, schema=dict.fromkeys(HEAD, pl.String), orient="row")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the contract; the data files, which are the sources, lie in a folder of their own."""
    folder = tmp_path_factory.mktemp("refused")
    (folder / "people.odcs.yaml").write_text(CONTRACT)
    (folder / "sources").mkdir()
    frame = rows().with_columns(nickname=pl.lit(SURPLUS))
    frame.write_csv(folder / "sources" / "people.csv")
    other = frame.with_columns(day=pl.lit("2026-03-02"), id=pl.concat_str(pl.lit("next-"), "id"))
    other.write_parquet(folder / "sources" / "p.parquet")
    held = frame.filter(pl.col("id").str.starts_with("bad"))
    held.with_columns(day=pl.lit("2026-03-03")).write_csv(folder / "sources" / "held.csv")
    (folder / "sources" / "torn.csv").write_text(f'id,day,mobile\nA,2026-03-04,"{BAD["mobile"]}\nB,x,{TWIN},,,,\n')
    return folder


@pytest.fixture(scope="module")
def printed(place, hansa):
    """What every command printed, by command and stream; the commands are those that speak of refused rows."""
    commands = [("publish", "people.odcs.yaml", f"sources/{name}", "--json") for name in FILES]
    commands.append(("publish", "people.odcs.yaml", "sources/people.csv", "--dry-run"))
    commands += [("quarantine", "list"), ("quarantine", "show", "bank.people"), ("verify", "bank.people")]
    commands.append(("history", "bank.people"))
    done = hansa(json.dumps(commands), cwd=place, code=ONE_AFTER_ANOTHER)
    assert done.code == 0, done.err
    assert "fault of Hansa itself" not in done.err, done.err
    names = [" ".join(words) for words in commands]
    outs, errs = done.out.split("@@@")[1:], done.err.split("@@@")[1:]
    said = {f"{name}: stdout": out for name, out in zip(names, outs, strict=True)}
    return said | {f"{name}: stderr": err for name, err in zip(names, errs, strict=True)}


def told(hits):
    """Hits by place and value's number, without values: what a person needs to mend it."""
    return sorted({(hit.value_index, hit.path, hit.where, hit.form) for hit in hits})[:20]


def test_the_bad_files_came_as_far_as_they_should(place, printed):
    counted = json.loads(printed["publish people.odcs.yaml sources/people.csv --json: stdout"])
    assert (counted["published"], counted["quarantined"]) == (40, len(BAD) + 3)
    assert json.loads(printed["publish people.odcs.yaml sources/p.parquet --json: stdout"])["published"] == 40
    assert "held" in printed["publish people.odcs.yaml sources/held.csv --json: stderr"]
    assert list((place / "warehouse").rglob("quarantine/*"))


def test_no_refused_value_stands_in_the_clear_in_what_was_written(place, printed):
    assert told(find_clear(SECRETS, [place], without=[place / "sources"])) == []


def test_no_refused_value_is_printed(printed):
    assert told(find_clear([*SECRETS, SURPLUS], [], printed)) == []


def test_the_same_search_finds_them_in_the_sources(place, printed):
    hits = find_clear([*SECRETS, SURPLUS], [place])
    assert {hit.value_index for hit in hits} >= set(range(len(SECRETS))) - {SECRETS.index(WIDE_PLAIN)}
    assert {Path(hit.path).parent for hit in hits} == {place / "sources"}


def failing(kind):
    """A frame whose computation fails with a value in the error's text."""
    frame = rows().lazy()
    if kind == "own code":

        def spoil(batch):
            raise ValueError(f"bad row {BAD['mobile']} of {BAD['person']}")

        return frame.map_batches(spoil, schema=frame.collect_schema())
    if kind == "a strict cast":
        return frame.with_columns(pl.col("balance").cast(pl.Float64).cast(pl.String))
    return frame.with_columns(pl.col("limit_").replace_strict({"1": "2"}))


@pytest.mark.parametrize("kind", ["own code", "a strict cast", "an unknown code"])
def test_no_value_is_in_the_error_of_foreign_code(place, tmp_path, kind):
    contract, keys = read_contract(place / "people.odcs.yaml"), load_keys(tmp_path / "keys")
    with pytest.raises(HansaError) as raised:
        publish(failing(kind), contract, Run("r", "UTC"), Warehouse(tmp_path / "wh"), keys=keys)
    printed = "".join(traceback.format_exception(raised.value))
    assert told(find_clear(SECRETS, [tmp_path], {"error": printed, "fields": repr(vars(raised.value))})) == []


def test_no_value_is_in_dagsters_books_after_a_product_failed_with_it(institution):
    institution.faults["desk.people"] = ValueError(f"bad row {BAD['mobile']} of {BAD['person']}")
    outcome = institution.run(("desk.people", None))["desk.people"]
    assert outcome.error is not None
    assert told(find_clear(SECRETS, [institution.folder])) == []
    assert list(institution.folder.rglob("*.db"))


def test_no_value_is_in_dagsters_books_after_a_product_was_published(institution):
    institution.run(("desk.people", None))
    assert told(find_clear(["19900000017", "19900000025"], [institution.folder])) == []
