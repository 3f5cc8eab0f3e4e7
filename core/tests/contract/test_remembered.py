"""A contract that was read before: the same as read anew, and never believed when anything is other than it was."""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hansa.contract import remembered
from hansa.contract.model import Column, Contract, GroupRule, Rule, Unenforced, VolumeRule
from hansa.contract.reader import find_contracts, read_contract
from hansa.contract.remembered import recall, remember
from hansa.errors import ContractError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = """apiVersion: v3.1.0
kind: DataContract
id: shop.orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: id, logicalType: string, required: true, logicalTypeOptions: {pattern: "^[A-Z]+$"}}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(12,2)", logicalTypeOptions: {minimum: 0}}
      - {name: day, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy, minimum: "2020-02-01"}}
    quality:
      - {name: few, type: sql, query: "SELECT COUNT(*) FROM ${table}", mustBeLessThan: 9}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hansa" / "contracts"


@pytest.fixture
def orders(tmp_path):
    folder = tmp_path / "contracts"
    folder.mkdir()
    path = folder / "orders.odcs.yaml"
    path.write_text(TEXT)
    return path


def shown(contract):
    """Every field with the types of its values: 1, 1.0 and True are three things."""
    return repr(contract)


@pytest.fixture
def kept(orders, cache):
    """The one entry of a contract that was read once."""
    find_contracts([orders.parent])
    (entry,) = cache.iterdir()
    return entry


def test_a_contract_that_was_read_before_is_the_same(orders, kept):
    assert list(map(shown, recall(orders))) == [shown(read_contract(orders))]


def test_reading_it_again_imports_neither_polars_nor_sqlglot(orders, kept):
    code = "import sys; from pathlib import Path; from hansa.contract.reader import find_contracts"
    code += "; print(len(find_contracts([Path(sys.argv[1])])), {'polars', 'sqlglot', 'jsonschema'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code, str(orders.parent)], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("1 set()\n", "")


def test_the_path_is_that_of_the_file_that_is_read(orders, kept, tmp_path):
    other = tmp_path / "other.odcs.yaml"
    other.write_bytes(orders.read_bytes())
    assert [one.path for one in recall(other)] == [other]


def test_a_file_with_any_other_byte_is_read_anew(orders, kept):
    orders.write_text(TEXT.replace("mustBeLessThan: 9", "mustBeLessThan: 8"))
    assert recall(orders) is None
    assert find_contracts([orders.parent])["shop.orders", 1].rules[0].operands == (8.0,)


def test_what_other_code_has_read_is_read_anew(orders, kept, monkeypatch):
    monkeypatch.setattr(remembered, "_made_by", lambda: "another version")
    assert recall(orders) is None


def test_without_known_versions_nothing_is_remembered(orders, cache, monkeypatch):
    monkeypatch.setattr(remembered, "_made_by", lambda: None)
    find_contracts([orders.parent])
    assert not cache.exists() or list(cache.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_damaged_entry_is_not_believed(orders, kept, data):
    whole = kept.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    kind = data.draw(st.sampled_from(["flipped", "cut", "longer"]))
    damaged = {
        "flipped": whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
        "cut": whole[:place],
        "longer": whole + b" ",
    }[kind]
    kept.write_bytes(damaged)
    try:
        assert recall(orders) is None
    finally:
        kept.write_bytes(whole)


def test_the_entry_of_another_file_is_not_believed(orders, kept, cache, tmp_path):
    orders.write_text(TEXT.replace("mustBeLessThan: 9", "mustBeLessThan: 8"))
    find_contracts([orders.parent])
    (own,) = set(cache.iterdir()) - {kept}
    own.write_bytes(kept.read_bytes())
    assert recall(orders) is None


@pytest.mark.parametrize(
    "body", ["7", "[]", "[7]", '[["Column",{}]]', '[["Contract",{"nonsense":1}]]', '[["Contract",7]]', "{}", "nul"]
)
def test_a_sealed_entry_of_another_shape_is_not_believed(orders, kept, body):
    kept.write_bytes(remembered._seal(kept.name, body.encode()) + body.encode())
    assert recall(orders) is None


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_may_write_is_not_believed(orders, kept, mode):
    kept.parent.chmod(mode)
    assert recall(orders) is None


def test_an_entry_that_others_may_write_is_not_believed(orders, kept):
    kept.chmod(0o666)
    assert recall(orders) is None


def test_an_entry_that_is_a_link_is_not_believed(orders, kept, tmp_path):
    kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")
    assert recall(orders) is None


def test_a_cache_that_is_a_file_harms_nobody(orders, cache):
    cache.parent.parent.mkdir()
    cache.parent.write_text("")
    assert list(find_contracts([orders.parent])) == [("shop.orders", 1)]
    assert list(find_contracts([orders.parent])) == [("shop.orders", 1)]


def test_a_contract_with_a_fault_is_not_remembered(orders, cache):
    orders.write_text(TEXT.replace("logicalType: number", "logicalType: numbre"))
    for _ in range(2):
        with pytest.raises(ContractError, match="numbre"):
            find_contracts([orders.parent])
    assert not cache.exists() or list(cache.iterdir()) == []


@pytest.mark.parametrize("missing", ["folder", "nothing"])
def test_what_is_no_file_is_not_known(tmp_path, missing):
    path = tmp_path / "x.odcs.yaml"
    if missing == "folder":
        path.mkdir()
    assert recall(path) is None


def test_of_very_many_entries_the_oldest_go(orders, kept, cache, monkeypatch):
    monkeypatch.setattr(remembered, "_MOST", 2)
    monkeypatch.setattr(remembered, "_ONE_IN", 1)
    os.utime(kept, (0, 0))
    for number in (7, 8):
        orders.write_text(TEXT.replace("mustBeLessThan: 9", f"mustBeLessThan: {number}"))
        find_contracts([orders.parent])
    assert len(list(cache.iterdir())) == 2
    assert not kept.exists()


# --- every value that a contract can hold ---------------------------------------------------------------------------

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, dt.UTC])).map(lambda one: one.replace(fold=0)),
    st.times().map(lambda one: one.replace(fold=0)),
    st.none(),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
columns = st.recursive(
    st.builds(
        Column,
        texts,
        st.just("string"),
        st.integers(1, 9),
        required=st.booleans(),
        minimum=numbers,
        maximum=numbers,
        enum=st.lists(texts, max_size=3).map(tuple),
        multiple_of=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
        pattern=st.none() | texts,
    ),
    lambda inner: st.builds(
        Column, texts, st.just("object"), st.integers(1, 9), fields=st.lists(inner, max_size=3).map(tuple), items=inner
    ),
    max_leaves=5,
)
rules = st.builds(
    Rule,
    texts,
    st.just("rowCount"),
    st.lists(texts, max_size=2).map(tuple),
    st.just("mustBe"),
    st.lists(st.floats(allow_nan=False), max_size=2).map(tuple),
    st.integers(1, 9),
    query=st.none() | texts,
    empty=st.none() | st.floats(allow_nan=False) | st.decimals(allow_nan=False, allow_infinity=False),
    hidden=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(st.lists(columns, max_size=3), st.lists(rules, max_size=2), texts)
def test_every_value_of_a_contract_comes_back_as_it_was(tmp_path, columns, rules, text):
    path = tmp_path / "a.odcs.yaml"
    path.write_text(json.dumps([text, repr(columns), repr(rules)]))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    made = Contract(
        "a.b", "1.0.0", tuple(columns), path, digest, description=text, tags=(text,), rules=tuple(rules),
        groups=(GroupRule(text, "groupSum", ("a",), None, "mustBe", (Decimal("1.50"),), 3),),
        volume=VolumeRule(text, 0.1, 4), unenforced=(Unenforced(text, text, 5),), quarantine_share=1.0,
    )  # fmt: skip
    remember([made])
    (found,) = recall(path)
    assert shown(found) == shown(made)
    assert found.by_name == made.by_name


@pytest.mark.shared
def test_real_contracts_come_back_as_they_were(tmp_path):
    shared = Path(__file__).parents[4] / "shared"
    files = sorted(shared.rglob("*.odcs.yaml"))[:200]
    if not files:
        pytest.skip("../shared is not there")
    told = 0
    for file in files:
        try:
            made = [read_contract(file)]
        except ContractError:
            continue
        remember(made)
        assert list(map(shown, recall(file))) == list(map(shown, made))
        told += 1
    assert told
