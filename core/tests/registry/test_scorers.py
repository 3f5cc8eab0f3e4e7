"""Scorers of plugins: one each, by a name of its own."""

import pytest
from hansa.registry import load

OWN = """
    class Own:
        name = {name!r}
        def score(self, job): ...
    @hookimpl
    def hansa_scorer(): return {answer}
"""


def reasons(workshop, **plugins):
    """By plugin why it is left out; each is told the name of its scorer."""
    points = [workshop.plugin(one, OWN.format(name=name, answer="Own()")) for one, name in plugins.items()]
    return {plugin.name: plugin.reason for plugin in load(points).plugins if plugin.name in plugins}


def test_a_scorer_is_known_by_its_name(workshop):
    registry = load([workshop.plugin("far", OWN.format(name="far_2", answer="Own()"))])
    assert list(registry.scorers) == ["far_2"]


def test_two_plugins_with_one_scorer_are_both_left_out(workshop):
    told = reasons(workshop, near="far", other="far")
    assert all("scorer far is claimed by near" in reason for reason in told.values())


@pytest.mark.parametrize("name", ["", "Far", "far-1", "1far", None, "local"])
def test_a_name_that_mesh_yaml_cannot_have_leaves_the_plugin_out(workshop, name):
    assert "scorer" in reasons(workshop, far=name)["far"]


@pytest.mark.parametrize("answer", ["1", "'far'", "Own", "object()"])
def test_what_is_no_scorer_leaves_the_plugin_out(workshop, answer):
    code = OWN.format(name="far", answer=answer).replace("def score", "def other")
    (told,) = [plugin for plugin in load([workshop.plugin("far", code)]).plugins if plugin.name == "far"]
    assert "'hansa_scorer' does not answer a scorer with a name" in told.reason
