"""The store: tables, snapshots, content-addressed artefacts and the one reading door. The one room that knows PyIceberg."""
