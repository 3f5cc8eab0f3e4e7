"""The warehouse folder: made once, refused in one sentence, clean of what killed processes left."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hansa.errors import WorldError
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse, table_name


def test_a_new_warehouse_does_not_exist(warehouse):
    assert not warehouse.exists
    warehouse.prepare()
    assert not warehouse.exists


def test_preparing_leaves_no_file(warehouse):
    warehouse.prepare()
    assert list(warehouse.root.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/hansa"])
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path, place):
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorldError) as raised:
        Warehouse(tmp_path / place).prepare()
    assert raised.value.code == "warehouse.unwritable"
    assert raised.value.next_step


@pytest.mark.parametrize("name", ["with blank", "数据", "a+b&c=d", "quote'"])
def test_any_common_name_of_a_folder_serves(tmp_path, send, name):
    target = Warehouse(tmp_path / name / "wh")
    send("2026-03-01=1", target=target)
    assert Door(target).open("t.a").frame.collect().height == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize("name", ["a%20b", "a#b", "a?b", "a*b", "a[1]"])
def test_a_name_that_engines_read_as_part_of_an_address_is_refused(tmp_path, name):
    with pytest.raises(WorldError) as raised:
        Warehouse(tmp_path / name).prepare()
    assert raised.value.code == "warehouse.name"
    assert list(tmp_path.iterdir()) == []


def test_every_major_version_has_a_table_of_its_own():
    assert [table_name("a", major) for major in (0, 1, 2)] == ["a", "a", "a-v2"]


def test_published_products_are_listed(warehouse, send):
    send("2026-03-01=1")
    assert [name for name, _ in warehouse.products()] == ["t.a"]


def test_staging_goes_with_its_block_also_after_an_error(warehouse):
    with pytest.raises(KeyError), warehouse.staging() as path:
        path.write_text("secret")
        raise KeyError
    assert list((warehouse.root / ".staging").iterdir()) == []


def test_two_stagings_do_not_meet(warehouse):
    with warehouse.staging() as one, warehouse.staging() as other:
        assert one != other
        assert one.parent.is_dir()


def test_what_a_killed_process_staged_is_removed_by_the_next(warehouse):
    code = (
        "import os, signal, sys, pathlib; from hansa.store.warehouse import Warehouse\n"
        "with Warehouse(pathlib.Path(sys.argv[1])).staging() as path:\n"
        "    path.write_text('secret'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(warehouse.root)], check=False, env=dict(os.environ))
    assert list(warehouse.root.rglob("rows.parquet"))
    with warehouse.staging():
        assert not list(warehouse.root.rglob("rows.parquet"))


def test_rows_with_secrets_are_staged_without_a_name(warehouse):
    with warehouse.staging(nameless=True) as path:
        path.write_bytes(b"secret")
        assert path.read_bytes() == b"secret"
        assert not [found for found in warehouse.root.rglob("*") if found.is_file() and b"secret" in found.read_bytes()]
