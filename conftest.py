"""What every room's tests share: the helpers and fixtures of ``core/tests/machinery``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "core" / "tests"))

pytest_plugins = ["machinery.fixtures"]
