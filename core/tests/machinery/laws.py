"""How many examples a law is tried on: few in a usual run, many more with ``HYPOTHESIS_PROFILE=thorough``."""

from __future__ import annotations

import os

_TIMES = 30


def examples(few: int) -> int:
    """``max_examples`` of a law of which one example takes a publication or more."""
    return few * _TIMES if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else few
