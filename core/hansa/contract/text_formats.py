"""Forms of a text that ``format`` names: those that can be judged exactly, and why the others are not.

Each form is one regular expression without look-around, so that it runs in Polars; texts are ASCII in all of them.
Sources: RFC 9562 (uuid), RFC 5321 section 4.1.2 (email), RFC 3986 appendix A (uri), RFC 1123 section 2.1 (hostname),
RFC 4291 section 2.2 (ipv6), RFC 4648 section 4 (byte), RFC 3339 section 5.6 (date, time, date-time).
"""

from __future__ import annotations

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_H16 = "[0-9A-Fa-f]{1,4}"
_LS32 = rf"(?:{_H16}:{_H16}|{_IPV4})"
_IPV6 = "(?:{})".format(
    "|".join(
        [
            rf"(?:{_H16}:){{6}}{_LS32}",
            rf"::(?:{_H16}:){{5}}{_LS32}",
            *(
                rf"(?:(?:{_H16}:){{0,{before}}}{_H16})?::(?:{_H16}:){{{after}}}{_LS32}"
                for before, after in ((0, 4), (1, 3), (2, 2), (3, 1), (4, 0))
            ),
            rf"(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}",
            rf"(?:(?:{_H16}:){{0,6}}{_H16})?::",
        ]
    )
)
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"{_LABEL}(?:\.{_LABEL})*"

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_MAILBOX = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:{_HOSTNAME}|\[(?:{_IPV4}|IPv6:{_IPV6})\])"

_PLAIN = r"[A-Za-z0-9._~!$&'()*+,;=-]"
_HEX = "%[0-9A-Fa-f]{2}"
_SEGMENTS = rf"(?:{_PLAIN}|{_HEX}|[:@/])"
_FUTURE = rf"v[0-9A-Fa-f]+\.(?:{_PLAIN}|:)+"
_AUTHORITY = rf"(?:(?:{_PLAIN}|{_HEX}|:)*@)?(?:\[(?:{_IPV6}|{_FUTURE})\]|(?:{_PLAIN}|{_HEX})*)(?::[0-9]*)?"
_FIRST = rf"(?:{_PLAIN}|{_HEX}|[:@])"
_PATH = rf"(?://{_AUTHORITY}(?:/{_SEGMENTS}*)?|/(?:{_FIRST}{_SEGMENTS}*)?|{_FIRST}{_SEGMENTS}*|)"
_URI = rf"[A-Za-z][A-Za-z0-9+.-]*:{_PATH}(?:\?(?:{_SEGMENTS}|\?)*)?(?:#(?:{_SEGMENTS}|\?)*)?"

_DAY = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"

_FORMS = {
    "uuid": "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    "email": _MAILBOX,
    "uri": _URI,
    "hostname": _HOSTNAME,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "date": _DAY,
    "time": _CLOCK,
    "date-time": f"{_DAY}[Tt ]{_CLOCK}",
}
#: The regular expression of a whole text, by the name of its form.
TEXT_FORMATS = {name: f"^(?:{form})$" for name, form in _FORMS.items()}

#: Forms of which the first ten characters are a day that must exist in the calendar.
WITH_A_DAY = frozenset({"date", "date-time"})

#: The most characters of a whole text, and of what stands before the ``@`` (RFC 5321 section 4.5.3.1, RFC 1035).
LONGEST = {"hostname": 253, "email": 254}
LONGEST_LOCAL_PART = 64

_NOT_JUDGED = {
    "password": "a password is hidden from eyes, and any text may be one",
    "binary": "any text may stand for bytes",
}


def why_not_judged(name: str) -> str:
    """Why the gate does not hold a text to a form that it does not know."""
    return _NOT_JUDGED.get(name, f"neither the standard nor the gate says what the form '{name}' is")
