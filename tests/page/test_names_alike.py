"""Runs of one name are told apart wherever no row of the table says which is meant."""

from typing import Any

from playwright.sync_api import expect

from tests.page.api import Api
from tests.page.test_names import MIDDLE
from tests.page.visit import Visit

SMALL: dict[str, Any] = {"n": 4, "d_in": 4, "hidden": 3, "d_out": 2, "iterations": 40}


def test_runs_of_one_name_are_told_apart(visit: Visit, api: Api) -> None:
    first, second = (api.start("same", **SMALL, seed=seed) for seed in range(2))
    other = api.start("other", **SMALL, update={"rule": "sgd", "lr": 0})
    names = {f"same · {run_id[:4]}" for run_id in (first, second)}
    visit.until(lambda: set(visit.drawn()) == {*names, "other"}, "three curves")
    expect(visit.table.get_by_role("button", name="same", exact=True)).to_have_count(2)
    labels = visit.page.locator(".hoverlayer .hovertext")

    def are_told() -> bool:
        visit.page.mouse.move(*visit.page.evaluate(MIDDLE, 0))  # it moves until all have ended
        told = labels.all_text_contents()
        return all(any(text.endswith(name) for text in told) for name in names)

    visit.until(are_told, "a label for each")
    summary = visit.charts.locator(".unseen")
    for name in names:
        expect(summary).to_contain_text(f"{name}: finished")

    visit.page.goto(f"{api.url}/?layout=difference&run={other[:8]}")
    for select in (
        visit.page.get_by_label("One run", exact=True),
        visit.page.get_by_label("The run that"),
    ):
        options = select.locator("option")
        visit.until(lambda o=options: names < set(o.all_inner_texts()), "all runs to choose from")
    visit.page.get_by_role("tab", name="Checks").click()
    choices = visit.page.get_by_label("The other run").locator("option")
    expect(choices).to_have_count(3)
    assert names < set(choices.all_inner_texts())


def test_the_two_runs_of_a_difference_are_chosen_by_their_whole_titles(
    visit: Visit, api: Api
) -> None:
    pair = [
        api.start(None, iterations=40, seed=seed, relu="where", tags=["pair"]) for seed in (1, 12)
    ]
    visit.page.goto(f"{api.url}/?layout=difference&pair={'.'.join(one[:8] for one in pair)}")
    select = visit.page.get_by_label("One run", exact=True)
    expect(select.locator("option:checked")).to_have_text(
        "where · sgd · lr 1e-6 · iterations 40 · seed 1"
    )
    box = select.bounding_box()
    assert box
    # A select that is as wide as it would be by itself cuts nothing off.
    free = select.evaluate("""(select) => {
      const alone = select.cloneNode(true);
      alone.style = 'position: absolute; max-width: none; width: auto';
      select.parentElement.append(alone);
      const { width } = alone.getBoundingClientRect();
      alone.remove();
      return width;
    }""")
    assert box["width"] >= free - 1
