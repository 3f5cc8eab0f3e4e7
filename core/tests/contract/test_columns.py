import pytest


@pytest.mark.parametrize(
    ("physical", "logical"),
    [
        ("VARCHAR(30)", "string"),
        ("character varying(3)", "string"),
        ("bigint", "integer"),
        ("DOUBLE PRECISION", "number"),
        ("NUMBER(10,2)", "number"),
        ("date", "date"),
        ("TIMESTAMP(6) WITH TIME ZONE", "timestamp"),
        ("BOOLEAN", "boolean"),
    ],
)
def test_a_missing_logical_type_is_that_of_a_clear_physical_type(contracts, physical, logical):
    assert contracts.column(f"name: a, physicalType: '{physical}'").logical_type == logical


@pytest.mark.parametrize(("written", "kind"), [("c3", "C3"), ("' C2 '", "C2"), ("\uff23\uff13", "C3"), ("c1", "C1")])
def test_a_slip_of_the_pen_leaves_no_class_without_its_seal(contracts, written, kind):
    column = contracts.column(f"name: a, logicalType: string, classification: {written}")
    assert (column.classification, column.sealed) == (kind, kind != "C1")


@pytest.mark.parametrize(
    ("physical", "kept"),
    [
        ("DECIMAL(18,2)", (18, 2)),
        ("numeric( 38 , 38 )", (38, 38)),
        ("DECIMAL(5)", (5, 0)),
        ("decimal128(12, 2)", (12, 2)),
        ("BIGNUMERIC(20,4)", (20, 4)),
        ("number(38,0)", (38, 0)),
        ("DOUBLE", (None, None)),
        ("double precision", (None, None)),
        ("FLOAT(53)", (None, None)),
        ("Float64", (None, None)),
        ("real", (None, None)),
        ("int64", (None, None)),
        ("BIGINT UNSIGNED", (None, None)),
    ],
)
def test_a_number_is_a_decimal_where_its_precision_is_written(contracts, physical, kept):
    column = contracts.column(f"name: a, logicalType: number, physicalType: '{physical}'")
    assert (column.precision, column.scale) == kept


@pytest.mark.parametrize("logical", ["string", "integer", "date", "timestamp", "boolean"])
def test_another_platforms_word_is_left_alone_beside_what_is_no_number(contracts, logical):
    assert contracts.column(f"name: a, logicalType: {logical}, physicalType: HYPERTYPE").logical_type == logical


def test_a_promise_of_no_physical_type_is_a_floating_number(contracts):
    column = contracts.column("name: a, logicalType: number")
    assert (column.precision, column.scale) == (None, None)


def test_a_plain_column_promises_nothing_else(contracts):
    column = contracts.column("name: a, logicalType: string")
    assert (column.required, column.unique, column.key_position, column.partitioned, column.line) == (
        False,
        False,
        None,
        False,
        10,
    )


def test_what_is_said_of_a_column_is_kept(contracts):
    column = contracts.column(
        "name: a, logicalType: string, required: true, unique: true, classification: C2, description: One, tags: [x],"
        " customProperties: [{property: descriptionZh, value: 一}, {property: tokenise, value: mobile}]"
    )
    assert (column.required, column.unique, column.classification, column.sealed) == (True, True, "C2", True)
    assert (column.description, column.description_zh, column.tags, column.tokenise) == ("One", "一", ("x",), "mobile")


def test_a_key_column_is_required_and_positions_order_the_key(contracts):
    contract = contracts.read(
        "{name: line_no, logicalType: integer, primaryKey: true, primaryKeyPosition: 2}",
        "{name: order_no, logicalType: string, primaryKey: true, primaryKeyPosition: 1}",
    )
    assert contract.key == ("order_no", "line_no")
    assert all(column.required for column in contract.columns)


def test_a_key_without_positions_has_the_order_of_the_file(contracts):
    rows = [f"{{name: {name}, logicalType: string, primaryKey: true}}" for name in "cab"]
    assert contracts.read(*rows).key == ("c", "a", "b")


def test_a_partition_is_a_required_day(contracts):
    contract = contracts.read("{name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1}")
    assert (contract.partition, contract.columns[0].required) == ("day", True)


def test_a_business_date_names_its_time(contracts):
    contract = contracts.read(
        "{name: at, logicalType: timestamp}",
        "{name: day, logicalType: date, customProperties: [{property: businessDateOf, value: at}]}",
    )
    assert contract.by_name["day"].business_date_of == "at"


def test_a_date_with_a_time_of_day_was_the_timestamp_of_version_3_0(contracts):
    old = {"standard": "v3.0.2"}
    assert contracts.column("name: a, logicalType: date, physicalType: TIMESTAMP", **old).logical_type == "timestamp"
    written = "name: a, logicalType: date, logicalTypeOptions: {format: 'yyyy-MM-dd HH:mm'}"
    assert contracts.column(written, **old).logical_type == "timestamp"
    assert contracts.column("name: a, logicalType: date", **old).logical_type == "date"


def custom(word, value):
    return f"customProperties: [{{property: {word}, value: {value}}}]"


def number(physical):
    return f"{{name: a, logicalType: number, physicalType: '{physical}'}}"


MISTAKES = {
    "decimal_with_point": (
        number("DECIMAL(12.2)"),
        "physicalType DECIMAL(12.2) of column 'a' is not known for a number; did you mean 'DECIMAL(12,2)'?",
    ),
    "decimal_misspelt": (number("DEZIMAL(12,2)"), "did you mean 'DECIMAL(12,2)'?"),
    "numeric_misspelt": (number("NUMERC(12,2)"), "did you mean 'NUMERIC(12,2)'?"),
    "decimal_unclosed": (number("decimal(12,2"), "did you mean 'DECIMAL(12,2)'?"),
    "decimal_semicolon": (number("DECIMAL(12;2)"), "did you mean 'DECIMAL(12,2)'?"),
    "decimal_misspelt_one_number": (number("DECIMEL(12)"), "did you mean 'DECIMAL(12)'?"),
    "decimal_misspelt_too_wide": (number("DEZIMAL(50,2)"), "write DECIMAL(p,s), such as DECIMAL(18,2), or DOUBLE"),
    "decimal_without_precision": (number("DECIMAL(,2)"), "write DECIMAL(p,s), such as DECIMAL(18,2), or DOUBLE"),
    "decimal_misspelt_bare": (number("DEZIMAL"), "write DECIMAL(p,s), such as DECIMAL(18,2), or DOUBLE"),
    "decimal_bare": (
        number("DECIMAL"),
        "physicalType DECIMAL of column 'a' says neither precision nor scale;"
        " write them, such as DECIMAL(18,2), or DOUBLE for a floating number",
    ),
    "numeric_bare": (number("numeric"), "says neither precision nor scale"),
    "number_bare": (number("NUMBER"), "says neither precision nor scale"),
    "money": (number("MONEY"), "says neither precision nor scale"),
    "decimal_bare_alone": ("{name: a, physicalType: DECIMAL}", "says neither precision nor scale"),
    "double_misspelt": (number("DOUBEL"), "did you mean 'DOUBLE'?"),
    "number_unknown": (number("VARIANT"), "physicalType VARIANT of column 'a' is not known for a number; write"),
    "number_as_text": (
        number("VARCHAR(2)"),
        "physicalType VARCHAR(2) of column 'a' is a string and contradicts logicalType number; write DECIMAL(p,s)",
    ),
    "number_as_truth": (number("BOOLEAN"), "is a boolean and contradicts logicalType number"),
    "date_as_truth": (
        "{name: a, logicalType: date, physicalType: BOOLEAN}",
        "is a boolean and contradicts logicalType date; write logicalType: boolean, or another physicalType",
    ),
    "truth_as_time": (
        "{name: a, logicalType: boolean, physicalType: TIMESTAMP}",
        "is a timestamp and contradicts logicalType boolean",
    ),
    "no_type": ("{name: a}", "column 'a' has no logicalType; write logicalType: one of string, integer"),
    "unclear_type": ("{name: a, physicalType: VARIANT}", "and its physicalType VARIANT does not tell it"),
    "array_of_nothing": (
        "{name: a, logicalType: array}",
        "'a' is an array, and nothing says of what; write items: {logicalType: string}",
    ),
    "object_of_nothing": (
        "{name: a, logicalType: object}",
        "'a' is an object, and nothing says what is in it; write its properties, or keep it as logicalType: string",
    ),
    "map": (
        "{name: a, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: string}}}",
        "'a' is of logicalType map, which no product keeps yet; write logicalType: array with items: {logicalType: o",
    ),
    "vector": (
        "{name: a, logicalType: vector}",
        "'a' is of logicalType vector, which no product keeps yet; write logicalType: array with items: {logicalType",
    ),
    "vector_within": (
        "{name: a, logicalType: array, items: {logicalType: vector}}",
        "each of its entries is of logicalType vector, which no product keeps yet; write logicalType: array",
    ),
    "nested_key": (
        "{name: a, logicalType: object, primaryKey: true, properties: [{name: b, logicalType: string}]}",
        "column 'a' is of type object and cannot be part of the key; flatten it",
    ),
    "nested_unique": (
        "{name: a, logicalType: array, unique: true, items: {logicalType: string}}",
        "column 'a' is of type array and cannot be unique; flatten it",
    ),
    "nested_partition": (
        "{name: a, logicalType: array, partitioned: true, items: {logicalType: date}}",
        "column 'a' is of type array and cannot be the partition; flatten it",
    ),
    "nested_tokens": (
        "{name: a, logicalType: array, items: {logicalType: string}, " + custom("tokenise", "mobile") + "}",
        "column 'a' is of type array and cannot be tokenised; flatten it",
    ),
    "key_within": (
        "{name: a, logicalType: object, properties: [{name: b, logicalType: string, primaryKey: true}]}",
        "'b' lies within a nested column and cannot be part of the key; flatten it",
    ),
    "unique_within": (
        "{name: a, logicalType: array, items: {logicalType: string, unique: true}}",
        "each of its entries lies within a nested column and cannot be unique; flatten it",
    ),
    "tokens_within": (
        "{name: a, logicalType: object, properties: [{name: b, logicalType: string, "
        + custom("tokenise", "mobile")
        + "}]}",
        "'b' lies within a nested column and cannot be tokenised; flatten it",
    ),
    "double_within": (
        "{name: a, logicalType: object, properties: [{name: b, logicalType: string}, {name: B, logicalType: date}]}",
        "column 'B' differs from 'b' in line 11 by upper case only",
    ),
    "name_within": (
        "{name: a, logicalType: object, properties: [{name: b.c, logicalType: string}]}",
        "'b.c' is no name for a column",
    ),
    "required_within": (
        "{name: a, logicalType: object, logicalTypeOptions: {required: [bb]},"
        " properties: [{name: b, logicalType: string}]}",
        "'bb' is no property of 'a'",
    ),
    "measure": ("{name: a, logicalType: number, semanticType: measure}", "a measure is no column of a table"),
    "precision_39": ("{name: a, logicalType: number, physicalType: 'DECIMAL(39,2)'}", "p from 1 to 38"),
    "precision_0": ("{name: a, logicalType: number, physicalType: 'DECIMAL(0,0)'}", "p from 1 to 38"),
    "scale_over_precision": ("{name: a, logicalType: number, physicalType: 'DECIMAL(3,4)'}", "is no decimal"),
    "negative_scale": ("{name: a, logicalType: number, physicalType: 'NUMBER(3,-1)'}", "is no decimal"),
    "name_with_blank": ("{name: a b, logicalType: string}", "'a b' is no name for a column; use letters"),
    "name_of_digits": ("{name: 1a, logicalType: string}", "'1a' is no name for a column"),
    "hidden_name": ("{name: __a, logicalType: string}", "'__a' is no name for a column"),
    "double": ("{name: id, logicalType: string}", "column 'id' stands twice, first in line 10"),
    "double_by_case": ("{name: ID, logicalType: string}", "'ID' differs from 'id' in line 10 by upper case only"),
    "partition_text": (
        "{name: a, logicalType: string, partitioned: true}",
        "is of type string, and a partition is a day",
    ),
    "tokenise_unknown": (
        "{name: a, logicalType: string, " + custom("tokenise", "fone") + "}",
        "write one of identifier",
    ),
    "tokenise_near": ("{name: a, logicalType: string, " + custom("tokenise", "mobil") + "}", "did you mean 'mobile'?"),
    "tokenise_number": (
        "{name: a, logicalType: integer, " + custom("tokenise", "mobile") + "}",
        "column 'a' is of type integer and cannot be tokenised; write logicalType: string",
    ),
    "tokenise_misspelt": (
        "{name: a, logicalType: string, " + custom("tokenize", "mobile") + "}",
        "the custom property 'tokenize' is unknown; did you mean 'tokenise'?",
    ),
    "business_date_misspelt": (
        "{name: a, logicalType: date, " + custom("business_date_of", "at") + "}",
        "did you mean 'businessDateOf'?",
    ),
    "business_date_of_nothing": (
        "{name: a, logicalType: date, " + custom("businessDateOf", "at") + "}",
        "businessDateOf names 'at', which is no column",
    ),
    "business_date_of_text": (
        "{name: a, logicalType: date, " + custom("businessDateOf", "id") + "}",
        "businessDateOf names 'id', which is no timestamp with time zone",
    ),
    "business_date_as_text": (
        "{name: a, logicalType: string, " + custom("businessDateOf", "id") + "}",
        "is of type string and cannot be a business date",
    ),
    "word_twice": (
        "{name: a, logicalType: string, customProperties: [{property: tokenise, value: name},"
        " {property: tokenise, value: email}]}",
        "the custom property 'tokenise' stands twice here",
    ),
    "formats_of_text": ("{name: a, logicalType: string, " + custom("formats", "['%Y']") + "}", "and has no formats"),
    "formats_no_list": ("{name: a, logicalType: date, " + custom("formats", "'%Y-%m-%d'") + "}", "formats is no list"),
    "formats_without_day": (
        "{name: a, logicalType: date, " + custom("formats", "['%Y-%m']") + "}",
        "the format '%Y-%m' does not tell the day, month and year",
    ),
    "position_without_key": ("{name: a, logicalType: string, primaryKeyPosition: 2}", "and is no primary key"),
    "position_taken": (
        "{name: a, logicalType: string, primaryKey: true, primaryKeyPosition: 1}",
        "primaryKeyPosition 1 is that of 'id' too",
    ),
    "position_zero": ("{name: a, logicalType: string, primaryKey: true, primaryKeyPosition: 0}", "is below 1"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_a_column_is_refused_with_its_line(contracts, mistake):
    written, told = MISTAKES[mistake]
    first = "{name: id, logicalType: string, primaryKey: true, primaryKeyPosition: 1}"
    sentence = contracts.refusal(first, written)
    assert sentence.startswith("orders.odcs.yaml:11: ")
    assert told in sentence


def test_a_second_partition_column_is_refused(contracts):
    days = [f"{{name: {name}, logicalType: date, partitioned: true}}" for name in ("a", "b")]
    assert "yaml:11: 'b' is a second partition column beside 'a'" in contracts.refusal(*days)


def test_a_strangers_custom_property_is_left_alone(contracts):
    assert contracts.column("name: a, logicalType: string, " + custom("costCentre", "[41, 42]"))


def test_a_reference_is_read_and_said_to_be_unenforced(contracts):
    contract = contracts.read("{name: a, logicalType: string, relationships: [{to: other.x}]}")
    assert [(one.name, one.line) for one in contract.unenforced] == [("a.relationships", 10)]


ADDRESS = (
    "{name: address, logicalType: object, properties: ["
    "{name: city, logicalType: string, required: true, classification: C3},"
    "{name: since, logicalType: time, logicalTypeOptions: {maximum: '23:00:00'}}]}"
)
LINES = (
    "{name: lines, logicalType: array, logicalTypeOptions: {minItems: 1, maxItems: 9, uniqueItems: true},"
    " items: {logicalType: object, properties: [{name: amount, logicalType: number, physicalType: 'DECIMAL(12,2)'},"
    " {name: tags, logicalType: array, items: {logicalType: string, required: true}}]}}"
)


def test_objects_and_arrays_are_columns_to_any_depth(contracts):
    address, lines = contracts.read(ADDRESS, LINES).columns
    assert [path for path, _ in address.walk()] == ["address", "address.city", "address.since"]
    assert [path for path, _ in lines.walk()] == [
        "lines",
        "lines[]",
        "lines[].amount",
        "lines[].tags",
        "lines[].tags[]",
    ]
    assert (lines.min_items, lines.max_items, lines.unique_items) == (1, 9, True)


def test_a_part_is_found_by_its_path(contracts):
    contract = contracts.read(ADDRESS, LINES)
    assert (contract.at("lines[].amount").scale, contract.at("address").name) == (2, "address")


def test_a_column_is_sealed_by_what_lies_within_it(contracts):
    contract = contracts.read(ADDRESS, LINES)
    assert [column.sealed for column in contract.columns] == [True, False]


def test_an_object_lists_what_it_requires(contracts):
    written = (
        "{name: a, logicalType: object, logicalTypeOptions: {required: [c], minProperties: 1},"
        " properties: [{name: b, logicalType: string}, {name: c, logicalType: string}]}"
    )
    column = contracts.read(written).columns[0]
    assert [one.required for one in column.fields] == [False, True]
    assert column.min_properties == 1


def test_the_type_within_an_array_is_derived_from_its_physical_type(contracts):
    column = contracts.read("{name: a, logicalType: array, items: {physicalType: 'DECIMAL(5,2)'}}").columns[0]
    assert (column.items.logical_type, column.items.scale) == ("number", 2)


def test_a_column_as_deep_as_a_reader_of_files_goes_is_read(contracts):
    written = "{name: x, logicalType: string}"
    for _ in range(20):
        written = "{name: x, logicalType: object, properties: [" + written + "]}"
    assert len(list(contracts.read(written).columns[0].walk())) == 21


def test_what_is_not_enforced_within_a_nested_column_is_told_by_its_path(contracts):
    written = (
        "{name: a, logicalType: array, items: {logicalType: string, logicalTypeOptions: {format: password},"
        " relationships: [{to: other.x}]}}"
    )
    assert [one.name for one in contracts.read(written).unenforced] == ["a[].format", "a[].relationships"]
