"""Rules that came, went, were renamed, or ask for something else; by their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hansa.change.model import Change, Direction, named, promised, relation, worded
from hansa.change.operators import Domain, allows, compared, downward
from hansa.change.values import listed
from hansa.contract.model import Contract, GroupRule, Rule, VolumeRule, top_of

AnyRule = Rule | GroupRule | VolumeRule
_COUNTED = ("nullValues", "missingValues", "invalidValues", "duplicateValues")


def rule_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """The changes of two contracts' rules; what belongs to a column that came or went is told with the column."""
    before, after = _kept(old, new), _kept(new, old)
    gone = [rule for name, rule in before.items() if name not in after]
    come = [rule for name, rule in after.items() if name not in before]
    for rule in list(gone):
        twin = next((one for one in come if _same_body(one, rule)), None)
        if twin is not None:
            gone.remove(rule)
            come.remove(twin)
            note = "receipts and quarantine name it so from now on"
            yield worded(twin.name, "rule.renamed", rule.name, twin.name, note=note)
    yield from (_whole(rule, "removed") for rule in gone)
    yield from (_whole(rule, "added") for rule in come)
    for name, rule in before.items():
        if name in after:
            yield from _pair(rule, after[name], old, new)


def asked_by_rules(old: Contract, new: Contract) -> frozenset[str]:
    """Names of new columns that rules of their own ask for: an empty one would be refused, or hold the day."""
    own = (rule for rule in new.rules if _is_told_with_column(rule, old))
    return frozenset(top_of(path) for rule in own if asks(rule) for path in rule.columns)


def asks(rule: Rule) -> bool:
    """True if a column without any value breaks the rule, and that refuses a row or holds a day."""
    if rule.severity != "error" or rule.metric not in _COUNTED:
        return False
    missing = rule.metric in ("nullValues", "missingValues")
    return missing or not allows(rule.operator, rule.operands)(0)


def _is_told_with_column(rule: AnyRule, other: Contract) -> bool:
    """True for a rule of the standard over columns that the other contract has none of."""
    if not isinstance(rule, Rule) or rule.metric not in _COUNTED or not rule.columns:
        return False
    return all(top_of(path) not in other.by_name for path in rule.columns)


def _kept(contract: Contract, other: Contract) -> dict[str, AnyRule]:
    every: list[AnyRule] = [*contract.rules, *contract.groups, *([contract.volume] if contract.volume else [])]
    return {rule.name: rule for rule in every if not _is_told_with_column(rule, other)}


def _same_body(one: AnyRule, other: AnyRule) -> bool:
    """True if both ask for the same, whatever they are called."""
    return replace(one, name="", line=0, description="") == replace(other, name="", line=0, description="")


def _columns(rule: AnyRule) -> tuple[str, ...]:
    match rule:
        case Rule():
            return tuple(dict.fromkeys(top_of(path) for path in rule.columns))
        case GroupRule():
            return (*rule.by, *([rule.column] if rule.column else []))
    return ()


def _whole(rule: AnyRule, verb: str) -> Change:
    """A rule that came or went; a warning asks nothing of anybody."""
    texts = ("none", told(rule)) if verb == "added" else (told(rule), "none")
    if rule.severity == "warning":
        change = worded(rule.name, f"rule.{verb}", *texts, note="it only warns")
        return replace(change, wording=verb == "removed")
    direction = relation(verb == "added", verb == "removed")
    return promised(rule.name, f"rule.{verb}", *texts, direction, columns=_columns(rule))


def _pair(old: AnyRule, new: AnyRule, before: Contract, after: Contract) -> Iterator[Change]:
    if old.description != new.description:
        yield worded(f"{new.name}.description", "description.changed", old.description, new.description)
    if _same_body(old, new):
        return
    if old.severity != new.severity:
        yield _severity(old, new)
    found = list(_asked(old, new, before, after))
    if "warning" in (old.severity, new.severity):
        # What only warns, before or after, asks nothing of anybody.
        words = (worded(one.subject, one.kind, one.old, one.new, note="it only warns") for one in found)
        found = [replace(one, wording=False) for one in words]
    yield from found


def _severity(old: AnyRule, new: AnyRule) -> Change:
    error = new.severity == "error"
    kind = f"severity.{'raised' if error else 'lowered'}"
    columns = _columns(new)
    return promised(new.name, kind, old.severity, new.severity, relation(error, not error), columns=columns)


def _asked(old: AnyRule, new: AnyRule, before: Contract, after: Contract) -> Iterator[Change]:
    """What two rules of one name and severity ask for."""
    match old, new:
        case Rule(), Rule():
            yield from _library(old, new, before, after)
        case GroupRule(), GroupRule():
            yield from _group(old, new)
        case VolumeRule(), VolumeRule():
            yield from _volume(old, new)
        case _:
            yield _other(old, new, "both")


def _other(old: AnyRule, new: AnyRule, direction: Direction, note: str = "") -> Change:
    columns = tuple(dict.fromkeys((*_columns(old), *_columns(new))))
    return promised(new.name, f"rule.{named(direction)}", told(old), told(new), direction, columns=columns, note=note)


def _library(old: Rule, new: Rule, before: Contract, after: Contract) -> Iterator[Change]:
    if old.metric != new.metric or set(old.columns) != set(new.columns):
        yield _other(old, new, _other_columns(old, new))
        return
    if old.query != new.query:
        yield _other(old, new, "unknown", "which of the two queries asks for more cannot be told")
        return
    if (old.operator, old.operands, old.unit) != (new.operator, new.operands, new.unit):
        direction, note = _blamed(old, new, _measures(old, new))
        if direction != "neither":
            yield _other(old, new, direction, note)
        else:
            yield worded(new.name, "rule.rewritten", told(old), told(new), note="it allows the same")
    if old.metric in ("invalidValues", "missingValues"):
        yield from _lists(old, new, before, after)


def _other_columns(old: Rule, new: Rule) -> Direction:
    """Rows that agree in more columns are fewer; anything else cannot be compared."""
    same = _same_body(replace(old, columns=()), replace(new, columns=()))
    if not same or old.metric != "duplicateValues" or not downward(old.operator, old.operands, _domain(old)):
        return "both"
    # A row with an empty value is no duplicate, so that more columns never count more.
    more, fewer = set(new.columns) > set(old.columns), set(new.columns) < set(old.columns)
    return relation(fewer, more) if more or fewer else "both"


def _measures(old: Rule, new: Rule) -> Direction:
    nothing = [rule for rule in (old, new) if (rule.operator, rule.operands) == ("mustBe", (0.0,))]
    if old.unit != new.unit and not nothing:
        return "unknown"
    # No row is no percent, so that the unit is that of the other one.
    domain = _domain(new if old in nothing else old)
    return compared((old.operator, old.operands), (new.operator, new.operands), domain)


def _blamed(old: Rule, new: Rule, measures: Direction) -> tuple[Direction, str]:
    """The direction with what happens to rows that break the rule, and a note of that.

    A table rule holds the day, so that a day is there with all of its rows or not at all; under a row rule the day is
    published without the rows that break it.
    """
    if old.per_row == new.per_row:
        return measures, ""
    note = "rows that break it are left out of a day" if new.per_row else "rows that break it hold the whole day"
    if measures == "unknown":
        return measures, note
    lost, gained = measures in ("tightens", "both"), measures in ("loosens", "both")
    return relation(lost or old.per_row, gained or new.per_row), note


def _domain(rule: Rule) -> Domain:
    return "any" if rule.metric == "sql" else "percent" if rule.unit == "percent" else "count"


def _lists(old: Rule, new: Rule, before: Contract, after: Contract) -> Iterator[Change]:
    """The lists and the pattern of a rule that counts values; which way they go is clear if fewer counted is better."""
    columns, path = _columns(new), new.columns[0]
    one, other = before.at(path), after.at(path)
    found: list[Change] = []
    texts = (old.valid_values, new.valid_values)
    found += listed(new.name, "validValues", one, other, texts, columns)
    if old.metric == "missingValues":
        texts = (old.missing_values or ("",), new.missing_values or ("",))
        found += listed(new.name, "missingValues", one, other, texts, columns, flipped=True)
    if old.pattern != new.pattern:
        direction: Direction = (
            "unknown" if old.pattern and new.pattern else relation(bool(new.pattern), bool(old.pattern))
        )
        verb = "changed" if direction == "unknown" else "added" if new.pattern else "removed"
        found.append(promised(new.name, f"pattern.{verb}", old.pattern, new.pattern, direction, columns=columns))
    clear = all(downward(rule.operator, rule.operands, _domain(rule)) for rule in (old, new))
    if not clear and found:
        found = [_other(old, new, "unknown", "the rule asks for values that are counted")]
    yield from found


def _group(old: GroupRule, new: GroupRule) -> Iterator[Change]:
    if (old.metric, set(old.by), old.column) != (new.metric, set(new.by), new.column):
        yield _other(old, new, "both")
    elif (old.operator, old.operands) != (new.operator, new.operands):
        domain: Domain = "count" if old.metric == "groupRowCount" else "any"
        direction = compared((old.operator, old.operands), (new.operator, new.operands), domain)
        if direction == "neither":
            yield worded(new.name, "rule.rewritten", told(old), told(new), note="it allows the same")
        else:
            yield _other(old, new, direction)


def _volume(old: VolumeRule, new: VolumeRule) -> Iterator[Change]:
    """A greater tolerance loosens; with another history the expectation itself is another one."""
    if (old.history, old.minimum) != (new.history, new.minimum):
        yield _other(old, new, "unknown", "another number of days is expected from")
    elif old.tolerance != new.tolerance:
        yield _other(old, new, relation(new.tolerance < old.tolerance, new.tolerance > old.tolerance))


def told(rule: AnyRule) -> str:
    """What a rule asks for, in one line."""
    match rule:
        case VolumeRule():
            return f"volume within {rule.tolerance:g} of {rule.history} days, from {rule.minimum} on"
        case GroupRule():
            of = f" of {rule.column}" if rule.column else ""
            return f"{rule.metric}{of} by {', '.join(rule.by)} {rule.operator} {_numbers(rule.operands)}"
    asked = f"{rule.operator} {_numbers(rule.operands)}{' percent' if rule.unit == 'percent' else ''}"
    return " ".join(part for part in (rule.query or rule.metric, asked) if part)


def _numbers(operands: tuple[object, ...]) -> str:
    return " to ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in operands)
