"""The store: tables, snapshots, content-addressed artefacts, the one reading door. No other room knows PyIceberg."""
