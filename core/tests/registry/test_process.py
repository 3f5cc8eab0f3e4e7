"""What is compared before and after guest code, and put back."""

import json
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

FINDER = """
import sys
class Finder:
    def find_spec(self, *given):
        {answer}
sys.meta_path.append(Finder())
"""
#: One after the other: what the guest does, and a word of what is told.
DEEDS = {
    "import sys; sys.path.insert(0, '/nowhere')": "sys.path (adds /nowhere)",
    "import sys; sys.path.clear()": "sys.path (takes",
    "import sys; sys.path.reverse()": "its order",
    "import json, sys; sys.modules['json'] = None": "sys.modules (json)",
    "import json, sys; del sys.modules['json']": "sys.modules (json)",
    "import sys, types; sys.modules['csv'] = types.ModuleType('csv')": "sys.modules (csv)",
    "import builtins; builtins.open = print": "replaces builtins.open",
    "import os; os.environ.clear()": "environment",
    "import os; os.environ['HANSA_SEED'] = '1'": "environment (HANSA_SEED)",
    "import os; os.environ['OMP_NUM_THREADS'] = '1'": "environment (OMP_NUM_THREADS)",
    "import os, time; os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()": "environment (TZ)",
    "import signal; signal.signal(signal.SIGTERM, lambda *a: None)": "SIGTERM",
    "import signal; signal.setitimer(signal.ITIMER_REAL, 500)": "the alarm of the process",
    "import sys; sys.setrecursionlimit(5000)": "the limit of recursion",
    "import sys; sys.meta_path.insert(0, object())": "puts a finder before",
    "import sys; sys.meta_path.pop()": "takes one away",
    "import sys; sys.excepthook = print": "replaces sys.excepthook",
    "import sys; sys.setprofile(lambda *a: None)": "the tracing of Python",
    "import decimal; decimal.getcontext().rounding = 'ROUND_UP'": "precision of decimal",
    "import hashlib; hashlib.sha256 = hashlib.md5": "replaces hashlib.sha256",
    "import polars; polars.LazyFrame.filter = lambda *a: a[0]": "replaces LazyFrame.filter",
    "from hansa.contract.model import Contract; Contract.partition = None": "replaces Contract.partition",
    "import resource as r; r.setrlimit(0, (9999, r.getrlimit(0)[1]))": "the limits of the process",
    "import os; os.close(0)": "standard files are open",
    "import logging; logging.disable(50)": "what is logged at all",
    "import socket; socket.setdefaulttimeout(1)": "the time limit of sockets",
    "import decimal; decimal.DefaultContext.prec = 3": "decimal contexts",
    "import os; os.fork() or os._exit(0)": "a copy of this one",
    "import os; os.chdir('/'); os.environ['X_Y'] = '1'": "X_Y",
    "import pathlib; pathlib.Path.exists = lambda self: False": "replaces Path.exists",
    "import yaml; yaml.parse = print": "replaces yaml.parse",
    "import warnings; warnings.simplefilter('error')": "which warnings are errors",
    "import logging; logging.basicConfig(level=0)": "the root of what is logged",
    "import sys; sys.stdout.reconfigure(encoding='ascii')": "how texts are written",
    "import gc; gc.disable()": "the collection of garbage",
    "import sys; sys.setswitchinterval(100)": "how often threads take turns",
    "import threading; threading.stack_size(65536)": "the stack of threads",
    "import sys; sys.set_int_max_str_digits(640)": "the digits of numbers",
    "import os; os.environ = dict(os.environ)": "what os.environ is",
    "import sys; sys.path_hooks.insert(0, print)": "the hooks of sys.path",
    FINDER.format(answer="raise SystemExit(3)"): "puts a finder behind those of Python",
    FINDER.format(answer="return 5"): "puts a finder behind those of Python",
}
#: A process that has imported what a guest meets. It does each deed, a line of JSON, in a copy of itself.
CODE = """
import json, os, socket, sys
import hansa.contract.model
import hansa.contract.yaml_text
import polars
from hansa.registry.process import Kept

def guest(deed):
    kept = Kept.now()
    exec(deed, {})
    told = kept.changes()
    kept.restore()
    left = kept.changes()
    os.write(1, json.dumps([[*told.grave, *told.slight], [*left.grave, *left.slight]]).encode() + b"\\n")

for line in sys.stdin:
    if not os.fork():
        try:
            guest(json.loads(line))
        except BaseException as error:
            os.write(1, json.dumps([[repr(error)], ["it did not end"]]).encode() + b"\\n")
        finally:
            os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def guest():
    """``guest(DEED)``: what is told of a process that does it, and what is told when that was put back."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", CODE], **pipes) as process:

        def do(deed):
            process.stdin.write(json.dumps(deed) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield do


@pytest.mark.parametrize("deed", DEEDS)
def test_a_change_is_told_and_put_back(guest, deed):
    told, left = guest(deed)
    assert any(DEEDS[deed] in one for one in told), told
    assert left == []


def test_what_libraries_set_when_they_are_imported_stays(monkeypatch):
    from hansa.registry.process import Kept

    monkeypatch.delenv("KMP_INIT_AT_FORK", raising=False)
    kept = Kept.now()
    monkeypatch.setenv("KMP_INIT_AT_FORK", "FALSE")
    assert (kept.changes().grave, kept.changes().slight) == ((), ())
    kept.restore()
    assert os.environ["KMP_INIT_AT_FORK"] == "FALSE"


def test_nothing_done_is_nothing_told():
    from hansa.registry.process import Kept

    kept = Kept.now()
    signal.signal(signal.SIGUSR2, signal.getsignal(signal.SIGUSR2))
    assert (kept.changes().grave, kept.changes().slight) == ((), ())


@given(st.text())
def test_whatever_is_raised_is_told_in_one_printable_line(text):
    from hansa.registry.entering import told

    line = told(ValueError(text))
    assert line.startswith("ValueError")
    assert line.isprintable()
    assert len(line) < 250
