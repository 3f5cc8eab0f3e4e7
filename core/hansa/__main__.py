"""``python -m hansa`` is the command ``hansa``."""

from hansa.cli import main

main()
