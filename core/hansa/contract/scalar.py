"""What a plain YAML scalar means by the core schema of YAML 1.2 (section 10.3.2 of its specification).

``NO``, ``on``, ``yes``, ``1_0`` and a bare date are text; ``012`` is twelve. PyYAML follows YAML 1.1 and would make
other values of them.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: More digits than anybody's column has would only cost time: such a scalar stays text.
MOST_DIGITS = 300
_INTEGER = re.compile(rf"[-+]?[0-9]{{1,{MOST_DIGITS}}}")
_OCTAL = re.compile(rf"0o[0-7]{{1,{MOST_DIGITS}}}")
#: As many as still make a floating number.
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,240}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NO_NUMBER = (".nan", ".NaN", ".NAN")


def plain_value(text: str) -> Scalar:
    """The value of a scalar that was written without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return int(text, 0)
    if len(text) <= MOST_DIGITS and _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return float("nan") if text in _NO_NUMBER else text
