"""Who reads which column: products of a mesh, asked by calling them on frames without rows."""

import polars as pl
import pytest
from hansa.change import changes
from hansa.cli.contract_diff import _concerned
from hansa.cli.contract_readers import readers_of
from hansa.mesh import load_mesh
from hansa.products import Module, product, source_product
from hansa.registry import Registry

COLUMNS = (
    "{name: amount, logicalType: integer}",
    "{name: state, logicalType: string}",
    "{name: at, logicalType: timestamp}",
)
TEAM = "team: {name: t, members: [{username: k@x.cn, role: owner}]}"


@pytest.fixture
def read(promise, tmp_path):
    """What ``t.out``, made of ``t.x`` by this function, reads of it; ``t.y`` is another input with the same columns."""

    def asked(function, *requires):
        x = promise(*COLUMNS)
        known = [x, promise(*COLUMNS, id="t.y"), promise(id="t.out", head=TEAM)]
        made = product("t.out", requires=["t.x@1", *requires])(function)
        module = Module("t.core", (source_product("t.x"), source_product("t.y"), made))
        registry = Registry(
            modules={"t.core": module},
            contracts={(one.id, one.major): one for one in known},
            module_plugins={"t.core": "t"},
        )
        path = tmp_path / "mesh.yaml"
        path.write_text("name: b\ntime_zone: Asia/Shanghai\nstart: 2026-01-01\nmodules: {t.core: on}\n")
        (reader,) = readers_of(load_mesh(path, registry), x)
        return reader

    return asked


FUNCTIONS = {
    "what is selected": (lambda x: x.select("id", "amount"), {"id", "amount"}),
    "what is filtered by": (lambda x: x.filter(pl.col("state") == "A").select("id"), {"id", "state"}),
    "what is used and then dropped": (lambda x: x.with_columns(n=pl.col("at").dt.year()).select("id"), {"id", "at"}),
    "what a kind of columns means": (lambda x: x.select(pl.sum_horizontal(pl.col(pl.Int64)).alias("n")), {"amount"}),
    "all that is passed on": (lambda x: x, {"id", "amount", "state", "at"}),
    "none for a count of rows": (lambda x: x.select(pl.len()), set()),
    "what is grouped by": (lambda x: x.group_by("state").agg(pl.len()), {"state"}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_product_reads(read, name):
    function, columns = FUNCTIONS[name]
    reader = read(function)
    assert (reader.product, reader.owner) == ("t.out", "k@x.cn")
    assert (reader.columns, reader.complete) == (columns, True)


def test_a_column_of_another_input_is_not_read_of_this_one(read):
    def join(x, y):
        return x.select("id").join(y.select("id", "amount"), on="id")

    assert read(join, "t.y@1").columns == {"id"}


def test_a_function_that_needs_rows_is_said_to_read_the_product(read):
    def first(x):
        return x.select("amount").collect().row(0)

    assert read(first).complete is False


@pytest.mark.parametrize("left", [SystemExit, ValueError, KeyError])
def test_a_function_that_raises_anything_is_said_to_read_the_product(read, left):
    def leave(x):
        raise left("no")

    assert read(leave).complete is False


def test_a_function_that_looks_at_rows_before_it_answers_may_read_more_than_is_known(read):
    def by_state(x):
        frames = [
            x.filter(pl.col("state") == one).select("id", "amount") for one in x.select("state").collect()["state"]
        ]
        return pl.concat(frames) if frames else pl.LazyFrame(schema={"id": pl.String, "amount": pl.Int64})

    reader = read(by_state)
    assert (reader.columns, reader.complete) == ({"state"}, False)
    assert [reader.knows(("amount",)), reader.reads(("amount",)), reader.knows(("state",))] == [False, True, True]


def test_rows_of_another_input_that_are_looked_at_leave_unknown_what_is_read(read):
    def early(x, y):
        return x.select("amount" if y.collect().height else "id")

    reader = read(early, "t.y@1")
    assert (reader.columns, reader.complete) == ({"id"}, False)


def test_a_run_with_the_first_day_of_the_mesh_is_handed_over(read):
    def daily(x, run):
        return x.filter(pl.col("at") >= run.start_of(run.days[0])).select("id")

    assert read(daily).columns == {"id", "at"}


def test_what_a_function_prints_does_not_come_to_standard_output(read, capsys):
    def loud(x):
        print("rows!")
        return x.select("id")

    assert read(loud).columns == {"id"}
    assert capsys.readouterr().out == ""


def test_a_consumer_is_named_only_by_a_change_that_breaks_what_it_reads(read, promise):
    reader = read(lambda x: x.select("id", "amount"))
    old, new = promise(*COLUMNS), promise(COLUMNS[2], "{name: note, logicalType: string, required: true}")
    named = {change.subject: bool(_concerned(change, [reader])) for change in changes(old, new)}
    assert named == {"amount": True, "state": False, "note": False}
