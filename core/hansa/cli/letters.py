"""Letters that standard output cannot show, such as Chinese ones in Latin-1: their numbers stand in their place."""

from __future__ import annotations

import codecs
import io
import json
import sys

_NAME = "hansa.escaped"


def show_any_letter() -> None:
    """From now on no letter ends the command; JSON stays JSON, since the numbers are written as JSON writes them."""
    codecs.register_error(_NAME, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=_NAME)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
