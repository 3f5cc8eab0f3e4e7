from hansa.testing import Conformance


class TestRisk(Conformance, plugin="risk"):
    def test_every_product_is_proven_on_synthesised_rows(self, hansa_kit, hansa_subject):
        """A model is trained, days are scored by it, alerts are picked and measured: none of it is skipped."""
        trials = {id: hansa_kit.product(hansa_subject, id) for id in hansa_subject.products}
        results = {(id, r.reason) for id, t in trials.items() for r in (t.deterministic, t.idempotent, t.contract)}
        assert results == {(id, "") for id in trials}
