"""``hansa quarantine replay --dry-run``: what would be published, what still refused and by which rule."""

from pathlib import Path

import polars as pl
import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}"
AMOUNT = "{name: amount, logicalType: integer, classification: C2, logicalTypeOptions: {minimum: 0}}"
LOOSE = "{name: amount, logicalType: integer, classification: C2, logicalTypeOptions: {minimum: -10}}"
MOBILE = (
    "{name: mobile, logicalType: string, classification: C2, customProperties: [{property: tokenise, value: mobile}]}"
)
SECRET = "77665544"
WH = ("--warehouse", "wh")


def files():
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


@pytest.fixture
def loose(hansa, contract):
    """The contract that takes one of three refused rows: one is below it still, one is of no day."""
    Path("q.csv").write_text(f"id,day,amount\nA,2026-03-01,1\nB,2026-03-01,-5\nC,2026-03-01,-{SECRET}\nD,never,3\n")
    assert hansa("publish", contract("q", KEY, DAY, AMOUNT), "q.csv", *WH).code == 0
    return contract("q", KEY, DAY, LOOSE, version="1.1.0")


def test_it_tells_what_would_be_published_and_what_would_still_be_refused_and_why(hansa, loose):
    done = hansa("quarantine", "replay", "t.q", "--contract", loose, "--dry-run", *WH)
    assert (done.code, done.err, done.out.splitlines()) == (
        0,
        "",
        [
            "would replay  t.q  1 of 3 rows, 2 still in quarantine",
            "  would be published: 2026-03-01: 1",
            "  would still be refused: amount.minimum: 1, day.type: 1",
        ],
    )


def test_it_writes_nothing_and_the_rows_can_be_replayed_after_it(hansa, loose):
    before = files()
    hansa("quarantine", "replay", "t.q", "--contract", loose, "--dry-run", *WH)
    assert files() == before
    done = hansa("quarantine", "replay", "t.q", "--contract", loose, *WH)
    assert done.out == "replayed  t.q  1 of 3 rows, 2 still in quarantine\n"


def test_json_has_the_same_figures_and_says_that_it_is_a_dry_run(hansa, loose):
    told = hansa("quarantine", "replay", "t.q", "--contract", loose, "--dry-run", "--json", *WH).json
    kept = {name: told[name] for name in ("product", "dry_run", "sent", "replayed", "open", "standing")}
    assert kept == {"product": "t.q", "dry_run": True, "sent": 3, "replayed": 1, "open": 2, "standing": 0}
    assert (told["days"], told["refused"]) == ({"2026-03-01": 1}, {"amount.minimum": 1, "day.type": 1})
    real = hansa("quarantine", "replay", "t.q", "--contract", loose, "--json", *WH).json
    assert (real["dry_run"], real["days"], real["refused"]) == (False, told["days"], told["refused"])


def test_no_value_of_a_sealed_column_is_told(hansa, loose):
    done = hansa("quarantine", "replay", "t.q", "--contract", loose, "--dry-run", "--json", *WH)
    assert SECRET not in done.out + done.err


def test_a_day_that_would_be_held_is_told_and_ends_as_the_replay_would(hansa, loose, contract):
    many = "{name: q.many, metric: rowCount, mustBeGreaterThan: 100}"
    made = contract("q", KEY, DAY, LOOSE, version="1.1.0", quality=many)
    before = files()
    done = hansa("quarantine", "replay", "t.q", "--contract", made, "--dry-run", *WH)
    assert (done.code, files() == before) == (1, True)
    assert done.out.splitlines()[:2] == [
        "would replay  t.q  0 of 3 rows, 3 still in quarantine",
        "  would be held: 2026-03-01: 1",
    ]
    assert "q.many" in done.err


def test_no_key_is_made_where_the_contract_wants_keys_and_there_are_none(hansa, contract):
    Path("q.csv").write_text("id,amount\nA,1\nB,-1\n")
    plain = "{name: amount, logicalType: integer, logicalTypeOptions: {minimum: 0}}"
    hansa("publish", contract("q", KEY, plain), "q.csv", *WH)
    Path(".hansa/keys").mkdir(mode=0o700, parents=True)
    sealing = contract("q", KEY, LOOSE)
    before = files()
    done = hansa("quarantine", "replay", "t.q", "--contract", sealing, "--dry-run", *WH)
    assert (done.code, "[keys.missing]" in done.sentence, files() == before) == (1, True, True)


def test_the_vault_gets_no_value(hansa, contract, monkeypatch):
    monkeypatch.setenv("HANSA_VAULT", "vault.db")
    Path("v.csv").write_text("id,mobile,amount\nA,19900000017,1\nB,19900000025,-1\n")
    hansa("publish", contract("v", KEY, MOBILE, AMOUNT), "v.csv", *WH)
    Path("vault.db").unlink()
    loose = contract("v", KEY, MOBILE, LOOSE, version="1.1.0")
    done = hansa("quarantine", "replay", "t.v", "--contract", loose, "--dry-run", *WH)
    assert (done.code, Path("vault.db").exists()) == (0, False)


def test_rows_in_two_shapes_are_told_to_be_tried_apart(hansa, contract):
    strict = contract("s", KEY, DAY, AMOUNT)
    Path("s.csv").write_text("id,day,amount\nA,2026-03-01,1\nB,2026-03-01,-5\n")
    hansa("publish", strict, "s.csv", *WH)
    rows = pl.DataFrame({"id": ["C", "D"], "day": ["2026-03-02"] * 2, "amount": [1, -5]})
    rows.with_columns(pl.col("day").str.to_date()).write_parquet("s.parquet")
    hansa("publish", strict, "s.parquet", *WH)
    loose = contract("s", KEY, DAY, LOOSE, version="1.1.0")
    done = hansa("quarantine", "replay", "t.s", "--contract", loose, "--dry-run", *WH)
    assert done.out.splitlines()[0] == "would replay  t.s  2 of 2 rows, 0 still in quarantine"
    assert done.err == "note: the rows came in 2 shapes; each was tried as if the others were not there\n"
