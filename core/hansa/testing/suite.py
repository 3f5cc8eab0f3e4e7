"""The tests that every plugin has to pass, as a class to derive from."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import ClassVar

import pytest

from hansa.contract.lint import lint
from hansa.errors import HansaError
from hansa.registry.signature import check_hooks
from hansa.testing.kit import Kit, complete
from hansa.testing.result import Result
from hansa.testing.subject import Subject


def _told(result: Result) -> None:
    """Green, red or skipped, without a trace of frames, which could show what was synthesised."""
    __tracebackhide__ = True
    if result.state == "red":
        pytest.fail(result.reason, pytrace=False)
    if result.state == "skipped":
        pytest.skip(result.reason)
    assert result.state == "green"  # noqa: S101 - this is a test


def _first_line(error: BaseException) -> str:
    line = (str(error).splitlines() or [""])[0][:300]
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


class Conformance:
    """``class TestTreasury(Conformance, plugin="treasury"): ...`` is the whole of a plugin's test file.

    The parameters of the tests are the plugin's own modules, products, contracts and rules.
    """

    __test__: ClassVar[bool] = False
    hansa_plugin: ClassVar[str] = ""

    def __init_subclass__(cls, *, plugin: str = "", **options: object) -> None:
        super().__init_subclass__(**options)
        cls.hansa_plugin = plugin or cls.hansa_plugin
        if not cls.hansa_plugin:
            raise TypeError(f'name the plugin: class {cls.__name__}(Conformance, plugin="treasury")')
        cls.__test__ = True

    def test_plugin_loads(self, hansa_subject: Subject) -> None:
        """It is installed, it is imported, its hooks answer, nobody else claims what it brings."""
        if hansa_subject.reason:
            pytest.fail(f"{self.hansa_plugin} is left out: {hansa_subject.reason}", pytrace=False)
        assert hansa_subject.reports  # noqa: S101 - this is a test

    def test_hooks_match_the_specification(self, hansa_subject: Subject) -> None:
        """Each hook is one that is called, with arguments that it is given."""
        if not hansa_subject.module_name:
            pytest.skip("there is no module whose hooks could be looked at")
        try:
            module = importlib.import_module(hansa_subject.module_name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
            pytest.skip(f"its module cannot be imported: {_first_line(error)}")
        try:
            check_hooks(module)
        except HansaError as error:
            pytest.fail(error.sentence(), pytrace=False)

    def test_python_module_imports(self, hansa_python_module: str) -> None:
        """Every module of its package can be imported, those too that only a product's function loads."""
        try:
            importlib.import_module(hansa_python_module)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
            pytest.fail(f"{hansa_python_module} cannot be imported: {_first_line(error)}", pytrace=False)

    def test_module_is_complete(self, hansa_subject: Subject, hansa_module: str) -> None:
        """A contract is there for all that the module makes and reads."""
        _told(complete(hansa_subject, hansa_module))

    def test_contract_is_valid(self, hansa_subject: Subject, hansa_contract: str) -> None:
        """Lint finds no error in it."""
        path = Path(hansa_subject.contracts[hansa_contract].path)
        errors = [remark.sentence() for remark in lint([path]) if remark.severity == "error"]
        if errors:
            pytest.fail("\n".join(errors), pytrace=False)
        assert path.exists()  # noqa: S101 - this is a test

    def test_clean_rows_are_published(self, hansa_kit: Kit, hansa_subject: Subject, hansa_contract: str) -> None:
        """Rows that keep all rules pass the gate, all of them."""
        _told(hansa_kit.tables(hansa_subject, hansa_contract).clean)

    def test_rule_lets_pass_what_keeps_it(
        self, hansa_kit: Kit, hansa_subject: Subject, hansa_rule: tuple[str, str]
    ) -> None:
        """Rows at the edge of the rule pass."""
        _told(hansa_kit.rule(hansa_subject, *hansa_rule, broken=False))

    def test_rule_stops_what_breaks_it(
        self, hansa_kit: Kit, hansa_subject: Subject, hansa_rule: tuple[str, str]
    ) -> None:
        """What breaks this rule alone is refused, or held, under its name and no other."""
        _told(hansa_kit.rule(hansa_subject, *hansa_rule, broken=True))

    def test_product_is_deterministic(self, hansa_kit: Kit, hansa_subject: Subject, hansa_function: str) -> None:
        """The same inputs give the same rows, in whatever order they come."""
        _told(hansa_kit.product(hansa_subject, hansa_function).deterministic)

    def test_product_is_idempotent(self, hansa_kit: Kit, hansa_subject: Subject, hansa_function: str) -> None:
        """Publishing what a second run gives changes nothing."""
        _told(hansa_kit.product(hansa_subject, hansa_function).idempotent)

    def test_product_keeps_its_contract(self, hansa_kit: Kit, hansa_subject: Subject, hansa_function: str) -> None:
        """Its function gives the contract's columns, and rows that its contract takes."""
        _told(hansa_kit.product(hansa_subject, hansa_function).contract)

    def test_no_clear_personal_data(self, hansa_kit: Kit, hansa_subject: Subject, hansa_contract: str) -> None:
        """Synthesised identifiers of people are in no file, output, message, log or exception of all that was tried."""
        _told(hansa_kit.personal(hansa_subject, hansa_contract))
