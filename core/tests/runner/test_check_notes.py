"""``hansa check`` says of each contract of the mesh that is not active what its status means."""

import json
import sys

import pytest
from hansa.cli import main
from hansa.contract import read_contract


@pytest.mark.parametrize(
    ("status", "word"), [("draft", "it is a draft"), ("deprecated", "deprecated"), ("retired", "it is retired")]
)
def test_a_contract_that_is_not_active_is_told_once_and_is_no_fault(house, monkeypatch, capfd, status, word):
    house.source("a.rows", [(1, 1)])
    path = house.contracts[("a.rows", 1)].path
    path.write_text(path.read_text().replace("status: active", f"status: {status}"))
    house.contracts[("a.rows", 1)] = read_contract(path)
    mesh = house.mesh("vault: none")
    monkeypatch.setattr("hansa.registry.load", lambda **_: house.registry())
    monkeypatch.setattr(sys, "argv", ["hansa", "check", "--mesh", str(mesh.path), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    assert ended.value.code == 0
    assert (err.count("note: contract a.rows"), word in err) == (1, True)
    assert len(json.loads(out)["notes"]) == 1
