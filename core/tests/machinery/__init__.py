"""What tests of all rooms lean on: a real object store, one with faults on demand, and a search for clear data.

The root ``conftest.py`` puts the folder above on the path, so that every test and every process that a test starts
with ``PYTHONPATH`` set to it can say ``from machinery.object_store import ObjectStore``.
"""
