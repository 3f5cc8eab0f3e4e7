"""Trials of part b: what is no number keeps no rule, and what did not come is no day and no evidence."""

from __future__ import annotations

import polars as pl
import pytest
from trials.conftest import by_pyiceberg, one_line

RATE = "{name: rate, logicalType: number, physicalType: DOUBLE, logicalTypeOptions: {minimum: 0}}"
B2 = ("id,rate", "A,0.5", "B,NaN", "C,inf", "D,-0.0", "E,")
RATES = [0.5, float("nan"), float("inf"), -0.0, None]


def published(told):
    return [receipt["digests"]["published"] for receipt in told["receipts"] if receipt["state"] == "published"]


def test_b2_what_is_no_finite_number_satisfies_no_minimum(mk, key, csv_file, pub, ids, rejected):
    mk("b2", key, RATE)
    pl.DataFrame({"id": list("ABCDE"), "rate": RATES}).write_parquet("b2.parquet")
    digests = []
    for file in (csv_file("b2.csv", *B2), "b2.parquet"):
        told = pub("b2", file)
        assert (told["published"], told["quarantined"]) == (3, 2)
        assert ids("b2") == ["A", "D", "E"]
        assert rejected("b2") == {"B": ["rate.type"], "C": ["rate.type"]}
        digests += published(told)
    assert len(digests) == 2
    assert digests[0] == digests[1]


SPELLED = ["nan", "NAN", "-NaN", "+nan", "Inf", "-inf", "+Infinity", "INFINITY", "1e400", "-1e999", "#N/A", "1/0", "∞"]


@pytest.mark.parametrize(
    "kind", ["physicalType: DOUBLE", "physicalType: FLOAT", "physicalType: 'DECIMAL(9,2)'", "description: bare"]
)
def test_b2_kind_no_spelling_and_no_number_type_lets_it_through(mk, key, csv_file, pub, ids, kind):
    """Without any bound at all: it is the type that wants a number."""
    mk("b2", key, f"{{name: rate, logicalType: number, {kind}}}")
    lines = [f"bad{n},{text}" for n, text in enumerate(SPELLED)]
    told = pub("b2", csv_file("b2.csv", "id,rate", "A,1.5", *lines))
    assert told["quarantined"] == len(SPELLED)
    assert ids("b2") == ["A"]


BOUNDS = [
    "maximum: 1",
    "exclusiveMinimum: -1",
    "exclusiveMaximum: 5",
    "minimum: -1, maximum: 1",
    "minimum: -1.7976931348623157e308, maximum: 1.7976931348623157e308",
]


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64], ids=str)
def test_b2_kind_every_comparison_from_a_typed_file(mk, key, pub, ids, rejected, bound, dtype):
    mk("b2", key, f"{{name: rate, logicalType: number, physicalType: DOUBLE, logicalTypeOptions: {{{bound}}}}}")
    values = [0.5, float("nan"), float("inf"), float("-inf"), None]
    pl.DataFrame({"id": list("ABCDE"), "rate": pl.Series(values, dtype=dtype)}).write_parquet("b2.parquet")
    pub("b2", "b2.parquet")
    assert ids("b2") == ["A", "E"]
    assert rejected("b2") == {id: ["rate.type"] for id in "BCD"}


def test_b2_kind_a_number_is_one_wherever_a_contract_can_have_it(mk, key, pub, rejected):
    """In a whole number, in an object, in a list, in a unique column, and under a rule of SQL."""
    mk(
        "b2",
        key,
        "{name: rate, logicalType: number, physicalType: DOUBLE, unique: true}",
        "{name: units, logicalType: integer}",
        "{name: parts, logicalType: object, properties: [{name: share, logicalType: number, physicalType: DOUBLE}]}",
        "{name: list, logicalType: array, items: {name: item, logicalType: number, physicalType: DOUBLE}}",
        quality="{name: rates.sum, type: sql, query: 'SELECT SUM(rate) FROM b2', mustBeLessThan: 100}",
    )
    nan = float("nan")
    pl.DataFrame(
        {
            "id": ["A", "rate", "units", "parts", "list", "Z"],
            "rate": [0.5, nan, 1.0, 2.0, 3.0, None],
            "units": [1.0, 2.0, nan, 3.0, 4.0, None],
            "parts": [{"share": 0.1}, {"share": 0.1}, {"share": 0.1}, {"share": nan}, {"share": 0.1}, None],
            "list": [[1.0], [1.0], [1.0], [1.0], [1.0, nan], []],
        }
    ).write_parquet("b2.parquet")
    pub("b2", "b2.parquet")
    assert sorted(by_pyiceberg("b2")["id"].to_pylist()) == ["A", "Z"]
    assert sorted(rejected("b2")) == ["list", "parts", "rate", "units"]


VOLUME = (
    "{name: volume.usual, type: custom, engine: hansa, implementation: {metric: volume, tolerance: 0.3},"
    " severity: error}"
)


@pytest.fixture
def day_file(csv_file):
    """``day_file(DAY, ROWS)``: a file of so many rows of a day of March."""

    def write(number, rows):
        lines = [f"{number}-{n},2026-03-{number:02d}" for n in range(rows)]
        return csv_file(f"day{number}.csv", "id,day", *lines)

    return write


@pytest.fixture
def deliver(day_file, pub):
    """``deliver(DAY, ROWS)`` publishes so many rows of a day of March; what ``--json`` told."""
    return lambda number, rows, code=0: pub("b4", day_file(number, rows), code=code)


@pytest.fixture
def usual(day_file, sent):
    """``usual(ROWS)``: five days of so many rows, which stand when a trial begins."""
    return lambda rows: [sent("b4", day_file(number, rows)) for number in range(1, 6)]


@pytest.fixture
def b4(mk, key, day, usual):
    mk("b4", key, day, quality=VOLUME)
    return usual(100)


def held_line(hansa, name, file):
    """What the terminal says of a hold: four lines, the first of them with the reason."""
    done = hansa("publish", f"{name}.odcs.yaml", file, "--warehouse", "wh")
    assert done.code == 1
    assert [line.split()[0] for line in done.err.splitlines()] == ["held", "contract", "serving", "next"]
    return done.err.splitlines()[0]


def test_b4_a_missing_delivery_is_no_empty_day_and_no_evidence(b4, deliver, hansa, rows):
    six, seven, eight, nine = deliver(6, 0, code=1), deliver(7, 4, code=1), deliver(8, 97), deliver(9, 100)
    assert (six["held"], seven["held"]) == ([None], ["2026-03-07"])
    assert (eight["published"], nine["published"]) == (97, 100)
    days = {row[1] for row in rows("b4")}
    assert days == {f"2026-03-0{number}" for number in (1, 2, 3, 4, 5, 8, 9)}
    history = hansa("history", "t.b4", "--warehouse", "wh").out
    assert history.count("  published  ") == 7
    assert "no rows came and about 100 were expected" in history
    assert "4 rows came and about 100 were expected" in history


def test_b4_the_terminal_says_how_many_came_and_how_many_were_expected(b4, csv_file, hansa):
    said = held_line(hansa, "b4", csv_file("six.csv", "id,day"))
    assert "no rows came and about 100 were expected" in said
    said = held_line(hansa, "b4", csv_file("seven.csv", "id,day", *(f"7-{n},2026-03-07" for n in range(4))))
    assert "2026-03-07" in said
    assert "4 rows came and about 100 were expected" in said


def test_b4_held_days_do_not_pull_the_figure_along(b4, deliver, hansa, csv_file):
    for number in (6, 7, 8, 9, 10):
        deliver(number, 4, code=1)
    said = held_line(hansa, "b4", csv_file("far.csv", "id,day", *(f"11-{n},2026-03-11" for n in range(60))))
    assert "60 rows came and about 100 were expected" in said
    deliver(12, 97)


def test_b4_days_with_too_little_history_say_so(b4):
    unchecked = [told["receipts"][0]["unchecked"] for told in b4]
    assert unchecked == [["volume.usual"]] * 3 + [[]] * 2


ROW_RULE = "quality: [{name: note.known, metric: invalidValues, arguments: {validValues: [a, b]}, mustBe: 0}]"
NOTE = f"{{name: note, logicalType: string, logicalTypeOptions: {{maxLength: 3}}, {ROW_RULE}}}"


def test_b4_a_rule_over_no_rows_is_unchecked(mk, key, day, csv_file, pub, b4):
    mk("b4", key, day, NOTE, quality=VOLUME, version="1.1.0")
    told = pub("b4", csv_file("six.csv", "id,day,note"), code=1)
    assert "note.known" in told["receipts"][0]["unchecked"]


def test_b4_so_is_what_the_columns_promise(mk, key, day, csv_file, pub, b4):
    mk("b4", key, day, NOTE, quality=VOLUME, version="1.1.0")
    told = pub("b4", csv_file("six.csv", "id,day,note"), code=1)
    assert {"id.required", "day.required", "note.maxLength"} <= set(told["receipts"][0]["unchecked"])


def test_b4_the_terminal_says_that_there_was_nothing_to_check(mk, key, day, csv_file, hansa, b4):
    mk("b4", key, day, NOTE, quality=VOLUME, version="1.1.0")
    done = hansa("publish", "b4.odcs.yaml", csv_file("six.csv", "id,day,note"), "--warehouse", "wh")
    assert "nothing to check" in done.out + done.err + hansa("history", "t.b4", "--warehouse", "wh").out


EMPTY = {
    "header.csv": lambda rows: rows.write_csv("header.csv"),
    "typed.parquet": lambda rows: rows.write_parquet("typed.parquet"),
}


@pytest.mark.parametrize("kind", EMPTY)
def test_b4_kind_no_rows_at_all_are_held_whatever_the_contract_asks(mk, key, day, csv_file, pub, hansa, ids, kind):
    """Without a rule of volume, and where a rule of percent or of duplicates would be true of nothing."""
    few = "quality: [{name: note.few, metric: nullValues, unit: percent, mustBeLessThan: 101}]"
    twins = "{name: no.twins, metric: duplicateValues, arguments: {properties: [id]}, mustBe: 0}"
    mk("b4", key, day, f"{{name: note, logicalType: string, {few}}}", quality=twins)
    pub("b4", csv_file("full.csv", "id,day,note", "A,2026-03-01,x", "B,2026-03-01,"))
    EMPTY[kind](pl.DataFrame(schema={"id": pl.String, "day": pl.Date, "note": pl.String}))
    assert "no rows came" in held_line(hansa, "b4", kind)
    assert ids("b4") == ["A", "B"]


def test_b4_kind_an_empty_first_delivery_is_no_product(mk, key, day, csv_file, hansa):
    mk("b4", key, day, quality=VOLUME)
    assert "no rows came" in held_line(hansa, "b4", csv_file("e.csv", "id,day"))
    assert hansa("read", "t.b4", "--warehouse", "wh").code == 1


def test_b4_kind_a_warehouse_of_holds_alone_verifies(mk, key, day, csv_file, hansa):
    mk("b4", key, day, quality=VOLUME)
    hansa("publish", "b4.odcs.yaml", csv_file("e.csv", "id,day"), "--warehouse", "wh")
    assert hansa("verify", "--all", "--warehouse", "wh").code == 0


def test_b4_kind_a_file_of_no_bytes_is_one_line(mk, key, day, csv_file, hansa):
    mk("b4", key, day, quality=VOLUME)
    done = hansa("publish", "b4.odcs.yaml", csv_file("e.csv"), "--warehouse", "wh")
    assert "empty" in one_line(done)


def test_b4_kind_a_whole_product_is_not_replaced_by_nothing(mk, key, csv_file, pub, ids):
    mk("b4", key)
    pub("b4", csv_file("full.csv", "id", "A", "B"))
    assert pub("b4", csv_file("e.csv", "id"), code=1)["held"] == [None]
    assert ids("b4") == ["A", "B"]


def test_b4_kind_rows_that_were_refused_are_no_volume(mk, key, day, csv_file, pub, b4):
    """A hundred rows come and sixty are refused: what would be published is judged, and what was is remembered."""
    lines = [f"6-{n},2026-03-06" if n < 40 else f",2026-03-0{6}" for n in range(100)]
    told = pub("b4", csv_file("six.csv", "id,day", *lines), code=1)
    assert (told["incoming"], told["quarantined"], told["held"]) == (100, 60, ["2026-03-06"])


def test_b4_kind_a_corrected_day_counts_as_it_stands_now(mk, key, day, usual, hansa, csv_file, b4):
    """Days 1 to 5 are brought again with 200 rows; one by one beyond the tolerance, so the rule was looser then."""
    mk("b4", key, day, quality=VOLUME.replace("0.3", "1"), version="1.0.1")
    usual(200)
    mk("b4", key, day, quality=VOLUME, version="1.0.2")
    said = held_line(hansa, "b4", csv_file("six.csv", "id,day", *(f"6-{n},2026-03-06" for n in range(100))))
    assert "100 rows came and about 200 were expected" in said


def test_b4_kind_too_many_rows_are_no_usual_day_either(b4, deliver):
    assert deliver(6, 131, code=1)["held"] == ["2026-03-06"]
    assert deliver(7, 130)["published"] == 130


def test_b4_kind_a_warning_of_volume_publishes_and_is_counted(mk, key, day, usual, deliver):
    mk("b4", key, day, quality=VOLUME.replace("severity: error", "severity: warning"))
    usual(100)
    told = deliver(6, 4)
    assert told["published"] == 4
    assert told["receipts"][0]["broken"] == {"volume.usual": 1}
