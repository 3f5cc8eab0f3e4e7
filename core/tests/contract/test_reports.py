"""Public reports about readers of contracts, each as a kind: the reported input and others like it."""

import re
from pathlib import Path

import pytest
from hansa.contract.document import read_document
from hansa.contract.lint import lint
from hansa.contract.shown import shown
from hansa.errors import ContractError

REPORTS = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "contracts" / "reports.md"
HEAD = "apiVersion: {standard}\nkind: DataContract\nid: {id}\nversion: 1.0.0\nstatus: draft\n"


@pytest.fixture
def document(tmp_path):
    """Read a contract of this body; the head has five lines."""

    def read(body, standard="v3.1.0", id="shop.t"):
        path = tmp_path / "c.odcs.yaml"
        path.write_text(HEAD.format(standard=standard, id=id) + body, encoding="utf-8")
        return read_document(path)

    return read


@pytest.fixture
def refusal(document):
    """Line and sentence of the refusal."""

    def read(body, **more):
        with pytest.raises(ContractError) as caught:
            document(body, **more)
        return int(caught.value.where.rpartition(":")[2]), caught.value.sentence()

    return read


def column(text):
    return f"schema:\n- name: t\n  properties:\n  - {{name: a, logicalType: string{text}}}\n"


@pytest.mark.parametrize("word", ["isNullable: false", "isUnique: true", "isPrimaryKey: true", "clusterStatus: true"])
def test_1_words_of_version_2_in_a_property_are_refused_at_their_line(refusal, word):
    line, told = refusal(f"schema:\n- name: t\n  properties:\n  - name: a\n    logicalType: string\n    {word}\n")
    assert (line, word.partition(":")[0] in told) == (11, True)


@pytest.mark.parametrize("word", ["dateIn", "dateOut"])
@pytest.mark.parametrize("form", ["team: {{name: x, members: [{}]}}\n", "team: [{}]\n"])
def test_3_a_bare_date_is_a_text(document, word, form):
    read = document(form.format(f"{{username: k, {word}: 2026-03-01}}"))
    team = read.data["team"]
    assert (team if isinstance(team, list) else team["members"])[0][word] == "2026-03-01"


@pytest.mark.parametrize("physical", ["date", "INT", "timestamp", "DECIMAL(18,2)", "VARCHAR(3)", "VARIANT"])
@pytest.mark.parametrize("standard", ["v3.0.2", "v3.1.0"])
def test_5_a_property_with_only_a_physical_type_is_kept(document, physical, standard):
    read = document(f"schema:\n- name: t\n  properties:\n  - {{name: kept, physicalType: '{physical}'}}\n", standard)
    assert "kept" in [one["name"] for one in shown(read)["products"][0]["columns"]]


@pytest.mark.parametrize(
    ("first", "second", "key"),
    [
        ("primaryKeyPosition: 2", "primaryKeyPosition: 1", ("order_no", "line_no")),
        ("primaryKeyPosition: 1", "primaryKeyPosition: 2", ("line_no", "order_no")),
        ("primaryKeyPosition: -1", "primaryKeyPosition: 1", ("order_no", "line_no")),
    ],
)
def test_7_a_key_over_two_columns_is_one_key_in_its_order(document, first, second, key):
    columns = f"{{name: line_no, logicalType: string, primaryKey: true, {first}}}"
    columns += f"\n  - {{name: order_no, logicalType: string, primaryKey: true, {second}}}"
    assert document(f"schema:\n- name: t\n  properties:\n  - {columns}\n").contracts[0].key == key


@pytest.mark.parametrize("kind", ["sameAs", "parentOf", "外键"])
@pytest.mark.parametrize("at", ["properties: [{{name: x, {}}}]", "properties: [{{name: x}}], {}"])
def test_9_any_type_of_relationship_is_read_and_lint_warns(document, kind, at):
    own = "" if at.startswith("properties: [{{name: x, {") else "from: t.x, "
    given = at.format(f"relationships: [{{type: {kind}, {own}to: b.y}}]")
    read = document(f"schema:\n- {{name: t, {given}}}\n- {{name: b, properties: [{{name: y}}]}}\n")
    warned = [r for r in lint([read.path]) if r.code == "contract.relationship"]
    assert [(r.severity, kind in r.what) for r in warned] == [("warning", True)]


def test_11_valid_values_stand_at_a_rule_of_version_3_0_only(document, refusal):
    body = column(", quality: [{rule: validValues, validValues: [S, M]}]")
    assert document(body, standard="v3.0.2").contracts[0].rules[0].valid_values == ("S", "M")
    assert "'validValues' is no word of a quality rule" in refusal(body, standard="v3.1.0")[1]


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        ("snowflake", "'account', 'database' and 'schema'"),
        ("bigquery", "'project' and 'dataset'"),
        ("s3", "'location'"),
    ],
)
def test_13_each_missing_key_of_each_server_is_told_at_its_line(document, refusal, kind, lacking):
    body = f"servers:\n- server: later\n  type: {kind}\n- server: other\n  type: {kind}\n"
    line, told = refusal(body)
    assert (line, f"a server lacks {lacking}" in told) == (7, True)
    remarks = lint([Path(re.match(r"(.*\.yaml):", told)[1])])
    assert [(r.line, r.what) for r in remarks] == [(n, f"a server lacks {lacking}") for n in (7, 9)]


@pytest.mark.parametrize("word", ["quality", "properties", "relationships", "logicalType"])
def test_15_what_belongs_to_an_element_is_refused_at_the_root(refusal, word):
    line, told = refusal(f"{word}:\n- type: text\n  description: x\n")
    assert (line, f"'{word}' is no word of a contract" in told) == (6, True)


def test_17_custom_properties_are_a_list_at_every_level_with_any_value(document, refusal):
    given = "customProperties: [{property: p, value: {kind: hash, sizes: [1, 2]}}]"
    body = f"{given}\nschema:\n- name: t\n  {given}\n  properties:\n  - {{name: a, logicalType: string, {given}}}\n"
    read = shown(document(body))
    places = [read["rest"], read["products"][0]["rest"], read["products"][0]["properties"][0]]
    assert [place["customProperties"][0]["value"]["sizes"] for place in places] == [[1, 2]] * 3
    assert "customProperties is a mapping, and must be a list" in refusal("customProperties: {p: 1}\n")[1]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("transformSourceObjects", ["raw.a", "raw.b"]),
        ("authoritativeDefinitions", [{"url": "https://e.org", "type": "x"}]),
        ("examples", ["A", 1, None]),
    ],
)
def test_19_what_the_schema_accepts_is_accepted_and_shown(document, word, value):
    read = shown(document(f"team: {{id: core, name: Core}}\n{column(f', {word}: {value}'.replace('None', 'null'))}"))
    assert (read["rest"]["team"]["id"], read["products"][0]["properties"][0][word]) == ("core", value)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (column(", reqiured: true"), 9),
        (column(", logicalTypeOptions: {maxLenght: 3}"), 9),
        ("schema:\n- name: t\n  phsyicalName: x\n", 8),
        ("team:\n  name: x\n  membres: []\n", 8),
        ("slaProperties:\n- property: x\n  valeu: 1\n", 8),
        ("support:\n- channel: x\n  ulr: y\n", 8),
        ("price:\n  priceAmount: 1\n  priceCurency: CNY\n", 8),
    ],
)
def test_21_no_misspelt_word_is_dropped_at_any_depth(refusal, body, line):
    told = refusal(body)
    assert (told[0], "did you mean" in told[1]) == (line, True)


@pytest.mark.parametrize("value", [18, 1.5, "P18M", True, None])
@pytest.mark.parametrize("word", ["value", "valueExt"])
def test_23_a_service_level_is_a_number_or_a_text_with_a_unit(document, word, value):
    written = {None: "null", True: "true"}.get(value, value)
    more = "" if word == "value" else ", value: 1"
    body = f"slaProperties: [{{property: retention, {word}: {written}, unit: months, element: t.a{more}}}]\n"
    assert shown(document(body))["rest"]["slaProperties"][0][word] == value


@pytest.mark.parametrize(
    "head", ["apiVersion: v2.2.2\nuuid: x\n", "apiVersion: v2.2.0\nid: x\n", "uuid: x\n", "stakeholders: []\n"]
)
def test_25_version_2_is_refused_by_its_name(tmp_path, head):
    path = tmp_path / "old.odcs.yaml"
    path.write_text(f"kind: DataContract\n{head}")
    with pytest.raises(ContractError, match=r"old\.odcs\.yaml:2: .*v2\.2"):
        read_document(path)


def reported():
    if not REPORTS.exists():
        return {}
    parts = re.split(r"(?m)^## ", REPORTS.read_text(encoding="utf-8"))[1:]
    return {
        int(part.split(".")[0]): re.search(r"(?s)```yaml\n(.*?)```", part)[1] for part in parts if "```yaml" in part
    }


REPORTED = reported()
REFUSED = {1: 11, 13: 7, 15: 6, 21: 10, 25: 1}


@pytest.mark.shared
@pytest.mark.skipif(not REPORTED, reason="../shared is not there")
@pytest.mark.parametrize("number", sorted(REPORTED))
def test_the_reported_input_itself_is_read_or_refused_at_its_line(tmp_path, number):
    path = tmp_path / "reported.odcs.yaml"
    path.write_text(REPORTED[number], encoding="utf-8")
    errors = [remark.line for remark in lint([path]) if remark.severity == "error"]
    assert errors == ([REFUSED[number]] if number in REFUSED else [])
