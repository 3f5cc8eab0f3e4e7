"""A declared calendar: a day without rows is an empty day on a holiday, and a held one where rows were to come."""

import pytest
from hansa.calendar import Calendar, CalendarSettings
from hansa.errors import MeshError
from hansa.plan import Step, default_day, make_plan
from hansa.receipt import book_of
from hansa.runner import Lost, Runner, execute
from hansa.standing import Standing
from machinery.small_house import outcomes_of

ENOUGH = "{name: rows.enough, metric: rowCount, mustBeGreaterThan: 0, severity: error}"
VOLUME = (
    "{name: rows.usual, type: custom, engine: hansa, severity: error,"
    " implementation: {metric: volume, tolerance: 0.3, minimum: 2}}"
)
HOLIDAY = "calendar: {holidays: [2026-03-03]}"


@pytest.fixture
def told(march):
    """Run both products day by day: state by day number of each, with the reason."""

    def run(mesh, first=1, last=5, asked=("t.a", "t.b")):
        outcomes = outcomes_of(mesh, asked, march(first), march(last), only_moved=True)
        return {id: {o.step.first.day: o.state for o in outcomes if o.step.product == id} for id in asked}

    return run


@pytest.fixture
def house(house):
    """Rows of days 1, 2, 4 and 5, and what is made of each day."""
    house.source("t.a", [(n, n) for n in (1, 2, 4, 5)], quality=ENOUGH)
    house.computed("t.b", "t.a@1", function=lambda frames, run: next(iter(frames.values())))
    return house


def receipt(mesh, id, day):
    found, publication = book_of(mesh.warehouse, id).latest()[str(day)]
    return found, [given.name for given in publication.inputs]


def test_a_declared_holiday_without_rows_is_an_empty_day_whose_receipt_says_so(house, told, march):
    mesh = house.mesh(HOLIDAY)
    assert told(mesh)["t.a"] == dict.fromkeys(range(1, 6), "published")
    found, inputs = receipt(mesh, "t.a", march(3))
    assert (found.state, found.counts["published"], inputs[1:]) == ("published", 0, ["calendar: holiday"])


def test_rules_over_the_number_of_rows_are_unchecked_on_a_holiday_not_passed(house, told, march):
    mesh = house.mesh(HOLIDAY)
    told(mesh)
    found, _ = receipt(mesh, "t.a", march(3))
    assert ("rows.enough" in found.unchecked, found.broken) == (True, {})


def test_what_is_made_of_a_holiday_is_an_empty_day_too(house, told, march):
    house.contract("t.b", quality=ENOUGH)
    mesh = house.mesh(HOLIDAY)
    assert told(mesh)["t.b"] == dict.fromkeys(range(1, 6), "published")
    assert receipt(mesh, "t.b", march(3))[1] == ["t.a", "calendar: holiday"]


def test_a_day_without_rows_that_is_no_holiday_is_held_by_the_contracts_rule(house, told):
    states = told(house.mesh("calendar: {holidays: [2026-03-04]}"))
    assert states["t.a"] == {1: "published", 2: "published", 3: "held", 4: "published", 5: "published"}
    assert states["t.b"][3] == "not run"


def test_rows_that_come_on_a_holiday_are_judged_like_any(house, told, march):
    mesh = house.mesh("calendar: {holidays: [2026-03-04]}")
    told(mesh)
    found, inputs = receipt(mesh, "t.a", march(4))
    assert (found.counts["published"], inputs, "rows.enough" in found.unchecked) == (1, ["source of t.a"], False)


def test_a_held_day_that_is_declared_a_holiday_afterwards_is_an_empty_one(house, told):
    assert told(house.mesh())["t.a"][3] == "held"
    assert told(house.mesh(HOLIDAY)) == {"t.a": {3: "published"}, "t.b": {3: "published"}}


def test_a_holiday_that_is_declared_no_more_is_judged_again(house, told):
    told(house.mesh(HOLIDAY))
    assert told(house.mesh())["t.a"] == {3: "held"}


def test_a_holiday_is_right_when_it_is_asked_for_again(house, told):
    told(house.mesh(HOLIDAY))
    assert told(house.mesh(HOLIDAY)) == {"t.a": {}, "t.b": {}}


def test_without_a_rule_a_day_without_rows_is_held_where_rows_are_expected_daily(house, told, march):
    house.contract("t.a")
    mesh = house.mesh("calendar: {expected: daily, holidays: [2026-03-02]}")
    assert told(mesh)["t.a"][3] == "held"
    found, _ = receipt(mesh, "t.a", march(3))
    assert found.reasons == ("delivery.expected: 0 rows, the contract wants more than 0",)


def test_without_a_calendar_a_day_without_rows_and_without_a_rule_stays_an_empty_day(house, told):
    house.contract("t.a")
    assert told(house.mesh())["t.a"][3] == "published"


def test_what_was_held_because_rows_were_expected_is_judged_again_when_they_are_not(house, told):
    house.contract("t.a")
    told(house.mesh("calendar: {expected: daily}"))
    assert told(house.mesh())["t.a"] == {3: "published"}


def test_history_is_cut_around_holidays(house, told, march):
    mesh = house.mesh(HOLIDAY)
    runner, outcomes = Runner(mesh), []
    plan = make_plan(mesh, runner.standing, {"t.b"}, march(5), march(5))
    assert [step.title() for step in plan.steps] == ["t.a 2026-03-05", "t.b 2026-03-05"]
    execute(runner, [Step("t.a", march(1), march(5), "asked")], Lost(mesh), outcomes.append)
    assert [(o.step.first.day, o.step.last.day, o.state) for o in outcomes] == [
        (1, 2, "published"),
        (3, 3, "published"),
        (4, 5, "published"),
    ]


def test_a_volume_rule_says_nothing_of_a_holiday(house, told, march):
    house.contract("t.a", quality=VOLUME)
    mesh = house.mesh(HOLIDAY)
    assert told(mesh, last=3)["t.a"] == dict.fromkeys(range(1, 4), "published")
    assert "rows.usual" in receipt(mesh, "t.a", march(3))[0].unchecked


def test_a_holiday_is_no_evidence_of_what_is_usual(house, told):
    house.contract("t.a", quality=VOLUME)
    assert told(house.mesh(HOLIDAY), last=4)["t.a"] == dict.fromkeys(range(1, 5), "published")


def test_the_same_volume_rule_holds_a_day_that_is_none(house, told):
    house.contract("t.a", quality=VOLUME)
    assert told(house.mesh(), last=4)["t.a"][3] == "held"


def test_holidays_after_the_last_row_may_be_asked_for_and_other_days_may_not(house, told, march):
    mesh = house.mesh("calendar: {holidays: [2026-03-06, 2026-03-07]}")
    assert told(mesh, 5, 7)["t.a"] == dict.fromkeys((5, 6, 7), "published")
    with pytest.raises(MeshError, match="2026-03-08 is after 2026-03-05"):
        told(mesh, 8, 8)


def test_the_default_day_is_the_newest_with_rows_all_the_same(house, march):
    mesh = house.mesh("calendar: {holidays: [2026-03-06]}")
    assert default_day(mesh, Standing(mesh), ["t.b"]) == march(5)


def calendar(folder, **words):
    return Calendar(CalendarSettings(**words), folder)


def test_holidays_may_be_a_file_of_dates_and_names(folder, march):
    text = '\ufeffdate,name\r\n2026-03-03,清明节\r\n\r\n2026-03-04\r\n2026-03-05,"Day of A, B"\r\n'
    (folder / "days.csv").write_text(text, encoding="utf-8", newline="")
    made = calendar(folder, holidays="days.csv")
    assert [made.holiday("t.a", march(n)) for n in range(2, 7)] == ["", "清明节", "holiday", "Day of A, B", ""]


def test_the_name_of_a_holiday_stands_in_the_receipt(house, told, march):
    (house.folder / "days.csv").write_text("2026-03-03,Qingming\n")
    mesh = house.mesh("calendar: {holidays: days.csv}")
    told(mesh)
    assert receipt(mesh, "t.a", march(3))[1][1] == "calendar: holiday Qingming"


def test_weekends_are_holidays_but_for_declared_workdays(folder, march):
    made = calendar(folder, weekends=["sat", "sun"], workdays=["2026-03-08"])
    assert [made.holiday("t.a", march(n)) for n in (6, 7, 8, 9)] == ["", "weekend", "", ""]


def test_a_product_may_have_days_of_its_own_and_shares_what_it_does_not_name(folder, march):
    own = {"t.a": {"weekends": []}}
    made = calendar(folder, weekends=["sat"], holidays=["2026-03-03"], products=own)
    assert [(made.holiday(id, march(7)), made.holiday(id, march(3))) for id in ("t.a", "t.b", "shadow_t.a")] == [
        ("", "holiday"),
        ("weekend", "holiday"),
        ("", "holiday"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-01\n03.03.2026\n", "days.csv:2: the line holds no date; write it as 2026-03-01"),
        ("2026-02-30\n", "days.csv:1: the line holds no day of the calendar"),
        ("2026-03-01,a,b\n", "days.csv:1: the line holds more than a date and a name"),
    ],
)
def test_a_line_that_is_no_date_is_told_by_its_number(folder, march, text, told):
    (folder / "days.csv").write_text(text)
    with pytest.raises(MeshError) as refused:
        calendar(folder, holidays="days.csv").holiday("t.a", march(1))
    assert refused.value.sentence().startswith(told)


@pytest.mark.parametrize("content", [None, b"\xff\xfe2"])
def test_a_file_that_cannot_be_read_is_named(folder, march, content):
    if content is not None:
        (folder / "days.csv").write_bytes(content)
    with pytest.raises(MeshError, match=r"days\.csv: the file of dates") as refused:
        calendar(folder, holidays="days.csv").holiday("t.a", march(1))
    assert refused.value.code == "calendar.file"


def test_words_for_a_product_that_the_mesh_does_not_know_are_refused(house, told):
    with pytest.raises(MeshError, match=r"calendar\.products\.t\.aa: .* did you mean 't\.a'"):
        told(house.mesh("calendar: {products: {t.aa: {weekends: [sat]}}}"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("calendar: {holidays: [2026-02-30]}", "no day of the calendar"),
        ("calendar: {holidays: [3]}", "no date"),
        ("calendar: {holidays: 3}", "no list of dates"),
        ("calendar: {weekends: [saturday]}", "write 'mon', 'tue'"),
        ("calendar: {expected: weekly}", "by contract"),
    ],
)
def test_a_calendar_that_means_nothing_is_refused_with_its_line(house, text, what):
    with pytest.raises(MeshError, match=rf"mesh\.yaml:5: .*{what}"):
        house.mesh(text)
