"""A small institution to which files are delivered: they arrive in a folder, and a mesh publishes each of them once."""

import itertools
import os

from hansa.mesh import load_mesh
from hansa.plan import make_plan, selected
from hansa.products import Module, Setting, source_product
from hansa.runner import Lost, Runner, execute
from hansa.standing import Standing
from hansa.store.door import Door

from machinery.small_house import House, alerts, day, errors, registry_of, scores

_TIMES = itertools.count(1_770_000_000)
DATED = "dated: '%Y%m%d'"
#: Two deliveries: the second brings one row of the first's day again.
FIRST = [(1, "t1", 10), (1, "t2", 20)]
SECOND = [(1, "t2", 21), (2, "t4", 40)]


class Mailroom(House):
    """Files arrive in ``in``; ``a.rows`` is made of them, and ``b.scores`` and ``b.alerts`` of that."""

    def __init__(self, folder):
        super().__init__(folder)
        (folder / "rows.csv").unlink()
        (folder / "in").mkdir()
        self.words, self.text, self.uri = DATED, "", "in/*.csv"

    def send(self, name, rows, header="business_date,txn,amount"):
        """A file in the folder, written whole, later than those before it."""
        self.rows(rows, header, f"in/{name}")
        at = next(_TIMES)
        os.utime(self.folder / "in" / name, (at, at))

    def write(self, name, text):
        (self.folder / "in" / name).write_text(text)

    def take(self, name):
        """Somebody archives a file."""
        (self.folder / "in" / name).unlink()

    def registry(self):
        products = (source_product("a.rows"), scores(), alerts())
        settings = {"limit": Setting(20, "the least score of an alert")}
        return registry_of(Module("a.all", products, settings=settings), dict(self.contracts))

    def mesh(self, text=""):
        words = f", {self.words}" if self.words else ""
        path = self.folder / "mesh.yaml"
        path.write_text(
            f"name: House\ntime_zone: UTC\nstart: 2026-03-01\nmodules: {{a.all: 'on'}}\n{self.text}{text}\n"
            f"sources:\n  a.rows: {{uri: '{self.uri}'{words}}}\n"
        )
        mesh = load_mesh(path, self.registry())
        assert not errors(mesh), errors(mesh)
        return mesh

    def standing(self):
        return Standing(self.mesh())

    def run(self, *names, first=1, last=3):
        """One run, as the command line carries it out; its outcomes."""
        mesh = self.mesh()
        runner, outcomes = Runner(mesh, only_moved=True), []
        extent = runner.standing.extent("a.rows")
        end = min(day(last), extent[1]) if extent else day(last)
        asked = set(selected(mesh, names or ("a.rows",)))
        plan = make_plan(mesh, runner.standing, asked, min(day(first), end), end)
        execute(runner, plan.steps, Lost(mesh), outcomes.append)
        return outcomes

    def told(self, *names, **days):
        """What became of each step, by its title."""
        return {outcome.step.title(): outcome.state for outcome in self.run(*names, **days)}

    def published(self):
        """What readers see: rows of (transaction, day of March, amount)."""
        frame = Door(self.mesh().warehouse).open("a.rows").frame.collect().sort("business_date", "txn")
        return [(row["txn"], row["business_date"].day, row["amount"]) for row in frame.iter_rows(named=True)]

    def publications(self):
        return self.standing().book("a.rows").all()

    def left(self):
        return {one.name: one.why for one in self.standing().deliveries("a.rows").left}
