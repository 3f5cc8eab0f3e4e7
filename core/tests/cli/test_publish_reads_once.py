"""``hansa publish`` reads each receipt of before once, though it and the gate both ask for them."""

from collections import Counter
from pathlib import Path

import pytest
from hansa.store.objects import Folder

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_each_receipt_of_before_is_read_once(hansa, contract, monkeypatch, options):
    made = contract("rows", KEY)
    for number in range(3):
        Path("rows.csv").write_text(f"id\nA{number}\n")
        hansa("publish", made, "rows.csv")
    read, counts = Folder.read, Counter()

    def counted(self, name):
        counts[name] += 1
        return read(self, name)

    monkeypatch.setattr(Folder, "read", counted)
    Path("rows.csv").write_text("id\nB\n")
    assert hansa("publish", made, "rows.csv", *options).code == 0
    receipts = {name: count for name, count in counts.items() if name.endswith(".json") and len(name) == 69}
    assert len(receipts) >= 3
    assert set(receipts.values()) == {1}
