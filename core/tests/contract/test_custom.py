"""Rules of Hansa's own engine: groups that add up, and volume."""

from decimal import Decimal

import pytest
from hansa.contract.column_set import resolve_columns
from hansa.contract.gathered import Faults
from hansa.contract.model import GroupRule, VolumeRule
from hansa.contract.place import Place
from hansa.contract.quality import resolve_all
from hansa.contract.reader import read_contract
from hansa.contract.yaml_text import read_yaml

COLUMNS = (
    "{name: voucher_id, logicalType: string}",
    "{name: amount, logicalType: number, physicalType: 'DECIMAL(18,2)'}",
    "{name: rate, logicalType: number}",
    "{name: tags, logicalType: array, items: {logicalType: string}}",
    "{name: day, logicalType: date, partitioned: true}",
)
LINE = 10 + len(COLUMNS)


def rule(implementation, more=""):
    return "{type: custom, engine: hansa, implementation: " + implementation + more + "}"


@pytest.fixture
def quality(contracts):
    """What the quality of the table says."""

    def made(text):
        path = contracts.path(*COLUMNS, quality=text)
        table = Place(read_yaml(path))["schema"][0]
        assert read_contract(path)
        faults = Faults()
        given = resolve_columns(table["properties"].items(), 1, faults, lambda place: False)
        return resolve_all(table, given, 1, faults, lambda place: False)

    return made


def test_a_group_adds_up(quality):
    text = rule("{metric: groupSum, groupBy: [voucher_id, day], column: amount, mustBe: 0.1}", ", name: voucher.even")
    assert quality(text).groups == (
        GroupRule("voucher.even", "groupSum", ("voucher_id", "day"), "amount", "mustBe", (Decimal("0.1"),), LINE),
    )


def test_a_group_has_a_number_of_rows(quality):
    text = rule("{metric: groupRowCount, groupBy: [voucher_id], mustBeBetween: [2, 9]}", ", severity: warning")
    made = quality(text).groups[0]
    assert (made.name, made.column, made.operands, made.severity) == (
        "orders.groupRowCount",
        None,
        (Decimal(2), Decimal(9)),
        "warning",
    )


def test_the_volume_of_a_day_is_a_share(quality):
    text = rule("{metric: volume, tolerance: 0.3, history: 10, minimum: 5}")
    assert quality(text).volume == VolumeRule("orders.volume", 0.3, LINE, history=10, minimum=5)


def test_the_volume_has_a_usual_history(quality):
    made = quality(rule("{metric: volume, tolerance: 0.3}")).volume
    assert (made.history, made.minimum, made.severity) == (20, 3, "error")


MISTAKES = {
    "no_mapping": ("groupSum", "the implementation of a rule of Hansa is no mapping; write implementation: {metric"),
    "no_metric": ("{groupBy: [voucher_id]}", "the implementation names no metric; write metric: one of groupSum"),
    "metric": ("{metric: groupsum}", "'groupsum' is no metric of Hansa; did you mean 'groupSum'?"),
    "word": (
        "{metric: groupSum, groupby: [voucher_id], column: amount, mustBe: 0}",
        "'groupby' is no word of groupSum; did you mean 'groupBy'?",
    ),
    "word_of_another": ("{metric: volume, tolerance: 0.1, mustBe: 0}", "'mustBe' is no word of volume"),
    "no_groups": ("{metric: groupRowCount, mustBe: 2}", "groupBy names no columns"),
    "unknown_column": (
        "{metric: groupRowCount, groupBy: [voucher], mustBe: 2}",
        "'voucher' is no column of single values; did you mean 'voucher_id'?",
    ),
    "nested_column": ("{metric: groupRowCount, groupBy: [tags], mustBe: 2}", "'tags' is no column of single values"),
    "twice": ("{metric: groupRowCount, groupBy: [day, day], mustBe: 2}", "groupBy names a column twice"),
    "no_sum": ("{metric: groupSum, groupBy: [day], mustBe: 0}", "groupSum names no column to add up"),
    "text_sum": ("{metric: groupSum, groupBy: [day], column: voucher_id, mustBe: 0}", "cannot be added up"),
    "double_sum": ("{metric: groupSum, groupBy: [day], column: rate, mustBe: 0}", "whose sums are not exact"),
    "no_operator": ("{metric: groupRowCount, groupBy: [day]}", "a quality rule has no operator"),
    "two_operators": (
        "{metric: groupRowCount, groupBy: [day], mustBe: 0, mustNotBe: 1}",
        "has the operators mustBe and mustNotBe",
    ),
    "text_operand": ("{metric: groupRowCount, groupBy: [day], mustBe: '0'}", "mustBe is '0'"),
    "infinite": ("{metric: groupRowCount, groupBy: [day], mustBe: .inf}", "mustBe is infinite"),
    "turned": ("{metric: groupRowCount, groupBy: [day], mustBeBetween: [5, 1]}", "the smaller first"),
    "no_tolerance": ("{metric: volume}", "tolerance is missing; write a share from 0 to 1"),
    "tolerance": ("{metric: volume, tolerance: 30}", "tolerance is '30'; write a share from 0 to 1"),
    "no_days": ("{metric: volume, tolerance: 0.1, minimum: 0}", "minimum is '0'"),
    "short_history": ("{metric: volume, tolerance: 0.1, history: 2}", "history 2 is below the minimum 3 of days"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_slip_is_refused_with_its_line_and_the_mend(contracts, mistake):
    text, told = MISTAKES[mistake]
    sentence = contracts.refusal(*COLUMNS, quality=rule(text))
    assert sentence.startswith(f"orders.odcs.yaml:{LINE}: ")
    assert told in sentence


def test_a_rule_of_groups_belongs_to_the_table(contracts):
    text = rule("{metric: volume, tolerance: 0.1}")
    told = contracts.refusal("{name: day, logicalType: date, partitioned: true, quality: [" + text + "]}")
    assert "yaml:10: a rule of volume stands at a property and belongs to the schema object" in told


def test_volume_needs_days(contracts):
    told = contracts.refusal(quality=rule("{metric: volume, tolerance: 0.1}"))
    assert "volume compares days, and the product has no partition" in told


def test_a_second_rule_of_volume_is_refused(contracts):
    text = rule("{metric: volume, tolerance: 0.1}") + ", " + rule("{metric: volume, tolerance: 0.2}", ", name: b")
    assert "a second rule of volume beside the one in line 15" in contracts.refusal(*COLUMNS, quality=text)


def test_names_are_unique_over_all_kinds_of_rules(contracts):
    text = "{name: same, metric: rowCount, mustBeGreaterThan: 0}, " + rule(
        "{metric: groupRowCount, groupBy: [day], mustBe: 2}", ", name: same"
    )
    assert "two rules are called 'same', the first in line 15" in contracts.refusal(*COLUMNS, quality=text)


def test_a_rule_is_never_lost_in_silence(contracts):
    """Whether or not the reader takes groups over, they are held or shown."""
    contract = contracts.read(*COLUMNS, quality=rule("{metric: groupRowCount, groupBy: [day], mustBe: 2}"))
    assert len(contract.groups) + len(contract.unenforced) == 1
