"""The scorer ``ray``: rows are scored by the workers of a Ray cluster."""
