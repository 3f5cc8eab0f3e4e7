"""What one contract asks and promises that another did not, and whom that breaks.

``changes`` is read in two ways: a new version of a contract must be named by what its changes demand, and an overlay
of an institution may tighten and never loosen.
"""

from hansa.change.compared import changes
from hansa.change.model import Bump, Change, Direction, Effect, Party
from hansa.change.version import demanded, satisfies, strongest

__all__ = ["Bump", "Change", "Direction", "Effect", "Party", "changes", "demanded", "satisfies", "strongest"]
