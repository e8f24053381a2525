"""How the parts of a script are written: its numbers and calls, and each update rule as a person
would write it."""

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import FunctionType
from typing import Any, NamedTuple

import torch

from ..errors import NoSource
from .optimizers import Optimizer
from .rules import Manual, ManualData, Rule, Sgd
from .sources import WIDTH, Definitions, Source


class Weight(NamedTuple):
    """What moves, by the names that a script has for it."""

    name: str
    gradient: str
    beside: str | None = None
    """What moves as it does, by a gradient of its own that it already has."""


def number(value: Any) -> str:
    """A value as a person writes it: 1e-6, not 1e-06. Raises NoSource where it is no literal."""
    if isinstance(value, float) and math.isfinite(value):
        return re.sub(r"e([+-]?)0*(?=\d)", lambda found: f"e{found[1].strip('+')}", repr(value))
    if isinstance(value, float):
        return f'float("{value}")'
    written = repr(value)
    try:
        same = ast.literal_eval(written) == value
    except (ValueError, SyntaxError):
        same = False
    if not same:
        raise NoSource(f"{written} cannot be written as a literal")
    if isinstance(value, tuple):
        inside = ", ".join(map(number, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return f'"{written[1:-1]}"' if isinstance(value, str) and '"' not in written else written


def call(start: str, arguments: Sequence[str], indent: str = "") -> list[str]:
    """A call as it is laid out on one line, on three, or with a line for each argument."""
    inside = ", ".join(arguments)
    if len(line := f"{indent}{start}({inside})") <= WIDTH:
        return [line]
    if len(inside) + len(indent) + 4 <= WIDTH:
        return [f"{indent}{start}(", f"{indent}    {inside}", f"{indent})"]
    each = [f"{indent}    {argument}," for argument in arguments]
    return [f"{indent}{start}(", *each, f"{indent})"]


@dataclass
class Update:
    """An update rule in a script. Each line without the indent of the place where it belongs."""

    settings: list[str] = field(default_factory=list)
    setup: list[str] = field(default_factory=list)
    step: list[str] = field(default_factory=list)
    """In the loop, once the gradients are there."""
    changes: list[list[str]] = field(default_factory=list)
    """For each change what makes it; empty where it makes none."""


def update(
    rules: Sequence[Rule], weights: Sequence[Weight], definitions: Definitions, *, recorded: bool
) -> Update:
    """The first of `rules`, and how to go on from each to the next, in a loop over `weights`.

    `recorded`: whether backward() leaves the gradients, and adds to what it finds there.

    Raises NoSource where the rule is somebody's own and its source cannot be read.
    """
    kind = type(rules[0])
    if kind in (Manual, ManualData):
        return _by_hand(rules, weights, recorded=recorded)
    if kind is Sgd or (isinstance(rules[0], Optimizer) and kind.begin is Optimizer.begin):
        return _by_optimizer(rules, weights, definitions, recorded=recorded)
    return _by_its_own_step(rules, weights, definitions, recorded=recorded)


def linear_as_sgd(rule: Rule) -> Sgd:
    """A rule whose step is linear, as optim.SGD takes it."""
    step = rule.linear()
    assert step is not None
    own = step.rate_w2 if step.rate_w2 != step.rate_w1 else None
    return Sgd.model_construct(
        lr=step.rate_w1,
        lr_w2=own,
        momentum=step.momentum,
        dampening=step.dampening,
        weight_decay=step.weight_decay,
        nesterov=step.nesterov,
    )


def _by_hand(rules: Sequence[Rule], weights: Sequence[Weight], *, recorded: bool) -> Update:
    rates = [number(rule.lr) for rule in rules]  # type: ignore[attr-defined]
    zero = [f"{gradient}.zero_()" for _, gradient, _ in weights] if recorded else []
    if recorded:
        zero = ["# backward() adds to what is there, so the gradients begin at 0 again.", *zero]
    if isinstance(rules[0], Manual):
        moves = [f"{weight} -= learning_rate * {gradient}" for weight, gradient, _ in weights]
        step = ["with torch.no_grad():", *_indented([*moves, *zero])]
    else:
        moves = [f"{weight}.data -= learning_rate * {g}.data" for weight, g, _ in weights]
        step = [*moves, *zero]
    changes = [[f"learning_rate = {new}"] if new != old else [] for old, new in pairwise(rates)]
    return Update([f"learning_rate = {rates[0]}"], [], step, changes)


def _by_optimizer(
    rules: Sequence[Rule], weights: Sequence[Weight], definitions: Definitions, *, recorded: bool
) -> Update:
    first = rules[0]
    cls = first.optimizer if isinstance(first, Optimizer) else torch.optim.SGD
    if getattr(torch.optim, cls.__name__, None) is cls:
        definitions.use("torch", "optim")
        name = f"optim.{cls.__name__}"
    else:
        name = cls.__name__
        definitions.need({name}, Source.of(cls))
    arguments = [_arguments(rule) for rule in rules]
    given = {"lr": "learning_rate"} if "lr" in arguments[0] else {}
    defaults = {key: p.default for key, p in inspect.signature(cls).parameters.items()}
    for key, value in arguments[0].items():
        if key != "lr" and (key not in defaults or value != defaults[key]):
            given[key] = number(value)
    keywords = [f"{key}={value}" for key, value in given.items()]
    setup = call(f"optimizer = {name}", [_groups(first, weights), *keywords])
    grads = [] if recorded else [f"{weight}.grad = {gradient}" for weight, gradient, _ in weights]
    step = [*grads, "optimizer.step()", *(["optimizer.zero_grad()"] if recorded else [])]
    settings = [f"learning_rate = {number(arguments[0]['lr'])}"] if "lr" in given else []
    pairs = pairwise(rules)
    return Update(settings, setup, step, [_regrouped(old, new) for old, new in pairs])


def _arguments(rule: Rule) -> dict[str, Any]:
    if isinstance(rule, Optimizer):
        return rule.arguments()
    return rule.model_dump(exclude={"rule", "lr_w1", "lr_w2"})


def _groups(rule: Rule, weights: Sequence[Weight]) -> str:
    if not isinstance(rule, Sgd):
        return f"[{', '.join(weight for weight, _, _ in weights)}]"
    groups = []
    for (weight, _, beside), rate in zip(weights, (rule.lr_w1, rule.lr_w2), strict=True):
        params = f"[{beside}, {weight}]" if beside else weight
        own = "" if rate is None else f', "lr": {number(rate)}'
        groups.append(f'{{"params": {params}{own}}}')
    return f"[{', '.join(groups)}]"


def _regrouped(old: Rule, new: Rule) -> list[str]:
    """What makes an optimizer of the one rule that of the other."""
    before, after = _arguments(old), _arguments(new)
    lines: list[str] = []
    if isinstance(old, Sgd) and isinstance(new, Sgd):
        rates = list(zip(old.rates(), new.rates(), strict=True))
        apart = [place for place, (was, is_now) in enumerate(rates) if was != is_now]
        before["lr"] = after["lr"] = new.rates()[0]
        if len(set(new.rates())) == 1 and apart:
            before["lr"] = None
        else:
            lines = [
                f'optimizer.param_groups[{place}]["lr"] = {number(rates[place][1])}'
                for place in apart
            ]
    changed = {key: value for key, value in after.items() if value != before[key]}
    if changed:
        lines.append("for group in optimizer.param_groups:")
        lines += [f'    group["{key}"] = {number(value)}' for key, value in changed.items()]
    return lines


def _by_its_own_step(
    rules: Sequence[Rule], weights: Sequence[Weight], definitions: Definitions, *, recorded: bool
) -> Update:
    kind = type(rules[0])
    if kind.begin is not Rule.begin:
        raise NoSource(f"{kind.__name__} begins its steps in a way of its own")
    methods, used = _methods(kind, definitions)
    names = [name for name in kind.model_fields if name != "rule" or name in used]
    names += sorted(used - set(names) - methods.keys())
    values = [{name: number(getattr(rule, name)) for name in names} for rule in rules]
    definitions.use("types", "SimpleNamespace")
    setup = ["state = [{}, {}]"]
    for name in sorted(used & methods.keys()):
        definitions.use("types", "MethodType")
        setup.append(f"rule.{name} = MethodType({methods[name]}, rule)")
    moved = f"[{', '.join(weight for weight, _, _ in weights)}]"
    gradients = f"[{', '.join(gradient for _, gradient, _ in weights)}]"
    step = [
        "with torch.no_grad():",
        *call(methods["step"], ["rule", moved, gradients, "state"], "    "),
    ]
    if recorded:
        step.append(f"{' = '.join(gradient for _, gradient, _ in weights)} = None")
    changes = [
        [f"rule.{name} = {new[name]}" for name in names if new[name] != old[name]]
        for old, new in pairwise(values)
    ]
    settings = call("rule = SimpleNamespace", [f"{n}={value}" for n, value in values[0].items()])
    return Update(settings, setup, step, changes)


def _methods(kind: type[Rule], definitions: Definitions) -> tuple[dict[str, str], set[str]]:
    """Define `step` and what it calls of its own: what the script calls these, and all that they
    use of their rule."""
    found: dict[str, str] = {}
    used: set[str] = set()
    waiting = ["step"]
    while waiting:
        name = waiting.pop()
        function = inspect.getattr_static(kind, name, None)
        if not isinstance(function, FunctionType):
            raise NoSource(f"{kind.__name__}.{name} is no plain method")
        source = Source.of(function)
        node = source.method(function)
        text = source.bare(node)
        mine = _uses(text)
        found[name] = definitions.add(name, text, source)
        waiting += [
            attribute
            for attribute in sorted(mine - used - found.keys())
            if isinstance(inspect.getattr_static(kind, attribute, None), FunctionType)
        ]
        used |= mine
    return found, used


def _uses(text: str) -> set[str]:
    """What a method takes from its first argument."""
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    own = [*function.args.posonlyargs, *function.args.args][0].arg
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == "super":
            raise NoSource(f"{function.name} calls super()")
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == own:
            names.add(node.attr)
    return names


def _indented(lines: Sequence[str]) -> list[str]:
    return textwrap.indent("\n".join(lines), "    ").split("\n")
