"""The public names of the package are what a plugin's author imports."""

import os
import subprocess
import sys

import hansa
import pytest


def test_every_public_name_can_be_imported_in_any_order():
    for names in (hansa.__all__, list(reversed(hansa.__all__))):
        script = "\n".join(f"from hansa import {name}" for name in names)
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_product_is_the_decorator_also_after_its_module_was_loaded():
    script = "import hansa.hooks, hansa.products\nfrom hansa import product\nproduct('a.b')(lambda: None)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_importing_the_package_loads_nothing_heavy():
    script = "import sys, hansa; print(sorted({'polars', 'dagster', 'pandera', 'pydantic'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(("given", "kept"), [(None, "dirty_decay_ms:2000"), ("narenas:3", "narenas:3")])
def test_the_allocator_of_polars_is_told_how_to_keep_pages_unless_the_user_has_told_it(given, kept):
    environment = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}
    code = "import hansa, os, sys; print(os.environ['_RJEM_MALLOC_CONF'], 'polars' in sys.modules)"
    environment |= {"_RJEM_MALLOC_CONF": given} if given else {}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert kept in said.stdout and said.stdout.endswith("False\n")
