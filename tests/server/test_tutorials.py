"""From the API's door to a client's hand: the tutorials' own losses, bit for bit."""

import pytest

from reluscope.training.presets import PRESETS

from .watching import Curves, Viewer


@pytest.mark.parametrize("encoding", ["binary", "json"])
def test_both_tutorials_are_served_bit_for_bit(api, live_url, tutorial_losses, encoding):
    """Started as the page starts them, watched while they train, and read again afterwards."""
    catalog = api.http.get("/api/catalog").json()
    presets = {preset["name"]: preset for preset in catalog["presets"] if not preset["grid"]}
    assert presets.keys() == {preset.name for preset in PRESETS} == tutorial_losses.keys()
    with Viewer(f"{live_url}?encoding={encoding}") as viewer:
        ids = {name: api.start(**preset["spec"]) for name, preset in presets.items()}
        curves = Curves(dict.fromkeys(ids.values(), 0))
        viewer.watch(curves.cursors())
        viewer.read(curves, dict.fromkeys(ids.values(), 500))
    assert [view["status"] for view in api.until_ended(*ids.values())] == ["finished"] * 2
    for name, run_id in ids.items():
        assert curves.losses[run_id] == tutorial_losses[name]
        assert api.losses(run_id) == tutorial_losses[name]


def test_a_tutorial_that_is_paced_paused_and_stepped_is_the_same(api, tutorial_losses):
    run_id = api.start(pace=2000.0)
    for at in (30, 90, 150):
        api.until_at(run_id, at)
        api.verb(run_id, "pause")
        api.verb(run_id, "step", iterations=7)
        api.until_status(run_id, "paused")
        api.verb(run_id, "resume")
    api.until_ended(run_id)
    assert api.losses(run_id) == tutorial_losses["autograd"]
