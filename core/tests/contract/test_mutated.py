"""Other people's contracts, spoilt: each is read, or refused in one sentence with a line, never with a traceback."""

import re
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from hansa.cli.contract_shown import lines
from hansa.contract.document import read_document
from hansa.contract.lint import lint
from hansa.contract.shown import shown
from hansa.contract.yaml_text import read_yaml
from hansa.errors import HansaError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "contracts" / "files"
FILES = [path for path in sorted(FOLDER.glob("*.yaml")) if not re.search(r"-v2[0-9]{2}-", path.name)]

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not FILES, reason="../shared is not there")]

SCALARS = [
    None, True, False, 0, -1, 10**40, 1.5, float("nan"), float("inf"), "", " ", "x" * 30_000, "é\u0302\u202e",
    "\U0001f4a9" * 50, "\u0663", "NO", "2026-02-30", "${table}", "'; DROP TABLE x --", "DECIMAL(99,99)", "[", "a.b.c",
    "string", "map", "sql", "[]", [], {}, [None], [[]], {"a": None}, {"property": "tokenise"},
    [{"property": "tokenise", "value": []}], [{"metric": "nullValues", "mustBe": 0}],
]  # fmt: skip
RENAMED = ["quality", "enum", "items", "map", "x", "", "\ufb00", "type"]


def parsed(path):
    """The file as data; one that is no YAML is not mutated."""
    try:
        return read_yaml(path).data
    except HansaError:
        return None


def places(value, path=()):
    """Paths of all that stands in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from places(one, (*path, key))


CONTRACTS = [data for data in map(parsed, FILES) if isinstance(data, dict) and len(list(places(data))) < 600]
CONTRACTS = [(data, list(places(data))) for data in CONTRACTS]


def has(holder, key):
    """True if the key still stands there, after what was spoilt before."""
    if isinstance(holder, list):
        return isinstance(key, int) and key < len(holder)
    return isinstance(holder, dict) and key in holder


def spoil(draw, data, known):
    """Drop, double or change what stands at one of the ``known`` places."""
    *outer, key = draw(st.sampled_from(known))
    holder = data
    for step in outer:
        if not has(holder, step):
            return
        holder = holder[step]
    if not has(holder, key):
        return
    match draw(st.sampled_from(["drop", "change", "change", "rename", "double", "text"])):
        case "drop" if isinstance(holder, dict):
            holder.pop(key, None)
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from(["quality", "enum", "items", "map", "x", "", "ﬀ", "type"]))] = holder.pop(
                key, None
            )
        case "double" if isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        case "text":
            holder[key] = draw(st.text(max_size=20))
        case _:
            holder[key] = deepcopy(draw(st.sampled_from(SCALARS)))


@st.composite
def spoilt(draw):
    data, known = draw(st.sampled_from(CONTRACTS))
    data = deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        spoil(draw, data, known)
    text = yaml.dump(data, allow_unicode=draw(st.booleans()), sort_keys=False, Dumper=yaml.CSafeDumper)
    if draw(st.integers(0, 9)) == 0:
        # A key that stands twice cannot be had of a mapping.
        whole = text.splitlines(keepends=True)
        line = draw(st.sampled_from(whole))
        whole.insert(whole.index(line), line)
        text = "".join(whole)
    return text


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(spoilt())
def test_a_spoilt_contract_is_read_or_refused_with_its_line(tmp_path, text):
    path = tmp_path / "spoilt.odcs.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        document = read_document(path)
    except HansaError as refused:
        faults = [refused]
    else:
        shown(document)
        assert list(lines(document))
        faults = [fault for one in document.objects for fault in one.faults]
    for fault in faults:
        assert re.fullmatch(rf"{re.escape(str(path))}:[0-9]+", fault.where)
        assert fault.sentence().isprintable()
        assert len(fault.sentence()) < 3_000
    said = lint([path])
    assert all(remark.line is not None for remark in said)
    assert len({remark.sentence() for remark in said}) == len(said)
    # What is refused in reading is an error or a warning of lint, and the other way round.
    assert bool(faults) <= any(remark.severity != "note" for remark in said)
