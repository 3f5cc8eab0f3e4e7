"""Files that are made for one test, their drafts, and trials of them."""

import pytest
from hansa.source_draft import draft_source
from hansa.source_draft.trial import tried
from hansa.sources import Binding, built_in_readers


@pytest.fixture
def drafted(tmp_path):
    """The draft of a file of these bytes, or of this text in an encoding."""

    def draft(content, encoding="utf-8", name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return draft_source(path, built_in_readers())

    return draft


@pytest.fixture
def trial(tmp_path):
    """A trial of a text under the words of a binding."""

    def read(text, contract=None, name="rows.csv", **words):
        path = tmp_path / name
        path.write_text(text, encoding=words.get("encoding", "utf-8"), newline="")
        return tried(path, Binding(uri=name, **words), built_in_readers(), contract)

    return read


@pytest.fixture
def sure():
    """How sure a draft is of a word, and None if it does not say it."""

    def of(draft, *path):
        return next((one.sure for one in draft.findings if one.path == path), None)

    return of
