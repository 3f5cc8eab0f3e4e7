"""Tables of databases as sources: read once, in batches, in one read-only transaction, exactly or not at all."""

from hansa.sources.database.source import DatabaseSource, open_database

__all__ = ["DatabaseSource", "open_database"]
