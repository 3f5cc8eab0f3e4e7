"""Other people's contracts, judged by the oracle that lies beside them."""

import csv
import re
from pathlib import Path

import pytest
from hansa.contract import read_contract
from hansa.contract.place import Place
from hansa.contract.standard import check_standard
from hansa.contract.yaml_text import read_yaml
from hansa.errors import ContractError

FOLDER = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "contracts"
FILES = sorted((FOLDER / "files").glob("*.yaml"))

#: Files that the JSON schema of their version refuses and that are read here, each with the reason.
READ_ALL_THE_SAME = {
    "014-v300-shipments": "physicalName of a property, which v3.0.0 forgot, says nothing that a gate could lose",
    "019-v301-athena-iceberg": "valid by the standard's text and from v3.0.2 on",
    "031-v302-impala": "a type of server that later versions know; servers are not used by the gate",
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


@pytest.mark.parametrize("path", [path for path in IN_RANGE if path.name not in ERRORS], ids=name)
def test_a_contract_that_is_valid_by_its_version_passes_the_standard(path):
    assert check_standard(Place(read_yaml(path))) in (0, 1, 2)


@pytest.mark.parametrize(
    "path",
    [path for path in IN_RANGE if path.name in ERRORS and name(path) not in READ_ALL_THE_SAME],
    ids=name,
)
def test_a_contract_that_is_invalid_by_its_version_is_refused_at_a_line_of_the_oracle(path):
    with pytest.raises(ContractError) as caught:
        check_standard(Place(read_yaml(path)))
    assert int(caught.value.where.rsplit(":", 1)[1]) in ERRORS[path.name]


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
    "062-v310-jaffle-orders",
    "079-v302-datahub-library-rules",
]


@pytest.mark.parametrize("stem", FLAT)
def test_a_flat_table_is_read_once_its_id_names_domain_and_product(stem, tmp_path):
    content = (FOLDER / "files" / f"{stem}.odcs.yaml").read_bytes()
    path = tmp_path / "mine.odcs.yaml"
    path.write_bytes(re.sub(rb"(?m)^id:.*?(\r?)$", rb"id: theirs.table\1", content))
    assert read_contract(path).columns
