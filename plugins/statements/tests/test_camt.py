"""camt.052, .053 and .054: entries, batches, reversals, balances, and XML that may not be trusted."""

import json

import pytest

BATCH = (
    "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>"
    '<TxDtls><Refs><EndToEndId>A</EndToEndId></Refs><Amt Ccy="EUR">1.25</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>'
    '<TxDtls><Refs><EndToEndId>B</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="EUR">2</Amt></TxAmt></AmtDtls></TxDtls>'
    "</NtryDtls>"
)


def entry(amount="3.25", direction="CRDT", more="", status="BOOK", currency="EUR", reversal=""):
    reversed_ = f"<RvslInd>{reversal}</RvslInd>" if reversal else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{reversed_}<Sts>{status}</Sts>'
        f"{more}</Ntry>"
    )


def balance(code, amount, direction="CRDT", currency="EUR"):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd></Bal>\n'
    )


def message(*parts, kind="053", version="001.08", behind=""):
    outer, inner = {"053": ("Stmt", "Stmt"), "052": ("AcctRpt", "Rpt"), "054": ("DbtCdtNtfctn", "Ntfctn")}[kind]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.{version}"><BkToCstmr{outer}>'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr>\n<{inner}><Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb>"
        f"<Acct><Id><IBAN>NL00</IBAN></Id><Ccy>EUR</Ccy><Nm>House</Nm></Acct>\n{''.join(parts)}{behind}\n</{inner}>"
        f"</BkToCstmr{outer}></Document>"
    )


@pytest.mark.parametrize("kind", ["052", "053", "054"])
@pytest.mark.parametrize("version", ["001.02", "001.04", "001.08", "001.13"])
def test_all_three_messages_in_every_version(rows, kind, version):
    (row,) = rows("camt", message(entry(), kind=kind, version=version))
    assert (row["message_type"], row["amount"], row["statement"]) == (f"camt.{kind}.{version}", "3.25", "S1")


@pytest.mark.parametrize(("direction", "amount"), [("CRDT", "3.25"), ("DBIT", "-3.25")])
@pytest.mark.parametrize("reversal", ["true", "false", ""])
def test_a_reversal_does_not_turn_the_sign_again(rows, direction, amount, reversal):
    (row,) = rows("camt", message(entry(direction=direction, reversal=reversal)))
    assert (row["amount"], row.get("reversal", "")) == (amount, reversal)


def test_a_batch_is_one_row_with_its_number_of_transactions(rows):
    (row,) = rows("camt", message(entry(more=BATCH)))
    assert (row["amount"], row["transactions"], row["batch_transactions"]) == ("3.25", "2", "2")
    assert "end_to_end_id" not in row


def test_a_batch_is_a_row_for_each_transaction_where_the_format_says_so(rows):
    found = rows("camt-transactions", message(entry(more=BATCH), entry("1", "DBIT")))
    assert [(row["amount"], row["entry_amount"], row["transaction"]) for row in found] == [
        ("1.25", "3.25", "1"),
        ("2", "3.25", "2"),
        ("-1", "-1", "1"),
    ]
    assert [row.get("end_to_end_id") for row in found] == ["A", "B", None]


@pytest.mark.parametrize("amount", ["3.26", "-3.25"])
def test_transactions_that_are_not_their_entry_are_refused(refusal, amount):
    direction = "DBIT" if amount[0] == "-" else "CRDT"
    text = message(entry(amount.lstrip("-"), direction, more=BATCH))
    assert refusal("camt-transactions", text) == ("statement.batch", "statement.txt:4")


def test_details_of_the_only_transaction_are_columns_and_the_rest_is_kept(rows):
    more = (
        "<BookgDt><DtTm>2023-01-13T23:30:00+01:00</DtTm></BookgDt><ValDt><Dt>2023-01-14</Dt></ValDt>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        "<NtryDtls><TxDtls><Refs><ChqNb>9</ChqNb></Refs><RltdPties><Dbtr><Pty><Nm>A &amp; B</Nm></Pty></Dbtr>"
        "<DbtrAcct><Id><IBAN>DE1</IBAN></Id></DbtrAcct></RltdPties>"
        "<RmtInf><Ustrd>one</Ustrd><Ustrd>two</Ustrd></RmtInf></TxDtls></NtryDtls><AddtlNtryInf>T</AddtlNtryInf>"
    )
    (row,) = rows("camt", message(entry(more=more)))
    assert (row["booked_on"], row["booked_at"]) == ("2023-01-13", "2023-01-13T23:30:00+01:00")
    assert (row["valued_on"], row.get("valued_at"), row["bank_code"]) == ("2023-01-14", None, "PMNT/RCDT/ESCT")
    assert (row["debtor_name"], row["debtor_account"], row["remittance"]) == ("A & B", "DE1", "one\ntwo")
    assert json.loads(row["other"]) == {"NtryDtls/TxDtls/Refs/ChqNb": "9"}
    assert json.loads(row["statement_other"]) == {"Acct/Nm": "House"}


@pytest.mark.parametrize(("kind", "name"), [("053", "AddtlStmtInf"), ("052", "AddtlRptInf"), ("054", "AddtlNtfctnInf")])
def test_what_stands_behind_the_entries_is_on_their_rows(rows, kind, name):
    (row,) = rows("camt", message(entry(), kind=kind, behind=f"<{name}>note</{name}>"))
    assert row["statement_text"] == "note"


@pytest.mark.parametrize(
    ("written", "read"), [("8.85000", "8.85"), ("0.00", "0"), ("100", "100"), ("0.00001", "0.00001"), (".5", "0.5")]
)
def test_amounts_are_exact_and_without_zeros_that_say_nothing(rows, written, read):
    assert rows("camt", message(entry(written)))[0]["amount"] == read


def test_only_booked_entries_are_rows_and_the_others_are_told(opened):
    parts = [balance("OPBD", "1"), balance("CLBD", "4.25"), entry(), entry("9", status="PDNG")]
    found = opened("camt", message(*parts, entry("8", status="<Cd>INFO</Cd>")))
    assert found.frame.collect().height == 1
    assert (found.told.rows, found.told.skipped) == (1, {"status PDNG": 1, "status INFO": 1})


@pytest.mark.parametrize("opening", ["OPBD", "PRCD", "ITBD"])
def test_the_booked_balances_bear_the_entries_out(rows, opening):
    parts = [balance(opening, "1", "DBIT"), balance("CLAV", "77"), balance("CLBD", "2.25"), entry()]
    assert len(rows("camt", message(*parts))) == 1


@pytest.mark.parametrize("turn", [1, -1])
def test_balances_of_several_days_are_taken_by_their_days(rows, turn):
    days = [("OPBD", "1", 1), ("CLBD", "4.25", 1), ("OPBD", "4.25", 2), ("CLBD", "7.5", 2)]
    parts = [
        balance(code, amount).replace("</Bal>", f"<Dt><Dt>2023-01-0{day}</Dt></Dt></Bal>") for code, amount, day in days
    ]
    assert len(rows("camt", message(*parts[::turn], entry(), entry()))) == 2


def test_a_statement_without_balances_is_told(opened):
    assert "no opening and closing balance" in opened("camt", message(entry())).told.notes[0]
    assert opened("camt", message(balance("OPBD", "1"), balance("CLBD", "4.25"), entry())).told.notes == ()
    assert opened("camt", message(entry(), kind="054")).told.notes == ()


def test_a_page_ends_with_an_interim_balance(rows, refusal):
    assert len(rows("camt", message(balance("OPBD", "1"), balance("ITBD", "4.25"), entry()))) == 1
    assert refusal("camt", message(balance("OPBD", "1"), balance("ITBD", "4"), entry()))[0] == "statement.balance"


def test_an_interim_balance_of_an_intraday_report_says_nothing_of_its_entries(rows):
    assert len(rows("camt", message(balance("OPBD", "1"), balance("ITBD", "99"), entry(), kind="052"))) == 1


def test_a_wrong_closing_balance_refuses_the_file_with_statement_line_and_difference(opened, refusal):
    text = message(balance("OPBD", "1"), balance("CLBD", "4"), entry())
    assert refusal("camt", text) == ("statement.balance", "statement.txt:7")
    with pytest.raises(Exception, match=r"statement 1 of the file: .* by -0\.25;"):
        opened("camt", text)


def test_entries_in_another_currency_than_the_balances_are_refused(refusal):
    text = message(balance("OPBD", "1"), balance("CLBD", "4.25"), entry(currency="USD"))
    assert refusal("camt", text)[0] == "statement.currency"


@pytest.mark.parametrize(
    "summary",
    [
        "<TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries>",
        "<TtlNtries><Sum>3.26</Sum></TtlNtries>",
        "<TtlCdtNtries><NbOfNtries>0</NbOfNtries><Sum>3.25</Sum></TtlCdtNtries>",
        "<TtlDbtNtries><Sum>3.25</Sum></TtlDbtNtries>",
    ],
)
def test_a_summary_that_its_entries_do_not_bear_out_is_refused(refusal, summary):
    assert refusal("camt", message(f"<TxsSummry>{summary}</TxsSummry>", entry()))[0] == "statement.count"


@pytest.mark.parametrize(
    "wrong",
    [
        entry("-1"),
        entry("1,5"),
        entry("1e3"),
        entry(direction="DEBIT"),
        entry(currency=""),
        entry(""),
        entry(more="<Sts>PDNG</Sts>"),
    ],
)
def test_an_entry_without_amount_direction_or_currency_is_refused(refusal, wrong):
    assert refusal("camt", message(wrong)) == ("statement.field", "statement.txt:4")


def test_a_document_type_is_refused_before_its_entities_are_read(refusal):
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    text = message(entry(more="<AddtlNtryInf>&b;</AddtlNtryInf>")).replace("<Document", f"{bomb}<Document")
    assert refusal("camt", text) == ("statement.doctype", "statement.txt:2")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (message(entry())[:-30], 5),
        (message(entry()).replace("</Sts>", "</St>"), 4),
        (message(entry(more="stray")), 4),
        (message(entry(more="<a>" * 80 + "</a>" * 80)), 4),
    ],
)
def test_what_is_no_whole_xml_is_refused_with_its_line(refusal, text, line):
    assert refusal("camt", text) == ("statement.xml", f"statement.txt:{line}")


def test_an_xml_file_of_another_kind_is_refused(refusal):
    text = message(entry()).replace("camt.053.001.08", "pain.001.001.03")
    assert refusal("camt", text) == ("statement.kind", "statement.txt")


def test_statements_in_an_envelope_are_read(rows):
    text = message(entry()).replace("<Document", "<Envelope><Document").replace("</Document>", "</Document></Envelope>")
    assert len(rows("camt", text)) == 1


def test_no_sentence_quotes_the_file(refusal):
    text = message(balance("OPBD", "1"), entry(more="<AddtlNtryInf>SECRET</AddtlNtryInf>"), balance("CLBD", "1"))
    assert refusal("camt", text, secrets=["SECRET", "S1", "NL00"])[0] == "statement.balance"
