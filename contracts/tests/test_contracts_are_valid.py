from importlib.resources import files
from pathlib import Path

import pytest
from hansa.contract import find_contracts, read_contract

FOLDER = Path(str(files("hansa_contracts")))
PATHS = sorted(FOLDER.rglob("*.odcs.yaml"))


def name(path):
    return path.relative_to(FOLDER).as_posix().removesuffix(".odcs.yaml")


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_a_contract_lies_where_its_id_says(path):
    assert read_contract(path).id == name(path).replace("/", ".")


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_a_contract_has_a_key_an_owner_and_a_description(path):
    contract = read_contract(path)
    assert contract.key
    assert contract.owner
    assert contract.description


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_everything_is_described_in_both_languages(path):
    contract = read_contract(path)
    assert contract.description_zh
    assert [c.name for c in contract.columns if not (c.description and c.description_zh)] == []


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_no_rule_of_ours_is_left_unenforced(path):
    assert read_contract(path).unenforced == ()


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_a_daily_contract_calls_its_partition_business_date(path):
    assert read_contract(path).partition in (None, "business_date")


def test_all_contracts_stand_beside_each_other():
    assert len(find_contracts([FOLDER])) == len(PATHS)
