"""Workbooks, cell by cell: ``open_book`` reads .xlsx, .xlsm, .xlsb, .xls and .ods by what a file is, not by its name.

Each cell becomes its exact text and what kind of cell it was. No library that was tried says all of it: those in Rust
make an empty cell of an error and of a formula without a value, and hide the format that makes a date of a number. So
the XML formats are read here, as streams; the old binary one by xlrd.
"""

from hansa.sources.sheets.book import open_book
from hansa.sources.sheets.cells import BOOLEAN, DATE, EMPTY, ERROR, FORMULA, NUMBER, TEXT, Book, Sheet, SheetRow

__all__ = ["BOOLEAN", "DATE", "EMPTY", "ERROR", "FORMULA", "NUMBER", "TEXT", "Book", "Sheet", "SheetRow", "open_book"]
