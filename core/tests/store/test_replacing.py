"""The snapshot of a publication finds the manifests that it replaces, however many threads judge manifests at once."""

import datetime as dt
from types import SimpleNamespace

from hansa.store.replacing import Upon, replacing
from pyiceberg.expressions import EqualTo, Or

#: Two days, each with a manifest of its own, and a day that no manifest has.
DAYS, ABSENT = ("2026-03-01", "2026-03-02"), "2026-02-01"


class Overtaken(list):
    """Summaries of a manifest; whoever looks at one is overtaken by a thread that judges another manifest."""

    def __init__(self, summaries, meanwhile):
        super().__init__(summaries)
        self._meanwhile = meanwhile

    def __getitem__(self, place):
        self._meanwhile()
        return super().__getitem__(place)


def test_a_manifest_is_judged_by_its_own_days_while_another_thread_judges_another(warehouse, send):
    for day in DAYS:
        send(f"{day}=1")
    table = warehouse.catalog.load_table(("t", "a"))
    by_day = {manifest.partitions[0].lower_bound: manifest for manifest in table.current_snapshot().manifests(table.io)}
    other, wanted = (by_day[key] for key in sorted(by_day))
    made = replacing(table.transaction(), False, table.io, {})
    made.delete_by_predicate(
        Or(EqualTo("day", dt.date.fromisoformat(ABSENT)), EqualTo("day", dt.date.fromisoformat(DAYS[1])))
    )
    judge = made._build_manifest_evaluator(wanted.partition_spec_id)
    summaries = Overtaken(wanted.partitions, lambda: judge(other))
    assert not judge(other)
    assert judge(SimpleNamespace(partitions=summaries))


def test_what_a_transaction_knows_of_its_table_is_worked_out_once(warehouse, send):
    send("2026-03-01=1")
    under_way = Upon(warehouse.catalog.load_table(("t", "a")))
    assert under_way.table_metadata is under_way.table_metadata


def test_what_was_staged_is_in_what_a_transaction_knows(warehouse, send):
    send("2026-03-01=1")
    under_way = Upon(warehouse.catalog.load_table(("t", "a")))
    before = under_way.table_metadata
    under_way.set_properties({"kept": "yes"})
    assert ("kept" in before.properties, under_way.table_metadata.properties["kept"]) == (False, "yes")
