import time

import pytest
from hansa.contract import read_contract
from hansa.contract.document import read_document
from hansa.contract.place import Place
from hansa.contract.standard import judge
from hansa.contract.yaml_text import read_yaml
from hansa.errors import ContractError

COLUMN = "{name: a, logicalType: string%s}"


def in_column(more):
    return ("{name: id, logicalType: string}", "{name: a, logicalType: string, " + more + "}")


@pytest.mark.parametrize("standard", ["v3.0.0", "v3.0.2", "v3.1.0", "v3.1.1", "v3.2.0"])
def test_versions_3_0_to_3_2_are_read(contracts, standard):
    assert contracts.read(standard=standard).id == "shop.orders"


@pytest.mark.parametrize(
    ("standard", "mend"),
    [
        ("v2.2.2", "read are v3.0.0 to v3.2.0"),
        ("v4.0.0", "read are v3.0.0 to v3.2.0"),
        ("3.1.0", "did you mean v3.1.0?"),
        ("v3.2.1", "read are"),
    ],
)
def test_another_version_is_refused_by_its_name(contracts, standard, mend):
    told = contracts.refusal(standard=standard)
    assert told.startswith(f"orders.odcs.yaml:1: apiVersion {standard} of the standard is not read")
    assert mend in told


def test_the_old_layout_is_recognised_without_a_version(contracts):
    path = contracts.file("kind: DataContract\nuuid: b25\ndataset:\n- table: t\n")
    with pytest.raises(ContractError, match=r"yaml:3: 'dataset' is a word of version v2\.2"):
        read_contract(path)


def test_a_missing_version_is_told(contracts):
    with pytest.raises(ContractError, match=r"yaml:1: apiVersion is missing; write apiVersion: v3\.1\.0"):
        read_contract(contracts.file("kind: DataContract\nid: a.b\n"))


MISTAKES = {
    "misspelt_word": (
        "requred: true",
        "orders.odcs.yaml:11: 'requred' is no word of a property; did you mean 'required'?",
    ),
    "word_of_version_2": (
        "isNullable: false",
        "orders.odcs.yaml:11: 'isNullable' is no word of a property; known are ",
    ),
    "text_as_truth": ("required: yes", "required is 'yes', and must be true or false; write true or false"),
    "number_as_text": ("description: 12", "description is '12', and must be a text; put it in quotes: '12'"),
    "empty_text": ("description: ", "description is empty, and must be a text; write a text, or remove the key"),
    "negative_length": ("logicalTypeOptions: {minLength: -1}", "minLength is '-1': it must be at least 0"),
    "option_of_another_type": ("logicalTypeOptions: {minimum: 1}", "'minimum' is no word of logicalTypeOptions"),
    "misspelt_option": (
        "logicalTypeOptions: {patern: x}",
        "'patern' is no word of logicalTypeOptions; did you mean 'patt",
    ),
    "list_for_mapping": ("logicalTypeOptions: [1]", "logicalTypeOptions is a list, and must be a mapping"),
    "mapping_for_list": ("tags: {a: b}", "tags is a mapping, and must be a list"),
    "custom_as_mapping": ("customProperties: {a: b}", "customProperties is a mapping, and must be a list"),
    "custom_without_value": ("customProperties: [{property: a}]", "a custom property lacks 'value'; write value: ..."),
    "misspelt_metric": (
        "quality: [{metric: nulValues, mustBe: 0}]",
        "metric is 'nulValues'; did you mean 'nullValues'?",
    ),
    "misspelt_kind": ("quality: [{type: custm, engine: x}]", "type is 'custm'; did you mean 'custom'?"),
    "no_operator": (
        "quality: [{metric: nullValues}]",
        "a quality rule has no operator; write one of mustBe, mustNotBe",
    ),
    "misspelt_operator": (
        "quality: [{metric: nullValues, mustBeLess: 5}]",
        "'mustBeLess' is no word of a quality rule; did you mean 'mustBeLessThan'?",
    ),
    "two_operators": (
        "quality: [{metric: nullValues, mustBe: 0, mustBeLessThan: 5}]",
        "a quality rule has 2 operators, 'mustBe' and 'mustBeLessThan'; keep one",
    ),
    "custom_rule_without_engine": ("quality: [{type: custom, implementation: x}]", "a quality rule lacks 'engine'"),
    "enum_of_texts": ("enum: [A, B]", "an enum value is 'A', and must be a mapping"),
    "enum_without_value": ("enum: [{label: x}]", "an enum value lacks 'value'"),
    "empty_enum": ("enum: []", "enum is a list: it must have at least 1 entries"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_by_its_cause_and_line(contracts, mistake):
    written, told = MISTAKES[mistake]
    sentence = contracts.refusal(*in_column(written))
    assert told in sentence
    assert sentence.startswith("orders.odcs.yaml:11: ")


@pytest.mark.parametrize("mistake", sorted(set(MISTAKES) - {"enum_of_texts"}))
def test_one_mistake_is_one_cause(contracts, mistake):
    assert "; line " not in contracts.refusal(*in_column(MISTAKES[mistake][0]))


def test_the_first_mistake_is_told_and_those_that_follow_with_their_lines(contracts):
    told = contracts.refusal("{name: a, logicalType: string, unqiue: true}", "{name: b, logicalType: strin}")
    assert told == (
        "orders.odcs.yaml:10: 'unqiue' is no word of a property; did you mean 'unique'?; "
        "line 11: logicalType is 'strin'"
    )


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("owner: me", "'owner' is no word of a contract"),
        ("quality: []", "'quality' is no word of a contract"),
        ("team: {nam: x}", "'nam' is no word of team; did you mean 'name'?"),
        ("team: x", "team is 'x', and must be"),
        ("servers: [{server: a, type: snowflake}]", "a server lacks 'account', 'database' and 'schema'; write them"),
        ("servers: [{sever: a, type: local, path: x, format: csv}]", "'sever' is no word of a server; did you mean"),
        ("description: x", "description is 'x', and must be a mapping of keys to values"),
    ],
)
def test_a_mistake_in_the_head_is_told_by_its_cause_and_line(contracts, head, told):
    assert contracts.refusal(head=head).startswith(f"orders.odcs.yaml:11: {told}")


def test_what_is_missing_at_the_root_is_told_at_once(contracts):
    with pytest.raises(ContractError, match="yaml:1: a contract lacks 'version' and 'status'; write them"):
        read_contract(contracts.file("apiVersion: v3.1.0\nkind: DataContract\nid: a.b\n"))


@pytest.mark.parametrize(
    ("version", "mend"),
    [("1.0", "1.0.0"), ("2", "2.0.0"), ("1.10", "1.10.0"), ("", "1.0.0"), ("[1]", "1.0.0")],
)
def test_a_version_that_is_no_text_is_answered_with_the_version_to_write(contracts, version, mend):
    told = contracts.refusal(version=version)
    assert told.startswith("orders.odcs.yaml:4: version is ")
    assert told.endswith(f"; write version: {mend}")


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("mustBeMoreThan", "mustBeGreaterThan"),
        ("mustBeAtLeast", "mustBeGreaterOrEqualTo"),
        ("mustBeAtMost", "mustBeLessOrEqualTo"),
        ("mustBeFewerThan", "mustBeLessThan"),
        ("mustBeEqual", "mustBe"),
        ("mustEqual", "mustBe"),
        ("mustNotEqual", "mustNotBe"),
        ("mustNotBeLessThan", "mustBeGreaterOrEqualTo"),
        ("must_be_greater_than", "mustBeGreaterThan"),
        ("mustBeGreaterThanOrEqualTo", "mustBeGreaterOrEqualTo"),
        ("mustBeLesThan", "mustBeLessThan"),
        ("atLeast", "mustBeGreaterOrEqualTo"),
    ],
)
def test_a_slip_in_an_operator_is_answered_with_the_operator_of_that_meaning(contracts, slip, meant):
    told = contracts.refusal(quality=f"{{metric: rowCount, {slip}: 5}}")
    assert told.endswith(f"'{slip}' is no word of a quality rule; did you mean '{meant}'?")


@pytest.mark.parametrize(
    "more",
    [
        "relationships: [{type: sameAs, to: other.x}]",
        "quality: [{type: sql, query: SELECT 1}]",
        "quality: [{metric: nullValues, mustBe: 0, dimension: cp}]",
        "quality: [{rule: nullValues, mustBe: 0}]",
        "relationships: [{to: other.address.street}]",
        "relationships: [{to: 'file:///contracts/other.yaml#/schema/other/properties/x'}]",
    ],
)
def test_where_text_and_schema_disagree_the_text_wins(contracts, more):
    assert contracts.read(*in_column(more))


@pytest.mark.parametrize("dimension", ["ac", "cp", "cf", "cs", "cv", "tm", "uq", "accuracy"])
def test_a_dimension_has_a_short_name_too(contracts, dimension):
    assert contracts.read(*in_column(f"quality: [{{metric: nullValues, mustBe: 0, dimension: {dimension}}}]"))


@pytest.mark.parametrize(
    "head",
    [
        "servers: [{server: a, type: kinesis, stream: s, region: r}]",
        "servers: [{server: a, type: kinesis}]",
        "servers: [{server: a, type: athena, schema: s}]",
        "servers: [{server: a, type: snowflake, account: a, database: b, schema: c}]",
        "team: [{role: owner, name: Kim}]",
        *(f"slaProperties: [{{property: retention, value: {value}}}]" for value in ("3", "x", "true", "null", "1.5")),
    ],
)
def test_a_head_is_read_as_the_wider_of_text_and_schema_allows(contracts, head):
    assert contracts.read(head=head)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("customProperties: [{value: 1}]", "a custom property lacks 'property'"),
        ("quality: [{metric: nullValues, mustBe: '0'}]", "mustBe is '0'; write a number without quotes"),
        ("quality: [{metric: nullValues, mustBe: 0, mustBeLessThan: 5}]", "2 operators, 'mustBe' and 'mustBeLessThan'"),
    ],
)
def test_what_would_let_a_slip_pass_is_refused(contracts, more, told):
    assert told in contracts.refusal(*in_column(more))


def test_an_item_needs_no_name(contracts):
    path = contracts.path("{name: a, logicalType: array, items: {logicalType: string}}")
    assert len(read_document(path).objects) == 1


def test_a_contract_needs_no_schema_section_to_be_read(contracts):
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: a.b\nversion: 1.0.0\nstatus: x\n"
    document = read_document(contracts.file(head))
    assert (document.objects, document.fault.code) == ((), "contract.schema")


@pytest.mark.parametrize("options", ["minimum: 1", "maxLength: 3"])
def test_options_of_a_column_whose_type_is_not_clear_are_read(contracts, options):
    path = contracts.path(f"{{name: a, physicalType: VARIANT, logicalTypeOptions: {{{options}}}}}")
    assert read_document(path).objects[0].fault.code == "contract.type"


def test_words_of_version_3_2_are_read_in_3_1(contracts):
    assert contracts.read(*in_column("enum: [{value: A}]"), standard="v3.1.0")


@pytest.mark.parametrize("physical", ["TIMESTAMP", "timestamptz", "DATETIME"])
def test_a_physical_timestamp_is_enough_in_version_3_0(contracts, physical):
    assert contracts.column(f"name: a, physicalType: {physical}", standard=OLD).logical_type == "timestamp"


def test_version_3_0_knows_fewer_servers(contracts):
    head = "servers: [{server: a, type: impala, host: h, database: d}]"
    assert "type is 'impala'; write one of api, athena" in contracts.refusal(head=head, standard=OLD)
    assert contracts.read(head=head)


def test_all_faults_of_a_file_are_told_by_line(contracts):
    path = contracts.path("{name: a, logicalType: string, unqiue: true}", "{name: b, logicalType: strin}")
    assert [fault.where.rpartition(":")[2] for fault in judge(Place(read_yaml(path))).faults] == ["10", "11"]


def test_options_without_logical_type_are_those_of_the_physical_type(contracts):
    column = contracts.column("name: a, physicalType: VARCHAR(3), logicalTypeOptions: {maxLength: 3}")
    assert (column.logical_type, column.max_length) == ("string", 3)
    told = contracts.refusal("{name: a, physicalType: INT, logicalTypeOptions: {maxLength: 3}}")
    assert "'maxLength' is no word of logicalTypeOptions" in told


def test_a_composite_reference_names_as_many_columns_on_both_sides(contracts):
    path = contracts.path(KEY_PAIR, head="  relationships: [{from: [a.x, a.y], to: [b.x]}]")
    with pytest.raises(ContractError, match=r"yaml:11: the relationship goes from 2 columns to 1"):
        read_contract(path)


KEY_PAIR = "{name: x, logicalType: string}"

OLD = "v3.0.2"


def test_version_3_0_has_no_timestamp(contracts):
    told = contracts.refusal("{name: a, logicalType: timestamp}", standard=OLD)
    assert "logicalType is 'timestamp'; write one of string, date, number" in told


def test_version_3_0_says_rule_for_metric(contracts):
    told = contracts.refusal(*in_column("quality: [{type: library, metric: nullValues, mustBe: 0}]"), standard=OLD)
    assert "a quality rule lacks 'rule'; before v3.1.0 of the standard 'metric' is called 'rule'" in told


def test_version_3_0_has_a_list_as_team(contracts):
    assert "team is a mapping, and must be a list" in contracts.refusal(head="team: {name: x}", standard=OLD)


def test_deep_nesting_is_checked_in_proportion_to_the_file(contracts):
    column = "{name: a, logicalType: string, requred: true}"
    for _ in range(12):
        column = f"{{name: a, logicalType: array, items: {{logicalType: object, properties: [{column}]}}}}"
    started = time.monotonic()
    assert "'requred' is no word of a property" in contracts.refusal(column)
    assert time.monotonic() - started < 10
