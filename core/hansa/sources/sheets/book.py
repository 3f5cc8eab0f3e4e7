"""A workbook, opened by what the file is: its name may say another thing, and what banks call .xls is often a text."""

from __future__ import annotations

from pathlib import Path

from hansa.errors import DataError
from hansa.sources.files import CHECK_DELIVERY, OTHER_KINDS
from hansa.sources.sheets.cells import Book
from hansa.sources.sheets.ods import OdsBook
from hansa.sources.sheets.package import Package, locked
from hansa.sources.sheets.xls import XlsBook
from hansa.sources.sheets.xlsb import XlsbBook
from hansa.sources.sheets.xlsx import XlsxBook, relations

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: First bytes of workbooks from before 1995, which are no archive of streams.
_OLDEST = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")
#: The stream in which an encrypted .xlsx or .xlsb lies.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORKBOOKS = ("xl/workbook.xml", "xl/workbook.bin")
_BLOCK = 1 << 20
_HEAD = 4096


def open_book(path: Path, place: str) -> Book:
    """The workbook in a file; ``place`` is the path as the user wrote it.

    Errors: DataError for what is no workbook (said what it is instead), is damaged, or has a password; WorldError
    where a package is missing.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise DataError("source.empty", "the file is empty", where=place, next_step=CHECK_DELIVERY)
    if head.startswith(_ZIP):
        return _packed(path, place)
    if head.startswith(_OLE):
        if _holds(path, _ENCRYPTED):
            raise locked(place)
        return XlsBook(path, place)
    if head.startswith(_OLDEST):
        return XlsBook(path, place)
    raise _no_workbook(head, place)


def _packed(path: Path, place: str) -> Book:
    package = Package(path, place)
    part = _workbook_part(package)
    if part is not None:
        return XlsbBook(package, part) if part.endswith(".bin") else XlsxBook(package, part)
    if package.has("content.xml"):
        return OdsBook(package)
    what = "it is a zip archive, and no workbook is in it"
    raise DataError("source.kind", what, where=place, next_step="unpack it, and name the file in it")


def _workbook_part(package: Package) -> str | None:
    """The part that lists the sheets: the one that the package names, else one of the usual names."""
    named = relations(package).by_type("officeDocument") if package.has("_rels/.rels") else None
    if named is not None and named.startswith(("word/", "ppt/")):
        return None
    return next((part for part in (named, *_WORKBOOKS) if part and package.has(part)), None)


def _holds(path: Path, wanted: bytes) -> bool:
    """True if the bytes stand somewhere in the file."""
    with path.open("rb") as file:
        rest = b""
        while block := file.read(_BLOCK):
            if wanted in rest + block:
                return True
            rest = block[-len(wanted) :]
    return False


def _no_workbook(head: bytes, place: str) -> DataError:
    """What it is instead, as far as its beginning shows."""
    for magic, (kind, mend) in OTHER_KINDS.items():
        if head.startswith(magic):
            return DataError("source.kind", f"it is {kind}, no workbook", where=place, next_step=mend)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower()
    if b"schemas-microsoft-com:office:spreadsheet" in head or start.startswith(b"<?xml"):
        what, mend = "it is an XML text and no workbook", "open it in Excel and save it as .xlsx"
    elif start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<style", b"<div")):
        what, mend = "it is a web page (HTML) and no workbook", "open it in Excel and save it as .xlsx"
    elif b"\0" in head:
        what, mend = "it is no workbook", "look at the file, or ask for it as .xlsx"
    else:
        sign = "tab" if head.count(b"\t") >= head.count(b",") else "','"
        what = "it is plain text and no workbook, whatever its name says"
        mend = f"write format: csv, separator: {sign} and its encoding, such as gb18030, in the entry of the source"
    return DataError("source.kind", what, where=place, next_step=mend)
