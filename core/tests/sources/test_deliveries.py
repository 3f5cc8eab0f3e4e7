"""Which files a pattern finds, what is in them, and which date their names hold."""

import datetime as dt

import pytest
from hansa.errors import DataError, HansaError, MeshError
from hansa.sources import Binding
from hansa.sources.deliveries import Inbox, is_pattern, pattern_means
from hansa.sources.delivery_words import DeliveryWords, ExpectWords, date_in
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

NOW = dt.datetime(2026, 3, 6, 12, tzinfo=dt.UTC)


@pytest.fixture
def found(tmp_path):
    """The names that a pattern finds in a folder of these files."""

    def look(pattern, *names, **words):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("a\n1\n")
        inbox = Inbox(Binding(uri=pattern, **words), tmp_path, "sources.a.rows")
        return [one.name for one in inbox.listed(NOW).files]

    return look


def test_a_star_stands_for_the_letters_of_one_name(found):
    assert found("in/*.csv", "in/a.csv", "in/b.txt", "in/sub/c.csv", "out/d.csv") == ["a.csv"]


def test_two_stars_stand_for_any_folders(found):
    names = found("in/**/*.csv", "in/a.csv", "in/x/b.csv", "in/x/y/c.csv", "d.csv")
    assert names == ["a.csv", "x/b.csv", "x/y/c.csv"]


def test_a_star_may_stand_for_a_folder(found):
    assert found("in/*/stmt_*.csv", "in/1/stmt_a.csv", "in/1/other.csv", "in/stmt_b.csv") == ["1/stmt_a.csv"]


def test_what_looks_like_a_pattern_elsewhere_is_the_name_itself(found):
    assert found("in/[x]*.csv", "in/[x]1.csv", "in/x.csv") == ["[x]1.csv"]


def test_hidden_files_are_none(found):
    assert found("in/*", "in/.a.csv", "in/b.csv") == ["b.csv"]


def test_the_file_is_opened_by_its_own_address(tmp_path, found):
    found("in/*.csv", "in/a.csv")
    inbox = Inbox(Binding(uri="in/*.csv", separator=";"), tmp_path, "sources.a.rows")
    bound = inbox.bound(inbox.listed(NOW).files[0])
    assert (bound.uri, bound.separator) == ("in/a.csv", ";")


def test_an_address_with_a_scheme_and_odd_letters_finds_its_files(tmp_path, found):
    found("in/*.csv", "in/50% done.csv")
    inbox = Inbox(Binding(uri=f"file://{tmp_path}/in/*.csv"), tmp_path, "sources.a.rows")
    [one] = inbox.listed(NOW).files
    assert len(inbox.digest(one)) == 64


@pytest.mark.parametrize("uri", ["in/*/../x.csv", "in/*//x.csv", "s3://b*/x.csv", "s3://*", "in/*\\x"])
def test_a_pattern_that_leaves_its_folder_is_refused(tmp_path, uri):
    with pytest.raises(MeshError) as error:
        Inbox(Binding(uri=uri), tmp_path, "sources.a.rows")
    assert (error.value.code, error.value.where) == ("source.uri", "sources.a.rows.uri")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError) as error:
        Inbox(Binding(uri="nowhere/*.csv"), tmp_path, "sources.a.rows").listed(NOW)
    assert error.value.code == "source.missing"


def test_one_file_is_no_pattern():
    assert not is_pattern("in/a[1]?.csv")
    assert is_pattern("in/*.csv")


def test_the_event_of_an_end_marker_is_of_its_file():
    binding = Binding(uri="s3://lake/in/*.csv", end_marker=".ok")
    assert pattern_means(binding, "s3://lake/in/a.csv")
    assert pattern_means(binding, "s3://lake/in/a.csv.ok")
    assert not pattern_means(binding, "s3://lake/in/a.txt")
    assert not pattern_means(binding, "s3://lake/out/a.csv")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"uri": "in/a.csv", "dated": "%Y%m%d"}, "dated"),
        ({"uri": "in/*.csv", "dated": "%Y%m%d", "newest_by": "x"}, "newest_by"),
        ({"uri": "in/*.csv", "brings": "days", "newest_by": "x"}, "brings"),
        ({"uri": "in/*.csv", "expects": "daily"}, "expects"),
    ],
)
def test_words_that_say_nothing_or_contradict_each_other_are_refused(tmp_path, words, field):
    from hansa.sources.deliveries import refuse_unfit

    with pytest.raises(MeshError) as error:
        refuse_unfit(Binding(**words), "sources.a.rows")
    assert (error.value.code, error.value.where) == ("delivery.word", f"sources.a.rows.{field}")


def test_a_binding_without_these_words_is_written_as_before():
    assert not set(DeliveryWords.model_fields) & set(Binding(uri="a.csv").model_dump())


# --- dates in names ---------------------------------------------------------------------------------------------------


@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2099, 12, 31)), st.text("abc_-.", max_size=5))
def test_the_date_in_a_name_is_read_as_it_was_written(when, letters):
    whole = when.replace(microsecond=0)
    assert date_in(f"in/{letters}{whole:%Y%m%d_%H%M%S}{letters}.csv", "%Y%m%d_%H%M%S", "x") == whole


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("s_20260305.csv", "%Y%m%d"),
        ("s_2026-03-05_v2.csv", "%Y-%m-%d"),
        ("050326.csv", "%d%m%y"),
        ("2026064.csv", "%Y%j"),
        ("2026-03-05/s.csv", "%Y-%m-%d"),
        ("20260304_s_20260305.csv", "s_%Y%m%d"),
        ("20260305_20260305.csv", "%Y%m%d"),
    ],
)
def test_a_date_is_found_where_it_stands(name, pattern):
    assert date_in(name, pattern, "x") == dt.datetime(2026, 3, 5)


@pytest.mark.parametrize(
    "name", ["s.csv", "s_20261305.csv", "s_120260305.csv", "20260304_20260305.csv", "s_202603.csv"]
)
def test_a_name_with_no_date_or_with_two_is_refused(name):
    with pytest.raises(DataError) as error:
        date_in(name, "%Y%m%d", "x")
    assert error.value.code == "delivery.date"


@pytest.mark.parametrize("pattern", ["%Y%m", "%d.%m", "20260305", "%Y%m%d%Y", "%Y%m%d%Z", "%A%Y%m%d", "%Y/%m/%d"])
def test_a_pattern_that_is_no_whole_date_is_refused(pattern):
    with pytest.raises(ValidationError):
        DeliveryWords(dated=pattern)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("6 hours", dt.timedelta(hours=6)),
        ("1 day 12 hours", dt.timedelta(hours=36)),
        ("1 minute", dt.timedelta(minutes=1)),
    ],
)
def test_a_delay_is_read_as_it_is_written(text, span):
    assert ExpectWords(days="daily", after=text).after == span


@pytest.mark.parametrize("text", ["6", "six hours", "-1 hours", "6 hours later", "1 day, 2 hours", 6, ""])
def test_a_delay_that_is_none_is_refused(text):
    with pytest.raises(ValidationError):
        ExpectWords(days="daily", after=text)


@pytest.mark.parametrize(
    "words", [{"end_marker": "ok"}, {"end_marker": ".o*"}, {"brings": "all"}, {"expects": "weekly"}]
)
def test_a_word_with_another_value_is_refused(words):
    with pytest.raises(ValidationError):
        Binding(uri="in/*.csv", **words)


def test_what_changed_since_it_was_listed_has_no_digest(tmp_path, found):
    found("in/*.csv", "in/a.csv")
    inbox = Inbox(Binding(uri="in/*.csv"), tmp_path, "sources.a.rows")
    [one] = inbox.listed(NOW).files
    (tmp_path / "in" / "a.csv").write_text("a\n1\n2\n")
    with pytest.raises(HansaError) as error:
        inbox.digest(one)
    assert error.value.code == "delivery.growing"
