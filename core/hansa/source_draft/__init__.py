"""Finding the words of a source: a draft of a file, and a trial that reads it by words without publishing it."""

from hansa.source_draft.draft import draft_source
from hansa.source_draft.drafted import Drafted
from hansa.source_draft.finding import Finding
from hansa.source_draft.written import written

__all__ = ["Drafted", "Finding", "draft_source", "written"]
