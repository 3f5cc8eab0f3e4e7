"""Artefacts: what is read is what was written, or an error."""

from __future__ import annotations

import pytest
from hansa.digest import sha256
from hansa.errors import WorldError
from hansa.store.artefacts import ArtefactStore
from hansa.store.objects import Folder
from hypothesis import given
from hypothesis import strategies as st


@given(st.binary(max_size=64))
def test_what_was_put_is_got(tmp_path_factory, content):
    store = ArtefactStore(Folder(tmp_path_factory.getbasetemp() / "artefacts"))
    assert store.get(store.put(content)) == content


def test_the_name_is_the_digest(tmp_path):
    assert ArtefactStore(Folder(tmp_path)).put(b"model") == sha256(b"model")


def test_the_same_content_is_stored_once(tmp_path):
    store = ArtefactStore(Folder(tmp_path))
    store.put(b"model")
    store.put(b"model")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_changed_bytes_are_refused(tmp_path):
    store = ArtefactStore(Folder(tmp_path))
    digest = store.put(b"model")
    (tmp_path / digest[:2] / digest).write_bytes(b"other")
    with pytest.raises(WorldError) as raised:
        store.get(digest)
    assert raised.value.code == "artefact.changed"


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", ""])
def test_an_absent_artefact_is_one_sentence(tmp_path, digest):
    with pytest.raises(WorldError) as raised:
        ArtefactStore(Folder(tmp_path)).get(digest)
    assert raised.value.code == "artefact.missing"
