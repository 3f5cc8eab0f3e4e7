"""Small files: whole or not at all; locks that fall with their process."""

from __future__ import annotations

import multiprocessing

import pytest
from hansa.store import files


def test_a_file_is_created_once(tmp_path):
    path = tmp_path / "below" / "a"
    assert files.create(path, b"one")
    assert not files.create(path, b"two")
    assert path.read_bytes() == b"one"


def test_nothing_else_is_left_in_the_folder(tmp_path):
    files.create(tmp_path / "a", b"1")
    files.create(tmp_path / "a", b"2")
    files.replace(tmp_path / "a", b"3")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"3")]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_pieces_make_the_whole(tmp_path, size):
    (tmp_path / "a").write_bytes(b"0123456789")
    assert b"".join(files.chunks(tmp_path / "a", size)) == b"0123456789"


def test_a_claim_is_alive_while_it_is_held_and_gone_after(tmp_path):
    path = tmp_path / "a.alive"
    with files.claim(path):
        assert not files.abandoned(path)
    assert not path.exists()


def test_a_claim_without_its_process_is_abandoned(tmp_path):
    path = tmp_path / "a.alive"
    path.touch()
    assert files.abandoned(path)


def _add(path, times):
    for _ in range(times):
        with files.locked(path.with_suffix(".lock")):
            path.write_text(str(int(path.read_text()) + 1))


def test_a_lock_keeps_processes_apart(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    fork = multiprocessing.get_context("fork")
    running = [fork.Process(target=_add, args=(path, 100)) for _ in range(2)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert path.read_text() == "200"
