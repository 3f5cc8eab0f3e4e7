"""The kit seen by a team: a good plugin is green, each kind of sin is red under the right test, the rest is skipped."""

import json
import os

import pytest

pytest_plugins = ["pytester"]

CLASS = 'class Test{title}(Conformance, plugin="{name}"): ...\n'
UNORDERED = """return (
    calls.with_row_index("at").sort("tons", maintain_order=True).group_by("day", "berth", maintain_order=True)
    .agg(pl.col("at").first().cast(pl.Int64).alias("tons"))
)"""
RANDOM = """import random
return calls.group_by("day", "berth").agg(tons=pl.lit(random.randrange(10**9)))"""
PRINTS = """print(calls.select("master").collect()["master"][0])
return calls.group_by("day", "berth").agg(pl.col("tons").sum())"""
LOGS = """import logging
logging.getLogger("harbour").debug("call of %s", calls.select("master").collect()["master"][0])
return calls.group_by("day", "berth").agg(pl.col("tons").sum())"""
RAISES = """raise ValueError("cannot read " + calls.select("master").collect()["master"][0])"""
COPIES = 'return calls.group_by("day", pl.col("master").alias("berth")).agg(pl.col("tons").sum())'
NEEDS_MORE = """from hansa.errors import DataError
raise DataError("harbour.few", "a thousand calls are needed to learn from")"""
EMPTY = 'return calls.filter(pl.lit(False)).group_by("day", "berth").agg(pl.col("tons").sum())'
FOREIGN = 'return calls.group_by("day", "berth").agg(pl.col("tons").sum(), pl.len().alias("ships"))'
NEVER = """\
      - {name: flag, logicalType: string, logicalTypeOptions: {minLength: 0}}
    quality:
      - {name: calls.arrived, metric: rowCount, mustBeGreaterOrEqualTo: 0}
"""
UNKNOWN = """\
      - {name: flag, logicalType: string, required: true, logicalTypeOptions: {pattern: "^[a-z&&[^aeiou]]{3}$"}}
      - {name: sign, logicalType: string, quality: [{type: text, name: sign.polite, description: It is polite.}]}
"""
WRONG_HOOK = "\n@hookimpl\ndef hansa_module():\n    return []\n\n\n"


#: Writes down what became of each test: its outcome, its reason, and everything that is shown of it.
RECORDER = """
import json

known = {}


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        shown = report.longreprtext + "".join(text for _, text in report.sections)
        known.setdefault(report.nodeid, [report.outcome, reason, shown])


def pytest_sessionfinish(session):
    (session.config.rootpath / "seen.json").write_text(json.dumps(known))
"""


class Seen:
    """What became of each test, and what was shown on the way."""

    def __init__(self, reports, shown):
        self.reports, self.shown = reports, shown

    def of(self, title):
        """Of one class: for each test its outcome and reason, by its name without the file and the class."""
        return {id.split("::")[-1]: told[:2] for id, told in self.reports.items() if f"::Test{title}::" in id}


SINS = {
    "harbour": {},
    "unordered": {"body": UNORDERED},
    "gambler": {"body": RANDOM},
    "printer": {"body": PRINTS},
    "logger": {"body": LOGS},
    "shouter": {"body": RAISES},
    "copier": {"body": COPIES},
    "learner": {"body": NEEDS_MORE},
    "idler": {"body": EMPTY},
    "foreigner": {"body": FOREIGN},
    "never": {"more": NEVER},
    "strange": {"more": UNKNOWN},
    "misspelt": {"head": WRONG_HOOK},
    "raiser": {"head": "raise RuntimeError('no licence')\n"},
    "lazy": {"files": {"science.py": "import nowhere_to_be_found\n"}},
}
#: Rules are of interest in some of them only.
SELECTED = "Harbour or Never or Strange or not (rule or clean or calls)"
_known = {}


@pytest.fixture
def run(pytester, monkeypatch):
    """pytest in a process of its own, which finds the plugins of these sites."""

    def made(*options, sites):
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(site.folder) for site in sites))
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-q", *options)

    return made


@pytest.fixture
def seen(pytester, make_site, run):
    """All sins in one run of pytest, each a plugin of its own, and one plugin more that has no class."""
    if "all" not in _known:
        site = make_site(pytester.path / "site")
        for name, sin in SINS.items():
            site.harbour(name, **sin)
        site.harbour("unasked")
        classes = "".join(CLASS.format(title=name.capitalize(), name=name) for name in [*SINS, "absent"])
        pytester.makepyfile(test_conformance=f"from hansa.testing import Conformance\n\n\n{classes}")
        pytester.makeconftest(RECORDER)
        done = run("-k", SELECTED, sites=[site])
        reports = json.loads((pytester.path / "seen.json").read_text())
        _known["all"] = Seen(reports, done.stdout.str() + done.stderr.str())
    return _known["all"]


def red(told):
    return sorted(name for name, (outcome, _) in told.items() if outcome == "failed")


def test_a_good_plugin_is_green(seen):
    told = seen.of("Harbour")
    assert red(told) == []
    assert {"test_product_is_deterministic[harbour.dues]", "test_no_clear_personal_data[harbour.dues]"} <= {
        name for name, (outcome, _) in told.items() if outcome == "passed"
    }


def test_every_rule_of_a_contract_has_a_test_of_each_side(seen):
    names = {name for name in seen.of("Harbour") if "[harbour.calls-berth.pattern]" in name}
    assert names == {
        "test_rule_lets_pass_what_keeps_it[harbour.calls-berth.pattern]",
        "test_rule_stops_what_breaks_it[harbour.calls-berth.pattern]",
    }


ONE_RED = {
    "Unordered": ("test_product_is_deterministic[unordered.dues]", "in another order"),
    "Printer": ("test_no_clear_personal_data[printer.dues]", "a value of printer.calls.master stands in stdout"),
    "Logger": ("test_no_clear_personal_data[logger.dues]", "a value of logger.calls.master stands in log records"),
    "Copier": ("test_no_clear_personal_data[copier.dues]", "stands in its column berth"),
    "Lazy": ("test_python_module_imports[hansa_lazy.science]", "No module named 'nowhere_to_be_found'"),
}


@pytest.mark.parametrize("title", ONE_RED)
def test_a_sin_is_red_under_its_test_alone_with_the_reason(seen, title):
    name, reason = ONE_RED[title]
    told = seen.of(title)
    assert red(told) == [name]
    assert reason in told[name][1]


def test_chance_is_red_in_every_respect(seen):
    told = seen.of("Gambler")
    assert red(told) == ["test_product_is_deterministic[gambler.dues]", "test_product_is_idempotent[gambler.dues]"]
    assert "two runs on the same inputs" in told["test_product_is_deterministic[gambler.dues]"][1]


def test_a_function_that_fails_is_red_by_type_and_place(seen):
    told = seen.of("Shouter")
    assert "failed with ValueError at plugin.py:" in told["test_product_is_deterministic[shouter.dues]"][1]
    assert "the text of its exception" in told["test_no_clear_personal_data[shouter.dues]"][1]


def test_what_a_plugin_said_in_clear_is_shown_nowhere(seen):
    shown = seen.shown + "".join(shown for _, _, shown in seen.reports.values())
    assert "printer.calls.master" in shown
    assert "master-0" not in shown


def test_columns_that_the_contract_does_not_know_are_red(seen):
    told = seen.of("Foreigner")
    assert "gives ships, which its contract does not know" in told["test_product_keeps_its_contract[foreigner.dues]"][1]


def test_a_rule_that_nothing_can_break_is_red(seen):
    told = seen.of("Never")
    assert red(told) == [
        "test_rule_lets_pass_what_keeps_it[never.calls-calls.arrived]",
        "test_rule_lets_pass_what_keeps_it[never.calls-flag.minLength]",
        "test_rule_stops_what_breaks_it[never.calls-calls.arrived]",
        "test_rule_stops_what_breaks_it[never.calls-flag.minLength]",
    ]


@pytest.mark.parametrize("title", ["Misspelt", "Raiser", "Absent"])
def test_a_plugin_that_does_not_load_is_red_with_the_reason(seen, title):
    reasons = {"Misspelt": "did you mean 'hansa_modules'", "Raiser": "no licence", "Absent": "no plugin 'absent'"}
    outcome, reason = seen.of(title)["test_plugin_loads"]
    assert (outcome, reasons[title] in reason) == ("failed", True)


def test_a_wrong_hook_is_red_under_its_own_test_too(seen):
    assert seen.of("Misspelt")["test_hooks_match_the_specification"][0] == "failed"


def test_what_cannot_be_synthesised_is_skipped_with_the_reason(seen):
    told = seen.of("Strange")
    outcome, reason = told["test_rule_stops_what_breaks_it[strange.calls-flag.pattern]"]
    assert (outcome, "no value of column 'flag' was found" in reason) == ("skipped", True)
    assert red(told) == []


def test_a_rule_that_is_not_enforced_is_skipped(seen):
    outcome, reason = seen.of("Strange")["test_rule_stops_what_breaks_it[strange.calls-sign.polite]"]
    assert (outcome, "text is for people to read" in reason) == ("skipped", True)


@pytest.mark.parametrize(("title", "word"), [("Learner", "a thousand calls"), ("Idler", "makes no row")])
def test_a_product_of_which_nothing_can_be_seen_is_skipped_never_green(seen, title, word):
    told = seen.of(title)
    of_product = {name: one for name, one in told.items() if name.startswith("test_product_")}
    assert {outcome for outcome, _ in of_product.values()} == {"skipped"}
    assert all(word in reason for _, reason in of_product.values())


def test_without_the_option_only_classes_are_run(seen):
    assert not [id for id in seen.reports if "unasked" in id.lower()]


def test_the_option_finds_plugins_below_the_root_folder_and_doubles_none(pytester, make_site, run):
    own, installed = make_site(pytester.path / "src"), make_site(pytester.path / ".venv" / "site-packages")
    for name in ("east", "west"):
        own.harbour(name)
    installed.harbour("stranger")
    east = CLASS.format(title="East", name="east")
    pytester.makepyfile(test_east=f"from hansa.testing import Conformance\n\n\n{east}")
    done = run("--collect-only", "--hansa", "-k", "loads", sites=[own, installed])
    assert [line for line in done.outlines if "::" in line] == [
        "test_east.py::TestEast::test_plugin_loads",
        "src/hansa_west/plugin.py::TestWest::test_plugin_loads",
    ]


def test_a_class_has_to_name_its_plugin():
    from hansa.testing import Conformance

    with pytest.raises(TypeError, match="name the plugin"):
        type("TestNobody", (Conformance,), {})


def test_a_run_without_conformance_tests_imports_nothing_heavy(pytester, run):
    test = """
        import sys
        def test_light():
            assert not {"polars", "hansa.registry", "hansa.testing.suite"} & set(sys.modules)
    """
    pytester.makepyfile(test_light=test)
    run(sites=[]).assert_outcomes(passed=1)
