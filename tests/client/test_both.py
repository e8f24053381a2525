"""The two rims are alike, and what is documented is true."""

import doctest
import inspect

import pytest

from reluscope import AsyncClient, Client
from reluscope.client import AsyncRun, AsyncSweep, Run, Sweep
from reluscope.client.asked import Spec
from reluscope.training.spec import RunSpec
from tests.server.serving import TINY

PAIRS = [(Client, AsyncClient), (Run, AsyncRun), (Sweep, AsyncSweep)]


def public(kind):
    return {
        name: member
        for name, member in inspect.getmembers(kind)
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
    }


@pytest.mark.parametrize(("waiting", "awaited"), PAIRS)
def test_both_have_the_same_methods(waiting, awaited):
    assert public(waiting).keys() == public(awaited).keys()
    for name, member in public(awaited).items():
        model = public(waiting)[name]
        if isinstance(member, property):
            continue
        assert shape(member) == shape(model), name
        assert inspect.getdoc(model), name
        if member is not model:
            assert member.__doc__.startswith(f"As `{waiting.__name__}.{name}`, "), name
            assert member.__doc__.endswith(inspect.getdoc(model)), name
    assert awaited.__init__.__doc__ is None
    assert shape(awaited.__init__) == shape(waiting.__init__)


def shape(function):
    return [
        (each.name, each.kind, each.default)
        for each in inspect.signature(function).parameters.values()
    ]


def examples():
    finder = doctest.DocTestFinder(recurse=True)
    return [
        pytest.param(test, id=test.name)
        for kind, _ in PAIRS
        for test in finder.find(kind)
        if test.examples
    ]


@pytest.mark.parametrize("example", examples())
def test_examples_are_true(example, scope):
    run = scope.create(**TINY, relu="my_relu", iterations=100).wait(30)
    example.globs = {"scope": scope, "run": run, "url": scope.url}
    if "sweep" in example.docstring:
        grid = {"update.lr": [1e-7, 1e-6], "relu": ["clamp", "half_abs"]}
        sweep = scope.create_sweep(grid=grid, **{**TINY, "update": {}}, iterations=50)
        example.globs["sweep"] = sweep.wait(30)
    told = []
    doctest.DocTestRunner(verbose=False).run(example, out=told.append)
    assert not told, "".join(told)


def test_the_typed_spec_is_that_of_the_server():
    assert Spec.__annotations__.keys() == RunSpec.model_fields.keys()
