"""A module in shadow really runs, nobody reads it, and it is compared with what is live."""

import json

import polars as pl
import pytest
from hansa.cli.compare import _lines
from hansa.comparison import _compared, _Sides, compare, pairs
from hansa.contract import read_contract
from hansa.errors import DataError, MeshError
from hansa.receipt import book_of
from hansa.store.door import Door
from hansa.upkeep import upkeep
from hansa.verify import verify
from machinery.small_house import DAY, KEY, day
from typer.testing import CliRunner

BESIDE = "modules: {a.one: on, b.two: on}\nshadow: {b.two: {limit: 10}}\n"
HIDDEN = "modules: {a.one: on, b.two: shadow}\n"


def rows(mesh, product):
    return sorted(Door(mesh.warehouse).open(product).frame.select("txn").collect()["txn"].to_list())


@pytest.fixture
def beside(house):
    """Live alerts from 20 on, in shadow from 10 on, of two days."""
    mesh = house.mesh(BESIDE)
    house.run(mesh)
    return mesh


def test_a_shadow_is_published_with_receipts_into_tables_of_its_own(beside):
    assert rows(beside, "b.alerts") == ["t2", "t3", "t4"]
    assert rows(beside, "shadow_b.alerts") == ["t1", "t2", "t3", "t4"]
    read = [given.name for given in book_of(beside.warehouse, "shadow_b.alerts").all()[0].inputs]
    assert read == ["shadow_b.scores"]
    assert (beside.warehouse.root / "shadow_b" / "alerts" / "receipts").is_dir()


def test_what_is_live_is_the_same_with_and_without_a_shadow(house, tmp_path, beside):
    def digests(mesh):
        publications = book_of(mesh.warehouse, "b.alerts").all()
        return [(p.contract, p.code, [(r.partition, r.digests) for r in p.receipts]) for p in publications]

    alone = house.mesh("modules: {a.one: on, b.two: on}\nwarehouse: other\n")
    house.run(alone)
    assert digests(alone) == digests(beside)


def test_verify_and_upkeep_find_a_shadow_like_any_product(beside):
    assert verify(beside.warehouse, "shadow_b.alerts").faults == ()
    assert "shadow_b.alerts" in [name for name, _ in beside.warehouse.products()]
    upkeep(beside.warehouse, "shadow_b.alerts")
    assert rows(beside, "shadow_b.alerts") == ["t1", "t2", "t3", "t4"]


def test_decisions_that_would_flip_are_counted_and_shown(beside):
    found = compare(beside, "b.alerts")
    assert (found.days, found.rows_live, found.rows_shadow) == ((day(1), day(2)), 3, 4)
    assert (found.only_live, found.only_shadow, found.changed) == (0, 1, 2)
    assert found.examples["only_shadow"] == [{"txn": "t1"}]
    # t2 and t3 are more than twice the lower limit.
    assert found.flips == {"grade": 2}
    assert found.flipped_rows["grade"][0] == {"txn": "t2", "live": "low", "shadow": "high"}
    assert found.flipped == 3


def test_rows_are_compared_over_the_days_that_both_have(house):
    mesh = house.mesh(BESIDE)
    house.run(mesh, "b.two")
    house.run(mesh, "shadow_b.two", first=1, last=1)
    assert compare(mesh, "b.alerts").days == (day(1),)
    assert compare(mesh, "b.alerts", day(1), day(9)).rows_live == 2
    with pytest.raises(DataError, match="no day of it is published both live and in shadow"):
        compare(mesh, "b.alerts", day(2), day(2))


def test_equal_rows_are_no_difference(beside):
    found = compare(beside, "b.scores")
    assert (found.rows_live, found.only_live, found.only_shadow, found.changed, found.flipped) == (5, 0, 0, 0, 0)


def test_of_a_module_that_is_in_shadow_only_every_decision_would_be_new(house):
    mesh = house.mesh(HIDDEN)
    house.run(mesh)
    found = compare(mesh, "b.alerts")
    assert (found.rows_live, found.only_shadow, found.flipped) == (0, 3, 3)


def test_without_a_key_rows_are_the_same_only_as_a_whole_and_as_often(house):
    house.contract("b.alerts", "  - {name: txn, logicalType: string}\n  - {name: grade, logicalType: string}\n")
    live = pl.LazyFrame({"txn": ["x", "x", None], "grade": ["g", "g", None]})
    shadow = pl.LazyFrame({"txn": ["x", None], "grade": ["g", None]})
    counts = _Sides(house.contracts["b.alerts", 1], live, shadow).counts()
    assert {name: counts[name] for name in ("only_live", "only_shadow", "changed")} == {
        "only_live": 1,
        "only_shadow": 0,
        "changed": 0,
    }


def test_names_of_columns_are_the_authors_and_meet_none_of_the_comparison(house):
    words = ("grade", "grade__new", "live", "shadow", "times", "rows_live", "changed", "key", "old", "new")
    rest = "".join(f"  - {{name: {word}, logicalType: string}}\n" for word in words)
    contract = read_contract(house.contract("b.alerts", KEY + rest))
    live = pl.LazyFrame({"txn": ["x"], **{word: ["a"] for word in words}})
    sides = _Sides(contract, live, live.with_columns(grade=pl.lit("b")))
    counts = sides.counts()
    assert {name: count for name, count in counts.items() if count} == {
        "rows_live": 1,
        "rows_shadow": 1,
        "changed": 1,
        "__grade": 1,
    }
    assert sides.examples(sides.differs["grade"], "grade") == [{"txn": "x", "live": "a", "shadow": "b"}]


#: Names that the comparison uses for something else, and odd ones.
ODD = (
    "only_live",
    "only_shadow",
    "changed",
    "rows_live",
    "rows_shadow",
    "product",
    "days",
    "flipped",
    "flips",
    "examples",
    "columns",
    "decides",
)


@pytest.mark.parametrize("name", [*ODD, "live", "shadow", "times", "len", "literal", "金额", "ª"])
def test_a_column_that_decides_may_have_any_name(house, name):
    columns = KEY + f"  - {{name: {name}, logicalType: string, tags: [decision]}}\n"
    contract = read_contract(house.contract("b.alerts", columns, "[decision]"))
    live = pl.LazyFrame({"txn": ["gone", "both"], name: ["a", "a"]})
    shadow = pl.LazyFrame({"txn": ["new", "both"], name: ["b", "b"]})
    found = _compared("b.alerts", contract, None, live, shadow)
    assert (found.rows_live, found.rows_shadow, found.only_live, found.only_shadow, found.changed) == (2, 2, 1, 1, 1)
    assert found.examples == {"only_live": [{"txn": "gone"}], "only_shadow": [{"txn": "new"}]}
    assert (found.columns, found.flips, found.flipped) == ({name: 1}, {name: 1}, 3)
    assert found.flipped_rows == {name: [{"txn": "both", "live": "a", "shadow": "b"}]}
    shown = list(_lines(found))
    assert shown[1:] == [
        "  1 decisions no longer made",
        "    txn gone",
        "  1 decisions newly made",
        "    txn new",
        f"  1 rows with other values: {name} 1",
        f"  1 decisions of {name} flip",
        "    txn both, live a, shadow b",
    ]


def test_a_key_that_is_called_like_a_side_is_shown_beside_the_values_of_both(house):
    key = KEY.replace("name: txn", "name: live")
    contract = read_contract(house.contract("b.alerts", key + "  - {name: grade, logicalType: string}\n"))
    live = pl.LazyFrame({"live": ["k"], "grade": ["a"]})
    sides = _Sides(contract, live, live.with_columns(grade=pl.lit("b")))
    assert sides.examples(sides.differs["grade"], "grade") == [{"live": "k", "live grade": "a", "shadow": "b"}]


def test_rows_of_other_settings_are_not_compared_until_they_are_computed_again(house, beside):
    mesh = house.mesh(BESIDE.replace("10", "5"))
    with pytest.raises(DataError) as caught:
        compare(mesh, "b.alerts")
    assert "of 2026-03-01 (and 1 more days) is from before: its code or settings changed" in caught.value.what
    assert caught.value.next_step.startswith(
        "hansa run shadow_b.scores shadow_b.alerts --from 2026-03-01 --to 2026-03-02 computes it again"
    )
    house.run(mesh, "shadow_b.scores", "shadow_b.alerts")
    assert compare(mesh, "b.alerts").only_shadow == 2


def test_days_that_were_computed_again_are_compared_alone(house, beside):
    mesh = house.mesh(BESIDE.replace("10", "5"))
    house.run(mesh, "shadow_b.two", first=1, last=1)
    assert compare(mesh, "b.alerts", last=day(1)).only_shadow == 1
    with pytest.raises(DataError, match="from before"):
        compare(mesh, "b.alerts")


def test_rows_made_of_others_in_shadow_that_are_from_before_are_not_compared(house, beside):
    house.rows([(1, "t1", 11), (1, "t2", 20), (1, "t3", 30), (2, "t4", 40), (2, "t5", 5)])
    with pytest.raises(DataError, match="from before"):
        mesh = house.mesh(BESIDE)
        house.run(mesh, "a.rows")
        compare(mesh, "b.alerts")


def test_a_protected_value_is_never_shown(house):
    key = KEY.replace("name: txn,", "name: txn, classification: C2,")
    grade = "  - {name: grade, logicalType: string, tags: [decision], classification: C3}\n"
    house.contract("b.alerts", key + DAY + grade, "[decision]")
    mesh = house.mesh(BESIDE)
    house.run(mesh)
    found = compare(mesh, "b.alerts")
    assert found.flipped == 3
    assert found.examples["only_shadow"] == [{"txn": "(hidden)"}]
    assert found.flipped_rows["grade"][0] == {"txn": "(hidden)", "live": "(hidden)", "shadow": "(hidden)"}


def test_a_name_means_a_module_or_a_product_in_shadow(beside):
    assert pairs(beside, "b.two") == pairs(beside, "shadow_b.two") == ["b.scores", "b.alerts"]
    assert pairs(beside, "b.alerts") == ["b.alerts"]


def test_what_is_not_in_shadow_is_told_with_the_mend(beside):
    with pytest.raises(MeshError) as live:
        pairs(beside, "a.one")
    with pytest.raises(MeshError) as slip:
        pairs(beside, "b.alert")
    assert live.value.sentence().endswith(
        "a.one has no settings to try; while it is not trusted write modules: {a.one: shadow}"
    )
    assert slip.value.next_step == "did you mean 'b.alerts'?"


@pytest.fixture
def command(monkeypatch):
    """Run hansa compare on a mesh that is loaded already."""
    from hansa.cli import app

    def run(mesh, *words):
        monkeypatch.setattr("hansa.mesh.load_mesh", lambda path=None, registry=None: mesh)
        return CliRunner().invoke(app, ["compare", *words], catch_exceptions=False)

    return run


def test_the_command_tells_a_module_product_by_product(beside, command):
    answer = command(beside, "b.two")
    assert answer.exit_code == 0
    assert answer.output.splitlines() == [
        "b.scores  2026-03-01..2026-03-02, 2 days: 5 rows live, 5 in shadow",
        "  the same rows",
        "b.alerts  2026-03-01..2026-03-02, 2 days: 3 rows live, 4 in shadow",
        "  1 decisions newly made",
        "    txn t1",
        "  2 rows with other values: grade 2",
        "  2 decisions of grade flip",
        "    txn t2, live low, shadow high",
        "    txn t3, live low, shadow high",
        "decisions that would flip: 3",
    ]


def test_the_command_prints_json(beside, command):
    found = json.loads(command(beside, "b.alerts", "--from", "2026-03-02", "--to", "2026-03-02", "--json").output)
    assert (found["flipped"], found["products"][0]["days"]) == (0, ["2026-03-02"])
    assert found["not_compared"] == []
