"""The named encodings of text files: each is read strictly, none guesses, and none loses what it cannot say."""

from __future__ import annotations

import codecs
import re

from hansa.near import or_near

#: What a mesh file may name, each as its codec calls itself: to look them up would import them all. Others that Python
#: knows carry a state from line to line (iso-2022-jp, hz), are no encoding of text (base64, idna) or take anything
#: (unicode_escape).
_KNOWN = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii"),
    *("gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"),
    *(f"iso8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
    *(f"cp{number}" for number in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 874)),
    *(f"cp{number}" for number in (437, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 869)),
    *("koi8-r", "koi8-u", "mac-roman", "tis-620"),
)
#: Names as they are written outside of Python, for the near name in a message.
_WRITTEN = (*(name.replace("iso8859", "iso-8859") for name in _KNOWN), "windows-1252", "latin-1", "utf8")
_SEVERAL_BYTES = frozenset(
    ("gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949")
)
#: The older encoding in which the same bytes are the letters that the language usually needs.
_USUAL = {"gb18030": "gb2312", "gbk": "gb2312", "big5hkscs": "big5", "cp950": "big5", "cp932": "shift_jis"}
_USUAL |= {"cp949": "euc_kr"}
_MEND = "write utf-8, gb18030, big5, shift_jis, cp1252, iso-8859-15 or utf-16"
_LOSSY = "takes bytes that it cannot tell apart"


def one_encoding(value: str) -> str:
    """The encoding's name as its codec spells it. Errors: ValueError, problem and mend parted by a semicolon."""
    name = value.strip().lower()
    if re.sub(r"[-_ ]", "", name) in {"utf8", "utf8sig", "utf8bom"}:
        return "utf-8"
    try:
        found = codecs.lookup(re.sub(r"^windows[-_ ]?", "cp", name)).name
    except (LookupError, ValueError):
        raise ValueError(f"no known encoding; {or_near(name, _WRITTEN, _MEND)}") from None
    if found not in _KNOWN:
        raise ValueError(f"no encoding that can be read strictly, it {_LOSSY}; {or_near(name, _WRITTEN, _MEND)}")
    return found


def is_wide(encoding: str) -> bool:
    """True if a character is two or four bytes, and a line break is no single byte of its own."""
    return encoding.startswith(("utf-16", "utf-32"))


def has_several_bytes(encoding: str) -> bool:
    """True for the East Asian encodings, whose letters are two or more bytes."""
    return encoding in _SEVERAL_BYTES


def usual_letters(encoding: str) -> str | None:
    """The encoding of the usual letters of an East Asian one, which may be itself; None for any other."""
    return _USUAL.get(encoding, encoding) if has_several_bytes(encoding) else None


def has_controls(encoding: str) -> bool:
    """True if the bytes 80 to 9F are control characters there, so that no text holds them: the file is cp125x then."""
    return encoding.startswith("iso8859-")
