"""Trials of part a: a contract is what its author wrote, and a value is what came, on every machine."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest
from trials.conftest import KEY, by_pyiceberg, contract_text, ended, one_line, steps

KNOWN = "quality: [{name: %s.known, metric: invalidValues, arguments: {validValues: %s}, mustBe: 0, severity: error}]"


def text(name, known):
    return f"{{name: {name}, logicalType: string, required: true, {KNOWN % (name, known)}}}"


A1 = ("id,country,branch", "A,NO,012", "B,SE,0755", "C,CN,1_0", "D,False,10")


def test_a1_permitted_values_are_the_characters_of_the_author(mk, key, csv_file, pub, ids, rejected, hansa):
    mk("a1", key, text("country", "[CN, NO, SE]"), text("branch", "[012, 0755, 1_0]"))
    told = pub("a1", csv_file("a1.csv", *A1))
    assert (told["published"], told["quarantined"]) == (3, 1)
    assert ids("a1") == ["A", "B", "C"]
    assert rejected("a1") == {"D": ["branch.known", "country.known"]}
    assert hansa("contract", "lint", "a1.odcs.yaml").code == 0


def test_a1_an_enumeration_keeps_them_too(mk, key, csv_file, pub, ids, rejected):
    enum = "{name: country, logicalType: string, required: true, enum: [{value: CN}, {value: NO}, {value: SE}]}"
    mk("a1", key, enum, text("branch", "[012, 0755, 1_0]"))
    pub("a1", csv_file("a1.csv", *A1))
    assert ids("a1") == ["A", "B", "C"]
    assert rejected("a1") == {"D": ["branch.known", "country.enum"]}


#: What a YAML 1.1 reader makes other values of: written by the author, what it would become, as CSV cells.
SPELLINGS = {
    "booleans": ("[yes, off, Y, n, ON]", ["yes", "off", "Y", "n", "ON"], ["true", "false", "True", "on"]),
    "octal and hexadecimal": ("[0o17, 0x1F, 017]", ["0o17", "0x1F", "017"], ["15", "31"]),
    "sixties": ("[12:30:45, 1:20]", ["12:30:45", "1:20"], ["45045", "80"]),
    "floats": ("[1e3, .5, 1.10, +1, .inf]", ["1e3", ".5", "1.10", "+1", ".inf"], ["1000.0", "0.5", "1.1"]),
    "days": ("[2026-03-01, 2026-3-1]", ["2026-03-01", "2026-3-1"], ["2026-03-01 00:00:00"]),
    "quoted": ("['NO', \"012\", ' x ']", ["NO", "012", " x "], ["no", "12", "x"]),
    "other scripts": ("[是, ０１２, ÑO]", ["是", "０１２", "ÑO"], ["012", "NO"]),
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a1_kind_no_reader_of_yaml_makes_another_value_of_it(mk, key, csv_file, pub, ids, spelling):
    written, good, bad = SPELLINGS[spelling]
    mk("a1", key, text("code", written))
    lines = [f'g{n},"{value}"' for n, value in enumerate(good)] + [f'b{n},"{value}"' for n, value in enumerate(bad)]
    told = pub("a1", csv_file("a1.csv", "id,code", *lines))
    assert told["quarantined"] == len(bad)
    assert ids("a1") == [f"g{n}" for n in range(len(good))]


@pytest.mark.parametrize("word", ["null", "~", "NULL"])
def test_a1_kind_a_null_among_the_permitted_values_is_refused_with_its_line(mk, key, csv_file, hansa, word):
    mk("a1", key, text("code", f"[A, {word}]"))
    done = hansa("publish", "a1.odcs.yaml", csv_file("a1.csv", "id,code", "A,A"), "--warehouse", "wh")
    assert one_line(done).startswith("hansa: a1.odcs.yaml:12: ")
    assert "quote it" in done.err
    assert not Path("wh").exists()


def test_a1_kind_a_pattern_that_is_no_text_is_refused_with_its_line(mk, key, csv_file, hansa):
    mk("a1", key, "{name: branch, logicalType: string, logicalTypeOptions: {pattern: 012}}")
    done = hansa("publish", "a1.odcs.yaml", csv_file("a1.csv", "id,branch", "A,012"), "--warehouse", "wh")
    assert one_line(done).startswith("hansa: a1.odcs.yaml:12: ")
    assert "put it in quotes: '012'" in done.err


def test_a1_kind_names_are_characters_too(mk, key, csv_file, pub, ids, rejected, hansa):
    mk(
        "a1",
        key,
        "{name: no, logicalType: string, logicalTypeOptions: {pattern: '012'}}",
        "{name: on, logicalType: string, required: true}",
        quality="{name: yes, metric: rowCount, mustBeGreaterThan: 0}",
    )
    pub("a1", csv_file("a1.csv", "id,no,on", "A,012,off", "B,10,off", "C,012,"))
    assert ids("a1") == ["A"]
    assert rejected("a1") == {"B": ["no.pattern"], "C": ["on.required"]}
    assert hansa("read", "t.a1", "--warehouse", "wh").out.splitlines()[0] == "id,no,on"


@pytest.mark.parametrize("written", ["[{value: 1}, {value: 02}]", "[{value: 0b1}, {value: 3}]"])
def test_a1_kind_a_number_that_is_not_what_it_looks_like_is_refused_or_kept(mk, key, csv_file, hansa, written):
    """In a column of numbers an author's ``02`` is two or a fault with its line, never something else."""
    mk("a1", key, f"{{name: level, logicalType: integer, required: true, enum: {written}}}")
    done = hansa("publish", "a1.odcs.yaml", csv_file("a1.csv", "id,level", "A,1", "B,9"), "--warehouse", "wh", "--json")
    if done.code == 0:
        assert (done.json["published"], done.json["quarantined"]) == (1, 1)
    else:
        assert "a1.odcs.yaml:12" in done.sentence


A3 = (
    "id,at",
    "A,2026-03-01T10:00:00+08:00",
    "B,2026-03-01T02:00:00Z",
    "C,2026-03-01 02:00:00",
    "D,2026-03-01T02:00:00.123456789Z",
)
ZONED = "{name: at, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: true}}"
NAIVE = "{name: at, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: false}}"
ZONES = ["UTC", "Asia/Shanghai", "America/St_Johns"]


ODD_TIMES = [
    "2026-03-01T02:00:00+0800", "2026-03-01T02:00:00 Asia/Shanghai", "2026-03-01T02:00:00 CST", "2026-03-01T24:00:00Z",
    "2026-03-01T02:00:60Z", "2026-03-01T02:00:00+25:00", "2026-03-01T02:00Z", "01.03.2026 02:00", "1772330400",
    "2026-03-01T02:00:00.0000001Z", "2026-02-30T02:00:00Z", "２０２６-03-01T02:00:00Z", "2026-03-01T02:00:00−08:00",
]  # fmt: skip


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """The trial's file and one of odd spellings, published on machines of three zones: by zone, what each command left.

    Each machine is a process of its own with the zone in its environment.
    """
    folder = tmp_path_factory.mktemp("machines")
    (folder / "a3.odcs.yaml").write_text(contract_text("a3", KEY, ZONED))
    (folder / "a3.csv").write_text("\n".join(A3))
    lines = [f"{n},{text}" for n, text in enumerate(ODD_TIMES)]
    (folder / "odd.csv").write_text("\n".join(["id,at", "good,2026-03-01T02:00:00Z", *lines]))
    running = {}
    for zone in ZONES:
        place = zone.replace("/", "-")
        commands = [
            {"words": ["publish", "a3.odcs.yaml", f"{name}.csv", "--warehouse", f"{place}-{name}", "--json"]}
            for name in ("a3", "odd")
        ] + [{"words": ["read", "t.a3", "--warehouse", f"{place}-odd"]}]
        running[zone] = steps(commands, cwd=folder, env={**os.environ, "TZ": zone})
    return {zone: ended(process) for zone, process in running.items()}


def test_a3_times_with_and_without_zone_give_one_answer(mk, key, csv_file, pub, rows, rejected):
    mk("a3", key, ZONED)
    told = pub("a3", csv_file("a3.csv", *A3))
    assert (told["published"], told["quarantined"]) == (2, 2)
    assert told["receipts"][0]["digests"]["published"] == "2:30a0e112c3483386:2f1e190920b78866"
    assert rows("a3") == [[id, "2026-03-01T02:00:00.000000Z"] for id in "AB"]
    assert rejected("a3") == {"C": ["at.type"], "D": ["at.type"]}


def test_a3_the_zone_of_the_machine_decides_nothing(machines):
    told = [machines[zone][0].json for zone in ("UTC", "Asia/Shanghai")]
    assert [(each["published"], each["quarantined"]) for each in told] == [(2, 2)] * 2
    assert told[0]["receipts"][0]["digests"] == told[1]["receipts"][0]["digests"]


def test_a3_a_default_zone_of_the_contract_makes_an_instant_of_a_time_without(mk, key, csv_file, pub, rows):
    zone = ZONED.replace("timezone: true", "timezone: true, defaultTimezone: Asia/Shanghai")
    mk("a3", key, zone)
    pub("a3", csv_file("a3.csv", *A3))
    assert rows("a3")[2] == ["C", "2026-02-28T18:00:00.000000Z"]


def test_a3_kind_a_typed_file_brings_the_same_as_a_text(mk, key, csv_file, pub):
    """Parquet carries a zone or none in its type: with one it is the instant, without it nobody knows."""
    mk("a3", key, ZONED)
    first = pub("a3", csv_file("a3.csv", *A3[:3]))
    at = pl.Series(["2026-03-01T02:00:00"] * 2).str.to_datetime(time_unit="ns")
    zoned = at.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Shanghai")
    pl.DataFrame({"id": ["A", "B"], "at": zoned}).write_parquet("zoned.parquet")
    second = pub("a3", "zoned.parquet", wh="wh2")
    assert first["receipts"][0]["digests"]["published"] == second["receipts"][0]["digests"]["published"]
    pl.DataFrame({"id": ["A", "B"], "at": at}).write_parquet("bare.parquet")
    assert pub("a3", "bare.parquet", code=1, wh="wh3")["quarantined"] == 2


def test_a3_kind_nanoseconds_of_a_typed_file_are_not_cut(mk, key, pub, ids):
    mk("a3", key, ZONED)
    fine = pl.Series([1_772_330_400_000_000_000, 1_772_330_400_123_456_789]).cast(pl.Datetime("ns", "UTC"))
    pl.DataFrame({"id": ["A", "D"], "at": fine}).write_parquet("a3.parquet")
    assert pub("a3", "a3.parquet")["quarantined"] == 1
    assert ids("a3") == ["A"]


def test_a3_kind_a_zone_in_a_column_without_zone_is_refused_as_well(mk, key, csv_file, pub, rows, rejected):
    mk("a3n", key, NAIVE)
    pub("a3n", csv_file("a3.csv", *A3))
    assert rows("a3n") == [["C", "2026-03-01T02:00:00.000000"]]
    assert set(rejected("a3n")) == {"A", "B", "D"}


def test_a3_kind_odd_spellings_are_one_instant_or_quarantined_and_never_depend_on_the_machine(machines):
    told = [machines[zone][1].json for zone in ZONES]
    assert len({str(each["receipts"][0]["digests"]) for each in told}) == 1
    assert told[0]["published"] + told[0]["quarantined"] == len(ODD_TIMES) + 1
    for zone in ZONES:
        # +0800 is an offset like +08:00; all other spellings leave open what is meant.
        read = set(machines[zone][2].out.splitlines()[1:])
        assert read <= {"good,2026-03-01T02:00:00.000000Z", "0,2026-02-28T18:00:00.000000Z"}


def test_a3_kind_the_clock_change_leaves_no_guess(mk, key, csv_file, pub, rows, rejected):
    """02:30 of the spring day is no time and of the autumn day two, in the zone that the contract states."""
    mk("a3", key, ZONED.replace("timezone: true", "timezone: true, defaultTimezone: Europe/Berlin"))
    pub("a3", csv_file("a3.csv", "id,at", "S,2026-03-29 02:30:00", "O,2026-10-25 02:30:00", "N,2026-10-25 04:30:00"))
    assert rows("a3") == [["N", "2026-10-25T03:30:00.000000Z"]]
    assert set(rejected("a3")) == {"S", "O"}


A5 = ("acct,seq,branch", "0012345678901234567,9007199254740993,007", "0012345678901234568,,010", " 12,5,7")
A5_PROPERTIES = (
    "{name: acct, logicalType: string, required: true, primaryKey: true}",
    "{name: seq, logicalType: integer}",
    '{name: branch, logicalType: string, required: true, logicalTypeOptions: {pattern: "^[0-9]{3}$"}}',
)
A5_ROWS = [["0012345678901234567", "9007199254740993", "007"], ["0012345678901234568", "", "010"]]


@pytest.fixture
def a5(mk, csv_file, pub):
    mk("a5", *A5_PROPERTIES)
    return pub("a5", csv_file("a5.csv", *A5))


def out(hansa, kind, name="a5"):
    file = Path(f"out.{kind}")
    assert hansa("read", f"t.{name}", "--warehouse", "wh", "-o", file).code == 0
    match kind:
        case "csv":
            return pl.read_csv(file, infer_schema=False)
        case "json":
            return pl.read_json(file)
    return pl.read_parquet(file)


def test_a5_codes_keep_their_zeros_and_large_numbers_their_last_digit(a5, rows, rejected):
    assert (a5["published"], a5["quarantined"]) == (2, 1)
    assert rows("a5") == A5_ROWS
    assert rejected("a5", by="acct") == {" 12": ["branch.pattern"]}


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a5_every_output_keeps_them_and_can_be_published_again(a5, hansa, kind, pub):
    found = out(hansa, kind).sort("acct")
    cells = found.select(pl.all().cast(pl.String)).fill_null("").rows()
    assert [list(row) for row in cells] == A5_ROWS
    if kind != "json":
        again = pub("a5", f"out.{kind}", wh="wh2")
        assert again["receipts"][0]["digests"]["published"] == a5["receipts"][0]["digests"]["published"]


def test_a5_kind_all_digits_of_the_widest_numbers_survive(mk, key, csv_file, pub, rows):
    amount = "{name: amount, logicalType: number, physicalType: 'DECIMAL(38,2)'}"
    mk("a5", key, "{name: seq, logicalType: integer}", amount)
    wide = "999999999999999999999999999999999999.99"
    lines = [
        f"A,9223372036854775807,{wide}",
        f"B,-9223372036854775808,-{wide}",
        "C,,",
        "D,9223372036854775808,1",
        "E,1.0,1",
        "F,1e3,1",
        "G,1,0.001",
    ]
    told = pub("a5", csv_file("a5.csv", "id,seq,amount", *lines))
    assert told["published"] == 3
    assert rows("a5") == [["A", "9223372036854775807", wide], ["B", "-9223372036854775808", f"-{wide}"], ["C", "", ""]]


def test_a5_kind_the_first_thousand_rows_say_nothing_of_the_next(mk, key, csv_file, pub):
    """Columns that look like numbers for a long time and are none: nothing is inferred from what comes first."""
    mk("a5", key, "{name: code, logicalType: string, required: true}")
    codes = [f"{n:05d}" for n in range(3000)] + ["0A1", "1e5", "00", "-0", "NaN", "true", "2026-03-01"]
    pub("a5", csv_file("a5.csv", "id,code", *(f"i{n},{code}" for n, code in enumerate(codes))))
    assert sorted(by_pyiceberg("a5")["code"].to_pylist()) == sorted(codes)


def test_a5_kind_a_typed_file_that_lost_the_digits_already_is_not_believed(mk, key, pub, ids):
    """A float beyond 2^53 names several whole numbers; one that came from a null beside small ones names itself."""
    mk("a5", key, "{name: seq, logicalType: integer}")
    pl.DataFrame({"id": ["A", "B", "C", "D"], "seq": [1.0, None, 9007199254740994.0, 0.5]}).write_parquet("f.parquet")
    assert pub("a5", "f.parquet")["quarantined"] == 2
    assert ids("a5") == ["A", "B"]


def test_a5_kind_an_empty_text_and_a_missing_one_survive_the_way_out_and_back(mk, key, pub, hansa):
    mk("a5", key, "{name: note, logicalType: string}")
    notes = ["", None, " ", "null", "NA", "0", '"', "a,b", "l1\nl2", "\ufeff", "'012"]
    pl.DataFrame({"id": [f"{n:02d}" for n in range(len(notes))], "note": notes}).write_parquet("n.parquet")
    first = pub("a5", "n.parquet")
    for kind in ("csv", "parquet"):
        assert hansa("read", "t.a5", "--warehouse", "wh", "-o", f"out.{kind}").code == 0
        again = pub("a5", f"out.{kind}", wh=f"wh-{kind}")
        assert again["receipts"][0]["digests"]["published"] == first["receipts"][0]["digests"]["published"], kind


@pytest.mark.parametrize("output", [[], ["-o", "out.csv"]], ids=["screen", "file"])
def test_a5_kind_reading_out_what_is_nested_is_an_answer(mk, key, pub, hansa, output):
    mk("a5", key, "{name: codes, logicalType: array, items: {name: item, logicalType: string}}")
    pl.DataFrame({"id": ["A"], "codes": [["007", None]]}).write_parquet("n.parquet")
    pub("a5", "n.parquet")
    assert hansa("read", "t.a5", "--warehouse", "wh", *output).code in (0, 2)
