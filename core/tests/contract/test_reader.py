import hashlib
import os
import subprocess
import sys

import polars as pl
import pytest
from hansa.check import RowCheck
from hansa.contract import find_contracts, read_contract
from hansa.errors import ContractError


def custom(word, value):
    return f"customProperties: [{{property: {word}, value: {value}}}]"


def test_the_head_of_a_contract_is_kept(contracts):
    head = (
        "tags: [daily]\ndescription: {purpose: What for, customProperties: [{property: descriptionZh, value: 用途}]}\n"
        "team: {name: shop, members: [{username: a@x}, {username: b@x, role: Owner}]}\n"
        "customProperties: [{property: quarantineShare, value: 0.05}]"
    )
    contract = contracts.read(head=head, name="Orders", version="2.10.3")
    assert (contract.id, contract.domain, contract.product, contract.major) == ("shop.orders", "shop", "orders", 2)
    assert (contract.title, contract.description, contract.description_zh) == ("Orders", "What for", "用途")
    assert (contract.owner, contract.status, contract.tags) == ("b@x", "active", ("daily",))
    assert (contract.quarantine_share, contract.key_scope) == (0.05, "product")


def test_the_digest_is_that_of_the_file(contracts):
    path = contracts.path()
    assert read_contract(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("team", "owner"),
    [
        ("team: {name: shop}", "shop"),
        ("team: [{username: a@x, role: Data Steward}, {username: b@x, role: owner}]", "b@x"),
        ("team: [{username: a@x, role: steward}]", ""),
        ("tags: []", ""),
    ],
)
def test_the_owner_is_the_member_of_that_role_else_the_team(contracts, team, owner):
    assert contracts.read(head=team).owner == owner


def test_domain_and_name_make_the_id_where_it_has_another_form(contracts):
    contract = contracts.read(id="53581432-6c55-4ba2-a65f-72344a91553a", name="orders_2", head="domain: shop")
    assert contract.id == "shop.orders_2"


def test_a_contract_may_narrow_its_key_to_the_partition(contracts):
    day = "{name: day, logicalType: date, partitioned: true}"
    assert contracts.read(day, head=custom("keyScope", "partition")).key_scope == "partition"


MISTAKES = {
    "id": ({"id": "Shop.Orders"}, ":3: the id 'Shop.Orders' is not of the form domain.product"),
    "id_of_three": ({"id": "a.b.c"}, ":3: the id 'a.b.c' is not of the form"),
    "version_words": (
        {"version": "first"},
        ":4: the version 'first' is not of the form MAJOR.MINOR.PATCH; write version: 1.0.0",
    ),
    "version_short": (
        {"version": "'1.2'"},
        ":4: the version '1.2' is not of the form MAJOR.MINOR.PATCH; write version: 1.2.0",
    ),
    "version_v": ({"version": "v1.2.3"}, "write version: 1.2.3"),
    "version_candidate": ({"version": "1.2.3-rc1"}, "write version: 1.2.3"),
    "share_over_one": (
        {"head": custom("quarantineShare", 5)},
        ":11: quarantineShare is '5'; write a share from 0 to 1",
    ),
    "share_as_text": ({"head": custom("quarantineShare", "'0.1'")}, "quarantineShare is '0.1'"),
    "share_as_truth": ({"head": custom("quarantineShare", "true")}, "quarantineShare is 'true'"),
    "share_misspelt": ({"head": custom("quarantine_share", 0.1)}, "did you mean 'quarantineShare'?"),
    "scope_unknown": ({"head": custom("keyScope", "partitions")}, "did you mean 'partition'?"),
    "scope_without_partition": ({"head": custom("keyScope", "partition")}, "and no column is partitioned"),
    "second_object": (
        {"head": "- name: more"},
        ":11: the contract has 2 schema objects, and one contract is one product; name one as orders.odcs.yaml#orders",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_head_that_makes_no_contract_is_refused_with_its_line(contracts, mistake):
    given, told = MISTAKES[mistake]
    assert told in contracts.refusal(**given)


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("", ":1: the contract has no schema objects"),
        ("schema: []\n", ":6: the contract has no schema objects"),
        ("schema:\n- name: a\n", ":7: the schema object has no properties; write at least one column"),
    ],
)
def test_a_contract_without_columns_is_refused(contracts, schema, told):
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: a.b\nversion: 1.0.0\nstatus: x\n"
    with pytest.raises(ContractError) as caught:
        read_contract(contracts.file(head + schema))
    assert told in contracts.told(caught.value)


def test_the_place_of_an_error_is_the_path_as_it_was_given(contracts, monkeypatch):
    path = contracts.path(version="x")
    monkeypatch.chdir(path.parent)
    with pytest.raises(ContractError) as caught:
        read_contract(path.relative_to(path.parent))
    assert caught.value.where == "orders.odcs.yaml:4"


A1 = (
    "{name: id, logicalType: string, required: true, primaryKey: true}",
    "{name: country, logicalType: string, required: true, quality: [{name: country.known, metric: invalidValues,"
    " arguments: {validValues: [CN, NO, SE]}, mustBe: 0, severity: error}]}",
    "{name: branch, logicalType: string, required: true, quality: [{name: branch.known, metric: invalidValues,"
    " arguments: {validValues: [012, 0755, 1_0]}, mustBe: 0, severity: error}]}",
)
A1_BY_ENUM = (
    A1[0],
    "{name: country, logicalType: string, required: true, enum: [{value: CN}, {value: NO}, {value: SE}]}",
    "{name: branch, logicalType: string, required: true, enum: [{value: 012}, {value: 0755}, {value: 1_0}]}",
)


@pytest.mark.parametrize(
    ("properties", "rules"),
    [(A1, {"country.known", "branch.known"}), (A1_BY_ENUM, {"country.enum", "branch.enum"})],
    ids=["validValues", "enum"],
)
def test_a1_unquoted_values_are_the_authors_characters(contracts, properties, rules):
    rows = pl.DataFrame(
        {"id": ["A", "B", "C", "D"], "country": ["NO", "SE", "CN", "False"], "branch": ["012", "0755", "1_0", "10"]}
    )
    broken = RowCheck(contracts.read(*properties)).broken(rows, {})
    assert {name: rows["id"].filter(mask).to_list() for name, mask in broken.items()} == {rule: ["D"] for rule in rules}


def write(contracts, name, id, version="1.0.0"):
    path = contracts.path(id=id, version=version)
    target = contracts.folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    return target


def test_contracts_are_found_by_id_and_major_version_in_order(contracts):
    write(contracts, "b/z.odcs.yaml", "shop.a")
    write(contracts, "b/deep/y.odcs.yaml", "shop.a", "2.0.0")
    write(contracts, "a/x.odcs.yaml", "shop.b")
    write(contracts, "a/other.yaml", "shop.c")
    found = find_contracts([contracts.folder / "b", contracts.folder / "a"])
    assert list(found) == [("shop.a", 1), ("shop.a", 2), ("shop.b", 1)]


def test_a_file_that_is_met_twice_counts_once(contracts):
    write(contracts, "a/x.odcs.yaml", "shop.a")
    link = contracts.folder / "link"
    link.symlink_to(contracts.folder / "a")
    assert len(find_contracts([contracts.folder, contracts.folder / "a", link])) == 1


def test_two_files_of_one_id_and_major_version_are_refused_by_name(contracts):
    write(contracts, "a/x.odcs.yaml", "shop.a")
    write(contracts, "b/y.odcs.yaml", "shop.a", "1.1.0")
    with pytest.raises(ContractError) as caught:
        find_contracts([contracts.folder])
    told = contracts.told(caught.value)
    assert told.startswith("b/y.odcs.yaml: shop.a@1 is claimed by a/x.odcs.yaml too")


TWO = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.sales
version: 2.0.0
status: active
domain: shop
schema:
- {name: orders, properties: [{name: a, logicalType: string}]}
- {name: lines, id: other_lines, properties: [{name: b, logicalType: string}]}
"""


@pytest.mark.parametrize(("name", "id"), [("orders", "shop.orders"), ("shop.lines", "shop.lines")])
def test_one_of_several_objects_is_read_by_its_name_or_id(contracts, name, id):
    path = contracts.file(TWO)
    assert read_contract(path, object=name).id == read_contract(f"{path}#{name}").id == id


def test_a_file_whose_name_holds_a_number_sign_is_that_file(contracts):
    path = contracts.path().rename(contracts.folder / "x.yaml#1.odcs.yaml")
    assert read_contract(path).id == "shop.orders"


def test_an_object_that_is_not_there_is_told_by_the_nearest(contracts):
    with pytest.raises(ContractError, match=r"has no schema object 'order'; did you mean 'orders'\?"):
        read_contract(contracts.file(TWO), object="order")


def test_all_objects_of_a_file_are_found(contracts):
    contracts.file(TWO)
    assert list(find_contracts([contracts.folder])) == [("shop.lines", 2), ("shop.orders", 2)]


def test_a_folder_with_one_object_that_cannot_be_published_is_refused_by_its_line(contracts):
    contracts.file(TWO.replace("{name: b, logicalType: string}", ""))
    with pytest.raises(ContractError, match=r"yaml:9: the schema object has no properties"):
        find_contracts([contracts.folder])


def test_a_link_that_leads_out_of_the_folder_is_refused(contracts, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    target = contracts.path().rename(outside / "x.odcs.yaml")
    (contracts.folder / "link.odcs.yaml").symlink_to(target)
    with pytest.raises(ContractError, match=r"link\.odcs\.yaml: the link leads out of the folder"):
        find_contracts([contracts.folder])


def test_what_lies_in_a_hidden_folder_is_nobodys_contract(contracts):
    write(contracts, ".venv/x.odcs.yaml", "shop.a")
    write(contracts, "b/y.odcs.yaml", "shop.a")
    assert len(find_contracts([contracts.folder])) == 1


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ContractError, match="the folder of contracts does not exist"):
        find_contracts([tmp_path / "none"])


def test_reading_a_right_contract_needs_neither_jsonschema_nor_models_nor_frames(contracts):
    code = (
        "import sys; from pathlib import Path; from hansa.contract import read_contract;"
        "read_contract(Path(sys.argv[1]));"
        "print(sorted({'jsonschema', 'open_data_contract_standard.model', 'pydantic', 'polars'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(contracts.path())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_reader_loads_neither_schema_nor_models_nor_frames():
    code = (
        "import sys; import hansa.contract; from hansa.contract.reader import read_contract;"
        "print(sorted({'jsonschema', 'open_data_contract_standard', 'pydantic', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_contract_is_utf_8_whatever_the_locale(contracts):
    path = contracts.path("{name: 金额, logicalType: number, description: 金额}")
    code = "import sys; from pathlib import Path; from hansa.contract import read_contract;"
    code += "print(ascii(read_contract(Path(sys.argv[1])).columns[0].name))"
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
        "PYTHONCOERCECLOCALE": "0",
    }
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == ascii("金额")
