"""Forms of texts: each judged exactly, by the examples of its standard and by Python's own readers."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress

import polars as pl
import pytest
from hansa.check import RowCheck
from hansa.schema import polars_schema
from hypothesis import example, given, settings
from hypothesis import strategies as st

RIGHT = {
    "uuid": ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"],
    "email": ["a@b.cn", "first.last+tag@sub.example.com", '"much. more"@example.org', "x@[192.0.2.1]", "x@[IPv6:::1]"],
    "uri": [
        "ftp://ftp.is.co.za/rfc/rfc1808.txt",
        "http://www.ietf.org/rfc/rfc2396.txt",
        "ldap://[2001:db8::7]/c=GB?objectClass?one",
        "mailto:John.Doe@example.com",
        "news:comp.infosystems.www.servers.unix",
        "tel:+1-816-555-1212",
        "telnet://192.0.2.16:80/",
        "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
        "s3://bucket/key%20x#f",
        "x:",
    ],
    "hostname": ["example.com", "a", "3com.com", "xn--bcher-kva.example", "a" * 63 + ".b"],
    "ipv4": ["0.0.0.0", "255.255.255.255", "192.0.2.1"],
    "ipv6": ["::", "::1", "2001:db8::7", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "1::", "1:2:3:4:5:6:1.2.3.4"],
    "byte": ["", "QUJD", "QUI=", "QQ=="],
    "date": ["2026-02-28", "2024-02-29", "0001-01-01"],
    "time": ["09:00:00Z", "23:59:60.5+08:00"],
    "date-time": ["2026-01-31T00:00:00Z", "2026-01-31t00:00:00.123456789-08:00"],
}
WRONG = {
    "uuid": ["", "f81d4fae7dec11d0a76500a0c91e6bf6", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6", "x\n"],
    "email": [
        "",
        "a",
        "a@",
        "@b.cn",
        "a b@c.cn",
        "a..b@c.cn",
        ".a@b.cn",
        "a@b..cn",
        "a@-b.cn",
        "张@b.cn",
        "a@b.cn\n",
        "x" * 65 + "@b.cn",
        "a@" + ".".join(["b" * 60] * 5),
    ],
    "uri": ["", "example.com", "//example.com", "http://a b", "http://[::1", "1a:b", "http://exämple.com", "a:%4"],
    "hostname": ["", "-a", "a-", "a..b", "a_b", "a.", "a" * 64, ".".join(["a" * 60] * 5), "bücher.example"],
    "ipv4": ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "١.2.3.4"],
    "ipv6": ["", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "12345::", "::1%eth0", "1:2:3:4:5:6:7:8:9", "::256.1.1.1"],
    "byte": ["A", "QUJ", "QQ=", "QU JD", "Q===", "QUJD\n", "QU-_"],
    "date": ["2026-02-30", "2025-02-29", "26-01-01", "2026-1-1", "2026-01-01T00:00:00Z", "0000-01-01 "],
    "time": ["09:00:00", "24:00:00Z", "09:00Z", "09:60:00Z", "09:00:00+24:00"],
    "date-time": ["2026-01-31", "2026-02-30T00:00:00Z", "2026-01-31T00:00:00", "2026-01-31T24:00:00Z"],
}

TOO_LONG = {"email": ["x" * 65 + "@b.cn", "a@" + ".".join(["b" * 60] * 5)]}


@pytest.fixture(scope="session")
def kept(contract, column):
    """Whether each text has the form."""

    def made(form: str, texts: list[str]) -> list[bool]:
        checked = contract(column("a", text_format=form))
        broken = RowCheck(checked).broken(pl.DataFrame({"a": texts}, schema=polars_schema(checked)), {})
        mask = broken.get("a.format", pl.Series([False] * len(texts)))
        return [not hit for hit in mask]

    return made


@pytest.mark.parametrize(("form", "text"), [(form, text) for form, texts in RIGHT.items() for text in texts])
def test_a_text_of_the_form_keeps_the_rule(kept, form, text):
    assert kept(form, [text]) == [True]


@pytest.mark.parametrize(
    ("form", "text"),
    [(form, text) for wrong in (WRONG, TOO_LONG) for form, texts in wrong.items() for text in texts],
)
def test_a_text_of_another_form_breaks_the_rule(kept, form, text):
    assert kept(form, [text]) == [False]


def test_a_missing_text_has_no_form_to_break(kept):
    assert kept("date", [None]) == [True]


def _is(reader, text):
    try:
        reader(text)
    except ValueError:
        return False
    return True


@given(st.lists(st.from_regex(r"[0-9a-f:.]{1,20}", fullmatch=True) | st.ip_addresses().map(str), max_size=20))
@settings(max_examples=80, deadline=None)
def test_addresses_are_those_that_python_reads(kept, texts):
    assert kept("ipv4", texts) == [_is(ipaddress.IPv4Address, text) for text in texts]
    assert kept("ipv6", texts) == [_is(ipaddress.IPv6Address, text) for text in texts]


@given(st.lists(st.binary(max_size=9).map(lambda b: base64.b64encode(b).decode()) | st.text("AQ=/+ ", max_size=8)))
@settings(max_examples=60, deadline=None)
@example(["AAAA="])
def test_bytes_are_those_that_python_reads_in_whole_quadruples(kept, texts):
    """Python lets a needless sign of padding pass, which RFC 4648 does not."""
    read = [_is(lambda text: base64.b64decode(text, validate=True), text) for text in texts]
    assert kept("byte", texts) == [right and len(text) % 4 == 0 for right, text in zip(read, texts, strict=True)]


@given(st.lists(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True), max_size=30))
@settings(max_examples=60, deadline=None)
def test_days_are_those_of_the_calendar(kept, texts):
    wanted = [_is(dt.date.fromisoformat, text) for text in texts if not text.startswith("0000")]
    assert kept("date", [text for text in texts if not text.startswith("0000")]) == wanted
