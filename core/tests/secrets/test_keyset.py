"""The folder of the keys: made once, for its owner only, rotated in one step."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import polars as pl
import pytest
from hansa.errors import MeshError, WorldError
from hansa.secrets import keyset, load_keys, load_set, open_set, retire, rotate
from hansa.store.warehouse import Warehouse


def refused(call, *given, **named):
    with pytest.raises((WorldError, MeshError)) as raised:
        call(*given, **named)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
def filled(folder, tmp_path):
    """Keys, and a folder of a warehouse that is bound to their token key."""
    keys = load_keys(folder)
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.prepare()
    warehouse.bind_keys(keys.fingerprint)
    return keys, warehouse


def test_key_files_are_read_by_their_owner_only(folder):
    load_keys(folder)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_keys_are_made_once(folder):
    assert load_keys(folder) == load_keys(folder)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_others_may_read_or_write_is_refused(folder, mode):
    load_keys(folder)
    (folder / "keys.json").chmod(mode)
    error = refused(load_keys, folder)
    assert (error.code, f"mode {mode:03o}" in error.sentence()) == ("keys.open", True)


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_in_which_others_may_write_is_refused(folder, mode):
    load_keys(folder)
    folder.chmod(mode)
    assert refused(load_keys, folder).code == "keys.open"


def test_a_link_to_another_place_is_refused(folder, tmp_path):
    load_keys(tmp_path / "elsewhere")
    folder.mkdir(mode=0o700)
    (folder / "keys.json").symlink_to(tmp_path / "elsewhere" / "keys.json")
    assert refused(load_keys, folder).code == "keys.link"


def test_a_link_inside_the_folder_is_followed_as_kubernetes_mounts_secrets(folder, tmp_path):
    made = load_keys(tmp_path / "made")
    (folder / "..data").mkdir(parents=True)
    folder.chmod(0o700)
    (tmp_path / "made" / "keys.json").rename(folder / "..data" / "keys.json")
    (folder / "keys.json").symlink_to("..data/keys.json")
    assert load_keys(folder) == made


def test_a_pipe_in_the_place_of_a_key_is_refused_and_does_not_hang(folder):
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / "keys.json", 0o600)
    assert refused(load_keys, folder).code == "keys.unreadable"


def test_a_key_file_cut_anywhere_is_refused_and_nothing_is_made_anew(folder):
    load_keys(folder)
    path = folder / "keys.json"
    whole = path.read_bytes()
    for length in range(0, len(whole.rstrip()), 7):
        path.write_bytes(whole[:length])
        assert refused(load_keys, folder).code == "keys.unreadable"
        assert path.read_bytes() == whole[:length]


@pytest.mark.parametrize(
    "change",
    [
        lambda read: read["keys"][0].update(secret="00" * 32),
        lambda read: read["keys"][0].update(secret="00" * 16),
        lambda read: read["keys"][0].update(state="old"),
        lambda read: read["keys"][0].update(purpose="other"),
        lambda read: read["keys"].append(read["keys"][0]),
        lambda read: read["keys"].clear(),
        lambda read: read.pop("keys"),
    ],
)
def test_a_changed_key_file_is_refused_and_its_content_not_shown(folder, change):
    load_keys(folder)
    read = json.loads((folder / "keys.json").read_text())
    secrets = [entry["secret"] for entry in read["keys"]]
    change(read)
    (folder / "keys.json").write_text(json.dumps(read))
    error = refused(load_keys, folder)
    assert error.code == "keys.unreadable"
    assert not any(secret in error.sentence() for secret in secrets)


def test_a_key_file_of_another_release_is_refused(folder):
    load_keys(folder)
    (folder / "keys.json").write_text('{"version": 2, "keys": []}')
    assert refused(load_keys, folder).code == "keys.version"


@pytest.fixture
def former(folder):
    """The layout of before: one key a file."""
    folder.mkdir(mode=0o700)
    for name, key in (("token.key", b"t" * 32), ("sealing.key", b"s" * 32)):
        (folder / name).write_text(key.hex())
        (folder / name).chmod(0o600)
    return folder


def test_the_layout_of_before_is_read_and_left_as_it_is(former):
    keys = load_keys(former)
    assert (keys.token, keys.sealing) == (b"t" * 32, b"s" * 32)
    assert sorted(path.name for path in former.iterdir()) == ["sealing.key", "token.key"]


def test_a_rotation_takes_the_layout_of_before_along(former):
    rotate(former, "sealing")
    keys = load_keys(former)
    assert (keys.token, keys.opening) == (b"t" * 32, (b"s" * 32,))
    assert not list(former.glob("*.key"))


def test_of_the_layout_of_before_a_half_is_completed(former):
    (former / "sealing.key").unlink()
    assert load_keys(former).token == b"t" * 32


@pytest.mark.parametrize("content", ["", "zz", "ab" * 16])
def test_a_broken_key_file_of_before_is_an_error_that_names_it_and_not_its_content(former, content):
    (former / "token.key").write_text(content)
    error = refused(load_keys, former)
    assert "token.key" in error.sentence()
    assert not content or content not in error.sentence()


MAKE = "import sys, pathlib, hansa.secrets as s; print(s.load_keys(pathlib.Path(sys.argv[1])).fingerprint)"
ROTATE = "import sys, pathlib, hansa.secrets as s; s.rotate(pathlib.Path(sys.argv[1]), 'sealing')"


def started(code, folder):
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)


def test_processes_that_make_keys_at_once_agree(folder):
    running = [started(MAKE, folder) for _ in range(4)]
    assert len({process.communicate()[0] for process in running}) == 1
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "keys.json"]


def test_processes_that_rotate_at_once_lose_no_key(folder):
    first = load_keys(folder)
    running = [started(ROTATE, folder) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert len(open_set(folder).keys) == 6
    assert load_keys(folder).open(first.seal(b"x", "y"), "y") == b"x"


KILL = """
import os, sys, pathlib, hansa.secrets as s, hansa.secrets.private as p
real = os.fsync
def killed(number):
    real(number)
    os._exit(9)
p.os.fsync = killed
s.rotate(pathlib.Path(sys.argv[1]), "token")
"""


def test_a_rotation_that_is_killed_leaves_the_older_keys_and_the_next_one_cleans_up(folder):
    first = load_keys(folder)
    assert started(KILL, folder).wait() == 9
    assert load_keys(folder) == first
    assert len(list(folder.glob(".keys.json.*"))) == 1
    rotate(folder, "token")
    assert not list(folder.glob(".keys.json.*"))


def test_keys_that_are_there_are_read_from_a_folder_that_cannot_be_written(folder, monkeypatch):
    made = load_keys(folder)
    monkeypatch.setattr(keyset, "write_private", lambda *_: pytest.fail("written"))
    monkeypatch.setattr(keyset, "alone", lambda *_: pytest.fail("locked"))
    assert load_keys(folder) == made


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    assert refused(load_keys, tmp_path / "file" / "keys").code == "keys.unreadable"


@pytest.mark.skipif(os.geteuid() != 0, reason="the user of another process can be chosen by root only")
def test_a_folder_that_may_not_be_written_is_one_sentence(tmp_path):
    tmp_path.joinpath("closed").mkdir(mode=0o755)
    code = (
        "import sys, pathlib, os, hansa.secrets as s, hansa.secrets.keyset\n"
        "os.setuid(65534)\n"
        "try: s.load_keys(pathlib.Path(sys.argv[1]))\n"
        "except s.keyset.WorldError as error: print(error.code)"
    )
    assert started(code, tmp_path / "closed" / "keys").communicate()[0] == b"keys.unreadable\n"


def test_after_a_rotation_of_sealing_a_warehouse_goes_on_and_what_was_sealed_is_opened(folder, filled):
    before, warehouse = filled
    rotate(folder, "sealing")
    after = load_keys(folder, warehouse.root)
    warehouse.bind_keys(after.fingerprint)
    assert after.sealing_id != before.sealing_id
    assert after.open(before.seal(b"x", "y"), "y") == b"x"


def test_after_a_rotation_of_tokens_a_filled_warehouse_goes_on_with_its_own_key(folder, filled):
    before, warehouse = filled
    rotate(folder, "token")
    after = load_keys(folder, warehouse.root)
    assert after.token == before.token


def test_after_a_rotation_of_tokens_a_new_warehouse_gets_the_new_key(folder, filled, tmp_path):
    before, warehouse = filled
    rotate(folder, "token")
    after = load_keys(folder, tmp_path / "new")
    assert after.fingerprint == open_set(folder).current("token").id != before.fingerprint
    value = pl.Series(["19900000017"])
    assert after.tokens(value, "mobile")[0] != before.tokens(value, "mobile")[0]
    assert refused(warehouse.bind_keys, after.fingerprint).code == "keys.other"


def test_a_warehouse_that_is_no_folder_says_its_token_key(folder, filled):
    before, _ = filled
    rotate(folder, "token")
    assert load_keys(folder, bound=before.fingerprint).token == before.token


def test_a_warehouse_of_before_names_its_sealing_key_too(folder, tmp_path):
    keys = load_keys(folder)
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / ".keys-fingerprint").write_text(f"{keys.fingerprint}-{keys.sealing_id}")
    assert load_keys(folder, tmp_path / "warehouse") == keys


def test_the_keys_of_another_institution_are_refused_by_both_fingerprints(folder, filled, tmp_path):
    before, warehouse = filled
    others = load_keys(tmp_path / "others")
    error = refused(load_keys, tmp_path / "others", warehouse.root)
    assert (error.code, before.fingerprint in error.what, others.fingerprint in error.what) == (
        "keys.other",
        True,
        True,
    )


def test_no_keys_are_made_for_a_warehouse_that_was_filled_with_others(filled, tmp_path):
    _, warehouse = filled
    assert refused(load_keys, tmp_path / "lost", warehouse.root).code == "keys.other"
    assert not (tmp_path / "lost").exists()


def test_a_retired_key_is_gone_and_its_bytes_stay_sealed(folder):
    before = load_keys(folder)
    rotate(folder, "sealing")
    retire(folder, before.sealing_id)
    assert load_keys(folder).opening == ()
    assert before.sealing.hex() not in (folder / "keys.json").read_text()


@pytest.mark.parametrize("purpose", ["token", "sealing"])
def test_the_current_key_cannot_be_retired(folder, purpose):
    current = load_set(folder).current(purpose)
    assert refused(retire, folder, current.id).code == "keys.current"


def test_an_unknown_key_cannot_be_retired(folder):
    load_keys(folder)
    assert refused(retire, folder, "f" * 16).code == "keys.unknown"


@pytest.mark.parametrize("call", [open_set, lambda folder: rotate(folder, "token")])
def test_keys_that_are_not_there_are_not_made_by_looking(folder, call):
    assert refused(call, folder).code == "keys.missing"
    assert not folder.exists()


def test_keys_and_their_set_do_not_show_themselves(folder):
    known = load_set(folder)
    shown = f"{known} {known.keys[0]!r}"
    assert not any(key.secret.hex() in shown or repr(key.secret) in shown for key in known.keys)


def test_the_keys_may_not_lie_in_the_warehouse(tmp_path):
    error = refused(load_keys, tmp_path / "warehouse" / "keys", tmp_path / "warehouse")
    assert error.code == "keys.inside"
    assert not (tmp_path / "warehouse").exists()


def test_a_warehouse_refuses_other_keys_than_its_first(filled, tmp_path):
    _, warehouse = filled
    assert refused(warehouse.bind_keys, load_keys(tmp_path / "others").fingerprint).code == "keys.other"
