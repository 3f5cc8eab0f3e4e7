"""Every error code of the house, read from its source: code -> places ``file:line`` where an error gets it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROOTS = {"HansaError"}
CODE = re.compile(r"[a-z]+\.[a-z][a-z0-9_-]*")
#: Where a code is handed on in two parts: file (or folder), name of what is called, which argument, the rooms.
CARRIERS = (
    ("core/hansa/contract/", "fault", 0, ("contract",)),
    ("core/hansa/overlay/", "fault", 0, ("mesh",)),
    ("core/hansa/mesh/", "fault", 0, ("mesh",)),
    ("core/hansa/contract/", "_Cause", 2, ("contract",)),
    ("core/hansa/contract/lint.py", "_warning", 1, ("contract",)),
    ("core/hansa/contract/lint.py", "_note", 1, ("contract",)),
    # An institution's own YAML file is the mesh file.
    ("core/hansa/contract/yaml_text.py", "_fault", 1, ("contract", "mesh")),
    ("core/hansa/contract/yaml_text.py", "self._fault", 0, ("contract", "mesh")),
    ("core/hansa/sources/csv_text.py", "self._refused", 0, ("source",)),
    ("core/hansa/sources/fixed_width.py", "self._refused", 0, ("source",)),
    ("core/hansa/sources/value_checks.py", "self._fault", 0, ("",)),
    ("core/hansa/quarantine/file.py", "_broken", 0, ("quarantine",)),
)
#: Functions that hand a code on, or choose one of several that stand in them as literals.
HAND_ON = {
    "core/hansa/contract/lint.py:_warning",
    "core/hansa/contract/lint.py:_note",
    "core/hansa/contract/nested.py:_house_words",
    "core/hansa/contract/place.py:fault",
    "core/hansa/contract/yaml_text.py:fault",
    "core/hansa/contract/yaml_text.py:_fault",
    "core/hansa/quarantine/file.py:_broken",
    "core/hansa/sources/csv_text.py:_refused",
    "core/hansa/sources/fixed_width.py:_refused",
    "core/hansa/sources/value_checks.py:_fault",
    "core/hansa/store/outage.py:told",
}
#: Functions whose every literal of the shape of a code is one.
CHOOSE = {"core/hansa/store/outage.py:_reason"}
#: Constants of a file in which every literal of the shape of a code is one: what a run prints beside errors.
CONSTANTS = {"core/hansa/source_notes.py:CODES", "core/hansa/calendar.py:EXPECTED"}


def sources():
    """The Python files that raise errors; tests, and what the template of a plugin holds, do not count."""
    found = [path for top in ("core/hansa", "domains", "plugins") for path in (ROOT / top).rglob("*.py")]
    return sorted(path for path in found if not {"tests", ".venv", "templates"} & set(path.parts))


def _classes(trees):
    """Names of the classes of errors that are made with a code first: one with its own ``__init__`` gives it itself."""
    found = [(node, [ast.unparse(base) for base in node.bases]) for tree in trees for node in _defined(tree)]
    known = set(ROOTS)
    while more := {node.name for node, bases in found if known & set(bases)} - known:
        known |= more
    return known - {node.name for node, _ in found if _makes_itself(node) and node.name not in ROOTS}


def _defined(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


def _makes_itself(node):
    return any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body)


def codes():
    """All codes with their places, and the places whose code cannot be read."""
    trees = {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sources()}
    classes = _classes(trees.values())
    found, unread = {}, []
    for file, tree in trees.items():
        reader = _Reader(file, classes)
        reader.visit(tree)
        for code, place in reader.found:
            found.setdefault(code, []).append(place)
        unread += reader.unread
    return dict(sorted(found.items())), unread


class _Reader(ast.NodeVisitor):
    def __init__(self, file, classes):
        self.file, self.classes = file, classes
        self.function, self.found, self.unread = "", [], []

    def visit_FunctionDef(self, node):
        outer, self.function = self.function, node.name
        if f"{self.file}:{node.name}" in CHOOSE:
            self._take_literals(node)
        self.generic_visit(node)
        self.function = outer

    def visit_Assign(self, node):
        if f"{self.file}:{ast.unparse(node.targets[0])}" in CONSTANTS:
            self._take_literals(node)
        self.generic_visit(node)

    def _take_literals(self, node):
        texts = [n for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        self.found += [(n.value, self._place(n)) for n in texts if CODE.fullmatch(n.value)]

    def visit_Call(self, node):
        name = ast.unparse(node.func)
        if name in self.classes or (name == "super().__init__" and self._coded(node)):
            self._take(node, node.args[0] if node.args else None, ("",))
        for place, called, at, rooms in CARRIERS:
            if self.file.startswith(place) and (name == called or (called == "fault" and name.endswith(".fault"))):
                self._take(node, node.args[at], rooms)
        self.generic_visit(node)

    @staticmethod
    def _coded(node):
        first = node.args[0] if node.args else None
        return isinstance(first, ast.Constant) and bool(CODE.fullmatch(str(first.value)))

    def _take(self, node, given, rooms):
        options = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
        for option in options:
            if isinstance(option, ast.Constant) and isinstance(option.value, str):
                words = [f"{room}.{option.value}".lstrip(".") for room in rooms]
                self.found += [(word, self._place(node)) for word in words]
            elif ast.unparse(option).endswith(".code"):
                # The code of another error is handed on.
                continue
            elif f"{self.file}:{self.function}" not in HAND_ON:
                self.unread.append(self._place(node))

    def _place(self, node):
        return f"{self.file}:{node.lineno}"
