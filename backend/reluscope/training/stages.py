"""A run's way in stages, as a script tells it: each is one loop. Hyperparameters may change within
a stage; another ReLU, another rule or another way to the gradient begin the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from .change import Change
from .forms import FORMS, Form
from .networks import remembers
from .rules import Rule
from .spec import RunSpec

WAYS = {
    "autograd": "the gradient by autograd",
    "closed_form": "the gradient by hand",
    "gram": "the gradient by hand, in the space of the samples",
}


@dataclass
class Stage:
    """Iterations of one loop."""

    spec: RunSpec
    """As it begins."""
    start: int
    stop: int
    """One past its last; `start` for a stage that was left before it had an iteration."""
    iterations: list[int]
    """When hyperparameters change."""
    rules: list[Rule]
    """Before, between and after."""

    @staticmethod
    def of(spec: RunSpec, start: int) -> "Stage":
        """One that has yet to come to its stop."""
        return Stage(spec, start, start, [], [spec.update])

    def takes(self, spec: RunSpec) -> bool:
        """Whether its loop can go on by `spec`, with no more than other hyperparameters."""
        names = ("relu", "gradients", "on_nonfinite")
        same = all(getattr(spec, name) == getattr(self.spec, name) for name in names)
        return same and remembers(self.rules[-1], spec.update)

    def change(self, iteration: int, rule: Rule) -> None:
        """Go on by other hyperparameters. Of changes between two iterations the last counts."""
        if iteration == [self.start, *self.iterations][-1]:
            self.rules[-1] = rule
        else:
            self.iterations.append(iteration)
            self.rules.append(rule)

    def end(self, iteration: int) -> None:
        """Leave it. A change at this very iteration comes too late for its loop: the next stage
        begins by a rule of its own."""
        self.stop = iteration
        if self.iterations[-1:] == [iteration]:
            self.iterations.pop()
            self.rules.pop()

    def follows(self, before: "Stage") -> bool:
        """Whether its rule remembers what that of the stage before has left."""
        ways = (before.spec.gradients, self.spec.gradients)
        return remembers(before.rules[-1], self.rules[0]) and (
            ways[0] == ways[1] or "gram" not in ways
        )


def stages(spec: RunSpec, changes: Sequence[Change]) -> list[Stage]:
    """The stages of a run, one at least. A change before the first iteration is how it begins; one
    after its end is none."""
    end = changes[-1].spec.iterations if changes else spec.iterations
    found = [Stage.of(spec, 0)]
    for iteration, after in changes:
        if iteration <= 0:
            found = [Stage.of(after, 0)]
        elif iteration < end and found[-1].takes(after):
            found[-1].change(iteration, after.update)
        elif iteration < end:
            found[-1].end(iteration)
            found.append(Stage.of(after, iteration))
    found[-1].end(end)
    return found


def forms(story: Sequence[Stage]) -> list[Form]:
    """How each finds the gradient. Stages in gram, one after the other, share their tensors."""
    found: list[Form] = []
    for gradients, group in groupby(story, key=lambda stage: stage.spec.gradients):
        together = list(group)
        rules = [rule for stage in together for rule in stage.rules]
        found += [FORMS[gradients](together[0].spec, rules)] * len(together)
    return found


def told(before: Stage, after: Stage) -> Iterator[str]:
    """What is another from `after` on, in words."""
    if after.spec.relu != before.spec.relu:
        yield "another ReLU"
    if after.spec.gradients != before.spec.gradients:
        yield WAYS[after.spec.gradients]
    if not after.follows(before):
        same = type(after.rules[0]) is type(before.rules[-1])
        yield "the update rule begins anew" if same else "another update rule"
    if after.spec.on_nonfinite != before.spec.on_nonfinite:
        yield f"{after.spec.on_nonfinite} at the first NaN or infinity"


def way_over(before: Form, after: Form) -> list[str]:
    """From the tensors of the one form to those of the other."""
    if before is after:
        return []
    lines: list[str] = []
    if before.recorded and not after.recorded:
        lines += [f"{name}.requires_grad_(False)" for name in ("w1", "w2")]
    if before.back:
        lines += before.back
    lines += after.start
    if after.recorded and not before.recorded:
        lines += [f"{name}.requires_grad_()" for name in ("w1", "w2")]
        lines += ["w1.grad = w2.grad = None"]
    return lines
