"""How the tests of statements read: a text becomes a file, the file rows or a refusal."""

from types import SimpleNamespace

import pytest
from hansa.errors import HansaError
from hansa.sources import Binding
from hansa.sources.told import listening, together
from hansa_statements.plugin import hansa_sources


@pytest.fixture
def opened(tmp_path):
    """The lazy frame of a text or bytes under a format, and what its reader told."""

    def call(format, content, **words):
        path = tmp_path / "statement.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with listening() as heard:
            frame = hansa_sources()[format](path, Binding(uri="statement.txt", format=format, **words))
        return SimpleNamespace(frame=frame, told=together(heard), path=path)

    return call


@pytest.fixture
def rows(opened):
    """The rows as mappings, without the columns that are empty."""

    def call(format, content, **words):
        found = opened(format, content, **words).frame.collect().rows(named=True)
        return [{name: value for name, value in row.items() if value is not None} for row in found]

    return call


@pytest.fixture
def refusal(opened):
    """Code and place of the refusal; its sentence quotes nothing of ``secrets``."""

    def call(format, content, secrets=(), **words):
        with pytest.raises(HansaError) as caught:
            opened(format, content, **words).frame.collect()
        assert not [secret for secret in secrets if secret in caught.value.sentence()]
        return caught.value.code, caught.value.where

    return call
