"""The three ways to a gradient, as a script writes them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .rules import Rule
from .spec import RunSpec
from .written import Weight, linear_as_sgd

BATCHED_BELOW = 400
"""For fewer multiplications than this torch's batched product on the CPU has a loop of its own,
which adds in another order than torch.mm; from there on both give the same bits."""


@dataclass
class Form:
    """How a script finds the gradient. Lines without the indent of the place where they belong."""

    weights: list[Weight]
    start: list[str]
    """Once x, y, w1 and w2 are there."""
    forward: list[str]
    """Up to h."""
    predict: str
    backward: list[str]
    recorded: bool = False
    """Whether backward() leaves the gradients with the weights."""
    helpers: list[str] = field(default_factory=list)
    """Functions."""
    linear: bool = False
    """Whether every rule is written as optim.SGD."""
    back: list[str] = field(default_factory=list)
    """What gives w1 again, where it is not among what moves."""


def _autograd(_spec: RunSpec, _rules: list[Rule]) -> Form:
    return Form(
        [Weight("w1", "w1.grad"), Weight("w2", "w2.grad")],
        start=[],
        forward=["h = x.mm(w1)"],
        predict="h_relu.mm(w2)",
        backward=[
            "# Autograd goes back through all that, and leaves the gradients of the loss in w1.grad",
            "# and w2.grad.",
            "loss.backward()",
        ],
        recorded=True,
    )


def _closed_form(_spec: RunSpec, _rules: list[Rule]) -> Form:
    return Form(
        [Weight("w1", "grad_w1"), Weight("w2", "grad_w2")],
        start=[],
        forward=["# Autograd sees the ReLU alone.", "h = x.mm(w1).requires_grad_()"],
        predict="h_relu.detach().mm(w2)",
        backward=[
            "# The gradient of the loss, by hand:",
            "#   dloss/dy_pred = 2 (y_pred - y)",
            "#   dloss/dw2 = h_relu^T dloss/dy_pred",
            "#   dloss/dh_relu = dloss/dy_pred w2^T",
            "#   dloss/dh = relu'(h) * dloss/dh_relu, where torch says what relu' is",
            "#   dloss/dw1 = x^T dloss/dh",
            *_backward(_plainly),
            "grad_w1 = x.t().mm(grad_h)",
        ],
    )


def _plainly(left: str, right: str) -> str:
    return f"{left}.mm({right})"


def _as_a_batch(left: str, right: str) -> str:
    return f"bmm({left}, {right})"


def _backward(product: Callable[[str, str], str]) -> list[str]:
    return [
        "grad_y_pred = 2 * (y_pred - y)",
        f"grad_w2 = {product('h_relu.detach().t()', 'grad_y_pred')}",
        f"grad_h_relu = {product('grad_y_pred', 'w2.t()')}",
        "(grad_h,) = torch.autograd.grad(h_relu, h, grad_h_relu)",
    ]


def _gram(spec: RunSpec, rules: list[Rule]) -> Form:
    """As `gram.Gram` does it, whose runs have a dimension before the others: the step is that of
    optim.SGD, and the products are those of matrices where that gives the same bits."""
    n, hidden, d_out = spec.n, spec.hidden, spec.d_out
    batched = spec.device != "cpu" or min(n * n * hidden, n * hidden * d_out) < BATCHED_BELOW
    decays = any(linear_as_sgd(rule).weight_decay for rule in rules)
    start = [
        "# x stays as it is, so that it is enough to know x x^T. The gradient of w1 is x^T grad_h: w1",
        "# only ever moves along the columns of x^T. With w1 = w1_0 + x^T s, where w1_0 is its start,",
        "# s moves as w1 would, by grad_h, and h = x w1 = x w1_0 + (x x^T) s.",
        "gram = x.mm(x.t())",
        "h0 = x.mm(w1)",
        "s = torch.zeros_like(h0)",
    ]
    if decays:
        start += [
            "# Weight decay shrinks w1_0 too: w1 = a w1_0 + x^T s, with a number a whose gradient is 0.",
            "a = torch.ones(1, 1, dtype=dtype, device=device)",
            "a.grad = torch.zeros_like(a)",
        ]
    h0 = "a * h0" if decays else "h0"
    h = f"torch.addmm({h0}, gram, s)"
    product = _plainly
    if batched:
        h0 = f"({h0})" if decays else h0
        h = f"torch.baddbmm({h0}[None], gram[None], s[None])[0]"
        product = _as_a_batch
    return Form(
        [Weight("s", "grad_h", beside="a" if decays else None), Weight("w2", "grad_w2")],
        start=start,
        forward=["# Autograd sees the ReLU alone.", f"h = {h}.requires_grad_()"],
        predict=product("h_relu.detach()", "w2"),
        backward=[
            "# The gradient of the loss, by hand; relu'(h) is what torch says it is.",
            *_backward(product),
        ],
        helpers=[BATCHED] if batched else [],
        linear=True,
        back=["# w1 itself, as it is now.", f"w1 = {'a * w1' if decays else 'w1'} + x.t().mm(s)"],
    )


FORMS: dict[str, Callable[[RunSpec, list[Rule]], Form]] = {
    "autograd": _autograd,
    "closed_form": _closed_form,
    "gram": _gram,
}

BATCHED = '''\
def bmm(left, right):
    """A product as torch adds it up for batches, which is how the run was trained."""
    return torch.bmm(left[None], right[None])[0]'''
