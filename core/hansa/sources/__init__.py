"""Sources: a URI and a mapping become a lazy frame with the contract's column names and the values as they came.

Nothing is cast here; how a source writes its dates and in which zone is handed on to the gate as a ``Reading``.
"""

from hansa.sources.binding import Binding, MappingWords, OffsetWords, known_zone
from hansa.sources.files import translate
from hansa.sources.formats import Reader, built_in_readers, hansa_sources, read_csv, read_parquet
from hansa.sources.reading import SourceFrame, open_file, open_source

__all__ = [
    "Binding",
    "MappingWords",
    "OffsetWords",
    "Reader",
    "SourceFrame",
    "built_in_readers",
    "hansa_sources",
    "known_zone",
    "open_file",
    "open_source",
    "read_csv",
    "read_parquet",
    "translate",
]
