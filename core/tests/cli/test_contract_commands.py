"""``hansa contract lint | show | list`` as a user meets them."""

from pathlib import Path

import pytest

ID = (
    "{name: id, logicalType: string, required: true, primaryKey: true, description: Order,"
    " customProperties: [{property: descriptionZh, value: 订单号}]}"
)
MOBILE = "{name: mobile, logicalType: string, classification: C2}"


@pytest.fixture
def whole():
    """A contract with all that a document can hold; its path."""
    path = Path("whole.odcs.yaml")
    path.write_text(
        f"""\
apiVersion: v3.1.0
kind: DataContract
id: t.whole
version: 1.2.3
status: active
description: {{purpose: All orders, customProperties: [{{property: descriptionZh, value: 全部订单}}]}}
team: {{name: shop, members: [{{username: k@x.cn, role: owner, dateIn: 2026-03-01}}]}}
support: [{{channel: help, url: https://x.cn/help}}]
price: {{priceAmount: 9.5, priceCurrency: CNY}}
roles: [{{role: reader, access: read}}]
servers: [{{server: a, type: local, path: x, format: csv}}]
slaProperties: [{{property: retention, value: 18, unit: months}}]
tags: [daily]
authoritativeDefinitions: [{{url: https://x.cn/def, type: text}}]
customProperties: [{{property: costCentre, value: 0041}}]
schema:
- name: whole
  physicalName: t_whole
  properties:
  - {ID}
  - {MOBILE}
  quality:
  - {{name: whole.arrived, metric: rowCount, mustBeGreaterThan: 0}}
  - {{name: people.look, type: text, description: Somebody looks}}
"""
    )
    return path


def test_a_contract_in_order_is_linted_with_exit_code_0(hansa, contract):
    path = contract("orders", ID)
    path.write_text(path.read_text() + "team: {name: shop}\n")
    done = hansa("contract", "lint", path)
    assert (done.code, done.out) == (0, "1 file: 0 errors, 0 warnings, 0 notes\n")


def test_warnings_alone_are_exit_code_0(hansa, whole):
    done = hansa("contract", "lint", whole)
    assert done.code == 0
    assert "whole.odcs.yaml:21: warning: column 'mobile' of class C2 is an identifier" in done.out
    assert "whole.odcs.yaml:24: warning: the rule 'people.look' is not enforced: " in done.out


def test_an_error_is_told_with_line_and_mend_and_exit_code_1(hansa, contract):
    done = hansa("contract", "lint", contract("orders", ID.replace("required", "requred")))
    assert done.code == 1
    assert "orders.odcs.yaml:12: error: 'requred' is no word of a property; did you mean 'required'?" in done.out


def test_lint_in_json_has_place_code_severity_and_mend(hansa, contract):
    done = hansa("contract", "lint", contract("orders", ID.replace("required", "requred")), "--json")
    assert (done.code, done.json["ok"], done.json["errors"]) == (1, False, 1)
    assert done.json["findings"][0] == {
        "path": "orders.odcs.yaml",
        "line": 12,
        "code": "contract.unknown",
        "severity": "error",
        "what": "'requred' is no word of a property",
        "next_step": "did you mean 'required'?",
    }


def test_a_folder_is_linted_as_its_contracts_each_once(hansa, contract, whole):
    contract("orders", ID)
    assert hansa("contract", "lint", ".", whole, "--json").json["files"] == 2


@pytest.mark.parametrize("command", ["lint", "list"])
def test_a_folder_without_contracts_is_said_so_with_exit_code_0(hansa, command):
    done = hansa("contract", command, ".")
    assert (done.code, done.out.startswith("no contract")) == (0, True)


@pytest.mark.parametrize("words", [("lint", "none"), ("list", "none"), ("show", "none.odcs.yaml"), ("lint", "x" * 300)])
def test_a_path_where_nothing_is_is_exit_code_2_in_one_line(hansa, words):
    done = hansa("contract", *words)
    assert (done.code, "nothing is there; check the path" in done.sentence) == (2, True)


def test_show_is_readable_and_leaves_nothing_out(hansa, whole):
    out = hansa("contract", "show", whole).out
    for told in (
        "owner     k@x.cn",
        "全部订单",
        "Order / 订单号",
        "whole.arrived: rowCount mustBeGreaterThan 0 (error)",
        "people.look: ",
        "channel: help",
        "priceAmount: 9.5",
        "role: reader, access: read",
        "server: a, type: local",
        "value: 18, unit: months",
        "tags: [daily]",
        "https://x.cn/def",
        "value: 0041",
        "dateIn: 2026-03-01",
        "physicalName: t_whole",
    ):
        assert told in out


def test_show_in_json_has_product_and_rest(hansa, whole):
    shown = hansa("contract", "show", whole, "--json").json
    product = shown["products"][0]
    assert (product["id"], product["key"], product["columns"][0]["description_zh"]) == ("t.whole", ["id"], "订单号")
    assert [one["name"] for one in product["unenforced"]] == ["people.look"]
    assert {"support", "price", "roles", "servers", "slaProperties", "tags", "team"} <= set(shown["rest"])


@pytest.mark.parametrize("word", ["t.whole", "t.whole@1", "whole.odcs.yaml#whole"])
def test_show_takes_an_id_and_an_object_of_a_file(hansa, whole, word):
    assert hansa("contract", "show", word, "--json").json["products"][0]["id"] == "t.whole"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("t.whol", "did you mean 't.whole'?"),
        ("t.whole@2", "no contract 't.whole@2' is known here"),
        ("whole.odcs.yaml#whle", "did you mean 'whole'?"),
    ],
)
def test_show_of_what_is_not_known_is_exit_code_2_with_the_nearest(hansa, whole, word, told):
    done = hansa("contract", "show", word)
    assert (done.code, told in done.sentence) == (2, True)


def test_what_an_author_wrote_moves_no_cursor(hansa, whole):
    whole.write_text(whole.read_text().replace("purpose: All orders", 'purpose: "All\\e[2J\\norders"'))
    assert all(line.isprintable() for line in hansa("contract", "show", whole).out.split("\n"))


def test_list_has_a_line_a_product_sorted_by_id(hansa, contract, whole):
    contract("orders", ID, version="2.0.0")
    rows = hansa("contract", "list", "--json").json["contracts"]
    assert [(row["id"], row["version"]) for row in rows] == [("t.orders", "2.0.0"), ("t.whole", "1.2.3")]
    assert (rows[1]["columns"], rows[1]["rules"], rows[1]["not_enforced"], rows[1]["owner"]) == (2, 1, 1, "k@x.cn")
    assert hansa("contract", "list").out.splitlines()[1].startswith("t.orders")


def test_list_says_what_is_left_out_and_why(hansa, contract):
    contract("orders", ID, version="first")
    done = hansa("contract", "list")
    assert done.code == 0
    assert "left out orders.odcs.yaml:5: the version 'first' is not of the form" in done.out


def test_list_of_a_mesh_names_the_contracts_that_it_knows(hansa, whole):
    Path("mesh.yaml").write_text("name: Bank\ntime_zone: Asia/Shanghai\nstart: 2026-01-01\nmodules: {}\n")
    ids = [row["id"] for row in hansa("contract", "list", "--json").json["contracts"]]
    assert "governance.transactions" in ids
    assert "t.whole" not in ids


def test_show_names_the_columns_within_a_column(hansa, contract):
    inner = "{name: who, logicalType: object, properties: [{name: age, logicalType: integer, description: Years}]}"
    out = hansa("contract", "show", contract("orders", ID, inner)).out
    assert [line.split()[:2] for line in out.splitlines() if line.startswith("  who")] == [
        ["who", "object"],
        ["who.age", "integer"],
    ]
