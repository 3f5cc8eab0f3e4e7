"""Changes that the rows of one publication cannot show: tokens, classes, days, zones, formats, volume, shares."""

import datetime as dt

import polars as pl
import pytest
from hansa.errors import WorldError
from hansa.gate import publish
from hansa.run import Run
from hansa.secrets import load_keys
from hansa.store.warehouse import Warehouse

DAY = "{name: day, logicalType: date, required: true, partitioned: true}"
PHONE = "{{name: phone, logicalType: string{}}}"
TOKEN = ", customProperties: [{property: tokenise, value: mobile}]"
TIME = "{{name: at, logicalType: timestamp, logicalTypeOptions: {{{}}}}}"
FORMATS = "{{name: at, logicalType: date, customProperties: [{{property: formats, value: {}}}]}}"
KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"


def volume(**words):
    told = ", ".join(f"{word}: {value}" for word, value in words.items())
    return f"{{name: x.volume, type: custom, engine: hansa, implementation: {{metric: volume, {told}}}}}"


@pytest.fixture
def told(trade):
    """The trade between two contracts, and its changes as text."""

    def between(old, new):
        made = trade(old, new)
        return made, [f"{c.subject} {c.kind} {c.direction} {c.whom} {c.bump}" for c in made.changes]

    return between


def texts(**columns):
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_joins_on_clear_values_find_nothing_once_a_column_holds_tokens(promise, told, tmp_path):
    made, changes = told(promise(PHONE.format("")), promise(PHONE.format(TOKEN)))
    assert changes == ["phone.tokenise tokenise.added both consumers and producer major"]
    clear = texts(id=["a"], phone=["13812345678"])
    matched = []
    for contract in (made.old, made.new):
        made.publish(clear, contract, tmp_path / "wh")
        read = made.read(contract, tmp_path / "wh")
        matched.append(read.join(clear.lazy(), on="phone").collect().height)
    assert matched == [1, 0]


def test_a_producer_of_texts_that_no_token_can_be_made_of_is_broken_by_tokens(promise, told, tmp_path):
    made, _ = told(promise(PHONE.format("")), promise(PHONE.format(TOKEN)))
    rows = texts(id=["a", "b"], phone=["13812345678", "none"])
    refused = [made.publish(rows, one, tmp_path / "wh").total("quarantined") for one in (made.old, made.new)]
    assert refused == [0, 1]


def test_a_token_of_another_kind_is_another_token(promise, told, tmp_path):
    kinds = [promise(PHONE.format(TOKEN.replace("mobile", kind))) for kind in ("identifier", "mobile")]
    made, changes = told(*kinds)
    assert changes == ["phone.tokenise tokenise.changed both consumers and producer major"]
    tokens = []
    for contract in (made.old, made.new):
        made.publish(texts(id=["a"], phone=["13812345678"]), contract, tmp_path / "wh")
        tokens.append(made.read(contract, tmp_path / "wh").collect()["phone"].item())
    assert tokens[0] != tokens[1]


def test_clear_values_in_the_place_of_tokens_break_both_and_are_no_mere_loosening(promise, told):
    _, changes = told(promise(PHONE.format(TOKEN)), promise(PHONE.format("")))
    assert changes == ["phone.tokenise tokenise.removed both consumers and producer major"]


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [("C1", "C3", "tightens"), ("C3", "C2", "loosens"), (None, "C1", "tightens"), ("C1", "house", "unknown")],
)
def test_a_class_changes_no_row_and_has_a_direction(promise, told, old, new, direction):
    columns = [PHONE.format(f", classification: {one}" if one else "") for one in (old, new)]
    made, changes = told(promise(columns[0]), promise(columns[1]))
    assert [(c.direction, c.breaks, c.bump) for c in made.changes] == [(direction, (), "minor")]
    assert made.breaks() == set(), changes


def test_a_product_that_is_partitioned_now_needs_another_table(promise, told, tmp_path):
    made, changes = told(promise(DAY.replace(", partitioned: true", "")), promise(DAY))
    assert changes == ["partition partition.changed both consumers and producer major"]
    rows = texts(id=["a"], day=["2026-03-01"])
    made.publish(rows, made.old, tmp_path / "wh")
    same_table = promise(DAY, version="1.9.0")
    with pytest.raises(WorldError, match="the partition was none, is day"):
        made.publish(rows, same_table, tmp_path / "wh")


def test_another_id_is_another_product(promise, told):
    _, changes = told(promise(), promise(id="t.y"))
    assert changes == ["id contract.id both consumers and producer major"]


def days_of(promise, scope):
    return promise(DAY, custom=f"{{property: keyScope, value: {scope}}}")


def test_a_key_within_its_day_lets_one_key_stand_in_two_days(promise, told):
    twice = {"id": ["a", "a"], "day": ["2026-03-01", "2026-03-02"]}
    made, changes = told(days_of(promise, "product"), days_of(promise, "partition"))
    assert changes == ["keyScope keyScope.changed loosens consumers major"]
    assert made.breaks({"id": ["a"], "day": ["2026-03-01"]}, twice) == {"consumers"}


def test_a_key_over_all_days_refuses_one_key_in_two_days(promise, told):
    twice = {"id": ["a", "a"], "day": ["2026-03-01", "2026-03-02"]}
    made, changes = told(days_of(promise, "partition"), days_of(promise, "product"))
    assert changes == ["keyScope keyScope.changed tightens producer minor"]
    assert made.breaks(twice) == {"producer"}


def test_the_scope_of_a_key_that_holds_the_day_says_nothing(promise, told):
    day = DAY.replace("partitioned", "primaryKey: true, primaryKeyPosition: 2, partitioned")
    key = KEY.replace("primaryKey: true", "primaryKey: true, primaryKeyPosition: 1")
    scopes = [promise(day, key=key, custom=f"{{property: keyScope, value: {s}}}") for s in ("product", "partition")]
    assert told(*scopes)[1] == ["keyScope keyScope.changed neither nobody patch"]


@pytest.mark.parametrize(("shares", "states"), [(("0.5", "0.1"), "ph"), (("0.1", "0.5"), "hp")])
def test_the_share_of_refused_rows_decides_whether_the_day_is_held(promise, told, tmp_path, shares, states):
    column = "{name: v, logicalType: integer}"
    made, changes = told(*(promise(column, custom=f"{{property: quarantineShare, value: {s}}}") for s in shares))
    word = {"ph": "lowered tightens producer minor", "hp": "raised loosens consumers major"}[states]
    assert changes == [f"quarantineShare quarantineShare.{word}"]
    rows = texts(id=["a", "b", "c", "d"], v=["1", "2", "3", "x"])
    done = [made.publish(rows, one, tmp_path / one.version) for one in (made.old, made.new)]
    assert "".join("h" if one.held else "p" for one in done) == states


def test_a_greater_tolerance_lets_a_day_pass_that_was_held(promise, told, tmp_path):
    made, changes = told(*(promise(DAY, quality=volume(tolerance=t, minimum=2)) for t in (0.1, 0.6)))
    assert changes == ["x.volume rule.loosened loosens consumers major"]
    held = []
    for contract in (made.old, made.new):
        for day, count in ((1, 4), (2, 4), (3, 2)):
            rows = texts(id=[f"{day}-{n}" for n in range(count)], day=[f"2026-06-0{day}"] * count)
            date = dt.date(2026, 6, day)
            run = Run(f"{contract.version}-{day}", "UTC", date, date)
            done = publish(rows.lazy(), contract, run, Warehouse(tmp_path / contract.version))
        held.append(bool(done.held))
    assert held == [True, False]


def test_another_history_of_volume_is_of_unknown_direction(promise, told):
    _, changes = told(*(promise(DAY, quality=volume(tolerance=0.1, history=h)) for h in (5, 20)))
    assert changes == ["x.volume rule.changed unknown consumers and producer major"]


def test_a_format_more_at_the_end_breaks_nobody_and_another_first_breaks_the_producer(promise, told, tmp_path):
    one, other = '["%d/%m/%Y"]', '["%m/%d/%Y"]'
    assert told(promise(FORMATS.format(one)), promise(FORMATS.format('["%d/%m/%Y", "%Y-%m-%d"]')))[1] == [
        "at.formats formats.added neither nobody minor"
    ]
    made, changes = told(promise(FORMATS.format(one)), promise(FORMATS.format(other)))
    assert changes == ["at.formats formats.changed neither producer minor"]
    assert made.breaks({"id": ["a", "b"], "at": ["31/01/2026", "01/02/2026"]}) == {"producer"}


def test_a_zone_for_times_without_one_breaks_nobody_and_its_loss_the_producer(promise, told):
    bare, zoned = promise(TIME.format("timezone: true")), promise(TIME.format("defaultTimezone: Europe/Berlin"))
    rows = {"id": ["a", "b"], "at": ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00"]}
    made, changes = told(bare, zoned)
    assert changes == ["at.defaultTimezone zone.added neither nobody minor"]
    assert made.breaks(rows) == set()
    made, changes = told(zoned, bare)
    assert changes == ["at.defaultTimezone zone.removed neither producer minor"]
    assert made.breaks({"id": ["c", "d"], "at": rows["at"]}) == {"producer"}


def test_another_zone_makes_another_instant_of_the_same_text(promise, told, tmp_path):
    zones = [promise(TIME.format(f"defaultTimezone: {zone}")) for zone in ("Asia/Shanghai", "Europe/Berlin")]
    made, changes = told(*zones)
    assert changes == ["at.defaultTimezone zone.changed neither producer minor"]
    instants = []
    for contract in (made.old, made.new):
        made.publish(texts(id=["a"], at=["2026-03-01T10:00:00"]), contract, tmp_path / contract.version)
        instants.append(made.read(contract, tmp_path / contract.version).collect()["at"].item())
    assert instants[1] - instants[0] == dt.timedelta(hours=7)


def test_a_business_date_of_another_time_is_another_day(promise, told, tmp_path):
    times = "{name: a, logicalType: timestamp, required: true}", "{name: b, logicalType: timestamp, required: true}"
    of = "{{name: day, logicalType: date, customProperties: [{{property: businessDateOf, value: {}}}]}}"
    made, changes = told(promise(*times, of.format("a")), promise(*times, of.format("b")))
    assert changes == ["day.businessDateOf businessDateOf.changed both consumers and producer major"]
    rows = texts(id=["x"], a=["2026-03-01T01:00:00Z"], b=["2026-03-02T01:00:00Z"])
    days = []
    for contract in (made.old, made.new):
        made.publish(rows, contract, tmp_path / contract.version)
        days.append(made.read(contract, tmp_path / contract.version).collect()["day"].item())
    assert days == [dt.date(2026, 3, 1), dt.date(2026, 3, 2)]


def test_a_required_date_that_the_gate_makes_itself_asks_nothing_of_the_producer(promise, told):
    time = "{name: a, logicalType: timestamp, required: true}"
    day = "{name: day, logicalType: date, required: true, customProperties: [{property: businessDateOf, value: a}]}"
    made, changes = told(promise(time), promise(time, day))
    assert changes == ["day column.added tightens nobody minor"]
    assert made.breaks({"id": ["x"], "a": ["2026-03-01T01:00:00Z"]}) == set()


@pytest.mark.parametrize("word", ["required: true, ", ""])
def test_a_date_that_the_gate_makes_itself_breaks_the_producer_if_its_limits_refuse_it(promise, told, word):
    time = "{name: a, logicalType: timestamp, required: true}"
    of = "customProperties: [{property: businessDateOf, value: a}], logicalTypeOptions: {minimum: '2026-04-01'}"
    made, changes = told(promise(time), promise(time, f"{{name: day, logicalType: date, {word}{of}}}"))
    assert changes == ["day column.added tightens producer minor"]
    assert made.breaks({"id": ["x"], "a": ["2026-03-01T01:00:00Z"]}) == {"producer"}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("90", "30", "shorter loosens consumers major"),
        ("30", "90", "longer tightens nobody minor"),
    ],
)
def test_retention_is_a_promise_of_how_long_rows_are_found(promise, told, old, new, word):
    head = "slaProperties: [{{property: retention, value: {}, unit: d}}]"
    assert told(promise(head=head.format(old)), promise(head=head.format(new)))[1] == [f"retention retention.{word}"]


def test_rows_that_the_table_keeps_are_found_for_as_long_as_the_contract_says(promise, told, tmp_path):
    head = "slaProperties: [{property: retention, value: 30, unit: d}]"
    made, _ = told(promise(head=head.replace("30", "90")), promise(head=head))
    kept = []
    for contract in (made.old, made.new):
        made.publish(texts(id=["a"]), contract, tmp_path / "wh")
        table = Warehouse(tmp_path / "wh").iceberg(contract.id, contract.major)
        kept += [value for word, value in table.properties.items() if "keep" in word]
    assert kept == ["90", "30"]


def test_a_product_without_sealed_columns_needs_no_keys_and_with_one_does(promise, told, tmp_path):
    made, _ = told(promise(PHONE.format("")), promise(PHONE.format(", classification: C2")))
    rows = texts(id=["a"], phone=["1"]).lazy()
    publish(rows, made.old, Run("1", "UTC"), Warehouse(tmp_path / "wh"))
    with pytest.raises(WorldError, match="no keys were given"):
        publish(rows, made.new, Run("2", "UTC"), Warehouse(tmp_path / "wh"))
    done = publish(rows, made.new, Run("3", "UTC"), Warehouse(tmp_path / "wh"), keys=load_keys(tmp_path / "keys"))
    assert not done.held
