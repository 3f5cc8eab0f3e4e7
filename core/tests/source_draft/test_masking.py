"""What a trial shows of a text: no identifier in it, wherever it stands; and nothing of what a contract seals."""

from pathlib import Path

import pytest
from hansa.contract.model import Column, Contract
from hansa.source_draft.masked import document, told
from hansa.source_draft.within import without_identifiers
from hypothesis import given
from hypothesis import strategies as st

IBAN, CARD, PERSON, MOBILE = "DE02120300000000202051", "6222021234560915", "11010119900307109X", "13812345678"


@pytest.mark.parametrize("number", [IBAN, CARD, PERSON, MOBILE, "GB82WEST12345698765432", "4111111111111111"])
@pytest.mark.parametrize(
    "around", ["{}", "an {} gezahlt", "转账至{}，谢谢", "?31{}?32Nordhafen", "Kto.{}.", "2026-01-31 {}", "REF 12 {} 7"]
)
def test_a_number_by_its_check_digit_or_form_is_not_shown_wherever_it_stands(number, around):
    shown = without_identifiers(around.format(number))
    assert number not in shown
    assert shown.startswith(around.split("{}")[0])


@pytest.mark.parametrize(
    "text",
    [
        "DE02 1203 0000 0000 2020 51",
        "de02120300000000202051",
        "DE021203000000\n00202051",
        "DE0212030000\r\n0000202051",
        "?22DE0212030000?230000202051?24",
        "6222 0212 3456 0915",
        "6222-0212-3456-0915",
        "６２２２０２１２３４５６０９１５",
        "+86 138 1234 5678",
        "138-1234-5678",
        "110101 19900307 109x",
    ],
)
def test_blanks_line_ends_hyphens_and_wide_digits_hide_no_number(text):
    shown = without_identifiers(text).replace("?22", "").replace("?24", "")
    assert sum(sign.isdigit() for sign in shown) <= 4


def test_an_address_of_mail_is_not_shown():
    assert "curie@example" not in without_identifiers("write to marie.curie@example.org, please")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rechnung 118",
        "EREF+RE-2022-118",
        "2026-01-31T10:00:00",
        "DE02120300000000202052",
        "20260131123456",
        "1234.50",
    ],
)
def test_what_is_no_identifier_stays(text):
    assert without_identifiers(text) == text


@given(st.text(max_size=40), st.sampled_from([IBAN, CARD, PERSON, MOBILE]), st.text(max_size=40))
def test_no_text_around_a_number_shows_it(before, number, after):
    assert number not in without_identifiers(f"{before}|{number}|{after}")


def test_a_text_cell_of_a_trial_shows_no_identifier(trial):
    made = trial(f"id,text\n1,?31{IBAN}?32Nordhafen GmbH\n")
    assert document(made)["first_row"]["text"]["value"] == "?31DE***51?32Nordhafen GmbH"
    assert IBAN not in "\n".join(told(made))


def sealed(name, kind, **more):
    return Contract("bank.rows", "1.0.0", (Column(name, kind, 1, classification="C2", **more),), Path("c.yaml"), "0")


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [("number", "1234.50", {"precision": 18, "scale": 2}), ("date", "1990-03-07", {}), ("integer", "4711", {})],
)
def test_nothing_of_a_sealed_value_that_is_no_text_is_shown(trial, kind, value, more):
    made = trial(f"secret\n{value}\n", sealed("secret", kind, **more))
    assert document(made)["first_row"]["secret"]["value"] == "***"
    assert value not in "\n".join(told(made))


def test_a_sum_that_would_tell_a_sealed_value_is_not_shown(trial):
    contract = sealed("amount", "number", precision=18, scale=2)
    assert document(trial("amount\n5.00\n7.25\n", contract))["sums"] == {}
    assert document(trial("amount\n" + "5.25\n" * 10, contract))["sums"] == {"amount": "52.50"}


def test_a_short_sealed_text_is_not_shown_at_all(trial):
    made = trial("payee\nCurie\n", sealed("payee", "string"))
    assert document(made)["first_row"]["payee"]["value"] == "***"
