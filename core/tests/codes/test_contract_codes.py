"""Each code of a contract, raised by a contract that has this one thing wrong."""

import os
from pathlib import Path

import pytest
from hansa.contract import read_contract
from hansa.contract.lint import lint
from hansa.contract.reader import contract_files
from hansa.errors import ContractError

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: t.orders
version: 1.0.0
status: active
team: {name: desk, members: [{username: a, role: owner}]}
"""


def contract(*properties, quality="", head=HEAD, key=KEY):
    lines = ["schema:", "- name: orders", "  properties:", *(f"  - {one}" for one in (key, *properties) if one)]
    return head + "\n".join([*lines, *([f"  quality: [{quality}]"] if quality else [])]) + "\n"


def column(text):
    return contract("{name: c, " + text + "}")


def ruled(text, kind="string"):
    return contract("{name: c, logicalType: " + kind + ", quality: [{" + text + "}]}")


CASES = {
    "contract.alias": HEAD + "description: {purpose: *nothing}\n",
    "contract.aliases": HEAD
    + "tags: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"x{n}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)),
    "contract.arguments": ruled("metric: invalidValues, mustBe: 0"),
    "contract.bounds": column("logicalType: integer, logicalTypeOptions: {minimum: 5, maximum: 1}"),
    "contract.business_date": column(
        "logicalType: date, customProperties: [{property: businessDateOf, value: nothing}]"
    ),
    "contract.character": HEAD + "name: a\x07b\n",
    "contract.custom": contract(quality="{type: custom, engine: hansa, implementation: some words}"),
    "contract.decimal": column("logicalType: number, physicalType: 'DECIMAL(99,2)'"),
    "contract.deprecated": contract(
        head=HEAD.replace(
            "team: {name: desk, members: [{username: a, role: owner}]}", "team: [{username: a, role: owner}]"
        )
    ),
    "contract.depth": HEAD + "tags: " + "[" * 200 + "]" * 200 + "\n",
    "contract.documents": contract() + "---\na: 1\n",
    "contract.double": contract() + "- name: orders\n  properties: [{name: id, logicalType: string}]\n",
    "contract.duplicate": contract("{name: id, logicalType: string}"),
    "contract.empty": "",
    "contract.encoding": b"name: \xff\n",
    "contract.format": column("logicalType: date, customProperties: [{property: formats, value: '%d'}]"),
    "contract.group": contract(
        quality="{name: g, type: custom, engine: hansa, implementation: {metric: groupSum, column: id, mustBe: 0}}"
    ),
    "contract.id": contract(head=HEAD.replace("t.orders", "Orders!")),
    "contract.key": contract("{name: c, logicalType: string, primaryKey: true, primaryKeyPosition: 0}"),
    "contract.mapping": "- a\n- b\n",
    "contract.measure": contract(
        "{name: c, logicalType: number, semanticType: measure}", head=HEAD.replace("v3.1.0", "v3.2.0")
    ),
    "contract.merge": HEAD + "<<: {a: 1}\n",
    "contract.metric": contract(quality="{name: g, type: custom, engine: hansa, implementation: {metric: groupMax}}"),
    "contract.misplaced": column("logicalType: string, items: {logicalType: string}, logicalTypeOptions: {maximum: 3}"),
    "contract.missing": contract().replace("kind: DataContract\n", ""),
    "contract.multiple": column("logicalType: number, logicalTypeOptions: {multipleOf: .inf}"),
    "contract.name": contract("{name: 'a b', logicalType: string}"),
    "contract.nested": column("logicalType: array"),
    "contract.newer": contract(head=HEAD + "context: x\n"),
    "contract.operator": ruled("metric: nullValues"),
    "contract.owner": contract(head=HEAD.replace("team: {name: desk, members: [{username: a, role: owner}]}\n", "")),
    "contract.partition": column("logicalType: string, partitioned: true"),
    "contract.pattern": column("logicalType: string, logicalTypeOptions: {pattern: '(?=a)b'}"),
    "contract.relationship": column("logicalType: string, relationships: [{type: cousin, to: a.b}]"),
    "contract.required": column(
        "logicalType: object, properties: [{name: a, logicalType: string}], logicalTypeOptions: {required: [b]}"
    ),
    "contract.schema": HEAD,
    "contract.share": contract(head=HEAD + "customProperties: [{property: quarantineShare, value: 5}]\n"),
    "contract.size": b"#" * (9 << 20),
    "contract.sql": contract(quality="{name: q, type: sql, query: 'DELETE FROM orders', mustBe: 0}"),
    "contract.syntax": "a: [1\n",
    "contract.tab": "a:\n\tb: 1\n",
    "contract.tag": "a: !!python/name:os.system x\n",
    "contract.tokenise": column("logicalType: string, customProperties: [{property: tokenise, value: shoe}]"),
    "contract.type": column("logicalType: string, criticalDataElement: 7"),
    "contract.unenforced": ruled("name: t, type: text, description: looks good"),
    "contract.unit": contract(quality="{name: n, metric: rowCount, unit: percent, mustBeGreaterThan: 1}"),
    "contract.unknown": HEAD + "colour: blue\n",
    "contract.value": column("logicalType: shoe"),
    "contract.version": contract(head=HEAD.replace("v3.1.0", "v9.0.0")),
    "contract.volume": contract(
        quality="{name: v, type: custom, engine: hansa, implementation: {metric: volume, tolerance: 0.3}}"
    ),
    "contract.zone": column(
        "logicalType: timestamp, logicalTypeOptions: {timezone: true, defaultTimezone: Europe/Berlinn}"
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_a_contract_with_one_thing_wrong_has_its_code(code, tmp_path):
    path = tmp_path / "orders.odcs.yaml"
    given = CASES[code]
    path.write_bytes(given if isinstance(given, bytes) else given.encode())
    assert code in {remark.code for remark in lint([path])}


def test_a_contract_that_is_a_device_has_its_code(tmp_path):
    os.mkfifo(tmp_path / "pipe.odcs.yaml")
    assert _read(tmp_path / "pipe.odcs.yaml") == "contract.device"


def test_a_contract_that_cannot_be_read_has_its_code(tmp_path, monkeypatch):
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(contract())

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert _read(path) == "contract.unreadable"


def test_an_object_that_is_not_there_has_its_code(tmp_path):
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(contract())
    assert _read(path, object="nothing") == "contract.object"


def test_a_link_out_of_the_folder_has_its_code(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside.odcs.yaml").write_text(contract())
    (tmp_path / "inside" / "link.odcs.yaml").symlink_to(tmp_path / "outside.odcs.yaml")
    with pytest.raises(ContractError) as caught:
        list(contract_files(tmp_path / "inside"))
    assert caught.value.code == "contract.outside"


def _read(path, **more):
    with pytest.raises(ContractError) as caught:
        read_contract(path, **more)
    return caught.value.code
