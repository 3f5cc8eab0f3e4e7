import datetime as dt

import pytest
from hansa.errors import MeshError
from hansa.sources import Binding, MappingWords, OffsetWords, known_zone
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("0 days", dt.timedelta(0)),
        ("1 day", dt.timedelta(days=1)),
        ("36 hours", dt.timedelta(hours=36)),
        ("15 minutes", dt.timedelta(minutes=15)),
    ],
)
def test_a_delay_is_written_in_words(text, delay):
    assert OffsetWords(column="at", by=text).by == delay


@pytest.mark.parametrize("text", ["-1 days", "7", 7, "7d", "P7D", "seven days", "1.5 hours", "2 weeks", ""])
def test_another_delay_is_refused_with_the_mend(text):
    with pytest.raises(ValidationError, match="write it as 7 days, 36 hours or 15 minutes"):
        OffsetWords(column="at", by=text)


@pytest.mark.parametrize("sign", ["", '",', '"', "\n", "a", "，", "1"])
def test_what_cannot_separate_is_refused(sign):
    with pytest.raises(ValidationError, match="no separator; write one character"):
        Binding(uri="x.csv", separator=sign)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"timezone": {"at": "Europe/Brussel"}}, "no known time zone; did you mean 'Europe/Brussels'"),
        ({"value_map": {"direction": {True: "debit"}}}, "no text; put it in quotes"),
        ({"value_map": {"direction": {"D": 1}}}, "no text; put it in quotes"),
        ({"formats": {"day": []}}, "at least one format is needed"),
        ({"formats": {"day": ["DD.MM.YYYY"]}}, "no format; write it as %d.%m.%Y"),
        ({"formats": {"day": ["%d.%m.%Y", "%q.%m.%Y"]}}, r"formats\.day\.1\s.*does not tell the day, month and year"),
        ({"formats": {"day": ["%d.%m.%Y %Q"]}}, r"formats\.day\.0\s.*no format"),
        ({"renames": {}}, "renames"),
    ],
)
def test_words_that_cannot_be_meant_are_refused(words, message):
    with pytest.raises(ValidationError, match=message):
        MappingWords(**words)


@pytest.mark.parametrize(
    "pattern",
    ["%d.%m.%Y", "%Y%m%d", "%m/%d/%y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f%z", "%+", "%d %b %Y %I:%M %p"],
)
def test_patterns_of_days_and_times_are_formats(pattern):
    assert MappingWords(formats={"day": [pattern]}).formats == {"day": (pattern,)}


def test_constants_keep_their_types():
    given = MappingWords(constant={"a": 1, "b": 1.5, "c": True, "d": "1"}).constant
    assert [type(value) for value in given.values()] == [int, float, bool, str]


def test_every_field_says_what_it_means():
    for model in (Binding, MappingWords, OffsetWords):
        assert all(field.description for field in model.model_fields.values())


def test_a_binding_comes_back_from_its_json():
    binding = Binding(uri="x.csv", mapping={"offset": {"known_at": {"column": "at", "by": "7 days"}}})
    assert binding.model_dump_json() == Binding(**binding.model_dump()).model_dump_json()


def test_an_unknown_zone_is_a_mistake_of_the_user():
    assert known_zone("Asia/Shanghai") == "Asia/Shanghai"
    with pytest.raises(MeshError, match="'Asia/Shanghia' is no known time zone; did you mean 'Asia/Shanghai'"):
        known_zone("Asia/Shanghia")
