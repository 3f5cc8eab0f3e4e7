import json
from pathlib import Path

import hansa_contracts
import pytest
import yaml
from hansa.errors import MeshError
from hansa_sandbox import plugin

PRODUCTS = [
    "customers",
    "accounts",
    "cards",
    "merchants",
    "transactions",
    "logins",
    "fraud_labels",
    "campaign_events",
]
#: A column that the bank added to its export and that nobody has bound.
UNBOUND = {"ENTRY_MD"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    plugin.hansa_demo(folder, 200, 3)
    return folder


def files(home):
    return {path.relative_to(home): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def test_the_hook_returns_the_mesh_file_and_writes_the_bank(home):
    assert plugin.hansa_demo(home, 200, 3) == home / "mesh.yaml"
    assert {path.name for path in (home / "bank").iterdir()} == {f"{name}.csv" for name in PRODUCTS} | {"bank.json"}
    assert json.loads((home / "bank" / "bank.json").read_text())["seed"] == 3


def test_two_homes_hold_the_same_bytes(home, tmp_path):
    plugin.hansa_demo(tmp_path, 200, 3)
    assert files(tmp_path) == files(home)


def test_a_bank_that_is_there_is_kept(tmp_path):
    plugin.hansa_demo(tmp_path, 100, 1)
    before = (tmp_path / "bank" / "transactions.csv").stat().st_mtime_ns
    plugin.hansa_demo(tmp_path, 100, 1)
    assert (tmp_path / "bank" / "transactions.csv").stat().st_mtime_ns == before


def test_a_bank_that_was_cut_short_is_written_again(tmp_path):
    plugin.hansa_demo(tmp_path, 100, 1)
    whole = files(tmp_path)
    (tmp_path / "bank" / "transactions.csv").write_text("TXN_NO\n")
    plugin.hansa_demo(tmp_path, 100, 1)
    assert files(tmp_path) == whole


def test_another_seed_replaces_the_bank_and_leaves_the_mesh_file(tmp_path):
    plugin.hansa_demo(tmp_path, 100, 1)
    (tmp_path / "mesh.yaml").write_text("name: mine\n")
    before = files(tmp_path)
    plugin.hansa_demo(tmp_path, 100, 2)
    after = files(tmp_path)
    assert after[Path("mesh.yaml")] == b"name: mine\n"
    assert after[Path("bank/customers.csv")] != before[Path("bank/customers.csv")]


@pytest.mark.parametrize(("customers", "seed"), [(0, 1), (10_000_000, 1), (500, -1)])
def test_an_impossible_bank_is_refused_in_one_sentence(tmp_path, customers, seed):
    with pytest.raises(MeshError) as caught:
        plugin.hansa_demo(tmp_path, customers, seed)
    assert "choose" in caught.value.sentence()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_column_of_the_contract_is_mapped_and_every_mapped_column_is_in_the_file(home, name):
    mesh = yaml.safe_load((home / "mesh.yaml").read_text())
    source = mesh["sources"][f"governance.{name}"]
    mapping = source["mapping"]
    contract = Path(hansa_contracts.__file__).parent / "governance" / f"{name}.odcs.yaml"
    columns = {one["name"] for one in yaml.safe_load(contract.read_text())["schema"][0]["properties"]}
    given = {*mapping["rename"], *mapping.get("constant", {}), *mapping.get("offset", {})}
    assert columns - given <= {"business_date"}
    assert given <= columns
    header = (home / source["uri"]).read_text().splitlines()[0].split(",")
    assert set(mapping["rename"].values()) == set(header) - UNBOUND


def test_the_mesh_uses_the_words_of_a_mapping(home):
    mesh = yaml.safe_load((home / "mesh.yaml").read_text())
    used = {word for source in mesh["sources"].values() for word in source["mapping"]}
    assert used == {"rename", "constant", "distinct", "value_map", "timezone", "formats"}


def test_the_desk_can_review_ten_alerts_a_day_at_least(home):
    assert yaml.safe_load((home / "mesh.yaml").read_text())["settings"]["risk.fraud"]["capacity"] == 10
