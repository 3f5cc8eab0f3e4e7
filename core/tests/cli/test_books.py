"""``hansa verify``, ``hansa history`` and ``hansa quarantine``: what lies there, what happened, what was refused."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
SECRET = "9981776655"


@pytest.fixture
def published(hansa, orders):
    return hansa("publish", *orders, "--warehouse", "wh", "--json").json


def data_file():
    return next(Path("wh/t/orders/data").rglob("*.parquet"))


def test_verify_finds_all_right(hansa, published):
    done = hansa("verify", "--all", "--warehouse", "wh")
    assert (done.code, done.out) == (0, "right  t.orders  1 partitions, 1 files, 2 rows\n")


def test_verify_names_a_file_that_was_changed(hansa, published):
    content = bytearray(data_file().read_bytes())
    content[len(content) // 2] ^= 1
    data_file().write_bytes(content)
    done = hansa("verify", "t.orders", "--warehouse", "wh", "--json")
    faults = [(fault["kind"], fault["place"]) for verdict in done.json for fault in verdict["faults"]]
    assert (done.code, faults[0]) == (1, ("changed", str(data_file().resolve())))


def test_verify_names_a_file_that_is_gone(hansa, published):
    data_file().unlink()
    done = hansa("verify", "t.orders", "--warehouse", "wh")
    assert (done.code, "WRONG  t.orders" in done.out, "lost" in done.out) == (1, True, True)


def test_verify_says_so_where_nothing_is_published(hansa):
    Path("wh").mkdir()
    done = hansa("verify", "--all", "--warehouse", "wh")
    assert (done.code, done.out) == (0, f"nothing is published in {Path('wh').resolve()}\n")


def test_history_has_a_line_for_each_publication(hansa, published, orders):
    orders[1].write_text("id,amount\nC,3\nD,many\n")
    hansa("publish", *orders, "--warehouse", "wh")
    lines = hansa("history", "t.orders", "--warehouse", "wh").out.splitlines()
    assert [line.split()[1:8] for line in lines] == [
        ["published", "whole", "2", "rows", "0", "quarantined", "snapshot"],
        ["published", "whole", "1", "rows", "1", "quarantined", "snapshot"],
    ]


def test_history_as_json_is_the_receipts(hansa, published):
    listed = hansa("history", "t.orders", "--warehouse", "wh", "--json").json
    assert [(p["digest"], p["state"]) for p in listed] == [(published["digest"], "published")]


def test_history_says_of_each_publication_from_where_it_came_how_and_under_which_contract(hansa, published, orders):
    hansa("publish", orders[0], "orders.csv", "--replace", "--warehouse", "wh")
    line = hansa("history", "t.orders", "--warehouse", "wh").out.splitlines()[0]
    assert line.endswith("contract 1.0.0  file  from orders.csv")
    (listed,) = hansa("history", "t.orders", "--warehouse", "wh", "--json").json
    assert (listed["from"], listed["mode"], listed["version"]) == (["orders.csv"], "file", "1.0.0")


def test_history_names_a_file_and_not_where_it_lay(hansa, orders):
    folder = Path("of 王小明").resolve()
    folder.mkdir()
    orders[1].rename(folder / "orders.csv")
    hansa("publish", orders[0], folder / "orders.csv", "--merge", "--warehouse", "wh")
    for words in ([], ["--json"]):
        out = hansa("history", "t.orders", "--warehouse", "wh", *words).out
        assert ("orders.csv" in out, "merge" in out) == (True, True)
    assert "王" not in hansa("history", "t.orders", "--warehouse", "wh").out


def test_history_names_the_quarantine_as_what_a_replay_came_from(hansa, contract):
    amount = "{{name: amount, logicalType: integer, logicalTypeOptions: {{minimum: {}}}}}"
    Path("rows.csv").write_text("id,amount\nA,1\nB,-1\n")
    hansa("publish", contract("o", KEY, amount.format(0)), "rows.csv", "--warehouse", "wh")
    looser = contract("o", KEY, amount.format(-1), version="1.1.0")
    hansa("quarantine", "replay", "t.o", "--contract", looser, "--warehouse", "wh")
    lines = hansa("history", "t.o", "--warehouse", "wh").out.splitlines()
    assert any(line.endswith("contract 1.1.0  merge  from quarantine of t.o") for line in lines)


def broken_contract(contract, rules):
    """Every table rule of it is broken by one row."""
    wanted = ", ".join(f"{{name: r{n:02}.many, metric: rowCount, mustBeGreaterThan: {n + 1}}}" for n in range(rules))
    return contract("held", KEY, quality=wanted)


@pytest.mark.parametrize(("rules", "named", "more"), [(9, 9, None), (13, 10, "and 3 more")])
def test_a_hold_is_told_with_all_its_rules_or_ten_and_how_many_more(hansa, contract, rules, named, more):
    Path("rows.csv").write_text("id\nA\n")
    done = hansa("publish", broken_contract(contract, rules), "rows.csv", "--warehouse", "wh")
    told = hansa("history", "t.held", "--warehouse", "wh").out
    for text in (told, done.err):
        assert text.count(".many: ") == named
        assert more is None or more in text
    assert len(hansa("history", "t.held", "--warehouse", "wh", "--json").json[0]["receipts"][0]["reasons"]) == rules


def test_a_hold_by_refused_rows_names_every_rule_that_they_broke(hansa, contract):
    columns = [f"{{name: c{n}, logicalType: integer}}" for n in range(14)]
    Path("rows.csv").write_text(f"id,{','.join(f'c{n}' for n in range(14))}\nA{',x' * 14}\n")
    done = hansa("publish", contract("held", KEY, *columns), "rows.csv", "--warehouse", "wh")
    told = hansa("history", "t.held", "--warehouse", "wh").out
    for text in (told, done.err):
        assert (text.count(".type 1"), "and 4 more" in text) == (10, True)


def test_nothing_in_quarantine_is_said(hansa, published):
    assert hansa("quarantine", "list", "--warehouse", "wh").out == "no row is in quarantine\n"


@pytest.fixture
def refused_rows(hansa, orders):
    orders[1].write_text(f"id,amount\nA,1\nB,{SECRET}x\nC,{SECRET}y\n")
    hansa("publish", *orders, "--warehouse", "wh")


def test_quarantine_list_counts_by_product_and_rule(hansa, refused_rows):
    listed = hansa("quarantine", "list", "--warehouse", "wh", "--json").json
    counted = [{name: one[name] for name in ("product", "rows", "rules")} for one in listed]
    assert counted == [{"product": "t.orders", "rows": 2, "rules": {"amount.type": 2}}]


def test_quarantine_show_masks_sealed_columns(hansa, refused_rows):
    done = hansa("quarantine", "show", "t.orders", "--warehouse", "wh")
    assert ("id=B, amount=***" in done.out, SECRET in done.out + done.err) == (True, False)


def test_no_value_of_a_sealed_column_lies_in_the_warehouse_outside_the_seal(refused_rows):
    import polars as pl

    for path in Path("wh").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
        if path.suffix == ".parquet":
            assert SECRET not in str(pl.read_parquet(path).rows()), path


def test_quarantine_show_shows_at_most_so_many_and_says_of_how_many(hansa, refused_rows):
    done = hansa("quarantine", "show", "t.orders", "--warehouse", "wh", "--limit", "1")
    assert done.out.splitlines()[-1] == "1 of 2 rows of t.orders in quarantine"


def test_quarantine_show_makes_no_keys_where_there_are_none(hansa, refused_rows, monkeypatch, tmp_path):
    monkeypatch.setenv("HANSA_KEYS", str(tmp_path / "none"))
    done = hansa("quarantine", "show", "t.orders", "--warehouse", "wh")
    assert (done.code, "there are no keys here" in done.sentence) == (1, True)
    assert not (tmp_path / "none").exists()


def test_other_keys_than_those_of_the_first_publication_are_refused(hansa, published, orders, monkeypatch, tmp_path):
    monkeypatch.setenv("HANSA_KEYS", str(tmp_path / "other"))
    done = hansa("publish", *orders, "--warehouse", "wh")
    assert (done.code, "was filled with" in done.sentence) == (1, True)
