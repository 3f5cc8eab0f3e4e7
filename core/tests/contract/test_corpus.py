"""Other people's contracts, judged by the oracle that lies beside them."""

import csv
import re
from pathlib import Path

import pytest
from hansa.contract import read_contract
from hansa.contract.document import read_document
from hansa.contract.given import Given
from hansa.contract.lint import lint
from hansa.contract.place import Place
from hansa.contract.shown import shown
from hansa.contract.standard import judge
from hansa.contract.yaml_text import read_yaml
from hansa.errors import ContractError

FOLDER = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "contracts"
FILES = sorted((FOLDER / "files").glob("*.yaml"))

#: Files that the JSON schema of their version refuses and that are read here, each with the reason.
READ_ALL_THE_SAME = {
    "014-v300-shipments": "physicalName of a property, which v3.0.0 forgot, says nothing that a gate could lose",
    "019-v301-athena-iceberg": "valid by the standard's text and from v3.0.2 on",
    "055-v310-enkinex-servers": "valid by the standard's text, which takes precedence",
}

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not FILES, reason="../shared is not there")]


def errors():
    if not FILES:
        return {}
    with (FOLDER / "errors.tsv").open(encoding="utf-8", newline="") as file:
        lines = {}
        for row in csv.DictReader(file, delimiter="\t"):
            lines.setdefault(row["file"], []).append(int(row["line"]))
    return lines


ERRORS = errors()
IN_RANGE = [path for path in FILES if not re.search(r"-v2[0-9]{2}-", path.name)]


def name(path):
    return path.name.removesuffix(".odcs.yaml")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_strangers_contract_is_read_or_refused_in_one_sentence_with_its_line(path):
    try:
        read_contract(path)
    except ContractError as error:
        assert re.fullmatch(rf"{re.escape(str(path))}:[0-9]+", error.where)
        assert "\n" not in error.sentence()
        assert error.next_step


VALID = [path for path in IN_RANGE if path.name not in ERRORS]
INVALID = [path for path in IN_RANGE if path.name in ERRORS and name(path) not in READ_ALL_THE_SAME]


@pytest.mark.parametrize("path", VALID, ids=name)
def test_a_contract_that_is_valid_by_its_version_is_read_whole(path):
    document = read_document(path)
    assert len(document.objects) == len(document.data.get("schema", []))
    assert all((one.contract is None) != (one.fault is None) for one in document.objects)


@pytest.mark.parametrize("path", VALID, ids=name)
def test_lint_finds_no_error_in_a_contract_that_is_valid_by_its_version(path):
    assert [remark.sentence() for remark in lint([path]) if remark.severity == "error"] == []


def leaves(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [] if value is None else [str(value)]


@pytest.mark.parametrize("path", VALID, ids=name)
def test_nothing_that_was_read_is_lost_in_what_is_shown(path):
    document = read_document(path)
    given = set(leaves({word: value for word, value in document.data.items() if word != "kind"}))
    told = leaves(shown(document))
    # The name of a nested property is told behind the names of those that hold it.
    assert given <= {*told, *(part for one in told for part in re.split(r"[.\[\]]+", one))}


@pytest.mark.parametrize("path", VALID, ids=name)
def test_properties_say_what_the_models_of_the_standard_say(path):
    from open_data_contract_standard.model import OpenDataContractStandard

    data = read_document(path).data
    for table, model in zip(data.get("schema", []), OpenDataContractStandard(**data).schema_ or [], strict=True):
        for given, modelled in zip(table.get("properties", []), model.properties or [], strict=True):
            agree(Given(given), modelled)


def agree(given, modelled):
    from pydantic import BaseModel

    for word in type(modelled).model_fields:
        mine, theirs = getattr(given, word), getattr(modelled, word)
        if isinstance(theirs, BaseModel):
            agree(mine, theirs)
        elif isinstance(theirs, list) and theirs and isinstance(theirs[0], BaseModel):
            for one, other in zip(mine, theirs, strict=True):
                agree(one, other)
        else:
            assert (word, mine) == (word, theirs)


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_a_contract_that_is_invalid_by_its_version_is_refused_at_a_line_of_the_oracle(path):
    with pytest.raises(ContractError) as caught:
        read_document(path)
    assert int(caught.value.where.rsplit(":", 1)[1]) in ERRORS[path.name]


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_no_more_is_told_than_the_oracle_knows(path):
    try:
        faults = judge(Place(read_yaml(path))).faults
    except ContractError as error:
        faults = [error]
    assert 1 <= len(faults) <= len(ERRORS[path.name])


@pytest.mark.parametrize("path", [path for path in FILES if path not in IN_RANGE], ids=name)
def test_a_contract_of_version_2_is_never_read(path):
    with pytest.raises(ContractError):
        read_contract(path)


#: Valid files with one flat table; only their id (a UUID or a title) has another form than Hansa's.
FLAT = [
    "011-v300-full-example",
    "013-v300-quality-custom",
    "019-v301-athena-iceberg",
    "020-v302-table-column-dates",
    "025-v302-weather-array",
    "032-v302-postgresql-alias",
    "035-v302-team-array",
    "037-v310-quality-custom",
    "061-v310-hdb-resale",
    "079-v302-datahub-library-rules",
]


@pytest.mark.parametrize("stem", FLAT)
def test_a_flat_table_is_read_once_its_id_names_domain_and_product(stem, tmp_path):
    content = (FOLDER / "files" / f"{stem}.odcs.yaml").read_bytes()
    path = tmp_path / "mine.odcs.yaml"
    path.write_bytes(re.sub(rb"(?m)^id:.*?(\r?)$", rb"id: theirs.table\1", content))
    assert read_contract(path).columns
