"""A draft of any file: by what its bytes are, never by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hansa.errors import DataError
from hansa.source_draft.delimited import draft_delimited
from hansa.source_draft.drafted import Drafted
from hansa.source_draft.encodings import told_encoding
from hansa.source_draft.finding import Finding
from hansa.source_draft.fixed import draft_fixed
from hansa.source_draft.proof import proved
from hansa.source_draft.share import share_of
from hansa.source_draft.statements import draft_statement, format_of
from hansa.source_draft.workbook import draft_workbook
from hansa.sources import Reader
from hansa.sources.files import CHECK_DELIVERY, OTHER_KINDS, fingerprint

_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def draft_source(path: Path, readers: Mapping[str, Reader]) -> Drafted:
    """What a source of the file at ``path`` would say, held to its own reading by ``readers``.

    Errors: DataError for a file that is missing, empty, of another kind, or holds NUL bytes.
    """
    place = str(path)
    fingerprint(path, place)
    share = share_of(path)
    if not share.head:
        raise DataError("source.empty", "the file is empty", where=place, next_step=CHECK_DELIVERY)
    named = format_of(share.head)
    if named is not None:
        return _statement(path, draft_statement(place, *named), readers)
    if share.head.startswith(_BOOKS):
        return proved(path, draft_workbook(path, place, share.head), readers)
    for magic, (kind, mend) in OTHER_KINDS.items():
        if share.head.startswith(magic) and magic not in (b"\xff\xfe", b"\xfe\xff"):
            raise DataError("source.kind", f"it is {kind}", where=place, next_step=mend)
    told = told_encoding(path, share, place)
    made = draft_delimited(path, place, told, share.whole) or draft_fixed(place, told, share.whole)
    if made is None:
        missing = Finding(("separator",), None, "nothing parts its lines into fields", "unsure", "is it a table?")
        return Drafted(place, (*told.findings, missing), (), None)
    return proved(path, made, readers)


def _statement(path: Path, draft: Drafted, readers: Mapping[str, Reader]) -> Drafted:
    """A statement read once; its columns are those of its format."""
    from hansa.source_draft.trial_types import typed_by_values

    name = draft.words["format"]
    if name not in readers:
        seen = "no enabled plugin reads this format"
        return draft.with_findings(draft.findings[0].doubted(seen, "is hansa-statements installed?"))
    return proved(path, typed_by_values(path, draft, readers), readers)
