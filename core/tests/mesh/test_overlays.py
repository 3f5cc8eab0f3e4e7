"""What an institution adds to a contract: more columns, stricter rules; nothing that promises less."""

import sys

import pytest
from hansa.change import changes
from hansa.errors import HansaError
from hansa.mesh.extended import under_overlays
from hansa.overlay import origins, read_overlay, resolve
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.overlays import AMOUNT, OVERLAID, OWN
from machinery.small_house import KEY, House


@pytest.fixture
def resolved(house):
    """a.rows under overlays of these texts, in their order."""

    def make(*texts):
        files = [house.overlay(text, f"o{number}.overlay.yaml") for number, text in enumerate(texts)]
        return resolve(house.contracts["a.rows", 1], [read_overlay(file) for file in files])

    return make


@pytest.fixture
def refused(resolved, house):
    """Line, fact and mend of the refusal of an overlay."""

    def make(text):
        with pytest.raises(HansaError) as caught:
            resolved(text)
        where = caught.value.where
        assert where.startswith(f"{house.folder}/o0.overlay.yaml:"), where
        return int(where.rpartition(":")[2]), caught.value.what, caught.value.next_step

    return make


def test_a_new_column_may_be_empty_and_stands_behind_the_others(resolved, house):
    found = resolved(OWN)
    assert list(found.contract.by_name) == ["txn", "business_date", "amount", "state", "note"]
    assert found.added == {"note"}
    assert not found.contract.by_name["note"].required


def test_what_an_overlay_does_not_say_is_the_bases(resolved, house):
    base = house.contracts["a.rows", 1]
    assert changes(base, resolved("extends: a.rows@1\n").contract) == []


def test_the_digest_is_one_of_both_files_and_their_order(resolved, house):
    base = house.contracts["a.rows", 1].digest
    digests = [
        resolved(OWN).contract.digest,
        resolved(OWN + "# changed\n").contract.digest,
        resolved(OWN, AMOUNT + "    logicalTypeOptions: {minimum: 1}\n").contract.digest,
        resolved(AMOUNT + "    logicalTypeOptions: {minimum: 1}\n", OWN).contract.digest,
    ]
    assert len({base, *digests}) == 5
    assert resolved(OWN).contract.digest == digests[0]


TIGHTER = {
    "minimum": (AMOUNT + "    logicalTypeOptions: {minimum: 1}\n", lambda c: c.by_name["amount"].minimum == 1),
    "maximum": (AMOUNT + "    logicalTypeOptions: {maximum: 9}\n", lambda c: c.by_name["amount"].minimum == 0),
    "class": (AMOUNT + "    classification: C2\n", lambda c: c.by_name["amount"].classification == "C2"),
    "tag": (AMOUNT + "    tags: [feature]\n", lambda c: c.by_name["amount"].tags == ("feature",)),
    "required": (
        AMOUNT.replace("amount", "state") + "    required: true\n",
        lambda c: c.by_name["state"].required,
    ),
    "tokenise": (
        AMOUNT.replace("amount", "txn")
        + "    classification: C2\n    customProperties: [{property: tokenise, value: identifier}]\n",
        lambda c: c.by_name["txn"].tokenise == "identifier",
    ),
    "fewer values": (
        AMOUNT.replace("amount", "state")
        + "    quality: [{name: state.known, arguments: {validValues: [open, paid]}}]\n",
        lambda c: next(rule for rule in c.rules if rule.name == "state.known").valid_values == ("open", "paid"),
    ),
    "new rule": (
        "extends: a.rows@1\nschema:\n- name: rows\n  quality:\n"
        "  - {name: rows.arrived, metric: rowCount, mustBeGreaterThan: 0}\n",
        lambda c: [rule.name for rule in c.rules if rule.metric == "rowCount"] == ["rows.arrived"],
    ),
    "share": (
        "extends: a.rows@1\ncustomProperties: [{property: quarantineShare, value: 0.1}]\n",
        lambda c: c.quarantine_share == 0.1,
    ),
    "retention": (
        "extends: a.rows@1\nslaProperties: [{property: retention, value: 400, unit: d}]\n",
        lambda c: c.retention_days == 400,
    ),
}


@pytest.mark.parametrize("name", TIGHTER)
def test_what_is_stricter_holds(resolved, name):
    text, holds = TIGHTER[name]
    assert holds(resolved(text).contract)


LOOSER = {
    "minimum": (AMOUNT + "    logicalTypeOptions:\n      minimum: -5\n", 7, "amount.minimum goes from 0 to -5"),
    "not required": (AMOUNT + "    required: false\n", 6, "amount.required goes from yes to no"),
    "more values": (
        AMOUNT.replace("amount", "state")
        + "    quality:\n    - {name: state.known, arguments: {validValues: [open, paid, lost, gone]}}\n",
        7,
        "state.known",
    ),
    "only a warning": (
        AMOUNT.replace("amount", "state") + "    quality:\n    - {name: state.known, severity: warning}\n",
        7,
        "state.known goes from error to warning",
    ),
    "no partition": (
        AMOUNT.replace("amount", "business_date") + "    partitioned: false\n    partitionKeyPosition: -1\n",
        6,
        "partition goes from business_date to none",
    ),
}


@pytest.mark.parametrize("name", LOOSER)
def test_what_promises_less_is_refused_with_its_line(refused, name):
    text, line, what = LOOSER[name]
    found = refused(text)
    assert what in found[1], found
    assert found[0] == line, found
    assert found[2].startswith("an overlay may only tighten: take it out, or ask "), found


def test_what_makes_the_base_wrong_is_the_overlays_fault(refused, house):
    line, what, _ = refused(AMOUNT + "    logicalType: string\n")
    assert line == 1
    assert (
        what
        == f"with this overlay {house.folder}/a.rows.odcs.yaml:14 is wrong: 'minimum' is no word of logicalTypeOptions"
    )


def test_nobody_can_tell_of_two_patterns_which_is_stricter(refused, house):
    house.contract("a.rows", "  - {name: code, logicalType: string, logicalTypeOptions: {pattern: '^[A-Z]+$'}}\n")
    text = "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n"
    line, what, mend = refused(text + "  - {name: code, logicalTypeOptions: {pattern: '^[A-Z]{3}$'}}\n")
    assert (line, mend) == (5, "leave it as it is, and add a rule of its own under quality")
    assert what.endswith("and nobody can tell whether that is stricter")


def test_a_new_column_that_must_be_there_is_refused(refused):
    assert refused(OWN.replace("description:", "required: true, description:")) == (
        5,
        "the new column 'note' may not be empty, and rows of before have none",
        "leave required, primaryKey and partitioned out",
    )


ADDRESS = "  - {{name: addr, logicalType: object, properties: [{{name: city, logicalType: string}}{}]}}\n"
ZIP = ", {{name: zip, logicalType: string{}}}"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (", required: true", "the new field 'addr.zip' may not be empty, and rows of before have none"),
        (
            ", quality: [{name: zip.there, metric: nullValues, mustBe: 0}]",
            "the rule zip.there asks for values of 'addr.zip', which is new, and rows of before have none",
        ),
    ],
)
def test_a_new_field_that_must_be_there_is_refused(refused, house, more, what):
    house.contract("a.rows", KEY + ADDRESS.format(""))
    text = "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n" + ADDRESS.format(ZIP.format(more))
    assert refused(text)[:2] == (5, what)


def test_a_new_field_may_be_empty_and_a_new_object_may_ask_for_its_own(resolved, house):
    house.contract("a.rows", KEY + ADDRESS.format(""))
    place = "  - {name: place, logicalType: object, properties: [{name: x, logicalType: integer, required: true}]}\n"
    head = "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n"
    columns = resolved(head + ADDRESS.format(ZIP.format("")) + place).contract.by_name
    assert [one.name for one in columns["addr"].fields] == ["city", "zip"]
    assert columns["place"].fields[0].required


@pytest.mark.parametrize("metric", ["nullValues", "missingValues, arguments: {missingValues: ['']}"])
def test_a_rule_that_asks_for_values_of_a_new_column_is_refused_unless_it_warns(refused, resolved, metric):
    rule = OWN + f"    quality: [{{name: note.there, metric: {metric}, mustBe: 0}}]\n"
    rule = rule.replace("{name: note, logicalType: string, description: What the desk wrote}", "name: note")
    rule = rule.replace("  - name: note\n", "  - name: note\n    logicalType: string\n")
    _, what, mend = refused(rule)
    assert what == "the rule note.there asks for values of 'note', which is new, and rows of before have none"
    assert mend == "leave the rule out, or write severity: warning"
    assert resolved(rule.replace("mustBe: 0", "mustBe: 0, severity: warning")).added == {"note"}


READ = {
    "format": ("[{property: formats, value: ['%d.%m.%Y']}]", "[{property: formats, value: ['%m.%d.%Y']}]"),
    "order": (
        "[{property: formats, value: ['%d.%m.%Y', '%m.%d.%Y']}]",
        "[{property: formats, value: ['%m.%d.%Y', '%d.%m.%Y']}]",
    ),
    "format in the place of the standard's": ("[]", "[{property: formats, value: ['%Y-%d-%m']}]"),
    "zone": ("{defaultTimezone: Asia/Shanghai}", "{defaultTimezone: Europe/Berlin}"),
}


def _read(words):
    if words.startswith("{"):
        return f"  - {{name: at, logicalType: timestamp, logicalTypeOptions: {words}}}\n"
    return f"  - {{name: at, logicalType: date, customProperties: {words}}}\n"


@pytest.mark.parametrize("name", READ)
def test_texts_of_before_must_not_be_read_as_other_values(refused, house, name):
    base, own = READ[name]
    house.contract("a.rows", KEY + _read(base))
    line, what, mend = refused(f"extends: a.rows@1\nschema:\n- name: rows\n  properties:\n{_read(own)}")
    assert line == 5
    assert what.endswith("what came before may be refused, or read as another value"), what
    assert mend.startswith("take it out; how the texts of a source are read"), mend


@pytest.mark.parametrize(
    ("base", "own"),
    [
        ("{timezone: true}", "{defaultTimezone: Europe/Berlin}"),
        ("[{property: formats, value: ['%d.%m.%Y']}]", "[{property: formats, value: ['%d.%m.%Y', '%Y%m%d']}]"),
    ],
)
def test_what_was_refused_before_may_be_read(resolved, house, base, own):
    house.contract("a.rows", KEY + _read(base))
    text = f"extends: a.rows@1\nschema:\n- name: rows\n  properties:\n{_read(own)}"
    column = resolved(text).contract.by_name["at"]
    assert column.zone == "Europe/Berlin" or column.formats == ("%d.%m.%Y", "%Y%m%d")


@pytest.mark.parametrize("level", ["frequency", "latency", "availability"])
def test_a_service_level_that_is_not_kept_is_no_word_of_an_overlay(refused, level):
    found = refused(f"extends: a.rows@1\nslaProperties:\n- {{property: {level}, value: 3, unit: d}}\n")
    assert found == (
        3,
        f"the service level '{level}' is none that an overlay changes",
        "leave it out; an overlay changes retention alone, to a longer one",
    )


def test_a_shorter_retention_is_refused(refused, house):
    levels = "slaProperties: [{property: retention, value: 400, unit: d}]\n"
    house.contract("a.rows", KEY, more=levels)
    assert refused("extends: a.rows@1\n" + levels.replace("400", "30"))[:2] == (
        2,
        "retention goes from 400 days to 30 days, which is less than a.rows promises",
    )


WRONG = {
    "word": ("extends: a.rows@1\nversion: 2.0.0\n", 2, "'version' is no word of an overlay"),
    "slip": ("extends: a.rows@1\nshema: []\n", 2, "'shema' is no word of an overlay"),
    "nothing": ("tags: [x]\n", 1, "extends is missing"),
    "no major": ("extends: a.rows\n", 1, "extends is 'a.rows'"),
    "object": ("extends: a.rows@1\nschema:\n- name: row\n", 3, "the schema object 'row' is none of a.rows"),
    "standard": (AMOUNT + "    logicalTypeOptions: {minimum: low}\n", 6, "minimum"),
    "column": (AMOUNT.replace("amount", "Café ☃") + "    logicalType: strin\n", 6, "strin"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_overlay_is_refused_with_its_line(refused, name):
    text, line, what = WRONG[name]
    found = refused(text)
    assert what in found[1], found
    assert found[0] == line, found


def test_a_later_overlay_may_only_tighten_what_an_earlier_one_has_made(resolved):
    low, high = (AMOUNT + f"    logicalTypeOptions: {{minimum: {least}}}\n" for least in (1, 5))
    assert resolved(low, high).contract.by_name["amount"].minimum == 5
    with pytest.raises(HansaError, match=r"amount\.minimum goes from 5 to 1"):
        resolved(high, low)


def test_an_entry_that_stands_twice_in_an_overlay_is_refused(refused):
    line, what, _ = refused(AMOUNT + "    classification: C2\n  - {name: amount, tags: [x]}\n")
    assert (line, what) == (7, "'amount' stands twice here, first in line 5")


@given(
    low=st.integers(-3, 3), high=st.one_of(st.none(), st.integers(-3, 3)), required=st.sampled_from(["true", "false"])
)
@settings(max_examples=40, deadline=None)
def test_whatever_an_overlay_says_every_row_that_keeps_it_keeps_the_base(tmp_path_factory, low, high, required):
    house = House(tmp_path_factory.mktemp("any"))
    base = house.contracts["a.rows", 1]
    options = f"minimum: {low}" + ("" if high is None else f", maximum: {high}")
    text = AMOUNT + f"    required: {required}\n    logicalTypeOptions: {{{options}}}\n"
    try:
        made = resolve(base, [read_overlay(house.overlay(text))]).contract.by_name["amount"]
    except HansaError:
        assert low < 0 or required == "false" or (high is not None and high < low)
    else:
        assert made.required
        assert made.minimum == low >= 0


def test_a_contract_from_a_file_is_put_under_the_overlays_of_a_mesh(house):
    house.overlay(OWN)
    mesh, base = house.mesh(OVERLAID), house.contracts["a.rows", 1]
    assert under_overlays(base, house.folder, mesh.file) == mesh.products["a.rows"].contract
    assert under_overlays(house.contracts["b.scores", 1], house.folder, mesh.file) is house.contracts["b.scores", 1]


def test_an_overlay_that_is_taken_away_again_is_told(house):
    house.overlay(OWN)
    house.run(house.mesh(OVERLAID), "a.rows")
    outcomes = house.tried(house.mesh(), "a.rows")
    assert "note" in outcomes[0].reason


def test_every_value_knows_the_file_and_line_that_it_came_from(resolved, house):
    found = resolved(AMOUNT + "    logicalTypeOptions: {minimum: 1}\n")
    told = {one.word: (one.value, one.where) for one in origins(found.contract, found.document)}
    base = house.contracts["a.rows", 1].path
    lines = base.read_text().splitlines()
    amount = next(number for number, line in enumerate(lines, 1) if "name: amount" in line)
    assert told["amount.logicalTypeOptions.minimum"] == ("1", f"{house.folder}/o0.overlay.yaml:6")
    assert told["amount.logicalType"] == ("integer", f"{base}:{amount}")
    assert told["version"] == ("1.0.0", f"{base}:5")
    assert told["state.required"] == ("no", "default")
    assert told["customProperties.quarantineShare.value"] == ("no limit", "default")


def test_a_contract_without_an_overlay_says_where_its_values_stand_too(house):
    contract = house.contracts["a.rows", 1]
    from hansa.contract.yaml_text import read_yaml

    told = origins(contract, read_yaml(contract.path))
    assert {one.where.rpartition(":")[0] for one in told if one.where != "default"} == {str(contract.path)}
    assert len([one for one in told if one.word == "amount.logicalTypeOptions.minimum"]) == 1


# --- in a mesh --------------------------------------------------------------------------------------------------------


def calls_of_a_refusal(house, count):
    """How many functions are called to refuse an overlay that loosens so many columns, and the refusal."""
    columns = [f"c{number}" for number in range(count)]
    line = "  - {{name: {}, logicalType: integer, logicalTypeOptions: {{minimum: {}}}}}\n"
    house.contract("a.rows", KEY + "".join(line.format(name, 0) for name in columns))
    head = "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n"
    overlay = read_overlay(house.overlay(head + "".join(line.format(name, -1) for name in columns)))
    calls = 0

    def count_calls(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count_calls)
    try:
        with pytest.raises(HansaError) as caught:
            resolve(house.contracts["a.rows", 1], [overlay])
    finally:
        sys.setprofile(None)
    return calls, caught.value


def test_the_work_of_refusing_an_overlay_grows_as_its_columns_do(house):
    resolve(house.contracts["a.rows", 1], [])
    few, _ = calls_of_a_refusal(house, 40)
    many, _ = calls_of_a_refusal(house, 160)
    assert many < 5 * few


def test_of_several_refusals_the_one_in_the_first_line_speaks(house):
    _, refusal = calls_of_a_refusal(house, 12)
    assert (refusal.where.rpartition(":")[2], refusal.what[:20]) == ("5", "c0.minimum goes from")
