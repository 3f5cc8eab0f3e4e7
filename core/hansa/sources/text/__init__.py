"""Delimited text as institutions send it, read exactly: any named encoding, lines around the rows, rules, quoting.

A block that is even and plain is parsed by Polars, any other one line by line; both give the same frame.
"""

from hansa.sources.text.reader import read_lines, read_text

__all__ = ["read_lines", "read_text"]
