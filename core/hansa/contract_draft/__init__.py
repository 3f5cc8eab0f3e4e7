"""A contract proposed from data: names and types as they were seen, every rule left for its owner.

No value of the data stands in a draft, its comments or an error: only names, counts, shares, lengths and formats.
"""

from hansa.contract_draft.draft import Draft, draft_from
from hansa.contract_draft.opened import Opened, open_data_file, open_table

__all__ = ["Draft", "Opened", "draft_from", "open_data_file", "open_table"]
