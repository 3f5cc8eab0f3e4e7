"""Overlays of the small house's ``a.rows``, and the text of a mesh that is under one."""

OWN = """extends: a.rows@1
schema:
- name: rows
  properties:
  - {name: note, logicalType: string, description: What the desk wrote}
"""
AMOUNT = "extends: a.rows@1\nschema:\n- name: rows\n  properties:\n  - name: amount\n"
OVERLAID = "modules: {a.one: on, b.two: on}\noverlays: [own.overlay.yaml]\n"
