"""What happens in a soak: one table of acts, each as likely as its weight says."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

from tests.soak.viewer import Viewer
from tests.soak.world import World

MAX_RUNS = 40
"""Runs that there are at once, of which so many may train, so that the machine has time for others."""

MAX_TRAINING = 8

MAX_VIEWERS = 8

MAX_STANDING = 2
"""Viewers that stand still for ever."""

Act = Callable[[World, random.Random], Awaitable[None]]

MUON = {"rule": "muon", "lr": 1e-3}
"""Which multiplies in bfloat16, whatever the run does."""

RULES: list[dict[str, Any]] = [
    {"rule": "sgd", "lr": 1e-4},
    {"rule": "sgd", "lr": 1e-3, "momentum": 0.9, "nesterov": True},
    {"rule": "manual", "lr": 1e-4},
    {"rule": "adam", "lr": 1e-2},
    {"rule": "rmsprop", "lr": 1e-3},
    {"rule": "adagrad", "lr": 1e-2},
    {"rule": "nadam", "lr": 1e-3},
    MUON,
]

EXPLODING: list[dict[str, Any]] = [
    {"update": {"rule": "sgd", "lr": 1e3}},
    {"update": {"rule": "manual", "lr": 0.5}, "gradients": "closed_form"},
    {"update": {"rule": "sgd", "lr": 1e30}, "gradients": "gram", "dtype": "float64"},
]
"""Infinity comes within a few iterations, and then NaN."""

PACES = (5.0, 100.0, 300.0, 600.0)

LONG = {"n": 2, "d_in": 2, "hidden": 2, "d_out": 1, "gradients": "gram", "diagnostics_every": 100}
"""A network of which an iteration takes a thirtieth of a millisecond."""

OF_ONE_SIZE = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2}
"""Of runs in bfloat16: for each size of a product in that type, torch (2.13) makes code and keeps it for
good, which is a quarter of a megabyte for a network."""


def spec(chance: random.Random) -> dict[str, Any]:
    """Of a run that is short, or slow."""
    sizes = {"n": 16, "d_in": 32, "hidden": 32, "d_out": 8}
    asked: dict[str, Any] = {name: chance.randint(1, most) for name, most in sizes.items()}
    asked |= {
        "update": chance.choice(RULES),
        "gradients": chance.choice(["autograd", "closed_form"]),
        "relu": chance.choice(["clamp", "my_relu", "relu", "maximum", "where", "half_abs"]),
        "dtype": chance.choice(["float32", "float32", "float64", "bfloat16"]),
        "seed": chance.randrange(1000),
        "diagnostics_every": chance.choice([0, 1, 7, 50]),
        "on_nonfinite": chance.choice(["stop", "pause", "continue"]),
    }
    if asked["dtype"] == "bfloat16" or asked["update"] == MUON:
        asked |= OF_ONE_SIZE
    if chance.random() < 0.3:
        asked |= {"dtype": "float32", **chance.choice(EXPLODING)}
        asked["on_nonfinite"] = chance.choice(["stop", "pause", "continue", "continue"])
    elif chance.random() < 0.2:
        asked |= {"update": RULES[0], "gradients": "gram", "dtype": "float64"}
    if chance.random() < 0.4:
        return {**asked, "iterations": chance.randint(1, 600)}
    return {**asked, "pace": chance.choice(PACES), "iterations": chance.randint(50, 3000)}


# --- runs


async def one_of_each(world: World, chance: random.Random) -> None:
    """Whatever a server loads when it first needs it: torch has much of its own for Adam alone, and
    Parquet is another package. Memory is not compared with what it was before."""
    short = {**LONG, "gradients": "autograd"}
    kinds: list[dict[str, Any]] = [*({"update": rule} for rule in RULES), *EXPLODING]
    kinds += [{"gradients": "closed_form"}, {"dtype": "bfloat16"}, LONG]
    for kind in kinds:
        await world.start({**short, **kind, "iterations": 20, "on_nonfinite": "continue"})
    await world.eventually(world.moving)
    await break_off(world, chance)


async def _has_room(world: World) -> bool:
    return len(world.runs) < MAX_RUNS and len(await world.views("running", "queued")) < MAX_TRAINING


async def start(world: World, chance: random.Random) -> None:
    if await _has_room(world):
        await world.start(spec(chance))


async def start_long(world: World, chance: random.Random) -> None:
    """One of which a viewer is owed more than TCP takes."""
    if await _has_room(world):
        await world.start({**LONG, "iterations": 30_000, "seed": chance.randrange(1000)})


async def sweep(world: World, chance: random.Random) -> None:
    if await _has_room(world):
        base = {**spec(chance), "iterations": 300}
        asked = {"base": base, "grid": {"seed": list(range(chance.randint(2, 4)))}}
        world.made(await world.ask("POST", "/api/sweeps", json=asked))


async def fork(world: World, chance: random.Random) -> None:
    if world.runs and await _has_room(world):
        of, done = chance.choice([*(await world.iterations()).items()])
        at = chance.randint(0, done)
        body = {
            "at": at,
            "count": chance.randint(1, 2),
            "iterations": at + chance.randint(1, 500),
            "pace": chance.choice(PACES),
        }
        world.made(await world.ask("POST", f"/api/runs/{of}/fork", json=body))


async def replay(world: World, chance: random.Random) -> None:
    if world.runs and await _has_room(world):
        world.made(await world.ask("POST", f"/api/runs/{chance.choice(world.runs)}/replay"))


async def _ask_of(world: World, chance: random.Random, verb: str, *statuses: str) -> None:
    if views := await world.views(*statuses):
        run_id = chance.choice(views)["id"]
        body = {"iterations": chance.randint(1, 50)} if verb == "step" else None
        await world.ask("POST", f"/api/runs/{run_id}/{verb}", json=body)


async def pause(world: World, chance: random.Random) -> None:
    await _ask_of(world, chance, "pause", "running", "queued")


async def resume(world: World, chance: random.Random) -> None:
    await _ask_of(world, chance, "resume", "paused")


async def step(world: World, chance: random.Random) -> None:
    await _ask_of(world, chance, "step", "paused", "running")


async def stop(world: World, chance: random.Random) -> None:
    await _ask_of(world, chance, "stop", "running", "paused")


async def change(world: World, chance: random.Random) -> None:
    if views := await world.views("running", "paused"):
        body = chance.choice(
            [
                {"update": {"lr": chance.choice([1e-6, 1e-4, 1e2])}},
                {"pace": chance.choice(PACES)},
                {"name": f"changed {chance.random()}", "tags": ["changed"]},
            ]
        )
        await world.ask("PATCH", f"/api/runs/{chance.choice(views)['id']}", json=body)


async def delete(world: World, chance: random.Random) -> None:
    if world.runs:
        await world.delete(chance.choice(world.runs))


async def delete_sweep(world: World, chance: random.Random) -> None:
    if world.sweeps:
        await world.delete_sweep(chance.choice(world.sweeps))


# --- viewers


async def _longest(world: World) -> str | None:
    """The run that has most iterations."""
    there = await world.iterations()
    return max(there, key=lambda run_id: there[run_id], default=None)


async def come(world: World, chance: random.Random) -> None:
    if len(world.viewers) < MAX_VIEWERS:
        await _watch(world, world.come(chance), chance)


async def _watch(world: World, viewer: Viewer, chance: random.Random) -> None:
    there = await world.iterations()
    cursors = {}
    for run_id in chance.sample(sorted(there), min(len(there), chance.randint(1, 6))):
        beyond = there[run_id] + chance.randint(1, 100)
        cursors[run_id] = chance.choice([0, 0, chance.randint(0, there[run_id]), beyond])
    await viewer.watch(cursors)


async def watch(world: World, chance: random.Random) -> None:
    if world.viewers:
        await _watch(world, chance.choice([*world.viewers]), chance)


async def unwatch(world: World, chance: random.Random) -> None:
    if world.viewers:
        viewer = chance.choice([*world.viewers])
        await viewer.unwatch([run_id for run_id in viewer.reader.staying if chance.random() < 0.5])


async def stand_still(world: World, chance: random.Random) -> None:
    """With a long curve on its way."""
    longest = await _longest(world)
    if world.viewers and longest:
        viewer = chance.choice([*world.viewers])
        await viewer.watch({longest: 0})
        await viewer.stand_still(chance.choice([0.5, 2.0, 2.0, 15.0]))


async def come_back(world: World, chance: random.Random) -> None:
    if world.viewers:
        await chance.choice([*world.viewers]).come_back(by_reset=chance.random() < 0.5)


async def leave(world: World, chance: random.Random) -> None:
    if world.viewers:
        await world.leave(chance.choice([*world.viewers]), by_reset=chance.random() < 0.5)


async def stand(world: World, chance: random.Random) -> None:
    """One more that takes nothing, or wants more and takes nothing."""
    if len(world.standing) < MAX_STANDING:
        await world.stand()
    if longest := await _longest(world):
        world.nag(chance.choice(world.standing), longest)


# --- readers


async def _read(world: World, chance: random.Random, path: str, **query: Any) -> Any:
    if not world.runs:
        return None
    path = path.replace("ID", chance.choice(world.runs))
    answer = await world.ask("GET", path, params=query)
    return None if answer.is_error else answer


async def read_overview(world: World, chance: random.Random) -> None:
    smoothing = chance.choice([0.0, 0.9])
    await _read(world, chance, "/api/runs/ID/losses", points=200, smoothing=smoothing)


async def read_npy(world: World, chance: random.Random) -> None:
    if world.runs:
        run_id = chance.choice(world.runs)
        losses = await world.curve(run_id)
        if losses is not None:
            world.ledger.note(run_id, 0, losses, told=False)


async def read_csv(world: World, chance: random.Random) -> None:
    if not world.runs:
        return
    run_id = chance.choice(world.runs)
    query = {"format": "csv", "stop": 5000}
    answer = await world.ask("GET", f"/api/runs/{run_id}/losses", params=query)
    if not answer.is_error:
        losses = [float(row.split(",")[1]) for row in answer.text.splitlines()[1:]]
        world.ledger.note(run_id, 0, np.array(losses), told=True)


async def compare(world: World, chance: random.Random) -> None:
    if len(world.runs) > 1:
        a, b = chance.sample(world.runs, 2)
        await world.ask("GET", "/api/compare", params={"a": a, "b": b, "points": 100})


async def read_lists(world: World, chance: random.Random) -> None:
    path = chance.choice(["/api/runs?q=changed", "/api/sweeps", "/api/catalog", "/metrics"])
    await world.ask("GET", path)


async def read_script(world: World, chance: random.Random) -> None:
    await _read(world, chance, f"/api/runs/ID/{chance.choice(['script', 'events'])}")


async def break_off(world: World, chance: random.Random) -> None:
    if longest := await _longest(world):
        for form in ("csv", "json", "npy", "parquet"):
            path = f"/api/runs/{longest}/losses?format={form}"
            await world.break_off(path, chance.randrange(100_000))


ACTS: tuple[tuple[Act, int], ...] = (
    *((start, 12), (start_long, 1), (sweep, 2), (fork, 3), (replay, 1)),
    *((pause, 4), (resume, 5), (step, 4), (stop, 3), (change, 6), (delete, 7), (delete_sweep, 1)),
    *((come, 8), (watch, 10), (unwatch, 5), (stand_still, 4), (come_back, 6), (leave, 4)),
    *((stand, 4), (read_overview, 3), (read_npy, 2), (read_csv, 2), (compare, 2)),
    *((read_lists, 2), (read_script, 2), (break_off, 3)),
)
