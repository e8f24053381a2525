"""The Gram form is the same training: its losses are near, its weights are those, and company does
not show."""

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reluscope.training.gram import GramRun
from reluscope.training.problem import draw
from reluscope.training.relus import RELUS, Relu
from reluscope.training.rules import RULES
from reluscope.training.spec import RunSpec
from reluscope.training.trainer import Trainer, advance

from .plain import by_rule

SMALL = {"n": 16, "d_in": 60, "hidden": 30, "d_out": 5, "iterations": 60, "diagnostics_every": 7}

STEPS = [
    {"rule": "sgd"},
    {"rule": "manual"},
    {"rule": "manual_data"},
    {"rule": "sgd", "momentum": 0.9},
    {"rule": "sgd", "momentum": 0.9, "dampening": 0.3},
    {"rule": "sgd", "momentum": 0.8, "nesterov": True},
    {"rule": "sgd", "weight_decay": 30.0},
    {"rule": "sgd", "weight_decay": 3.0, "momentum": 0.9, "nesterov": True},
    {"rule": "sgd", "lr_w1": 3e-5},
    {"rule": "sgd", "lr_w2": 3e-5, "weight_decay": 0.5},
]


def spec_of(update: dict[str, object] | None = None, **fields) -> RunSpec:
    fields = {**SMALL, "gradients": "gram", "dtype": "float64", **fields}
    return RunSpec.model_validate({**fields, "update": {"lr": 1e-4, **(update or {})}})


def by_autograd(spec: RunSpec) -> RunSpec:
    return spec.model_copy(update={"gradients": "autograd"})


@pytest.mark.parametrize("update", STEPS, ids=str)
def test_every_linear_step_is_the_same_mathematics(update):
    gram, plain = Trainer(spec_of(update)), Trainer(by_autograd(spec_of(update)))
    ours, theirs = gram.advance(60), plain.advance(60)
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-9)
    np.testing.assert_allclose(ours.diagnostics, theirs.diagnostics, rtol=1e-9)
    for w, expected in zip(gram.weights(), plain.weights(), strict=True):
        torch.testing.assert_close(w, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("relu", RELUS)
def test_every_relu_is_the_same_mathematics(relu):
    spec = spec_of(relu=relu)
    ours, theirs = Trainer(spec).advance(60), Trainer(by_autograd(spec)).advance(60)
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-9)


def test_at_the_tutorials_shape_float32_stays_close():
    spec = RunSpec.model_validate({"gradients": "gram"})
    ours, theirs = Trainer(spec).advance(100), Trainer(by_autograd(spec)).advance(100)
    assert (ours.losses != theirs.losses).any()
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-4)


@settings(max_examples=30)
@given(
    shape=st.tuples(*[st.integers(1, 40)] * 4),
    company=st.integers(2, 9),
    update=st.sampled_from(STEPS),
    relu=st.sampled_from(sorted(RELUS)),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_a_curve_does_not_depend_on_company(shape, company, update, relu, dtype):
    sizes = dict(zip(("n", "d_in", "hidden", "d_out"), shape, strict=True))
    specs = [
        spec_of(
            {**update, "lr": 1e-4 / (1 + seed)},
            seed=seed,
            relu=relu,
            dtype=dtype,
            on_nonfinite="continue",
            **sizes,
        )
        for seed in range(company)
    ]
    alone = [Trainer(spec).advance(9) for spec in specs]
    together = [Trainer(spec) for spec in specs]
    if together[0].company is None:
        return
    for trainer in (*together[::2], *together[1::2]):
        trainer.advance(2)
    pieces = [advance(together, 3), advance(together[::-1], 2)[::-1], advance(together, 2)]
    for place, expected in enumerate(alone):
        losses = np.concatenate([piece[place].losses for piece in pieces])
        np.testing.assert_array_equal(losses, expected.losses[2:], strict=True)


def test_the_tutorials_shape_has_the_same_bits_alone_and_in_company():
    specs = [RunSpec.model_validate({"gradients": "gram", "seed": seed}) for seed in range(32)]
    found = advance([Trainer(spec) for spec in specs], 40)
    for spec, result in list(zip(specs, found, strict=True))[::5]:
        alone = Trainer(spec).advance(40)
        assert result.losses.tolist() == alone.losses.tolist()
        assert result.diagnostics.tolist() == alone.diagnostics.tolist()


@settings(max_examples=40)
@given(
    ahead=st.lists(st.tuples(st.integers(1, 12), st.sampled_from([0, 1, 3, 7])), min_size=2),
    turns=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    update=st.sampled_from(STEPS),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_each_is_diagnosed_at_its_own_iterations_as_if_alone(ahead, turns, update, dtype):
    """However far each is, and however often it is due."""
    shape = {"n": 32, "d_in": 20, "hidden": 64, "d_out": 10}
    company, alone = (
        [
            Trainer(spec_of(update, **shape, seed=seed, diagnostics_every=every, dtype=dtype))
            for seed, (_, every) in enumerate(ahead)
        ]
        for _ in range(2)
    )
    assert company[0].company is not None
    for one, other, (iterations, _) in zip(company, alone, ahead, strict=True):
        one.advance(iterations)
        other.advance(iterations)
    for count in turns:
        for result, trainer in zip(advance(company, count), alone, strict=True):
            expected = trainer.advance(count)
            assert np.array_equal(result.losses, expected.losses, equal_nan=True)
            assert np.array_equal(result.diagnostics, expected.diagnostics, equal_nan=True)


@pytest.mark.parametrize("places", [[0], [19], [3, 4, 5], [0, 2, 3, 9, 11, 18, 19], range(20)])
def test_those_that_are_asked_for_are_diagnosed(places):
    company = GramRun.together([Trainer(spec_of(seed=seed)).network for seed in range(20)])
    with torch.no_grad():
        company.forward()
        whole, found = company.diagnose(range(20)), company.diagnose(places)
    assert len({tuple(row) for row in whole.tolist()}) == 20
    assert found.tolist() == whole[list(places)].tolist()


def test_where_company_would_show_runs_stay_alone():
    """One output makes some products those of a matrix and a vector, which have another order."""
    sizes = [{"n": 9, "d_in": 1, "hidden": 5, "d_out": 1}, {"n": 600, "d_in": 2}]
    assert [Trainer(spec_of(dtype="float32", **size)).company for size in sizes] == [None, None]


def test_only_runs_of_one_kind_keep_company():
    even = {"d_out": 4}
    kinds = [
        spec_of(**even),
        spec_of({"momentum": 0.5}, **even),
        spec_of({"weight_decay": 0.5}, **even),
        spec_of(**even, relu="relu"),
        spec_of(**even, hidden=32),
        spec_of(d_out=6),
        spec_of(**even, n=18),
        spec_of(**even, dtype="float32"),
    ]
    companies = [Trainer(spec).company for spec in kinds]
    assert None not in companies
    assert len(set(companies)) == len(kinds)
    assert Trainer(spec_of({"lr": 1e-7}, seed=5, d_in=61, d_out=4)).company == companies[0]
    assert Trainer(by_autograd(spec_of())).company is None


def test_a_change_in_company_is_a_change_alone():
    specs = [spec_of({"momentum": 0.9}, seed=seed) for seed in range(3)]
    alone, together = ([Trainer(spec) for spec in specs] for _ in range(2))
    for trainer in alone:
        trainer.advance(10)
    advance(together, 10)
    for trainers in (alone, together):
        rule = specs[1].update.changed({"lr": 2e-5, "momentum": 0.5})
        trainers[1].change(by_rule(specs[1], rule))
    expected = [trainer.advance(10).losses.tolist() for trainer in alone]
    assert [result.losses.tolist() for result in advance(together, 10)] == expected


@pytest.mark.parametrize(
    "changed", [{"weight_decay": 5.0}, {"weight_decay": 0.0}, {"momentum": 0.0}, {"lr_w2": 0.0}]
)
def test_a_change_is_that_of_the_plain_form(changed):
    spec = spec_of({"momentum": 0.9, "weight_decay": 1.0})
    curves = []
    for trainer in (Trainer(spec), Trainer(by_autograd(spec))):
        first = trainer.advance(20).losses
        trainer.change(by_rule(trainer.spec, spec.update.changed(changed)))
        curves.append([*first, *trainer.advance(20).losses])
    np.testing.assert_allclose(*curves, rtol=1e-9)


def test_only_the_first_velocity_is_undampened_whatever_changes():
    spec = spec_of({"dampening": 0.3})
    curves = []
    for trainer in (Trainer(spec), Trainer(by_autograd(spec))):
        rule, losses = spec.update, [trainer.advance(5).losses]
        for changed in (
            {"momentum": 0.9},
            {"dampening": 0.0},
            {"dampening": 0.5},
            {"momentum": 0.0},
            {"dampening": 0.1},
            {"momentum": 0.5},
        ):
            rule = rule.changed(changed)
            trainer.change(by_rule(trainer.spec, rule))
            losses.append(trainer.advance(5).losses)
        curves.append(np.concatenate(losses))
    np.testing.assert_allclose(*curves, rtol=1e-9)


def test_one_that_diverges_leaves_its_company_alone():
    specs = [spec_of({"lr": 1.0 if seed == 1 else 1e-4}, seed=seed) for seed in range(3)]
    alone = [Trainer(spec).advance(30) for spec in specs]
    together = advance([Trainer(spec) for spec in specs], 30)
    assert [result.losses.tolist() for result in together] == [a.losses.tolist() for a in alone]
    assert [result.nonfinite for result in together] == [a.nonfinite for a in alone]
    assert together[1].nonfinite is not None


def test_a_rule_whose_step_is_not_linear_is_refused():
    problem = draw(spec_of())
    with pytest.raises(ValueError, match="adam is not linear"):
        GramRun(problem, RELUS["clamp"], RULES["adam"]())


def test_a_relu_that_is_not_elementwise_gets_h_as_it_knows_it(monkeypatch):
    def centred(h):
        assert h.dim() == 2
        return (h - h.mean(dim=0)).clamp(min=0)

    monkeypatch.setitem(
        RELUS, "centred", Relu("centred", centred, "", "", "", "", elementwise=False)
    )
    spec = spec_of(relu="centred")
    ours, theirs = Trainer(spec), Trainer(by_autograd(spec))
    assert ours.company is None
    np.testing.assert_allclose(ours.advance(30).losses, theirs.advance(30).losses, rtol=1e-9)


def test_a_velocity_that_was_only_asked_for_is_none_that_moves():
    """Momentum and then dampening, with no iteration between: the first velocity is yet to come."""
    spec = spec_of()
    curves = []
    for trainer in (Trainer(spec), Trainer(by_autograd(spec))):
        first = trainer.advance(5).losses
        rule = spec.update.changed({"momentum": 0.9})
        trainer.change(by_rule(trainer.spec, rule))
        trainer.change(by_rule(trainer.spec, rule.changed({"dampening": 0.5})))
        curves.append([*first, *trainer.advance(5).losses])
    np.testing.assert_allclose(*curves, rtol=1e-9)


@pytest.mark.parametrize(
    "shape", [(1, 32, 15), (17, 12, 13), (17, 21, 1), (13, 15, 8), (16, 30, 5)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_alone_again_a_curve_does_not_show_the_company_that_was(shape, dtype):
    """Where a run's tensors begin in memory decides, at some shapes, the order of a sum."""
    sizes = dict(zip(("n", "hidden", "d_out"), shape, strict=True))
    specs = [spec_of(seed=seed, dtype=dtype, **sizes) for seed in range(32)]
    together = [Trainer(spec) for spec in specs]
    if together[0].company is None:
        return
    first = advance(together, 5)
    for spec, trainer, result in list(zip(specs, together, first, strict=True))[::3]:
        alone = Trainer(spec).advance(15).losses.tolist()
        assert [*result.losses, *trainer.advance(10).losses] == alone


def test_who_leaves_keeps_nothing_of_the_company():
    trainers = [Trainer(spec_of({"momentum": 0.9}, seed=seed, d_out=4)) for seed in range(8)]
    advance(trainers, 3)
    network = trainers[1].network
    norm = trainers[1].last.gradient_norm()
    trainers[1].leave()
    for value in network.tensors.values():
        assert value.untyped_storage().nbytes() == value.nbytes
    assert trainers[1].last.gradient_norm() == norm


@pytest.mark.parametrize("others", [0, 3])
def test_a_run_that_is_dropped_is_freed_at_once(others):
    """With its tensors, which may be a GPU's: not when the collector comes by."""
    trainers = [Trainer(spec_of(seed=seed)) for seed in range(1 + others)]
    advance(trainers, 3)
    trainers[0].leave()
    network = weakref.ref(trainers[0].network)
    gc.disable()
    try:
        del trainers[0]
        assert network() is None
    finally:
        gc.enable()


def test_one_that_is_rewound_moves_only_itself():
    """From its first turn on, with a first velocity that is undampened."""
    update = {"momentum": 0.9, "dampening": 0.3, "weight_decay": 1.0}
    specs = [spec_of({**update, "lr": 1.0 if s == 1 else 1e-4}, seed=s) for s in range(3)]
    alone, together = ([Trainer(spec) for spec in specs] for _ in range(2))
    first, second = advance(together, 30), advance(together, 9)
    for trainer, *ours in zip(alone, first, second, strict=True):
        theirs = [trainer.advance(len(first[0].losses)), trainer.advance(9)]
        for result, expected in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(result.losses, expected.losses)
            assert result.nonfinite == expected.nonfinite


def test_a_rewound_run_has_the_losses_that_came_before():
    spec = spec_of({"momentum": 0.9, "dampening": 0.3, "lr": 1.0})
    unwatched = Trainer(spec)
    unwatched.watchful = False
    found = Trainer(spec).advance(60).losses
    np.testing.assert_array_equal(found, unwatched.advance(60).losses[: len(found)])
    assert not np.isfinite(found[-1])
