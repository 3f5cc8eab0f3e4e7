"""Statements written at random are read back equal, or, when one digit was changed, refused."""

import datetime as dt
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from hansa.errors import HansaError
from hansa.sources import Binding
from hansa_statements.plugin import hansa_sources
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

SCALES = {"EUR": 2, "JPY": 0, "KWD": 3, "CHF": 5}
WORDS = st.text(st.sampled_from("ABCxyz019 /-?:().,'+"), min_size=1, max_size=60).map(lambda t: f"T{t}".rstrip())
LETTERS = st.text(st.sampled_from("ABCäößéñ中 &<>\"'0"), min_size=1, max_size=40).map(lambda t: f"T{t}".rstrip())
REFERENCES = st.text(st.sampled_from("ABC019-."), min_size=1, max_size=16)


@st.composite
def entries(draw, texts):
    value = draw(st.dates(dt.date(1985, 1, 1), dt.date(2070, 12, 31)))
    return {
        "number": draw(st.integers(0, 10**13)),
        "mark": draw(st.sampled_from(["C", "D", "RC", "RD"])),
        "value": value,
        "entry": value + dt.timedelta(draw(st.integers(-170, 170))),
        "reference": draw(REFERENCES),
        "bank": draw(REFERENCES | st.none()),
        "letter": draw(st.booleans()),
        "texts": draw(st.lists(texts, max_size=5)),
    }


def statements(texts=WORDS):
    return st.lists(
        st.fixed_dictionaries(
            {
                "currency": st.sampled_from(sorted(SCALES)),
                "opening": st.integers(-(10**14), 10**14),
                "entries": st.lists(entries(texts), max_size=6),
                "cut": st.integers(0, 6),
            }
        ),
        min_size=1,
        max_size=4,
    )


def exact(number, currency):
    return Decimal(number).scaleb(-SCALES[currency])


def signed(entry):
    return entry["number"] if entry["mark"] in {"C", "RD"} else -entry["number"]


def plain(amount):
    """The value alone, so that 1.50 and 1.5 are one."""
    return Decimal(amount).normalize() + 0


def swift(number, currency):
    return f"{exact(number, currency):f}".replace(".", ",") + ("" if SCALES[currency] else ",")


def balance(tag, number, currency):
    return f":{tag}:{'D' if number < 0 else 'C'}230101{currency}{swift(abs(number), currency)}\n"


def mt940(statement, number):
    """One or two pages of a statement."""
    currency, at, text = statement["currency"], statement["opening"], ""
    cut = statement["cut"] if 0 < statement["cut"] < len(statement["entries"]) else None
    pages = [statement["entries"]] if cut is None else [statement["entries"][:cut], statement["entries"][cut:]]
    for page, some in enumerate(pages, 1):
        text += f":20:R\n:25:ACC\n:28C:{number}/{page}\n" + balance("60F" if page == 1 else "60M", at, currency)
        for entry in some:
            at += signed(entry)
            letter = currency[2] if entry["letter"] else ""
            bank = f"//{entry['bank']}" if entry["bank"] else ""
            text += f":61:{entry['value']:%y%m%d}{entry['entry']:%m%d}{entry['mark']}{letter}"
            text += f"{swift(entry['number'], currency)}NTRF{entry['reference']}{bank}\n"
            if entry["texts"]:
                text += ":86:" + "\n".join(entry["texts"]) + "\n"
        text += balance("62F" if page == len(pages) else "62M", at, currency) + "-\n"
    return text


def read(format, content, tmp_path):
    path = tmp_path / "statement"
    path.write_bytes(content.encode())
    return hansa_sources()[format](path, Binding(uri="statement")).collect().rows(named=True)


UNTIMED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@UNTIMED
@given(statements())
def test_mt940(tmp_path, given):
    wanted = [(one["currency"], entry) for one in given for entry in one["entries"]]
    found = read("mt940", "".join(mt940(one, number) for number, one in enumerate(given, 1)), tmp_path)
    assert len(found) == len(wanted)
    for row, (currency, entry) in zip(found, wanted, strict=True):
        assert plain(row["amount"]) == plain(exact(signed(entry), currency))
        assert (row["currency"], row["mark"]) == (currency, entry["mark"])
        assert (row["value_date"], row["entry_date"]) == (str(entry["value"]), str(entry["entry"]))
        assert (row["customer_reference"], row["bank_reference"]) == (entry["reference"], entry["bank"])
        assert (row["text"] or "") == "\n".join(entry["texts"])


@UNTIMED
@given(statements(), st.data())
def test_mt940_with_another_digit_in_an_amount_is_refused(tmp_path, given, data):
    lines = "".join(mt940(one, number) for number, one in enumerate(given, 1)).split("\n")
    places = [at for at, line in enumerate(lines) if line.startswith((":61:", ":60", ":62"))]
    at = data.draw(st.sampled_from(places))
    start = lines[at].rindex(",") - 1
    lines[at] = (
        lines[at][:start] + str((int(lines[at][start]) + data.draw(st.integers(1, 9))) % 10) + lines[at][start + 1 :]
    )
    with pytest.raises(HansaError):
        read("mt940", "\n".join(lines), tmp_path)


def camt_balance(code, number, currency):
    direction = "DBIT" if number < 0 else "CRDT"
    amount = f'<Amt Ccy="{currency}">{exact(abs(number), currency):f}</Amt>'
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount}<CdtDbtInd>{direction}</CdtDbtInd></Bal>"


def camt(statement):
    currency, opening = statement["currency"], statement["opening"]
    closing = opening + sum(signed(entry) for entry in statement["entries"])
    text = "<Stmt>" + camt_balance("OPBD", opening, currency) + camt_balance("CLBD", closing, currency)
    for entry in statement["entries"]:
        direction = "CRDT" if signed(entry) > 0 else "DBIT"
        text += f'<Ntry><NtryRef>{entry["reference"]}</NtryRef><Amt Ccy="{currency}">'
        text += f"{exact(entry['number'], currency):f}</Amt><CdtDbtInd>{direction}</CdtDbtInd>"
        text += f"<RvslInd>{str(entry['mark'][0] == 'R').lower()}</RvslInd><Sts>BOOK</Sts>"
        text += f"<BookgDt><Dt>{entry['entry']}</Dt></BookgDt><NtryDtls><TxDtls><RmtInf>"
        text += "".join(f"<Ustrd>{escape(one)}</Ustrd>" for one in entry["texts"])
        text += "</RmtInf></TxDtls></NtryDtls></Ntry>\n"
    return text + "</Stmt>"


@UNTIMED
@given(statements(LETTERS), st.sampled_from(["camt", "camt-transactions"]))
def test_camt(tmp_path, given, format):
    wanted = [(one["currency"], entry) for one in given for entry in one["entries"]]
    space = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    text = "".join(camt(one) for one in given)
    found = read(format, f'<Document xmlns="{space}"><BkToCstmrStmt>{text}</BkToCstmrStmt></Document>', tmp_path)
    assert len(found) == len(wanted)
    for row, (currency, entry) in zip(found, wanted, strict=True):
        assert plain(row["amount"]) == plain(exact(signed(entry), currency))
        assert (row["currency"], row["booked_on"]) == (currency, str(entry["entry"]))
        assert row["reversal"] == str(entry["mark"][0] == "R").lower()
        assert (row["remittance"] or "") == "\n".join(entry["texts"])


def ofx(statement, xml):
    def leaf(name, value):
        return f"<{name}>{value}</{name}>\n" if xml else f"<{name}>{value}\n"

    text = f"<STMTRS>{leaf('CURDEF', statement['currency'])}<BANKTRANLIST>"
    for entry in statement["entries"]:
        text += "<STMTTRN>" + leaf("TRNTYPE", "OTHER") + leaf("DTPOSTED", f"{entry['entry']:%Y%m%d}")
        text += leaf("TRNAMT", f"{exact(signed(entry), statement['currency']):f}") + leaf("FITID", entry["reference"])
        text += leaf("MEMO", escape(" ".join(entry["texts"]))) + "</STMTTRN>"
    return text + "</BANKTRANLIST></STMTRS>"


@UNTIMED
@given(statements(LETTERS), st.booleans())
def test_ofx(tmp_path, given, xml):
    wanted = [(one["currency"], entry) for one in given for entry in one["entries"]]
    head = '<?xml version="1.0" encoding="UTF-8"?>' if xml else "OFXHEADER:100\nENCODING:UTF-8\nCHARSET:NONE\n"
    found = read("ofx", f"{head}<OFX>{''.join(ofx(one, xml) for one in given)}</OFX>", tmp_path)
    assert len(found) == len(wanted)
    for row, (currency, entry) in zip(found, wanted, strict=True):
        assert plain(row["amount"]) == plain(exact(signed(entry), currency))
        assert (row["currency"], row["posted_on"], row["id"]) == (currency, str(entry["entry"]), entry["reference"])
        assert (row["memo"] or "") == " ".join(entry["texts"])


@UNTIMED
@given(st.binary(max_size=200), st.sampled_from(["mt940", "camt", "ofx"]))
def test_bytes_at_random_are_read_or_refused_by_a_sentence(tmp_path, content, format):
    assume(content)
    path = tmp_path / "statement"
    path.write_bytes(content)
    try:
        hansa_sources()[format](path, Binding(uri="statement")).collect()
    except HansaError as error:
        assert error.sentence()


@UNTIMED
@given(statements(), st.data())
def test_a_statement_cut_anywhere_is_refused_or_one_less(tmp_path, given, data):
    text = "".join(mt940(one, number) for number, one in enumerate(given, 1))
    cut = text[: data.draw(st.integers(1, len(text) - 3))]
    wanted = read("mt940", text, tmp_path)
    try:
        found = read("mt940", cut, tmp_path)
    except HansaError:
        return
    assert found == wanted[: len(found)]
