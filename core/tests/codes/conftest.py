"""A place of its own for each test, and the code with which a command is refused there."""

import os

import pytest
from hansa.cli import app
from hansa.errors import HansaError


def code_of(act, *given, **more):
    """The code of the error that this call raises."""
    with pytest.raises(HansaError) as caught:
        act(*given, **more)
    return caught.value.code


@pytest.fixture
def place(monkeypatch, tmp_path):
    """An empty folder to stand in, with nothing of the machine's environment."""
    for name in list(os.environ):
        if name.startswith("HANSA_") or name == "DAGSTER_HOME":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused():
    """The code of the error with which ``hansa WORDS`` ends."""

    def call(*words):
        with pytest.raises(HansaError) as caught:
            app(list(map(str, words)), standalone_mode=False)
        return caught.value.code

    return call
