"""Two plugins that claim one thing."""

import pytest
from hansa.registry import load

GOOD = """
@hookimpl
def hansa_modules():
    return [Module("{module}", products=(source_product("{product}"),))]
"""


def brings(folder):
    return f"@hookimpl\ndef hansa_contracts():\n    return [Path({str(folder)!r})]\n"


def report(registry, name):
    return next(plugin for plugin in registry.plugins if plugin.name == name)


CLAIMS = {
    "product": ("evil.core", "risk.scores", "it claims product risk.scores, but domain risk belongs to plugin risk"),
    "module": ("risk.core", "evil.scores", "it claims module risk.core, but domain risk belongs to plugin risk"),
    "new_product": ("evil.core", "risk.news", "it claims product risk.news"),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_who_claims_what_lies_in_anothers_domain_is_left_out_alone(workshop, claim):
    module, product, told = CLAIMS[claim]
    owner = workshop.plugin("risk", GOOD.format(module="risk.core", product="risk.scores"))
    evil = workshop.plugin("evil", GOOD.format(module=module, product=product))
    registry = load([evil, owner])
    assert told in report(registry, "evil").reason
    assert (report(registry, "risk").state, registry.module_plugins) == ("in", {"risk.core": "risk"})


def test_a_domain_belongs_to_its_plugin_also_while_that_is_broken(workshop):
    owner = workshop.plugin("risk", "raise ValueError")
    evil = workshop.plugin("evil", GOOD.format(module="evil.core", product="risk.scores"))
    assert "domain risk belongs to plugin risk (hansa-risk)" in report(load([owner, evil]), "evil").reason


def test_a_domain_of_nobody_is_free(workshop):
    made = workshop.plugin("house", GOOD.format(module="marketing.core", product="marketing.leads"))
    assert list(load([made]).modules) == ["marketing.core"]


def test_a_later_major_in_a_consumers_package_is_not_the_producers(workshop):
    own, copy = workshop.contracts("own", "risk.scores"), workshop.contracts("copy", "risk.scores", version="2.0.0")
    owner = workshop.plugin("risk", brings(own) + GOOD.format(module="risk.core", product="risk.scores"))
    registry = load([owner, workshop.plugin("reader", brings(copy))])
    assert list(registry.contracts) == [("risk.scores", 1)]
    assert report(registry, "reader").state == "in"


def test_a_copy_with_other_bytes_under_the_producers_version_is_told(workshop):
    own, copy = workshop.contracts("own", "risk.scores"), workshop.contracts("copy", "risk.scores", note="# loose\n")
    owner = workshop.plugin("risk", brings(own) + GOOD.format(module="risk.core", product="risk.scores"))
    registry = load([owner, workshop.plugin("reader", brings(copy))])
    assert report(registry, "risk").reason == ""
    assert report(registry, "reader").reason == (
        "its copy of risk.scores@1.0.0 differs from that of plugin risk, which counts; take that one"
    )
