"""Source-aligned products of the governance team."""
