"""A run as one plain PyTorch script, in the tutorials' manner, that prints the run's own losses.

It is read from top to bottom: settings, data and start weights, the loop, the plot. It imports
nothing of this package; what the run's ReLU or rule needs of its module is written out.
"""

import sys
import textwrap
from collections.abc import Mapping, Sequence

from ..errors import InvalidFields, NoSource
from .change import Change
from .forms import FORMS, Form
from .relus import RELUS, Relu
from .rules import Rule
from .sources import Definitions, Source, names_bound_in, names_in
from .spec import RunSpec, check_known
from .written import Update, update

COMMENT_WIDTH = 98


def script(
    spec: RunSpec,
    changes: Sequence[Change] = (),
    environment: Mapping[str, str | int] | None = None,
) -> str:
    """The text of a script that prints `iteration loss` for each iteration of the run of `spec`.

    `changes` come in the order of their iterations; `environment` is what the run trained on.

    Raises NoSource where the source of the run's ReLU or rule cannot be read, or cannot stand in a
    script; or where they are not known here.
    """
    try:
        check_known(spec, *(after for _, after in changes))
    except InvalidFields as error:
        raise NoSource(str(error)) from None
    iterations, rules = _in_effect(spec, changes)
    form = FORMS[spec.gradients](spec, rules)
    relu, definitions = _bend(RELUS[spec.relu])
    definitions.use("torch")
    updating = update(form.rules, form.weights, definitions, recorded=form.recorded)
    top = "\n".join([*_head(spec, environment), *_imports(definitions)])
    functions = [*definitions.texts.values(), *form.helpers]
    story = [
        _seeded(spec),
        _settings(spec, updating),
        _data(form),
        form.start,
        updating.setup,
        _loop(spec, form, updating, iterations, relu),
        PLOT,
    ]
    told = "\n\n".join("\n".join(paragraph) for paragraph in story if paragraph)
    definitions.keep_off(names_bound_in("\n".join([*PLOTTING, *form.helpers, told])))
    return ("\n\n\n" if functions else "\n\n").join([top, *functions, told]) + "\n"


def _in_effect(spec: RunSpec, changes: Sequence[Change]) -> tuple[list[int], list[Rule]]:
    """When hyperparameters change, and those before, between and after."""
    at = {0: spec.update}
    for iteration, after in changes:
        if iteration < spec.iterations:
            at[max(0, iteration)] = after.update
    return list(at)[1:], list(at.values())


def _bend(relu: Relu) -> tuple[str, Definitions]:
    """The ReLU of h as an expression, and what this needs. Where its code cannot stand alone, the
    function itself is written out."""
    definitions = Definitions()
    try:
        needed = names_in(relu.code) - {"h"}
        if needed <= {"torch"}:
            return relu.code, definitions
        definitions.need(needed, Source.of(relu.apply))
    except (NoSource, SyntaxError):
        definitions = Definitions()
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


def _settings(spec: RunSpec, updating: Update) -> list[str]:
    return [
        f"dtype = torch.{spec.dtype}",
        f'device = torch.device("{spec.device}")',
        "",
        "# Samples, and the widths of the input, of the hidden layer and of the output.",
        f"N, D_in, H, D_out = {spec.n}, {spec.d_in}, {spec.hidden}, {spec.d_out}",
        f"iterations = {spec.iterations}",
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
    spec: RunSpec, form: Form, updating: Update, iterations: Sequence[int], relu: str
) -> list[str]:
    body: list[list[str]] = []
    for iteration, change in zip(iterations, updating.changes, strict=True):
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
        _stop(spec, form),
    ]
    told = "\n\n".join("\n".join(paragraph) for paragraph in body if paragraph)
    head = ["iter_plot = []", "loss_plot = []", "for t in range(iterations):"]
    return [*head, textwrap.indent(told, "    ")]


def _stop(spec: RunSpec, form: Form) -> list[str]:
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
    return [*why, f"if not ({finite}):", "    break"]


PLOT = [
    "if plt:",
    '    plt.figure("Loss")',
    "    ax = plt.gca()",
    '    ax.set_xlabel("iter")',
    '    ax.set_ylabel("loss")',
    '    ax.plot(iter_plot, loss_plot, color="r", linewidth=1, alpha=0.6)',
    "    plt.show()",
]
