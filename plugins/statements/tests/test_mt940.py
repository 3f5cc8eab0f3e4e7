"""MT940: what a statement line is, which sign it has, and that balances and pages must bear the entries out."""

import pytest

HEAD = ":20:REF\n:25:DE00/77\n:28C:00012/001\n:60F:C221230EUR100,\n"


def statement(*lines, close="C230102EUR100,"):
    return HEAD + "".join(f"{line}\n" for line in lines) + f":62F:{close}\n-\n"


@pytest.mark.parametrize(
    ("mark", "amount", "close"),
    [
        ("C", "10.5", "C230102EUR110,50"),
        ("D", "-10.5", "C230102EUR89,5"),
        ("RC", "-10.5", "C230102EUR89,5"),
        ("RD", "10.5", "C230102EUR110,5"),
    ],
)
def test_the_reversal_of_a_credit_takes_away_and_of_a_debit_gives_back(rows, mark, amount, close):
    (row,) = rows("mt940", statement(f":61:230102{mark}10,50NTRFNONREF", close=close))
    assert (row["amount"], row["mark"], row["reversal"]) == (amount, mark, str(mark[0] == "R").lower())


@pytest.mark.parametrize(("mark", "letter"), [("C", "R"), ("D", "R"), ("RC", "R"), ("RD", "R")])
def test_the_third_letter_of_the_currency_may_stand_behind_the_mark(rows, mark, letter):
    close = "C230102EUR101," if mark in {"C", "RD"} else "C230102EUR99,"
    (row,) = rows("mt940", statement(f":61:230102{mark}{letter}1,NTRFNONREF", close=close))
    assert (row["mark"], row["funds_letter"]) == (mark, letter)


def test_another_letter_than_the_third_one_is_refused(refusal):
    line = ":61:230102DX1,NTRFNONREF"
    assert refusal("mt940", statement(line)) == ("statement.field", "statement.txt:5")


@pytest.mark.parametrize(
    ("dates", "value_date", "entry_date"),
    [
        ("2212300102", "2022-12-30", "2023-01-02"),
        ("2301021230", "2023-01-02", "2022-12-30"),
        ("2403010229", "2024-03-01", "2024-02-29"),
        ("230630", "2023-06-30", None),
        ("230630    ", "2023-06-30", None),
        ("9901040104", "1999-01-04", "1999-01-04"),
    ],
)
def test_an_entry_date_has_the_year_in_which_it_lies_nearest_to_the_value_date(rows, dates, value_date, entry_date):
    (row,) = rows("mt940", statement(f":61:{dates}C1,NTRFNONREF", close="C230102EUR101,"))
    assert (row["value_date"], row.get("entry_date")) == (value_date, entry_date)


def test_the_window_of_two_digit_years_may_be_declared(rows):
    text = statement(":61:700102C1,NTRFX", close="C700102EUR101,")
    assert [rows("mt940", text, two_digit_years=year)[0]["value_date"] for year in (1960, 1980)] == [
        "1970-01-02",
        "2070-01-02",
    ]


def test_thirty_february_stays_as_it_is_for_the_gate_to_refuse(rows):
    (row,) = rows("mt940", statement(":61:2302300228C1,NTRFX", close="C230102EUR101,"))
    assert (row["value_date"], row["entry_date"]) == ("2023-02-30", "2023-02-28")


@pytest.mark.parametrize("day", ["231301", "230100", "230132", "230001"])
def test_a_value_date_that_no_calendar_has_is_refused(refusal, day):
    assert refusal("mt940", statement(f":61:{day}0102C1,NTRFX")) == ("statement.field", "statement.txt:5")


def test_an_entry_date_that_no_year_has_is_refused(refusal):
    assert refusal("mt940", statement(":61:2303010229C1,NTRFX")) == ("statement.field", "statement.txt:5")


def test_references_of_customer_and_bank_and_the_line_behind_them(rows):
    (row,) = rows("mt940", statement(":61:230102C1,NTRFA/B 7//BANK9 ", "/OCMT/EUR1,/", close="C230102EUR101,"))
    assert row["customer_reference"] == "A/B 7"
    assert (row["bank_reference"], row["supplementary"]) == ("BANK9", "/OCMT/EUR1,/")
    assert row["transaction_type"] == "NTRF"


def test_a_row_says_its_statement_page_account_and_line(rows):
    (row,) = rows("mt940", statement(":61:230102C1,NTRFX", close="C230102EUR101,"))
    assert [row[name] for name in ("statement", "statement_number", "page")] == ["00012/001", "00012", "001"]
    assert [row[name] for name in ("account", "message_reference", "currency")] == ["DE00/77", "REF", "EUR"]
    assert (row["line"], row["opening_balance"]) == ("5", "100")


def test_a_wrong_closing_balance_refuses_the_file_with_statement_line_and_difference(opened, refusal):
    good = statement(":61:230102C1,NTRFX", close="C230102EUR101,")
    bad = good + statement(":61:230102C1,NTRFX", close="C230102EUR100,5")
    assert refusal("mt940", bad) == ("statement.balance", "statement.txt:13")
    with pytest.raises(Exception, match=r"message 2 of the file: .* by -0\.5;"):
        opened("mt940", bad)


@pytest.mark.parametrize("opening", ["C230102JPY1000,", "C230102JPY1000,00"])
def test_currencies_without_decimals(rows, opening):
    text = HEAD.replace("C221230EUR100,", opening) + ":61:230102DY250,NTRFX\n:62F:C230102JPY750,\n-\n"
    assert rows("mt940", text)[0]["amount"] == "-250"


def test_five_decimals_are_kept(rows):
    (row,) = rows("mt940", statement(":61:230102C0,00001NTRFX", close="C230102EUR100,00001"))
    assert row["amount"] == "0.00001"


def test_a_balance_in_another_currency_is_refused(refusal):
    assert refusal("mt940", statement(close="C230102USD100,"))[0] == "statement.currency"


@pytest.mark.parametrize("amount", ["1.5", "1.000,00", "1", ",5", "-1,"])
def test_an_amount_without_its_comma_is_refused(refusal, amount):
    assert refusal("mt940", statement(f":61:230102C{amount}NTRFX"))[0] == "statement.field"


def page(number, opening, closing, amount="C1,"):
    return f":20:R\n:25:A\n:28C:7/{number}\n:{opening}\n:61:230102{amount}NTRFX\n:{closing}\n-\n"


def test_pages_follow_each_other_by_their_intermediate_balances(rows):
    text = page(1, "60F:C230102EUR1,", "62M:C230102EUR2,") + page(2, "60M:C230102EUR2,", "62F:C230102EUR3,")
    assert [row["page"] for row in rows("mt940", text)] == ["1", "2"]


@pytest.mark.parametrize(
    "second",
    [
        page(3, "60M:C230102EUR2,", "62F:C230102EUR3,"),
        page(2, "60M:C230102EUR5,", "62F:C230102EUR6,"),
        page(2, "60F:C230102EUR2,", "62F:C230102EUR3,"),
    ],
)
def test_a_page_that_does_not_follow_is_refused(refusal, second):
    text = page(1, "60F:C230102EUR1,", "62M:C230102EUR2,") + second
    assert refusal("mt940", text) == ("statement.page", "statement.txt:11")


def test_a_statement_without_entries_has_no_rows(opened):
    found = opened("mt940", statement(close="C221230EUR100,"))
    assert (found.frame.collect().height, found.told.rows) == (0, 0)


def test_a_file_that_is_cut_is_refused(refusal):
    assert refusal("mt940", HEAD + ":61:230102C1,NTRFX\n")[0] == "statement.cut"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (statement(":99:X"), "statement.tag"),
        (statement(close="C221230EUR100,") + ":61:230102C1,NTRFX\n", "statement.tag"),
        (HEAD + ":60F:C221230EUR100,\n:62F:C221230EUR100,\n", "statement.tag"),
        (HEAD.replace(":60F:", ":61:230102C1,NTRFX\n:60F:") + ":62F:C221230EUR100,\n", "statement.tag"),
        ("{2:O942BANKX}\n" + statement(close="C221230EUR100,"), "statement.kind"),
        ("hello, world\n", "statement.tag"),
        ("HELLO\n", "statement.kind"),
    ],
)
def test_what_is_no_mt940_is_refused(refusal, text, code):
    assert refusal("mt940", text)[0] == code


def test_envelopes_of_swift_and_lines_of_banks_between_messages_are_none(rows):
    text = statement(":61:230102C1,NTRFX", close="C230102EUR101,").replace("-\n", "-}{5:}\n")
    ready = f"{{1:F01BANKXX}}{{2:O940BANKXXN}}{{4:\n{text}BANKNL2A\n940\n\n:940:\n{text}".replace("\n", "\r\n")
    assert [row["line"] for row in rows("mt940", ready)] == ["6", "17"]


def test_what_stands_behind_a_statement_is_on_its_rows(rows):
    text = statement(":61:230102C1,NTRFX", ":86:mine", close="C230102EUR101,")
    text = text.replace("-\n", ":64:C230102EUR90,\n:86:of the statement\n-\n")
    (row,) = rows("mt940", text)
    assert (row["text"], row["statement_text"]) == ("mine", "of the statement")


def test_fields_that_are_not_of_swift_are_kept(rows):
    text = statement(":61:230102C1,NTRFX", ":NS:01BRANCH", "02MORE", close="C230102EUR101,")
    assert rows("mt940", text)[0]["non_swift"] == "01BRANCH\n02MORE"


def test_no_sentence_quotes_the_file(refusal):
    text = statement(":61:230102C1,NTRFSECRET", ":86:SECRET", ":99:SECRET").replace("REF", "SECRET")
    assert refusal("mt940", text, secrets=["SECRET"])[0] == "statement.tag"


def test_a_word_of_text_tables_is_refused(refusal):
    assert refusal("mt940", statement(), separator=";")[0] == "statement.word"
