from hansa.testing import Conformance


class TestGovernance(Conformance, plugin="governance"): ...
