"""The first-party contracts, as data."""
