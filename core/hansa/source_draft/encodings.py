"""Which encoding a text file is in: what decodes every line, and, where several do, what reads as a language."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hansa.source_draft.finding import Finding
from hansa.source_draft.share import Share, decodes, refuse_nul

UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
#: In the order in which one is preferred that reads a file like another one.
_SEVERAL_BYTES = ("gb18030", "big5", "shift_jis", "cp932", "euc_kr", "euc_jp")
_SHIFT_JIS = ("shift_jis", "cp932")
_ONE_BYTE = (
    "cp1252", "iso-8859-15", "cp1250", "iso-8859-2", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp1257",
)  # fmt: skip
#: From here on an encoding reads a file as a language does; below it every answer is a guess.
_LANGUAGE = 0.6
#: A runner-up this close, and with another text, is a question.
_CLOSE = 0.1
_MIXED = 5


@dataclass(frozen=True)
class Told:
    """The text of a share under its ``encoding`` and what a draft says of it."""

    encoding: str
    text: str
    end: str
    findings: tuple[Finding, ...]


def told_encoding(path: Path, share: Share, place: str) -> Told:
    """The encoding of the file at ``path`` and its share as text, byte order marks still in it.

    Errors: DataError for NUL bytes.
    """
    mark = next((name for magic, name in _WIDE_MARKS.items() if share.head.startswith(magic)), None)
    if mark is not None:
        return _told(share, mark, Finding(("encoding",), mark, "it begins with the mark of UTF-16"))
    if (markless := _without_mark(share.head)) is not None:
        seen = "every other byte of its first letters is NUL: it is UTF-16 without a mark"
        return _told(share, markless, Finding(("encoding",), markless, seen, "likely"))
    refuse_nul(path, place)
    if share.head.isascii() and share.end.isascii() and decodes(path, "ascii"):
        return _told(share, "utf-8", Finding(("encoding",), "utf-8", "every byte is ASCII"))
    wide = [line for line in (share.head + share.end).split(b"\n") if not line.isascii()]
    as_utf8 = sum(map(_surely_utf8, wide))
    if all(_reads(line, "utf-8") for line in wide) and decodes(path, "utf-8"):
        seen = "it begins with the mark of UTF-8, and " if share.head.startswith(UTF8_MARK) else ""
        return _told(share, "utf-8", Finding(("encoding",), "utf-8", f"{seen}every line is UTF-8"))
    return _told(share, *_guessed(path, share, wide, as_utf8))


def _without_mark(head: bytes) -> str | None:
    """UTF-16 by its first letters, which are mostly ASCII: of each one byte is NUL; None if they are not."""
    first = head[:200]
    for encoding, nul in (("utf-16-le", first[1::2]), ("utf-16-be", first[::2])):
        if len(nul) > 1 and nul.count(0) > len(nul) // 2 and first.count(0) == nul.count(0):
            return encoding
    return None


def _told(share: Share, encoding: str, finding: Finding) -> Told:
    head = share.head.decode(encoding, "replace")
    end = share.end.decode(encoding, "replace")
    return Told(encoding, head, end, (finding, *_inner_marks(head + end)))


def _inner_marks(text: str) -> tuple[Finding, ...]:
    if "\ufeff" not in text[1:]:
        return ()
    seen = "byte order marks stand at the start of later lines, as where files were joined"
    return (Finding(("byte_order_mark",), "inside", seen),)


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _surely_utf8(line: bytes) -> bool:
    """True for a line of UTF-8 that is hardly one by chance: letters of two bytes alone happen in Chinese encodings."""
    return _reads(line, "utf-8") and any(ord(sign) >= 0x800 for sign in line.decode("utf-8"))


def _guessed(path: Path, share: Share, wide: list[bytes], as_utf8: int) -> tuple[str, Finding]:
    content = b"\n".join(wide)
    ranked = sorted(
        ((_language(content, name), -order, name) for order, name in enumerate((*_SEVERAL_BYTES, *_ONE_BYTE))),
        reverse=True,
    )
    best, _, name = ranked[0]
    rival = next(
        (other for points, _, other in ranked[1:] if best - points < _CLOSE and _differ(content, name, other)), ""
    )
    if name == "cp1252" and not re.search(rb"[\x80-\x9f]", content):
        name = "iso-8859-1"
    seen = f"it is no UTF-8, and {len(wide)} lines with other letters than ASCII all read as {name}"
    finding = Finding(("encoding",), name, seen, "likely")
    if name == "gb18030" and best > _LANGUAGE and not rival:
        finding = Finding(("encoding",), name, seen, "certain" if len(wide) > 2 else "likely")
    if best < _LANGUAGE or rival:
        other = f", but as {rival} as well, with other letters" if rival else ", but not as a language does"
        finding = finding.doubted(other.removeprefix(", "), "in which encoding does its owner write it?")
    if as_utf8:
        odd = "some of them are UTF-8 as well: files of two encodings may have been joined"
        finding = finding.doubted(odd, "was the file put together from several?")
    if not decodes(path, name):
        finding = finding.doubted("further down a line does not decode", "what is wrong with the file?")
    return name, finding


def _differ(content: bytes, one: str, other: str) -> bool:
    return content.decode(one, "replace") != content.decode(other, "replace")


def _language(content: bytes, encoding: str) -> float:
    """How much a text reads as a language, from 0 to 1; 0 if a line does not decode."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    high = [(at, letter) for at, letter in enumerate(text) if ord(letter) > 127]
    if not high:
        return 0.0
    if encoding == "euc_jp" and not any("\u3040" <= letter <= "\u30ff" for _, letter in high):
        return 0.0
    if encoding in _SEVERAL_BYTES:
        return sum(_usual(letter, encoding) for _, letter in high) / len(high)
    return sum(_fits(text, at) for at, _ in high) / len(high)


@cache
def _usual(letter: str, encoding: str) -> bool:
    """True for a letter of the first rank of its standard, or a sign of its own script."""
    code = letter.encode(encoding)
    if unicodedata.category(letter)[0] in "PNZS" and ord(letter) > 0x2000:
        return True
    if encoding in _SHIFT_JIS:
        # Katakana of half width, too, with which banks write names.
        kana = "\u3040" <= letter <= "\u30ff" or "\uff61" <= letter <= "\uff9f"
        return kana or (len(code) == 2 and 0x88 <= code[0] <= 0x97)
    if encoding == "big5":
        return len(code) == 2 and 0xA4 <= code[0] <= 0xC6
    if encoding == "euc_kr":
        return "\uac00" <= letter <= "\ud7a3"
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1


def _fits(text: str, at: int) -> bool:
    """True if a letter stands among letters of its script and case, or is a usual sign between blanks."""
    letter = text[at]
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not letter.isalpha():
        return letter in "€£§°«»–—“”„’‘…·©®½¼ \u00a0" and not (before.isalpha() and after.isalpha())
    if letter in "ªºµ":
        return False
    neighbours = [sign for sign in (before, after) if sign.isalpha()]
    if not neighbours:
        return False
    script = _script(letter)
    latin = script == "LATIN"
    if any(_script(sign) != script for sign in neighbours):
        return False
    # An upper letter after a lower one is seldom; rare Latin letters of other alphabets count half as much.
    if letter.isupper() and before.isalpha() and before.islower():
        return False
    return not latin or "\u00c0" <= letter <= "\u017f"


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split(" ")[0]
