"""Bank statements as sources: one row for each booked entry, and the balances checked before a row is read."""
