"""The event of an object that matches a pattern publishes that delivery, once, and what follows from it."""

import pytest


@pytest.fixture
def room(bank):
    """The bank of which ``a.rows`` takes every object under ``in/s_``."""
    bank.key = "in/s_*.csv"
    return bank


def test_an_object_that_matches_is_published_with_what_follows_from_it(room, answer, told):
    made = answer(room.deliver([(2, 5), (3, 7)], "in/s_1.csv"))
    assert (made["status"], told(made)) == ("published", {"a.rows": "published", "a.sums": "published"})
    assert room.amounts("a.sums") == [(2, 5), (3, 7)]


def test_each_object_adds_its_rows(room, answer):
    answer(room.deliver([(2, 5)], "in/s_1.csv"))
    answer(room.deliver([(2, 6), (3, 7)], "in/s_2.csv"))
    assert room.amounts("a.sums") == [(2, 11), (3, 7)]


def test_an_event_that_comes_twice_changes_nothing(room, answer):
    event = room.deliver([(2, 5)], "in/s_1.csv")
    answer(event)
    again = answer(event)
    assert (again["status"], again["steps"]) == ("unchanged", [])


def test_the_same_content_under_another_key_waits_with_its_reason(room, answer):
    answer(room.deliver([(2, 5)], "in/s_1.csv"))
    made = answer(room.deliver([(2, 5)], "in/s_2.csv"))
    assert made["status"] == "unchanged"
    assert "same content as s_1.csv" in made["waiting"]["a.rows"]


def test_an_event_publishes_its_own_object_and_leaves_a_broken_one_beside_it(room, answer):
    broken = room.deliver([], "in/s_0.csv")
    room.bucket.client().put_object(Bucket=room.bucket.name, Key="in/s_0.csv", Body=b"nothing\n1\n")
    assert answer(room.deliver([(2, 5)], "in/s_1.csv"))["status"] == "published"
    refused = answer(broken)
    assert (refused["status"], refused["code"], refused["steps"][0]["code"]) == ("refused", 1, "source.columns")


def test_an_object_that_does_not_match_is_ignored(room, answer):
    assert answer(room.deliver([(2, 5)], "in/t_1.csv"))["status"] == "ignored"
