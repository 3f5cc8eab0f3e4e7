"""``hansa publish`` killed between quarantine and commit, and between commit and mark: run again, nothing is lost."""

import signal
from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
AMOUNT = "{name: amount, logicalType: integer, classification: C2}"
FIRST = "id,amount\nA,1\nB,2\n"
SECOND = "id,amount\nA,1\nC,3\nD,many\n"

KILLED = """
import os, signal, sys
from hansa.cli import main
from hansa.{module} import {owner}
def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{owner}.{method} = killed
main()
"""
#: Where the process dies: once before the commit, when rows and receipt are written, once when the commit is there.
PLACES = {
    "before the receipt": ("receipt", "ReceiptBook", "prepare"),
    "before the commit": ("store.table", "ProductTable", "commit"),
    "before the mark": ("receipt", "ReceiptBook", "mark_landed"),
}


def rows(hansa):
    return sorted(hansa("read", "t.orders", "--warehouse", "wh").out.splitlines()[1:])


@pytest.mark.parametrize("place", PLACES)
def test_a_publication_killed_and_sent_again_is_there_once_and_whole(place, contract, process, hansa):
    made, file = contract("orders", KEY, AMOUNT), Path("orders.csv")
    file.write_text(FIRST)
    assert hansa("publish", made, file, "--warehouse", "wh").code == 0
    file.write_text(SECOND)
    module, owner, method = PLACES[place]
    code = KILLED.format(module=module, owner=owner, method=method)

    assert process("publish", made, file, "--warehouse", "wh", code=code).code == -signal.SIGKILL
    assert rows(hansa) == (["A,1", "C,3"] if place == "before the mark" else ["A,1", "B,2"])

    assert hansa("publish", made, file, "--warehouse", "wh").code == 0
    assert rows(hansa) == ["A,1", "C,3"]
    refused = hansa("quarantine", "list", "--warehouse", "wh", "--json").json
    counted = [{name: one[name] for name in ("product", "rows", "rules")} for one in refused]
    assert counted == [{"product": "t.orders", "rows": 1, "rules": {"amount.type": 1}}]
    history = hansa("history", "t.orders", "--warehouse", "wh").out.splitlines()
    assert [line.split()[3] for line in history] == ["2", "2"]
    verified = hansa("verify", "--all", "--warehouse", "wh")
    assert (verified.code, verified.out) == (0, "right  t.orders  1 partitions, 1 files, 2 rows\n")
