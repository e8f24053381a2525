"""What is restored goes on with the very bits, and whatever is no checkpoint is refused."""

import contextlib
import json
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from reluscope.training.checkpoint import checksum_of
from reluscope.training.cuda import own_stream
from reluscope.training.gram import GramRun
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES, Manual
from reluscope.training.spec import DTYPES, GRADIENTS, RunSpec
from reluscope.training.trainer import Trainer, advance

from .changing import LINEAR, SMALL, stages, stories
from .plain import by_rule, gentle

LIVELY = {"rule": "sgd", "lr": 1e-4, "momentum": 0.9, "dampening": 0.25, "weight_decay": 0.5}


def spec_of(**fields) -> RunSpec:
    return RunSpec.model_validate({**SMALL, "update": LIVELY, **fields})


def begun(iterations: int = 5, **fields) -> Trainer:
    trainer = Trainer(spec_of(**fields))
    if iterations:
        trainer.advance(iterations)
    return trainer


def again(trainer: Trainer) -> Trainer:
    return Trainer.restore(trainer.checkpoint())


def assert_goes_on_alike(ours: Trainer, theirs: Trainer, count: int = 7) -> None:
    assert ours.iteration == theirs.iteration
    assert ours.spec == theirs.spec
    assert ours.company == theirs.company
    for pieces in ((count, 1), (1, count)):
        for piece in pieces:
            found, expected = ours.advance(piece), theirs.advance(piece)
            np.testing.assert_array_equal(found.losses, expected.losses)
            np.testing.assert_array_equal(found.diagnostics, expected.diagnostics)
            assert str(found.nonfinite) == str(expected.nonfinite)
    for weight, expected_weight in zip(ours.weights(), theirs.weights(), strict=True):
        torch.testing.assert_close(weight, expected_weight, rtol=0, atol=0, equal_nan=True)


# --- the same bits


@settings(max_examples=150)
@given(stories(), st.data())
def test_any_story_goes_on_from_anywhere_as_if_nobody_had_asked(story, data):
    """Also at its first iteration, right before and right after a change, and several times."""
    spec, changes = story
    trainer, restored, losses, expected = Trainer(spec), Trainer(spec), [], []
    for now, start, stop in stages(spec, changes):
        if now is not restored.spec:
            trainer.change(now)
            restored.change(now)
        if data.draw(st.booleans()):
            restored = again(restored)
        cut = data.draw(st.integers(start, stop))
        for count in (cut - start, stop - cut):
            if count:
                losses.append(restored.advance(count).losses)
                expected.append(trainer.advance(count).losses)
            restored = again(restored)
    np.testing.assert_array_equal(np.concatenate(losses), np.concatenate(expected))
    assert_goes_on_alike(restored, trainer)


@pytest.mark.parametrize(("rule", "dtype"), list(product(RULES, DTYPES)), ids=str)
def test_every_rule_in_every_type(rule, dtype):
    for gradients, iterations in product(GRADIENTS, (0, 1, 6)):
        if gradients != "gram" or (rule in LINEAR and dtype != "bfloat16"):
            fields = {"update": gentle(rule), "dtype": dtype, "gradients": gradients}
            trainer = begun(iterations, **fields)
            assert_goes_on_alike(again(trainer), trainer)


@pytest.mark.parametrize("relu", RELUS)
@pytest.mark.parametrize("gradients", GRADIENTS)
def test_every_relu(relu, gradients):
    trainer = begun(relu=relu, gradients=gradients)
    assert_goes_on_alike(again(trainer), trainer)


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_at_the_tutorials_shape(gradients):
    spec = RunSpec(gradients=gradients, update=RULES["sgd"](momentum=0.5))
    trainer = Trainer(spec)
    trainer.advance(10)
    assert_goes_on_alike(again(trainer), trainer)


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_who_is_asked_goes_on_as_who_is_not(gradients):
    asked, other = begun(gradients=gradients), begun(gradients=gradients)
    for _ in range(3):
        asked.checkpoint()
    assert_goes_on_alike(asked, other)


def test_the_same_point_gives_the_same_bytes():
    trainer = begun()
    assert trainer.checkpoint() == trainer.checkpoint() == again(trainer).checkpoint()


def test_dampening_knows_whether_there_was_a_velocity():
    """Only the first is undampened, whatever lies between."""
    for iterations in (0, 3):
        trainer = begun(iterations, gradients="gram")
        restored = again(trainer)
        for spare in (trainer, restored):
            spare.change(by_rule(spare.spec, spare.spec.update.changed({"dampening": 0.5})))
        assert_goes_on_alike(again(restored), trainer)


def test_a_rule_may_remember_tensors_of_any_kind(monkeypatch):
    """Some that share their memory, with a weight or among themselves, or lie in it in an order of
    their own."""

    def step(rule, weights, gradients, state):
        for weight, gradient, own in zip(weights, gradients, state, strict=True):
            if not own:
                room = torch.zeros(3, *weight.shape[::-1], dtype=weight.dtype)
                own["turned"], own["both"] = room[1].t(), room[:2]
                own["weight"], own["row"] = weight.detach(), weight.detach()[:1]
                own["column"] = room.new_ones(5, 1).as_strided((5, 1), (1, 7))
                own["spread"] = torch.ones(1).expand(4)
                own["wide"] = torch.ones(2, dtype=torch.complex128)
                own["count"], own["none"] = torch.tensor(0), torch.empty(0, 3)
            own["turned"].mul_(0.5).add_(gradient)
            own["both"].mul_(0.9)
            own["count"] += 1
            own["wide"] *= 0.5
            weight.sub_(own["turned"] + own["row"] + 0.01 * own["weight"], alpha=rule.lr)
            weight.sub_(own["column"].sum() * own["wide"].real[0] / own["count"], alpha=rule.lr)

    monkeypatch.setattr(Manual, "step", step)
    trainer = begun(update={"rule": "manual", "lr": 1e-4})
    restored = again(trainer)
    for own, expected in zip(restored.network.state, trainer.network.state, strict=True):
        assert list(own) == list(expected)
        for name, value in own.items():
            assert torch.equal(value, expected[name])
            assert value.stride() == expected[name].stride()
            assert value.dtype == expected[name].dtype
        assert own["weight"].data_ptr() == own["row"].data_ptr()
    assert_goes_on_alike(restored, trainer)


# --- what is not finite


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize("on_nonfinite", ["stop", "pause", "continue"])
def test_a_reason_is_word_for_word_the_same(gradients, on_nonfinite):
    """Wherever it was saved: at the start, before the first that is not finite, and after it."""
    fields = {"gradients": gradients, "on_nonfinite": on_nonfinite, "diagnostics_every": 1}
    spec = spec_of(**fields, update={"lr": 0.05})
    whole = Trainer(spec).advance(40)
    assert whole.nonfinite is not None
    for at in range(whole.nonfinite.iteration + 3):
        trainer = Trainer(spec)
        if at:
            trainer.advance(at)
        assert_goes_on_alike(again(trainer), trainer, 30)
    trainer = Trainer(spec)
    trainer.advance(whole.nonfinite.iteration)
    assert str(again(trainer).advance(1).nonfinite) == str(whole.nonfinite)


def test_who_has_told_tells_no_more():
    trainer = begun(40, on_nonfinite="continue", update={"lr": 0.05})
    assert not trainer.watchful
    assert again(trainer).advance(3).nonfinite is None


# --- company

SIZES = {"n": 16, "d_in": 60, "hidden": 30, "d_out": 4, "gradients": "gram"}


def test_in_company_it_is_saved_as_it_is_alone_and_stays():
    alone, together = ([begun(0, **SIZES, seed=seed) for seed in range(4)] for _ in range(2))
    for trainer in alone:
        trainer.advance(5)
    advance(together, 5)
    joint = together[0].network.joint
    saved = [trainer.checkpoint() for trainer in together]
    assert saved == [trainer.checkpoint() for trainer in alone]
    assert all(trainer.network.joint is joint for trainer in together)
    found = advance(together, 5)
    for result, trainer in zip(found, alone, strict=True):
        assert result.losses.tolist() == trainer.advance(5).losses.tolist()
    restored = [Trainer.restore(data) for data in saved]
    for result, expected in zip(advance(restored, 5), found, strict=True):
        assert result.losses.tolist() == expected.losses.tolist()
        assert result.diagnostics.tolist() == expected.diagnostics.tolist()


# --- what it costs


def test_restoring_draws_no_weights_that_are_there(monkeypatch):
    drawn = []
    randn = torch.randn
    monkeypatch.setattr(
        torch, "randn", lambda *shape, **kw: drawn.append(shape) or randn(*shape, **kw)
    )
    x, y, w1 = (9, 12), (9, 4), (12, 10)
    for gradients, expected in (("autograd", [x, y]), ("gram", [x, y, w1])):
        data = begun(gradients=gradients).checkpoint()
        drawn.clear()
        Trainer.restore(data)
        assert drawn == expected
    comer = begun()
    comer.change(spec_of(gradients="gram"))
    data = comer.checkpoint()
    drawn.clear()
    assert isinstance(Trainer.restore(data).network, GramRun)
    assert drawn == [x, y]


def test_it_holds_what_moves_and_little_more():
    weights = 4 * (12 * 10 + 10 * 4)
    assert len(begun(0).checkpoint()) < weights + 2500
    tensors = load(begun().checkpoint())
    assert sorted(tensors) == ["last", "w1", "w1.momentum_buffer", "w2", "w2.momentum_buffer"]


# --- whatever bytes come

SAVED = {gradients: begun(gradients=gradients).checkpoint() for gradients in GRADIENTS}


def assert_refused(data: bytes, why: str | None = None) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        Trainer.restore(data)
    assert type(raised.value) is ValueError


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_one_that_is_cut_short_is_refused(gradients):
    data = SAVED[gradients]
    for length in (*range(10), *range(10, len(data), 97), len(data) - 1):
        assert_refused(data[:length], "no checkpoint" if length < 9 else "cut short")


def test_what_is_something_else_is_refused():
    for data in (b"\x80\x04N.", b"PK\x03\x04" + b"\0" * 99, b"{}", save({"w1": torch.ones(2)})):
        assert_refused(data, "no checkpoint")
    assert_refused(SAVED["gram"] + b"\0", "damaged")


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_one_with_a_name_that_nothing_asks_for_is_refused(gradients):
    renamed = SAVED[gradients].replace(b'"last"', b'" ast"')
    assert renamed != SAVED[gradients]
    assert_refused(renamed, "damaged")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data):
    assert_refused(data)
    assert_refused(len(data).to_bytes(8, "little") + data)


@settings(max_examples=400)
@given(st.data(), st.sampled_from(sorted(SAVED)))
def test_whatever_happens_to_its_bytes_it_is_refused_or_the_same(data, gradients):
    saved = SAVED[gradients]
    damaged = bytearray(saved)
    in_the_header = st.integers(0, 8 + int.from_bytes(saved[:8], "little"))
    places = in_the_header | st.integers(0, len(saved) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=3)):
        damaged[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        assert Trainer.restore(bytes(damaged)).checkpoint() == saved


@settings(max_examples=200)
@given(st.data())
def test_a_sound_one_of_something_that_does_not_fit_is_refused(data):
    """As one from another version of this package might be: its checksum is right."""
    gradients = data.draw(st.sampled_from(sorted(SAVED)))
    text, tensors = opened(SAVED[gradients])
    name = data.draw(st.sampled_from(sorted(tensors)))
    how = data.draw(st.sampled_from(["gone", "shape", "dtype", "text"]))
    if how == "gone" and name != "last":
        del tensors[name]
    elif how == "shape":
        tensors[name] = torch.cat([tensors[name].flatten()] * 2)
    elif how == "dtype" and name != "last":
        tensors[name] = tensors[name].to(torch.float16)
    else:
        told = json.loads(text)
        spec = told["spec"]
        where = data.draw(st.sampled_from([(told, key) for key in told] + [
            (spec, key) for key in ("relu", "hidden", "d_out", "dtype", "device", "update")
        ]))  # fmt: skip
        odd = [None, "cuda:99", 17, "float16", -1, [], {"rule": "sgd", "lr": "x"}, [{}]]
        where[0][where[1]] = data.draw(st.sampled_from(odd))
        if (where[1], where[0][where[1]]) == ("iteration", 17):
            return
        text = json.dumps(told)
    assert_refused(closed(text, tensors))


def opened(data: bytes) -> tuple[str, dict[str, torch.Tensor]]:
    """The text of a checkpoint, and its tensors."""
    stop = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:stop])["__metadata__"]["reluscope"].partition(" ")[2], load(data)


def closed(text: str, tensors: dict[str, torch.Tensor]) -> bytes:
    return save(tensors, {"reluscope": f"{checksum_of(text, tensors)} {text}"})


def test_a_device_that_is_not_here_is_told():
    text, tensors = opened(SAVED["autograd"])
    text = text.replace('"cpu"', '"cuda:77"')
    assert_refused(closed(text, tensors), "a run on cuda:77, which is not here")


def test_what_does_not_fit_is_named():
    text, tensors = opened(SAVED["autograd"])
    text = text.replace('"hidden":10', '"hidden":11')
    assert_refused(closed(text, tensors), r"w1 is of shape \(12, 10\) in float32: expected")


# --- on a GPU


@pytest.mark.cuda
@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize("rule", ["sgd", "adam", "adagrad", "asgd"])
def test_on_cuda_it_goes_on_with_the_very_bits(gradients, rule):
    if gradients == "gram" and rule != "sgd":
        return
    fields = {"gradients": gradients, "device": "cuda", "update": gentle(rule)}
    with own_stream("cuda:0"):
        for iterations in (0, 2, 20):
            trainer = begun(iterations, **fields)
            restored = again(trainer)
            devices = [
                [value.device for own in found.network.state for value in own.values()]
                for found in (trainer, restored)
                if gradients != "gram"
            ]
            assert devices[:1] == devices[1:]
            assert_goes_on_alike(restored, trainer, 9)
