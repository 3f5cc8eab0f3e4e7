"""The warehouse folder: made once, refused in one sentence, clean of what killed processes left."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys

import pytest
from hansa.errors import WorldError
from hansa.store.door import Door
from hansa.store.reach import refused_by_disk
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


#: Nobody, root included, writes where a right is missing, once these capabilities are gone.
BARE = "setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"
PREPARE = """
import sys
from pathlib import Path
from hansa.errors import WorldError
from hansa.store.reach import reach
from hansa.store.warehouse import Warehouse
try:
    print(reach(Warehouse(Path(sys.argv[1]))))
except WorldError as error:
    print(error.code, error.sentence())
"""


def reached_without_rights(folder):
    """What ``reach`` says of a folder to a process that may not override its mode."""
    words = [*(BARE if os.getuid() == 0 else ()), sys.executable, "-c", PREPARE, str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(os.getuid() == 0 and shutil.which("setpriv") is None, reason="root writes everywhere")
def test_a_folder_without_the_right_to_write_is_told_with_what_where_and_the_mend(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    code, told = reached_without_rights(folder).split(maxsplit=1)
    assert code == "warehouse.unwritable"
    assert told.startswith(f"{folder}: the warehouse cannot be written (")
    assert "--warehouse" in told


@pytest.mark.skipif(os.getuid() == 0 and shutil.which("setpriv") is None, reason="root writes everywhere")
def test_a_table_in_it_that_may_not_be_written_is_found_before_anything_runs(warehouse, send):
    send("2026-03-01=1")
    (warehouse.root / "t" / "a" / "receipts").chmod(0o555)
    told = reached_without_rights(warehouse.root)
    assert "(t/a/receipts of t.a may not be written)" in told
    assert "let this user write there (chmod, chown)" in told


@pytest.mark.parametrize(
    ("number", "code", "mend"),
    [
        (errno.EACCES, "world.refused", "let this user write there"),
        (errno.EROFS, "world.refused", "mount its file system so that it can be written"),
        (errno.EIO, "world.refused", "look at the health of the disk"),
        (errno.ENOSPC, "world.disk_full", "make room"),
    ],
)
def test_what_a_disk_refuses_is_told_with_its_own_mend(number, code, mend):
    told = refused_by_disk(OSError(number, "x", "wh/t/a"))
    assert (told.code, told.where, told.next_step) == (
        code,
        "wh/t/a",
        f"{mend}, then run again".replace("there,", "there (chmod, chown),"),
    )


def test_an_error_of_a_library_is_known_by_the_number_in_its_text_and_shows_nothing_else():
    told = refused_by_disk(OSError("Read-only file system (os error 30): 6222021234567890"))
    assert "Read-only file system" in told.sentence()
    assert "6222021234567890" not in told.sentence()


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "x", "y"), OSError("no number"), ConnectionResetError(104, "x")]
)
def test_what_no_right_and_no_room_would_mend_is_left_alone(error):
    assert refused_by_disk(error) is None


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
