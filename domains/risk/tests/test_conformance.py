from hansa.testing import Conformance


class TestRisk(Conformance, plugin="risk"): ...
