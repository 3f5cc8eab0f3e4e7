"""The handler publishes what an object brings and what follows from it, once, whatever order events come in."""

import pytest
from hansa.errors import WorldError
from hansa.function import handler, handling


def test_an_object_is_published_with_what_follows_from_it(bank, answer, told):
    made = answer(bank.deliver([(2, 5), (2, 6), (3, 7)]))
    assert (made["status"], made["code"]) == ("published", 0)
    assert told(made) == {"a.rows": "published", "a.sums": "published"}
    assert bank.amounts("a.sums") == [(2, 11), (3, 7)]


def test_each_step_says_what_it_published(bank, answer):
    step = answer(bank.deliver([(2, 5), (3, 7)]))["steps"][0]
    assert (step["from"], step["to"], step["rows"], step["quarantined"]) == ("2026-03-02", "2026-03-03", 2, 0)
    assert len(step["receipt"]) == 64


def test_an_event_that_comes_twice_changes_nothing(bank, answer):
    event = bank.deliver([(2, 5)])
    answer(event)
    again = answer(event)
    assert (again["status"], again["steps"]) == ("unchanged", [])


def test_an_older_event_after_a_newer_one_changes_nothing(bank, answer):
    older = bank.deliver([(2, 5)])
    newer = bank.deliver([(2, 6)])
    assert answer(newer)["status"] == "published"
    assert answer(older)["status"] == "unchanged"
    assert bank.amounts("a.rows") == [(2, 6)]


def test_an_object_that_is_replaced_while_it_is_published_is_published_anew(bank, answer, monkeypatch):
    event, waiting = bank.deliver([(2, 5)]), [[(2, 6)]]
    carry_out = handling._execute

    def overtaken(*given):
        carry_out(*given)
        if waiting:
            bank.deliver(waiting.pop())

    monkeypatch.setattr(handling, "_execute", overtaken)
    assert answer(event)["status"] == "published"
    assert bank.amounts("a.sums") == [(2, 6)]


def test_a_day_without_rows_in_the_object_is_left_as_it_stands(bank, answer):
    answer(bank.deliver([(2, 5), (3, 6), (4, 7)]))
    answer(bank.deliver([(2, 5), (4, 8)]))
    assert bank.amounts("a.sums") == [(2, 5), (3, 6), (4, 8)]


def test_what_needs_another_source_waits_for_it(bank, answer, told):
    first = answer(bank.deliver([(2, 5)]))
    assert set(first["waiting"]) == {"a.both"}
    second = answer(bank.deliver([(2, 1)], "in/more.csv"))
    assert told(second) == {"a.more": "published", "a.both": "published"}
    assert bank.amounts("a.both") == [(2, 6)]


def test_what_needs_another_source_waits_for_its_day(bank, answer):
    answer(bank.deliver([(2, 5)]))
    answer(bank.deliver([(2, 1)], "in/more.csv"))
    made = answer(bank.deliver([(3, 5)]))
    assert made["waiting"] == {"a.both": "another of its sources ends with 2026-03-02"}
    assert bank.amounts("a.both") == [(2, 6)]


def test_a_held_day_is_told_and_nothing_is_made_of_it(bank, answer, told):
    bank.quality = "{name: few, metric: rowCount, mustBeLessThan: 2}"
    made = answer(bank.deliver([(2, 5), (2, 6)]))
    assert (made["status"], made["code"]) == ("held", 1)
    assert told(made)["a.sums"] == "not run"


def test_a_file_that_cannot_be_taken_is_refused_and_not_raised(bank, answer):
    event = bank.deliver([])
    bank.bucket.client().put_object(Bucket=bank.bucket.name, Key=bank.key, Body=b"day;value\n1;2\n")
    made = answer(event)
    assert (made["status"], made["errors"][0]["code"]) == ("refused", "source.separator")


def test_an_object_that_is_gone_again_is_refused(bank, answer):
    event = bank.deliver([(2, 5)])
    bank.bucket.client().delete_object(Bucket=bank.bucket.name, Key=bank.key)
    assert answer(event)["errors"][0]["code"] == "source.missing"


def test_one_refused_record_leaves_the_others_alone(bank, answer):
    bad, good = bank.deliver([(2, 1)], "in/more.csv"), bank.deliver([(2, 5)])
    bank.bucket.client().put_object(Bucket=bank.bucket.name, Key="in/more.csv", Body=b"")
    made = answer({"Records": [*bad["Records"], *good["Records"]]})
    assert made["status"] == "refused"
    assert bank.amounts("a.sums") == [(2, 5)]


def test_a_record_that_cannot_be_read_leaves_the_others_alone(bank, answer):
    good = bank.deliver([(2, 5)])["Records"]
    made = answer({"Records": [{"eventSource": "aws:sqs", "body": "junk"}, *good]})
    assert (made["status"], [error["code"] for error in made["errors"]]) == ("refused", ["event.unknown"])
    assert bank.amounts("a.sums") == [(2, 5)]


def test_a_fault_of_ours_in_one_record_leaves_the_others_alone(bank, monkeypatch):
    bad, good = bank.deliver([(2, 1)], "in/more.csv"), bank.deliver([(2, 5)])
    publish = handling._publish

    def broken(mesh, ask, done):
        if ask.key == "in/more.csv":
            raise KeyError("6222021234567890")
        publish(mesh, ask, done)

    monkeypatch.setattr(handling, "_publish", broken)
    with pytest.raises(RuntimeError, match="KeyError"):
        handler({"Records": [*bad["Records"], *good["Records"]]})
    assert bank.amounts("a.sums") == [(2, 5)]


def test_a_day_too_far_ahead_waits_and_the_others_are_published(bank, answer, told):
    body = b"business_date,amount\n2026-03-02,5\n2926-03-02,7\n"
    event = bank.deliver([(2, 5)])
    bank.bucket.client().put_object(Bucket=bank.bucket.name, Key=bank.key, Body=body)
    made = answer(event)
    assert told(made) == {"a.rows": "published", "a.sums": "published"}
    assert "2926-03-02" in made["waiting"]["a.rows"]
    assert bank.amounts("a.rows") == bank.amounts("a.sums") == [(2, 5)]


def test_what_an_event_says_comes_back_bounded_and_printable(bank, answer, event):
    made = answer(event("s3", bank.bucket.name, "\x1b[31m\n" + "x" * 5000))
    assert made["ignored"][0].isprintable()
    assert len(made["ignored"][0]) < 300
    made = answer({"hansa": {"select": ["\x1b[31mred"]}})
    assert made["errors"][0]["what"].isprintable()


def test_a_foreign_object_is_ignored(bank, answer):
    made = answer(bank.deliver([(2, 5)], "elsewhere.csv"))
    assert (made["status"], made["code"], made["steps"]) == ("ignored", 0, [])


def test_what_is_no_event_is_refused(bank, answer):
    made = answer({"hello": "world"})
    assert (made["status"], made["code"], made["errors"][0]["code"]) == ("refused", 2, "event.unknown")


def test_a_store_that_is_away_is_raised_so_that_the_event_comes_again(bank):
    event, bank.bucket = bank.deliver([(2, 5)]), bank.bucket.at("http://127.0.0.1:9")
    with pytest.raises(WorldError) as caught:
        handler(event)
    assert caught.value.code == "store.unreachable"


def test_a_fault_of_ours_is_raised_without_its_text(bank, monkeypatch):
    def broken(*_):
        raise KeyError("6222021234567890")

    monkeypatch.setattr(handling, "_publish", broken)
    with pytest.raises(RuntimeError) as caught:
        handler(bank.deliver([(2, 5)]))
    assert "KeyError" in str(caught.value)
    assert "6222" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_schedule_runs_everything_on_the_newest_day_that_all_sources_hold(bank, answer, event, told):
    bank.deliver([(2, 5), (3, 6)])
    bank.deliver([(2, 1)], "in/more.csv")
    made = answer(event("schedule"))
    assert set(told(made).values()) == {"published"}
    assert bank.amounts("a.both") == [(2, 6)]


def test_a_selection_runs_what_it_names(bank, answer):
    bank.deliver([(2, 5), (3, 6)])
    made = answer({"hansa": {"select": ["a.sums"], "from": "2026-03-02", "to": "2026-03-03"}})
    assert (made["status"], bank.amounts("a.sums")) == ("published", [(2, 5), (3, 6)])


def test_a_selection_of_an_unknown_name_is_refused(bank, answer):
    made = answer({"hansa": {"select": ["a.sum"]}})
    assert (made["code"], made["errors"][0]["code"]) == (2, "selection.unknown")
