"""OFX in SGML and XML: leaves without an end, decimal commas, offsets, and files that are none."""

import json

import pytest

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="202" SECURITY="NONE"?>\n'
ONE = "<TRNTYPE>DEBIT\n<DTPOSTED>20230105\n<TRNAMT>-1.50\n<FITID>0007\n"


def file(*transactions, header=HEADER, kind="STMTRS", account="BANKACCTFROM"):
    inner = "".join(f"<STMTTRN>\n{one}</STMTTRN>\n" for one in transactions)
    return (
        f"{header}<OFX>\n<SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS>\n<{kind}><CURDEF>EUR"
        f"<{account}><BANKID>B1<ACCTID>0042</{account}>\n<BANKTRANLIST><DTSTART>20230101\n{inner}</BANKTRANLIST>"
        f"<LEDGERBAL><BALAMT>9,999.99<DTASOF>20230131</LEDGERBAL></{kind}>\n</OFX>\n"
    )


def test_leaves_need_no_end_and_may_have_one(rows):
    open_, closed = ONE + "<MEMO>a b\n", ONE.replace("\n", "</X>\n").replace("</X>", "") + "<MEMO>a b</MEMO>\n"
    assert [row["memo"] for row in rows("ofx", file(open_, closed))] == ["a b", "a b"]


def test_an_empty_leaf_without_an_end_takes_nothing_from_the_next_one(rows):
    (row,) = rows("ofx", file(ONE + "<CHECKNUM>\n<NAME>Shop\n<MEMO>\n"))
    assert (row["name"], row.get("check_number"), row.get("memo")) == ("Shop", None, None)


def test_version_two_is_xml(rows):
    one = (
        "<TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20230105</DTPOSTED><TRNAMT>-1.50</TRNAMT><FITID>0007</FITID>"
        "<NAME/><MEMO><![CDATA[a < b]]> &amp; c<!-- no <STMTTRN> --></MEMO>"
    )
    (row,) = rows("ofx", file(one, header=XML))
    assert (row["memo"], row["amount"], row["id"]) == ("a < b & c", "-1.5", "0007")


def test_a_row_says_its_account_currency_and_line(rows):
    (row,) = rows("ofx", file(ONE))
    assert [row[name] for name in ("account_bank", "account", "currency", "statement_kind", "line")] == [
        "B1",
        "0042",
        "EUR",
        "account",
        "13",
    ]


def test_cards_and_several_statements_in_a_file(rows):
    text = file(ONE).replace("</OFX>\n", "") + file(ONE, header="", kind="CCSTMTRS", account="CCACCTFROM")[6:]
    assert [row["statement_kind"] for row in rows("ofx", text)] == ["account", "card"]


@pytest.mark.parametrize(
    ("written", "on", "at"),
    [
        ("20230103100000[-3:BRT]", "2023-01-03", "2023-01-03T10:00:00-03:00"),
        ("20230103100000.000[0:GMT]", "2023-01-03", "2023-01-03T10:00:00+00:00"),
        ("20230103100000.250[+5.30:IST]", "2023-01-03", "2023-01-03T10:00:00.250+05:30"),
        ("20230103100000[-3.5:NST]", "2023-01-03", "2023-01-03T10:00:00-03:30"),
        ("202301031000[1]", "2023-01-03", "2023-01-03T10:00:00+01:00"),
        ("20230103100000", "2023-01-03", "2023-01-03T10:00:00"),
        ("20230103", "2023-01-03", None),
        ("20230103100000[-3.2:X]", "2023-01-03", "20230103100000[-3.2:X]"),
        ("yesterday", "yesterday", "yesterday"),
    ],
)
def test_a_date_is_its_local_day_and_with_a_time_a_moment(rows, written, on, at):
    (row,) = rows("ofx", file(ONE.replace("20230105", written)))
    assert (row["posted_on"], row.get("posted_at")) == (on, at)


@pytest.mark.parametrize(
    ("written", "read"), [("-278,88", "-278.88"), ("+3986.39", "3986.39"), ("12", "12"), (",5", "0.5"), ("-0,00", "0")]
)
def test_a_point_or_a_comma_stands_before_decimals(rows, written, read):
    assert rows("ofx", file(ONE.replace("-1.50", written)))[0]["amount"] == read


def test_both_signs_in_one_file_are_refused(refusal):
    text = file(ONE, ONE.replace("1.50", "1,50"))
    assert refusal("ofx", text) == ("statement.decimal", "statement.txt:19")


def test_three_digits_behind_a_sign_are_read_when_it_is_declared(rows, refusal):
    text = file(ONE.replace("-1.50", "-1,500"))
    assert refusal("ofx", text)[0] == "statement.decimal"
    assert refusal("ofx", text, decimal=".")[0] == "statement.decimal"
    assert rows("ofx", text, decimal=",")[0]["amount"] == "-1,5"
    assert rows("ofx", text, mapping={"decimal": {"amount": ","}})[0]["amount"] == "-1,5"


def test_a_declared_sign_is_the_only_one(refusal):
    text = file(ONE.replace("-1.50", "-1,50"))
    assert refusal("ofx", text, mapping={"decimal": {"amount": "."}})[0] == "statement.decimal"


def test_a_currency_of_thousandths_has_three_digits(rows):
    text = file(ONE.replace("-1.50", "-1.500")).replace("<CURDEF>EUR", "<CURDEF>KWD")
    assert rows("ofx", text)[0]["amount"] == "-1.5"


@pytest.mark.parametrize("written", ["1.234,56", "1 000", "", "1e3", "--1"])
def test_what_is_no_amount_is_refused(refusal, written):
    assert refusal("ofx", file(ONE.replace("-1.50", written)))[0] == "statement.field"


def test_an_amount_in_a_currency_of_its_own_says_so(rows):
    own = ONE + "<CURRENCY><CURRATE>1.1<CURSYM>USD</CURRENCY>\n"
    original = ONE + "<ORIGCURRENCY><CURRATE>1.1<CURSYM>CHF</ORIGCURRENCY>\n"
    found = rows("ofx", file(own, original))
    assert [(row["currency"], row.get("original_currency")) for row in found] == [("USD", None), ("EUR", "CHF")]


def test_tags_that_no_column_takes_are_kept(rows):
    (row,) = rows("ofx", file(ONE + "<PAYEE><NAME>P<CITY>Ulm</PAYEE><INTU.X>7\n"))
    assert row["payee_name"] == "P"
    assert json.loads(row["other"]) == {"PAYEE/CITY": "Ulm", "INTU.X": "7"}


@pytest.mark.parametrize(
    ("written", "read"),
    [("A &amp; B", "A & B"), ("R&D", "R&D"), ("&amp;lt;", "&lt;"), ("&#233;&#xE9;", "éé"), ("1 < 2", "1 < 2")],
)
def test_entities_are_resolved_once(rows, written, read):
    assert rows("ofx", file(ONE + f"<MEMO>{written}\n"))[0]["memo"] == read


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (file(ONE).replace("</STMTTRN>", "", 1), "statement.field"),
        (file(ONE, ONE).replace("</STMTTRN>\n<STMTTRN>", "<STMTTRN>"), "statement.field"),
        (file(ONE + "<TRNAMT>2\n"), "statement.field"),
        (file(ONE)[:-8], "statement.cut"),
        (file(ONE).replace("<SEVERITY>INFO", "<SEVERITY>ERROR"), "statement.status"),
        (file(ONE).replace("STMTRS", "INVSTMTRS"), "statement.kind"),
        (HEADER + "<OFX>\n</OFX>\n", "statement.kind"),
        ("id,amount\n1,2\n", "statement.kind"),
        (file(ONE).replace("COMPRESSION:NONE", "COMPRESSION:TYPE1"), "statement.kind"),
        (file(ONE, header=XML).replace("<OFX>", "<!DOCTYPE x><OFX>"), "statement.doctype"),
        (file(ONE + "<MEMO>" + "x" * (3 << 20)), "statement.xml"),
    ],
)
def test_what_is_no_whole_statement_is_refused(refusal, text, code):
    assert refusal("ofx", text)[0] == code


def test_no_sentence_quotes_the_file(refusal):
    assert refusal("ofx", file(ONE.replace("-1.50", "SECRET")), secrets=["SECRET", "0042"])[0] == "statement.field"
