"""Products that come from a database: which rows a run reads, and how it knows what is published already."""

import pytest
from hansa.receipt import book_of
from hansa.sources.database.relation import Relation
from machinery.small_house import day
from sources.database_house import Bank

pytest_plugins = ["sources.database_house"]

ROWS = "('t1', '2026-03-01', 10), ('t2', '2026-03-01', 20), ('t4', '2026-03-02', 40)"
MARKED = "txn text PRIMARY KEY, business_date date, amount bigint, seen bigint NOT NULL GENERATED ALWAYS AS IDENTITY"


def told(outcomes):
    return [(str(o.step.first or "whole"), o.state) for o in outcomes]


@pytest.fixture
def read(monkeypatch):
    """How many rows each reading of the table gave."""
    counts, batches = [], Relation.batches

    def counted(self, *given):
        counts.append(0)
        at = len(counts) - 1
        for batch in batches(self, *given):
            counts[at] += batch.height
            yield batch

    monkeypatch.setattr(Relation, "batches", counted)
    return counts


@pytest.fixture
def filled(bank):
    bank.table()
    bank.database.run(f"INSERT INTO rows VALUES {ROWS}")
    return bank


def test_a_run_publishes_the_rows_of_its_days(filled):
    assert told(filled.run(1, 1)) == [("2026-03-01", "published")]
    assert filled.published() == {"t1": 10, "t2": 20}


def test_a_run_reads_the_rows_of_its_days_alone(filled, read):
    filled.run(2, 2)
    assert read == [1]


def test_what_did_not_change_is_not_published_again(filled):
    filled.run()
    assert told(filled.run()) == []


def test_a_day_whose_rows_changed_is_published_again_and_no_other(filled):
    filled.run()
    filled.database.run("UPDATE rows SET amount = 41 WHERE txn = 't4'")
    assert told(filled.run()) == [("2026-03-02", "published")]
    assert filled.published() == {"t1": 10, "t2": 20, "t4": 41}


def test_a_row_that_is_deleted_goes(filled):
    filled.run()
    filled.database.run("DELETE FROM rows WHERE txn = 't2'")
    filled.run()
    assert filled.published() == {"t1": 10, "t4": 40}


def test_a_row_without_a_day_waits_in_quarantine_whatever_day_is_run(filled):
    filled.database.run("INSERT INTO rows VALUES ('t9', NULL, 1)")
    (outcome,) = filled.run(2, 2)
    assert (outcome.publication.total("published"), outcome.publication.total("quarantined")) == (1, 1)


def test_rows_that_a_contract_refuses_are_refused_once(filled):
    filled.database.run("INSERT INTO rows VALUES ('t5', '2026-03-02', NULL)")
    (outcome,) = filled.run(2, 2)
    assert outcome.publication.total("quarantined") == 1
    assert told(filled.run(2, 2)) == []


def test_the_days_that_a_table_holds_are_asked_of_the_server(filled, read):
    from hansa.standing import Standing

    assert Standing(filled.mesh()).extent("a.rows") == (day(1), day(2))
    assert read == []


def test_days_are_those_of_the_meshs_zone(bank):
    bank.house.contract(
        "a.rows",
        "  - {name: txn, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}\n"
        "  - {name: booked_at, logicalType: timestamp, required: true}\n"
        "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1,"
        " customProperties: [{property: businessDateOf, value: booked_at}]}\n"
        "  - {name: amount, logicalType: integer, required: true}\n",
    )
    bank.table("txn text PRIMARY KEY, booked_at timestamptz, amount bigint")
    bank.database.run(
        "INSERT INTO rows VALUES ('t1', '2026-03-01 23:30Z', 1), ('t2', '2026-03-02 00:30Z', 2)",
        "INSERT INTO rows VALUES ('t3', '2026-03-02 23:30Z', 3)",
    )
    mesh = bank.mesh
    bank.mesh = lambda: _in_zone(mesh(), "Europe/Berlin")
    bank.run(2, 2)
    assert bank.published() == {"t1": 1, "t2": 2}


def _in_zone(mesh, zone):
    from hansa.mesh import load_mesh

    mesh.path.write_text(mesh.path.read_text().replace("time_zone: UTC", f"time_zone: {zone}"))
    return load_mesh(mesh.path, mesh.registry)


@pytest.fixture
def marked(bank):
    """A table whose column ``seen`` grows with every change."""
    bank.table(MARKED)
    bank.database.run(f"INSERT INTO rows (txn, business_date, amount) VALUES {ROWS}")
    bank.words = ", watermark: seen"
    return bank


def change(bank, txn, amount):
    bank.database.run(
        f"DELETE FROM rows WHERE txn = '{txn}'", f"INSERT INTO rows VALUES ('{txn}', '2026-03-02', {amount})"
    )


def test_by_watermark_no_row_is_read_of_days_that_did_not_change(marked, read):
    marked.run()
    read.clear()
    assert told(marked.run()) == [] and read == []


def test_by_watermark_a_day_with_newer_rows_is_read_whole(marked, read):
    marked.run()
    change(marked, "t5", 50)
    read.clear()
    assert told(marked.run()) == [("2026-03-02", "published")]
    assert read == [2] and marked.published()["t5"] == 50


def test_by_watermark_a_row_that_is_deleted_is_missed_by_the_count(marked):
    marked.run()
    marked.database.run("DELETE FROM rows WHERE txn = 't1'")
    assert told(marked.run()) == [("2026-03-01", "published")]


def test_a_product_without_days_reads_what_is_newer_than_its_receipts_say(marked, read):
    marked.whole()
    marked.run()
    change(marked, "t2", 21)
    change(marked, "t5", 50)
    read.clear()
    assert told(marked.run()) == [("whole", "published")]
    # The two new ones, and the last one of before, whose mark others may have.
    assert read == [3] and marked.published() == {"t1": 10, "t2": 21, "t4": 40, "t5": 50}
    assert told(marked.run()) == []


def test_what_was_held_is_read_again(marked):
    marked.whole("  quality: [{name: few, metric: rowCount, mustBeLessThan: 50}]\n")
    marked.run()
    marked.database.run(
        "INSERT INTO rows (txn, business_date, amount) SELECT 'x' || i, '2026-03-02', i FROM generate_series(1, 50) i"
    )
    assert told(marked.run()) == [("whole", "held")]
    marked.database.run("DELETE FROM rows WHERE amount > 40")
    assert told(marked.run()) == [("whole", "published")]
    assert len(marked.published()) == 43


def test_another_contract_reads_everything_again(marked, read):
    marked.whole()
    marked.run()
    marked.whole("  quality: [{name: few, metric: rowCount, mustBeLessThan: 50}]\n")
    read.clear()
    marked.run()
    assert read == [3]


def test_the_newest_mark_stands_in_the_receipt(marked):
    marked.whole()
    marked.run()
    (given,) = book_of(marked.mesh().warehouse, "a.rows", 1).all()[-1].inputs
    assert (given.first, given.last) == (None, "3")


def test_a_table_of_no_days_without_watermark_is_published_when_its_rows_change(filled):
    filled.whole()
    assert told(filled.run()) == [("whole", "published")]
    assert told(filled.run()) == []
    filled.database.run("UPDATE rows SET amount = 11 WHERE txn = 't1'")
    assert told(filled.run()) == [("whole", "published")]


def test_a_dry_look_at_what_would_run_names_the_table(filled):
    from hansa.explanation import explain
    from hansa.plan import make_plan
    from hansa.standing import Standing

    mesh = filled.mesh()
    standing = Standing(mesh)
    plan = make_plan(mesh, standing, {"a.rows"}, day(1), day(1))
    (matter,) = explain(mesh, standing, plan)
    assert matter.steps[0].reads[0].sentence().endswith(f"table {filled.database.name}.rows")


def test_a_holiday_on_which_rows_came_is_judged_like_any_day(filled):
    mesh = filled.mesh
    filled.mesh = lambda: _with(mesh(), "calendar: {holidays: [2026-03-02]}\n")
    assert told(filled.run()) == [("2026-03-01", "published"), ("2026-03-02", "published")]
    assert filled.published() == {"t1": 10, "t2": 20, "t4": 40}


def _with(mesh, more):
    from hansa.mesh import load_mesh

    mesh.path.write_text(mesh.path.read_text() + more)
    return load_mesh(mesh.path, mesh.registry)


@pytest.mark.parametrize("words", ["", ", watermark: seen"])
def test_secrets_are_compared_by_tags_and_leave_no_copy(marked, words):
    marked.words = words
    marked.house.contract(
        "a.rows",
        "  - {name: txn, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}\n"
        "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}\n"
        "  - {name: amount, logicalType: integer, classification: C3}\n",
    )
    marked.database.run("INSERT INTO rows VALUES ('t9', '2026-03-02', 987654321987)")
    assert [state for _, state in told(marked.run())] == ["published", "published"]
    assert told(marked.run()) == []
    marked.database.run("UPDATE rows SET amount = 1, seen = DEFAULT WHERE txn = 't1'")
    assert told(marked.run()) == [("2026-03-01", "published")]
    staged = [path for path in marked.house.folder.rglob("*") if ".staging" in path.parts and path.is_file()]
    assert [path for path in staged if path.suffix == ".parquet"] == []


class File:
    """A file of SQLite beside the mesh."""

    uri, name = "sqlite:///bank.db", "main"

    def __init__(self, folder):
        self.folder = folder

    def run(self, *statements):
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(self.folder / "bank.db")) as file, file:
            for statement in statements:
                file.execute(statement)


@pytest.fixture
def in_a_file(tmp_path):
    bank = Bank(File(tmp_path), tmp_path).daily()
    bank.database.run("CREATE TABLE rows (txn, business_date, amount, seen)")
    bank.database.run("INSERT INTO rows VALUES ('t1', '2026-03-01', 10, 1), ('t4', '2026-03-02', 40, 2)")
    return bank


def test_the_days_of_a_file_of_sqlite_are_published_when_their_rows_change(in_a_file):
    assert told(in_a_file.run()) == [("2026-03-01", "published"), ("2026-03-02", "published")]
    assert told(in_a_file.run()) == []
    in_a_file.database.run("UPDATE rows SET amount = 41 WHERE txn = 't4'")
    assert told(in_a_file.run()) == [("2026-03-02", "published")]
    assert in_a_file.published() == {"t1": 10, "t4": 41}


def test_a_file_of_sqlite_cannot_choose_days_by_watermark(in_a_file):
    from hansa.standing import source_findings

    in_a_file.words = ", watermark: seen"
    assert [found.code for found in source_findings(in_a_file.mesh())] == ["database.watermark"]


def test_a_watermark_of_decimals_is_refused_for_its_texts_do_not_grow_as_it_does(in_a_file):
    in_a_file.whole().words = ", watermark: seen"
    in_a_file.database.run("UPDATE rows SET seen = 10.5")
    (outcome,) = in_a_file.run()
    assert (outcome.state, outcome.error.code) == ("failed", "database.watermark")


def test_a_file_of_sqlite_is_read_from_its_watermark_on(in_a_file, read):
    in_a_file.whole().words = ", watermark: seen"
    assert told(in_a_file.run()) == [("whole", "published")]
    in_a_file.database.run("INSERT INTO rows VALUES ('t5', '2026-03-02', 50, 3)")
    read.clear()
    assert told(in_a_file.run()) == [("whole", "published")]
    assert read == [2] and in_a_file.published() == {"t1": 10, "t4": 40, "t5": 50}
    assert told(in_a_file.run()) == []


def test_rows_that_no_run_publishes_are_counted_by_the_database(filled, read):
    from hansa.extents import Stretch
    from hansa.standing import Standing

    filled.database.run("INSERT INTO rows VALUES ('e1', '2026-02-10', 1), ('e2', '2026-02-12', 1)")
    filled.database.run("INSERT INTO rows VALUES ('f1', '2926-03-05', 1)")
    standing = Standing(filled.mesh())
    standing.extent("a.rows")
    outside = standing.outside("a.rows")
    assert (outside.early.rows, str(outside.early.first), str(outside.early.last)) == (2, "2026-02-10", "2026-02-12")
    assert isinstance(outside.far, Stretch)
    assert outside.far.rows == 1
    assert read == []
