"""What a draft finds of how values are written."""

import pytest


def file_of(*texts, head="code;value"):
    return f"{head}\n" + "".join(f"a{number}b;{text}\n" for number, text in enumerate(texts))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("1.234,56", "7,00", "12,5"), {"decimal": ",", "grouping": "."}),
        (("1,234.56", "7.00", "12.5"), {"grouping": ","}),
        (("1 234,56", "7,00", "12,5"), {"decimal": ",", "grouping": "space"}),
        (("1'234.56", "7.00", "12.5"), {"grouping": "'"}),
        (("1,23,456.00", "12,345.00", "7.00"), {"grouping": ",", "grouping_size": "lakh"}),
        (("€ 5,00", "7,10 €", "12,5"), {"decimal": ",", "currency": ["€"]}),
        (("NT$5.00", "NT$7.10", "NT$1,002.50"), {"grouping": ",", "currency": ["NT$"]}),
        (("1,234円", "2,345,678円", "3円"), {"grouping": ",", "currency": ["円"]}),
        (("–1.234,50", "7,00", "–12,50"), {"decimal": ",", "grouping": ".", "minus_signs": ["–"]}),
        (("△1,234,567", "7,890", "△12"), {"grouping": ",", "minus_signs": ["△"]}),
        ((".50", "-.75", "12.25"), {}),
        (("5.00-", "7.10", "(12.5)"), {"negative": ["()", "-"]}),
        (("١٬٢٣٤٫٥٠", "٧٫٠٠", "٩٫٢٥"), {"decimal": "٫", "grouping": "٬", "digits": "arabic-indic"}),
        (("－１１，０９５．７６", "７．００", "－９．２５"), {"grouping": ",", "digits": "fullwidth"}),
        (
            ("（１，２３４．５０）", "７．００", "（９．２５）"),
            {"grouping": ",", "negative": ["()"], "digits": "fullwidth"},
        ),
    ],
)
def test_the_marks_are_those_that_read_every_number(drafted, texts, words):
    found = drafted(file_of(*texts)).words
    known = ("decimal", "grouping", "grouping_size", "currency", "negative", "minus_signs", "digits")
    assert {word: found[word] for word in known if word in found} == words


def test_decimals_of_one_digit_are_no_days_without_a_year(drafted):
    assert drafted(file_of("1.1", "2.2", "4.5", "10.11")).unsure == ()


def test_a_number_that_reads_in_two_ways_is_a_question(drafted):
    draft = drafted(file_of("1,234", "5,678", "9,012"))
    assert any("thousands" in one.question for one in draft.unsure)


def test_another_column_answers_the_question(drafted):
    text = "code;value;other\n" + "".join(f"a{n}b;{n},234;{n}.000,50\n" for n in range(1, 5))
    draft = drafted(text)
    assert draft.words["decimal"] == ","
    assert draft.unsure == ()


def test_a_number_that_was_written_otherwise_is_a_question(drafted):
    draft = drafted(file_of("1.234,56", "7,00", "12,50", "3,10", "110.7", "9,99"))
    assert any("the first in line 6" in one.seen for one in draft.unsure)


@pytest.mark.parametrize(
    ("texts", "pattern"),
    [
        (("31.12.2025", "01.02.2025"), "%d.%m.%Y"),
        (("12/31/2025", "02/01/2025"), "%m/%d/%Y"),
        (("20251231", "20250201"), "%Y%m%d"),
        (("31-Dec-2025", "01-Feb-2025"), "%d-%b-%Y"),
    ],
)
def test_a_date_is_known_by_all_of_its_values(drafted, texts, pattern):
    assert drafted(file_of(*texts)).words["mapping"]["formats"]["value"] == [pattern]


def test_day_and_month_that_may_be_changed_are_a_question(drafted, sure):
    draft = drafted(file_of("01/02/2025", "03/04/2025", "05/06/2025"))
    assert sure(draft, "mapping", "formats", "value") == "unsure"


def test_years_of_two_digits_are_said_as_a_century(drafted, sure):
    draft = drafted(file_of("31.12.25", "01.02.26"))
    assert (draft.words["two_digit_years"], sure(draft, "two_digit_years")) == (1970, "likely")


def test_days_without_a_year_are_missing_something(drafted):
    draft = drafted(file_of("12/29", "12/30", "01/02"))
    assert [one.path for one in draft.unsure] == [("mapping", "formats", "value")]


def test_times_without_a_zone_ask_for_it(drafted):
    draft = drafted(file_of("2026-03-01 10:00:00", "2026-03-02 11:00:00", "2026-03-03 12:00:00"))
    assert [one.path for one in draft.unsure] == [("mapping", "timezone", "value")]


def test_words_of_direction_say_the_sign(drafted):
    text = "text;amount;side\n" + "".join(f"x{n}y;{n}.50;{'S' if n % 2 else 'H'}\n" for n in range(1, 7))
    signs = drafted(text).words["mapping"]["sign"]
    assert signs == {"signed_amount": {"column": "amount", "flag": "side", "plus": ["H"], "minus": ["S"]}}


def test_amounts_with_a_sign_of_their_own_need_no_words(drafted):
    text = "text;amount;side\n" + "".join(f"x{n}y;-{n}.50;debit\n" for n in range(1, 7)) + "z;2.00;credit\n"
    assert "sign" not in drafted(text).words.get("mapping", {})


def test_two_columns_of_one_amount_are_one(drafted):
    text = "text;Amount Credit;Amount Debit\n" + "a;5.00;\nb;;7.00\nc;;1.00\n"
    signs = drafted(text).words["mapping"]["sign"]
    assert signs == {"Amount": {"plus": "Amount Credit", "minus": "Amount Debit"}}


def test_two_columns_that_are_both_filled_are_two(drafted):
    assert "sign" not in drafted("text;Credit;Debit\na;5.00;1.00\nb;2.00;7.00\nc;1.00;1.00\n").words.get("mapping", {})


def test_numbers_of_things_stay_texts(drafted):
    draft = drafted(file_of("000123", "004567", "120000", head="text;account"))
    assert draft.words["mapping"]["identifiers"] == ["account"]


def test_identifiers_that_a_program_rounded_are_a_question(drafted, sure):
    draft = drafted(file_of("1.10101E+17", "99010119378965651X", "3.42323E+17", head="text;id_number"))
    assert sure(draft, "mapping", "identifiers") == "unsure"


def test_an_exponent_of_a_number_is_none_of_an_identifier(drafted):
    draft = drafted(file_of("1.08E-4", "0.000108", "1.2E+3", head="text;quantity"))
    assert draft.words["mapping"] == {"scientific": ["quantity"]}


MOBILES = ("13812345678", "13912345679", "+86 137 1234 5670", "13612345672")
PERSONS = ("11010119900307109X", "11010119900307803X", "11010119900307889X")
CARDS = ("6222 0212 3456 0915", "4111 1111 1111 1111", "5500 0000 0000 0004")
IBANS = ("DE02120300000000202051", "DE02500105170137075030", "GB82 WEST 1234 5698 7654 32")


@pytest.mark.parametrize("numbers", [MOBILES, PERSONS, CARDS, IBANS])
def test_identifiers_are_known_by_check_digit_or_form_where_no_header_names_them(drafted, numbers):
    text = "".join(f"row {at},{number},{at}.50\n" for at, number in enumerate(numbers))
    assert drafted(text).words["mapping"]["identifiers"] == ["column_2"]
    assert drafted("code,value,amount\n" + text).words["mapping"]["identifiers"] == ["value"]


def test_a_few_values_of_another_shape_hide_no_identifiers(drafted):
    numbers = [*MOBILES, *MOBILES, "unknown"]
    text = "".join(f"row {at},{number},{at}.50\n" for at, number in enumerate(numbers))
    assert drafted(text).words["mapping"]["identifiers"] == ["column_2"]


@pytest.mark.parametrize(
    "numbers", [("10012345678", "20012345679", "13812345678", "90012345672"), ("13.50", "12.25", "99.00")]
)
def test_numbers_that_are_identifiers_by_chance_stay_numbers(drafted, numbers):
    text = "".join(f"row {at},{number},{at}.50\n" for at, number in enumerate(numbers))
    assert "identifiers" not in drafted(text).words.get("mapping", {})


@pytest.mark.parametrize("times", [("08:09:10", "09:00:00"), ("080910", "235959")])
def test_days_beside_times_of_day_are_asked_about(drafted, times):
    draft = drafted(f"code;day;clock\na1;2025-12-31;{times[0]}\na2;2026-01-01;{times[1]}\n")
    (asked,) = (one for one in draft.unsure if one.path == ("mapping", "join"))
    assert asked.seen == "'day' holds days and 'clock' times of day"
    assert "join" not in draft.words.get("mapping", {})
