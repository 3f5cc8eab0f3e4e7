from hansa.testing import Conformance


class TestSandbox(Conformance, plugin="sandbox"): ...
