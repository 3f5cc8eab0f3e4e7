"""The text behind a statement line: taken apart where it has a form, kept as it stands in any case."""

import json

import pytest
from hansa_statements.mt940_text import taken_apart

SEPA = (
    "166?00GUTSCHRIFT?109801?20EREF+E2E 1?21KREF+K1?22MREF+M1?23CRED+DE98ZZZ?24SVWZ+Rechnung vom 3\n"
    ". Mai?25 Nr. 17?30PBNKDEFF100?31DE4210010?32Richter?33 Renate?34914?38EXTRA?60 und mehr"
)


def test_codes_become_columns():
    found = taken_apart(SEPA)
    assert (found["gvc"], found["posting_text"], found["journal_number"]) == ("166", "GUTSCHRIFT", "9801")
    assert (found["counterparty_name"], found["counterparty_account"]) == ("Richter Renate", "DE4210010")
    assert (found["counterparty_bank"], found["text_key"]) == ("PBNKDEFF100", "914")


def test_sepa_words_at_the_beginning_of_a_code_become_columns():
    found = taken_apart(SEPA)
    assert (found["end_to_end_id"], found["instruction_id"], found["mandate_id"]) == ("E2E 1", "K1", "M1")
    assert (found["creditor_id"], found["remittance"]) == ("DE98ZZZ", "Rechnung vom 3. Mai Nr. 17 und mehr")


def test_a_sepa_word_within_a_text_is_text():
    assert taken_apart("166?20bezahlt SVWZ+ nichts")["purpose"] == "bezahlt SVWZ+ nichts"
    assert "remittance" not in taken_apart("166?20bezahlt SVWZ+ nichts")


def test_the_text_of_the_bank_ends_a_reference():
    assert taken_apart("159?20EREF+17?21MTLG:Grund unbekannt")["end_to_end_id"] == "17"


def test_lines_of_a_structured_text_are_put_together_without_anything_between():
    assert taken_apart("051?00UEBERW?20Gehalt Oktob\ner?21Firma")["purpose"] == "Gehalt OktoberFirma"


def test_no_code_is_dropped():
    assert json.loads(taken_apart(SEPA)["other"]) == {"38": "EXTRA"}
    assert json.loads(taken_apart("166?00A?70B?20PURP+SALA")["other"]) == {"70": "B", "PURP": "SALA"}


@pytest.mark.parametrize("sign", ["?", "<", ">", "~", "^", "@", "|", "#"])
def test_any_sign_of_the_banks_may_part_the_codes(sign):
    assert taken_apart(f"020{sign}00A{sign}20B")["purpose"] == "B"


@pytest.mark.parametrize(
    "text", ["/EREF/1/REMI/2", "GIRO 428428 KPN", "999PN5477SCHECK-NR. 12", "123-45 x", "", "?20A"]
)
def test_a_text_without_that_form_is_not_taken_apart(text):
    assert taken_apart(text) == {}


def test_the_whole_text_is_a_column_with_its_lines(rows):
    text = ":20:R\n:60F:C230101EUR0,\n:61:230101C1,NTRFX\n:86:first \n\nthird\n\n:62F:C230101EUR1,\n"
    assert rows("mt940", text)[0]["text"] == "first \n\nthird"
