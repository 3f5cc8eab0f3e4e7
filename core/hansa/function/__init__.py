"""Products as one short process that an event starts: ``hansa.function.handler`` for Lambda and whatever is like it.

An object that was created publishes the source product that is bound to it, and what follows from it; a schedule runs a
selection. The warehouse decides what there is to do, so that an event that comes twice, late or out of order is safe.
"""

from hansa.function.handling import handler

__all__ = ["handler"]
