"""A run as one plain PyTorch script, in the tutorials' manner, that prints the run's own losses.

It is read from top to bottom: settings, data and start weights, the loop, the plot. A run that went
on by another ReLU, rule or way to the gradient has a loop for each. It imports nothing of this
package; what the run's ReLU or rule needs of its module is written out.
"""

import sys
import textwrap
from collections.abc import Mapping, Sequence

from ..errors import InvalidFields, NoSource
from .change import Change
from .forms import Form
from .relus import RELUS, Relu
from .rules import Rule
from .sources import Definitions, Source, names_bound_in, names_in
from .spec import RunSpec
from .stages import Stage, forms, stages, told, way_over
from .unknown import UnknownSpec, check_known
from .written import Update, linear_as_sgd, update

COMMENT_WIDTH = 98


def script(
    spec: RunSpec,
    changes: Sequence[Change] = (),
    environment: Mapping[str, str | int] | None = None,
) -> str:
    """The text of a script that prints `iteration loss` for each iteration of the run of `spec`.

    `changes` come in the order of their iterations; `environment` is what the run trained on.

    Raises NoSource where the source of the run's ReLU or rule cannot be read, or cannot stand in a
    script, or where one of them is not known here.
    """
    for known in (spec, *(change.spec for change in changes)):
        _must_be_known(known)
    story = stages(spec, changes)
    ways = forms(story)
    definitions = Definitions()
    definitions.use("torch")
    paragraphs: list[list[str]] = []
    before: tuple[Stage, Form] | None = None
    for stage, form in zip(story, ways, strict=True):
        relu, definitions = _bend(RELUS[stage.spec.relu], definitions)
        updating = _updating(stage, form, before, definitions)
        if before is None:
            settings = _settings(stage.spec, story[-1].stop, updating)
            paragraphs += [_seeded(spec), settings, _data(form), form.start, updating.setup]
        else:
            paragraphs += _over(stage, form, *before, updating)
        if stage.start < stage.stop:
            paragraphs.append(_loop(stage, form, updating, relu, story))
        before = (stage, form)
    text = "\n\n".join("\n".join(lines) for lines in [*paragraphs, PLOT] if lines)
    helpers = list(dict.fromkeys(helper for form in ways for helper in form.helpers))
    definitions.keep_off(names_bound_in("\n".join([*PLOTTING, *helpers, text])))
    top = "\n".join([*_head(spec, environment), *_imports(definitions)])
    functions = [*definitions.texts.values(), *helpers]
    return ("\n\n\n" if functions else "\n\n").join([top, *functions, text]) + "\n"


def _must_be_known(spec: RunSpec) -> None:
    """A run may come from a store, and its ReLU or its rule from a module that is loaded no more."""
    if isinstance(spec, UnknownSpec):
        try:
            check_known(spec)
        except InvalidFields as error:
            raise NoSource(f"this run cannot be trained here: {error}") from None
    if spec.relu not in RELUS:
        raise NoSource(f"the ReLU {spec.relu} is not known here")
    rule = type(spec.update)
    if all(getattr(rule, name) is getattr(Rule, name) for name in ("step", "begin", "linear")):
        raise NoSource(f"the update rule {spec.update.rule} is not known here")


def _updating(
    stage: Stage, form: Form, before: tuple[Stage, Form] | None, definitions: Definitions
) -> Update:
    """The rule of a stage. Where it remembers, that of the stage before goes on."""
    rules = stage.rules
    goes_on = before is not None and stage.follows(before[0])
    if before is not None and goes_on:
        rules = [before[0].rules[-1], *rules]
    if form.linear:
        rules = [linear_as_sgd(rule) for rule in rules]
    found = update(rules, form.weights, definitions, recorded=form.recorded)
    if goes_on:
        return Update([], found.changes[0], found.step, found.changes[1:])
    return found


def _over(
    stage: Stage, form: Form, before: Stage, form_before: Form, updating: Update
) -> list[list[str]]:
    """From one stage to the next, in paragraphs."""
    said = _comment(f"From iteration {stage.start} on: {', '.join(told(before, stage))}.")
    over = way_over(form_before, form)
    if updating.settings:
        return [[*said, *updating.settings], over, updating.setup]
    return [[*said, *over], updating.setup] if over else [[*said, *updating.setup]]


def _bend(relu: Relu, there: Definitions) -> tuple[str, Definitions]:
    """The ReLU of h as an expression, and what this needs beside what is `there`. Where its code
    cannot stand alone, the function itself is written out."""
    definitions = there.copy()
    try:
        needed = names_in(relu.code) - {"h"}
        if needed <= {"torch"}:
            return relu.code, definitions
        definitions.need(needed, Source.of(relu.apply))
    except (NoSource, SyntaxError):
        definitions = there.copy()
        name = getattr(relu.apply, "__name__", relu.name)
        definitions.need({name}, Source.of(relu.apply))
        return f"{name}(h)", definitions
    else:
        return relu.code, definitions


def _head(spec: RunSpec, environment: Mapping[str, str | int] | None) -> list[str]:
    lines = [
        "# Two layers without biases and a ReLU between them: w1 and w2 are trained until",
        "# relu(x w1) w2 comes near y, by the squared error.",
        "#",
    ]
    if spec.name is not None:
        lines += _comment(f'The run "{spec.name}" of reluscope as a plain script.')
    else:
        lines += _comment("A run of reluscope as a plain script.")
    lines += _comment(
        "It prints each iteration and its loss: the same losses, to the last bit, that the run has"
        " with the same torch on the same machine."
    )
    if environment:
        lines += _comment(f"The run had torch {environment['torch']} on {environment['device']}.")
    return lines


def _comment(words: str) -> list[str]:
    """Words of anybody, which must not leave their comment: no character of theirs ends a line, or
    turns the direction of the text."""
    safe = "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in words
    )
    width = COMMENT_WIDTH if safe.isascii() else COMMENT_WIDTH // 2
    return [f"# {line}" for line in textwrap.wrap(safe, width, break_on_hyphens=False)]


def _imports(definitions: Definitions) -> list[str]:
    sections: tuple[list[str], list[str]] = ([], [])
    names: dict[str, set[str]] = {}
    for module, name, other in definitions.imports:
        if name is not None and other is None:
            names.setdefault(module, set()).add(name)
    whole = sorted((m, o or "") for m, name, o in definitions.imports if name is None)
    lines = [(m, f"import {m} as {o}" if o else f"import {m}") for m, o in whole]
    lines += [
        (m, f"from {m} import {', '.join(sorted(found, key=_kind))}")
        for m, found in sorted(names.items())
    ]
    lines += sorted(
        (m, f"from {m} import {name} as {other}")
        for m, name, other in definitions.imports
        if name is not None and other is not None
    )
    for module, line in lines:
        own = module.partition(".")[0] in sys.stdlib_module_names
        sections[0 if own else 1].append(line)
    told = "\n\n".join("\n".join(section) for section in sections if section)
    return [told, "", *PLOTTING]


def _kind(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest, as imports are sorted."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


PLOTTING = [
    "try:",
    "    import matplotlib.pyplot as plt",
    "except ImportError:  # then there is no plot",
    "    plt = None",
]


def _seeded(spec: RunSpec) -> list[str]:
    return [
        "# How a long sum is rounded depends on the number of threads that share it: the run had one.",
        "torch.set_num_threads(1)",
        f"torch.manual_seed({spec.seed})",
    ]


def _settings(spec: RunSpec, iterations: int, updating: Update) -> list[str]:
    return [
        f"dtype = torch.{spec.dtype}",
        f'device = torch.device("{spec.device}")',
        "",
        "# Samples, and the widths of the input, of the hidden layer and of the output.",
        f"N, D_in, H, D_out = {spec.n}, {spec.d_in}, {spec.hidden}, {spec.d_out}",
        f"iterations = {iterations}",
        *updating.settings,
    ]


def _data(form: Form) -> list[str]:
    to = ".to(device).requires_grad_()" if form.recorded else ".to(device)"
    return [
        "# Random data and start weights, drawn on the CPU: so they are the same on every device.",
        "x = torch.randn(N, D_in, dtype=dtype).to(device)",
        "y = torch.randn(N, D_out, dtype=dtype).to(device)",
        f"w1 = torch.randn(D_in, H, dtype=dtype){to}",
        f"w2 = torch.randn(H, D_out, dtype=dtype){to}",
    ]


def _loop(
    stage: Stage, form: Form, updating: Update, relu: str, story: Sequence[Stage]
) -> list[str]:
    body: list[list[str]] = []
    for iteration, change in zip(stage.iterations, updating.changes, strict=True):
        if change:
            made = [f"    {line}" for line in change]
            body.append([f"if t == {iteration}:  # changed by hand while the run trained", *made])
    body += [
        [*form.forward, f"h_relu = {relu}", f"y_pred = {form.predict}"],
        [
            "loss = (y_pred - y).pow(2).sum()",
            "print(t, repr(loss.item()))",
            "iter_plot.append(t)",
            "loss_plot.append(loss.item())",
        ],
        form.backward,
        updating.step,
        _stop(stage, form, last=stage is story[-1]),
    ]
    text = "\n\n".join("\n".join(paragraph) for paragraph in body if paragraph)
    head = ["iter_plot = []", "loss_plot = []"] if stage.start == 0 else []
    return [*head, f"for t in {_span(stage, story)}:", textwrap.indent(text, "    ")]


def _span(stage: Stage, story: Sequence[Stage]) -> str:
    """The iterations of a loop. One that ends early sets `iterations`, for those that follow."""
    stop = "iterations"
    if stage is not story[-1]:
        before = [other for other in story if other.start < stage.start]
        may_have_ended = any(other.spec.on_nonfinite != "continue" for other in before)
        stop = f"min({stage.stop}, iterations)" if may_have_ended else str(stage.stop)
    return f"range({stage.start}, {stop})" if stage.start else f"range({stop})"


def _stop(stage: Stage, form: Form, *, last: bool) -> list[str]:
    spec = stage.spec
    if spec.on_nonfinite == "continue":
        return []
    why = ["# The run ends with the first loss or weight that is NaN or infinite."]
    if spec.on_nonfinite == "pause":
        why = [
            "# The run pauses after the first loss or weight that is NaN or infinite. Without these",
            "# lines it goes on, as the run does when it is resumed.",
        ]
    moving = [name for weight in form.weights for name in (weight.beside, weight.name) if name]
    finite = " and ".join(["loss.isfinite()", *(f"{name}.isfinite().all()" for name in moving)])
    ends = [] if last else ["    iterations = t + 1  # the loops below have none"]
    return [*why, f"if not ({finite}):", *ends, "    break"]


PLOT = [
    "if plt:",
    '    plt.figure("Loss")',
    "    ax = plt.gca()",
    '    ax.set_xlabel("iter")',
    '    ax.set_ylabel("loss")',
    '    ax.plot(iter_plot, loss_plot, color="r", linewidth=1, alpha=0.6)',
    "    plt.show()",
]
