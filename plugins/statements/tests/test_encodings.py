"""Headers that lie: the bytes decide, and where they cannot the file is refused."""

import pytest
from hansa_statements.text import settled

HEADER = "OFXHEADER:100\nENCODING:USASCII\nCHARSET:{}\n"
BODY = (
    "<OFX><STMTRS><CURDEF>BRL<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20230105<TRNAMT>-1<FITID>1<MEMO>{}"
    "</STMTTRN></BANKTRANLIST></STMTRS></OFX>"
)


def ofx(text, encoding, charset="1252"):
    return (HEADER.format(charset) + BODY.format(text)).encode(encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "charset"),
    [
        ("JOÃO ÁGUA", "utf-8", "1252"),  # Á is C3 81, and 81 is no letter of 1252
        ("JOÃO ÁGUA", "cp1252", "1252"),
        ("JOÃO", "utf-8", "ISO-8859-1"),  # Ã is C3 83, a control character of Latin 1
        ("João", "iso-8859-1", "ISO-8859-1"),
        ("João", "iso-8859-1", "8859-1"),
        ("JOAO", "ascii", "1252"),
        ("João", "utf-8", "NONE"),
        ("João", "utf-8-sig", "1252"),
    ],
)
def test_the_bytes_decide_between_what_is_declared_and_utf8(rows, text, encoding, charset):
    assert rows("ofx", ofx(text, encoding, charset))[0]["memo"] == text


def test_bytes_that_are_both_are_refused_until_somebody_says_which(rows, refusal):
    content = ofx("João", "utf-8")
    assert refusal("ofx", content)[0] == "statement.encoding"
    assert rows("ofx", content, encoding="utf-8")[0]["memo"] == "João"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ofx("x", "ascii", "NONE").replace(b"<MEMO>x", b"<MEMO>\xff"), {}),
        (ofx("João", "cp1252"), {"encoding": "utf-8"}),
        (ofx("€", "cp1252", "ISO-8859-1"), {}),
    ],
)
def test_bytes_that_are_neither_are_refused_with_their_line(refusal, content, words):
    assert refusal("ofx", content, **words) == ("source.encoding", "statement.txt:4")


def test_a_declaration_of_two_bytes_a_letter_that_can_be_read_is_not_true(rows):
    text = '<?xml version="1.0" encoding="UTF-16"?><OFX><STMTRS><STMTTRN><TRNAMT>1<MEMO>João</STMTTRN></STMTRS></OFX>'
    assert rows("ofx", text)[0]["memo"] == "João"


def test_an_unknown_encoding_is_refused(refusal):
    assert refusal("ofx", ofx("João", "utf-8", "KLINGON"))[0] == "statement.encoding"


def test_the_encoding_of_an_xml_file_is_decided_alike(rows, refusal):
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">'
        '<BkToCstmrStmt><Stmt><Ntry><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><AddtlNtryInf>Grüße</AddtlNtryInf>'
        "</Ntry></Stmt></BkToCstmrStmt></Document>"
    )
    assert rows("camt", text.encode("iso-8859-1"))[0]["text"] == "Grüße"
    assert rows("camt", text.encode(), encoding="utf-8")[0]["text"] == "Grüße"
    assert refusal("camt", text.replace("ß", "").replace("ü", "ö").encode())[0] == "statement.encoding"
    assert rows("camt", text.replace("ISO-8859-1", "UTF-16").encode("utf-16"))[0]["text"] == "Grüße"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "source.empty"),
        (b":20:A\n:25:\0\n", "source.nul"),
        (b"PK\x03\x04", "source.kind"),
        (b":20:A\n\xff\n", "source.encoding"),
    ],
)
@pytest.mark.parametrize("format", ["mt940", "camt", "ofx"])
def test_what_is_no_text_is_refused(refusal, format, content, code):
    assert refusal(format, content)[0] == code


def test_a_letter_may_lie_on_the_edge_of_two_blocks(tmp_path):
    path = tmp_path / "long.txt"
    path.write_bytes(b"x" * ((1 << 20) - 1) + "é".encode() + b"x")
    assert settled(path, "utf-8", None, "long.txt") == "utf-8-sig"
