"""Every form in which an event may come means the same thing, and what is no event is refused in one sentence."""

import datetime as dt
import json

import pytest
from hansa.errors import MeshError
from hansa.function.events import Created, Ignored, Scheduled, asks_of, printable
from hypothesis import given
from hypothesis import strategies as st

KEY = "in/2026 03/täglich +1&(2).csv"
OURS = [Created("lake", KEY)]


def asked(made):
    """What an event asks for; the first error is raised."""
    asks, faults = asks_of(made)
    if faults:
        raise faults[0]
    return asks


def test_a_notification_of_s3_names_its_object_as_a_form_writes_it(event):
    made = event("s3", key=KEY)
    assert "+" in made["Records"][0]["s3"]["object"]["key"]
    assert asked(made) == OURS


def test_eventbridge_names_it_plainly(event):
    assert asked(event("eventbridge", key=KEY)) == OURS


@pytest.mark.parametrize("around", ["sqs", "sns", "sns_envelope"])
@pytest.mark.parametrize("inner", ["s3", "eventbridge"])
def test_it_may_be_wrapped(event, around, inner):
    assert asked(event(around, inner=event(inner, key=KEY))) == OURS


def test_it_may_be_wrapped_twice(event):
    assert asked(event("sqs", inner=event("sns_envelope", inner=event("s3", key=KEY)))) == OURS


def test_an_object_that_is_told_of_twice_is_asked_for_once(event):
    made = event("s3", key=KEY)
    assert asked({"Records": made["Records"] * 3}) == OURS


def test_a_store_of_another_make_is_understood(event):
    made = event("s3", key=KEY)
    made["Records"][0] |= {"eventSource": "minio:s3", "eventName": "s3:ObjectCreated:CompleteMultipartUpload"}
    assert asked(made) == OURS


def test_what_tells_of_no_new_object_asks_for_nothing(event):
    removed = event("s3")
    removed["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    assert [type(ask) for ask in (*asked(removed), *asked(event("test_event")))] == [Ignored, Ignored]


def test_a_schedule_asks_for_everything_on_the_newest_day(event):
    assert asked(event("schedule")) == [Scheduled()]


def test_a_selection_names_products_and_days():
    made = {"hansa": {"select": ["risk.fraud"], "from": "2026-03-01", "to": "2026-03-02"}}
    assert asked(made) == [Scheduled(("risk.fraud",), dt.date(2026, 3, 1), dt.date(2026, 3, 2))]


def test_a_schedule_may_hold_the_selection(event):
    made = event("schedule") | {"detail": {"hansa": {"select": "a.sums", "to": "2026-03-02"}}}
    assert asked(made) == [Scheduled(("a.sums",), dt.date(2026, 3, 2), dt.date(2026, 3, 2))]


@pytest.mark.parametrize(
    "made",
    [None, [], "text", {}, {"Records": [4]}, {"Records": [{"eventSource": "aws:kinesis"}]}, {"detail-type": "x"}],
)
def test_what_is_no_event_is_refused(made):
    with pytest.raises(MeshError) as caught:
        asked(made)
    assert caught.value.code == "event.unknown"


@pytest.mark.parametrize(
    "given", [[], {"selct": []}, {"select": [1]}, {"from": "yesterday"}, {"to": 20260301}, {"select": {"a": 1}}]
)
def test_a_selection_that_cannot_be_meant_is_refused(given):
    with pytest.raises(MeshError) as caught:
        asked({"hansa": given})
    assert caught.value.code == "event.selection"


def test_a_bomb_of_wrappers_is_refused(event):
    made = event("s3")
    for _ in range(20):
        made = {"Type": "Notification", "Message": json.dumps(made)}
    with pytest.raises(MeshError) as caught:
        asked(made)
    assert caught.value.code == "event.unknown"


@pytest.mark.parametrize("bad", [4, {}, {"eventSource": "aws:sqs", "body": "junk"}, {"eventSource": "aws:s3", "s3": 1}])
def test_a_record_that_cannot_be_read_leaves_the_others_alone(event, bad):
    if isinstance(bad, dict):
        bad = {"eventName": "ObjectCreated:Put", **bad}
    asks, faults = asks_of({"Records": [bad, *event("sqs", inner=event("s3", key=KEY))["Records"], bad]})
    assert (asks, [fault.code for fault in faults]) == (OURS, ["event.unknown"] * 2)


def test_a_name_without_end_is_not_repeated():
    with pytest.raises(MeshError) as caught:
        asked({"hansa": {"select": "x" * 100_000}})
    assert (caught.value.code, len(caught.value.sentence()) < 400) == ("event.selection", True)


@given(st.text(max_size=300, alphabet=st.characters(exclude_categories=())))
def test_a_foreign_text_is_told_in_one_bounded_printable_line(text):
    line = printable(text, 50)
    assert line.isprintable()
    assert len(line) <= 50


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Records", "eventSource", "s3", "bucket", "object", "key", "name", "hansa", "detail-type", "detail"]
            ),
            inner | st.sampled_from(["aws:s3", "aws:sqs", "aws.s3", "Object Created", "ObjectCreated:Put"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_comes_is_read_or_refused(made):
    try:
        found = asked(made)
    except MeshError as error:
        assert error.code in ("event.unknown", "event.selection")
    else:
        assert all(isinstance(ask, Created | Scheduled | Ignored) for ask in found)
