"""The statements of the exports that lie beside the repository, held against what they are known to hold."""

import datetime as dt
import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "exports" / "cases"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not CASES.is_dir(), reason="the exports are not beside it")]
#: Field of the case -> column of the plugin.
OFX = {"at": "posted_at", "type": "type", "amount": "amount", "id": "id", "memo": "memo"}
CAMT = {
    "statement": "statement",
    "reference": "entry_reference",
    "amount": "amount",
    "currency": "currency",
    "direction": "direction",
    "reversal": "reversal",
    "booked": "booked_on",
    "transactions": "transactions",
    "text": "text",
}


def typed(value, kind):
    if kind == "decimal":
        return format(Decimal(value).quantize(Decimal("0.01")), "f")
    if kind == "datetime":
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC).isoformat()
    return value


@pytest.mark.parametrize(
    ("case", "format", "columns"), [("037-ofx-charset-lie", "ofx", OFX), ("039-camt053-batch", "camt", CAMT)]
)
def test_a_case_is_read_as_it_is_known(rows, case, format, columns):
    wanted = json.loads((CASES / case / "expected.json").read_text("utf-8"))
    found = rows(format, (CASES / case / wanted["input"]).read_bytes())
    assert len(found) == wanted["rows"]
    assert sum(Decimal(row["amount"]) for row in found) == Decimal(wanted["amount_sum"])
    kinds = {field: one["type"] for field, one in wanted["first_row"].items()}
    values = [[typed(row[columns[field]], kinds[field]) for field in sorted(columns)] for row in found]
    lines = "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in values)
    assert hashlib.sha256(lines.encode()).hexdigest() == wanted["rows_sha256"]
    for row, known in ((found[0], wanted["first_row"]), (found[-1], wanted["last_row"])):
        assert {field: typed(row[columns[field]], one["type"]) for field, one in known.items()} == {
            field: one["value"] for field, one in known.items()
        }
