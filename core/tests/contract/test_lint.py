import pytest
from hansa.codes import pages
from hansa.contract.lint import lint


@pytest.fixture
def remarks(contracts):
    """What lint says about a contract, by code, without what it says of every contract of this workshop."""

    def found(*properties, head="team: {name: shop}", **more):
        said = lint([contracts.path(*properties, head=head, **more)])
        return [(remark.severity, remark.code.removeprefix("contract."), remark.line) for remark in said]

    return found


KEY = "{name: id, logicalType: integer, required: true, primaryKey: true}"


def sealed(name, more="", kind="string"):
    return f"{{name: {name}, logicalType: {kind}, classification: C2{more}}}"


@pytest.mark.parametrize("written", ["C9", "restricted", "PII", "\u04213"])
def test_a_class_that_seals_nothing_is_warned_of(remarks, written):
    column = f"{{name: note, logicalType: string, classification: {written}}}"
    assert remarks(KEY, column) == [("warning", "classification", 11)]


@pytest.mark.parametrize("code", ["contract.classification", "contract.retention"])
def test_what_it_warns_of_has_a_page_in_both_languages(code):
    assert all(code in {page.code for page in pages(spoken)} for spoken in ("en", "zh"))


@pytest.mark.parametrize("written", ["C1", "public", "Public", "'3'"])
def test_a_class_that_asks_for_no_seal_is_passed_in_silence(remarks, written):
    assert remarks(KEY, f"{{name: note, logicalType: string, classification: {written}}}") == []


def test_a_contract_in_order_is_passed_in_silence(remarks):
    assert remarks(KEY) == []


@pytest.mark.parametrize(
    "column",
    [
        sealed("mobile"),
        sealed("customerName"),
        sealed("id_no"),
        sealed("CARD_NUMBER"),
        sealed("email_token"),
        sealed("home_address").replace("C2", "C3"),
        sealed("手机号"),
        sealed("x", ", unique: true"),
        sealed("x", ", description: Number of the resident's identity card"),
        sealed("x", ", customProperties: [{property: descriptionZh, value: 客户姓名}]"),
        sealed("x", ", logicalTypeOptions: {pattern: '^1[3-9][0-9]{9}$'}"),
        sealed("x", ", logicalTypeOptions: {pattern: '^[0-9]{17}[0-9X]$'}"),
        sealed("mobile", ", customProperties: [{property: clearReason, value: ''}]"),
    ],
)
def test_an_identifier_of_class_2_or_3_in_clear_is_warned_of(remarks, column):
    assert remarks(KEY, column) == [("warning", "tokenise", 11)]


@pytest.mark.parametrize(
    "column",
    [
        sealed("mobile", ", customProperties: [{property: tokenise, value: mobile}]"),
        sealed("mobile", ", customProperties: [{property: clearReason, value: a token already}]"),
        sealed("mobile_fee", kind="number"),
        sealed("remark"),
        sealed("x", ", description: Kind of the booking").replace("C2", "C1"),
        sealed("name").replace("C2", "C1"),
        sealed("card_kind", ", enum: [{value: debit}]"),
    ],
)
def test_a_token_an_amount_and_what_has_its_reason_are_not(remarks, column):
    assert ("warning", "tokenise", 11) not in remarks(KEY, column)


def test_an_identifier_inside_of_another_column_is_warned_of(contracts):
    inner = f"{{name: who, logicalType: object, properties: [{sealed('mobile')}]}}"
    assert any("'who.mobile' of class C2" in one.what for one in lint([contracts.path(KEY, inner)]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"head": ""}, ("warning", "owner", 1)),
        ({"quality": "{type: text, description: x}"}, ("warning", "unenforced", 11)),
        ({"quality": "{rule: rowCount, mustBeGreaterThan: 0}"}, ("note", "deprecated", 11)),
        ({"head": "team: [{username: k, role: owner}]"}, ("note", "deprecated", 11)),
        ({"head": "context: x\nteam: {name: a}"}, ("warning", "newer", 11)),
        ({"id": "5f3"}, ("warning", "id", 3)),
        ({"version": "v1"}, ("warning", "version", 4)),
    ],
)
def test_what_says_less_than_it_seems_to_is_told(remarks, given, said):
    assert remarks(KEY, **given) == [said]


def test_a_partition_column_that_is_not_required_is_told(remarks):
    day = "{name: day, logicalType: date, partitioned: true}"
    assert remarks(KEY, day) == [("warning", "partition", 11)]
    assert remarks(KEY, day.replace("date,", "date, required: true,")) == []


def test_a_misused_word_of_the_house_is_an_error(remarks):
    assert remarks(KEY, head="team: {name: a}\ncustomProperties: [{property: keyScope, value: x}]")[0][:2] == (
        "error",
        "key",
    )


def test_two_files_of_one_product_are_told(contracts):
    first = contracts.path(KEY, head="team: {name: shop}")
    second = contracts.folder / "second.odcs.yaml"
    second.write_bytes(first.read_bytes())
    assert [(one.severity, one.code, one.path) for one in lint([first, second])] == [
        ("warning", "contract.double", str(second))
    ]


def test_a_file_that_is_no_yaml_is_one_error(contracts):
    assert [(one.severity, one.line) for one in lint([contracts.file("a: [\n")])] == [("error", 1)]
