"""What the server encodes is, bit for bit, what the page decodes."""

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reluscope.blocks import Block, Diagnostics, Losses, encode

NODE = Path(sys.executable).parent / "node"
DECODE = Path(__file__).parent / "decode.mjs"

ODD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, np.finfo(float).max, 0.1, 1 / 3]


def decoded_by_the_page(message: bytes) -> list[dict[str, Any]]:
    done = subprocess.run(
        [NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", DECODE],
        input=message,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr, done.stderr.decode()
    blocks: list[dict[str, Any]] = json.loads(done.stdout)
    return blocks


def bits(values: NDArray[np.float64]) -> list[str]:
    return [f"{word:016x}" for word in values.view(np.uint64)]


def told(block: Block) -> dict[str, Any]:
    """What the page is to make of a block."""
    produced_at = bits(np.array([block.produced_at]))[0]
    if isinstance(block, Losses):
        losses = bits(block.losses)
        return {
            "id": block.run_id,
            "first": block.first,
            "losses": losses,
            "produced_at": produced_at,
        }
    return {
        "id": block.run_id,
        "channel": block.channel,
        "iterations": block.iterations.tolist(),
        "values": bits(block.values),
        "produced_at": produced_at,
    }


def drawn(random: np.random.Generator) -> Block:
    """A block of either kind with values of every kind."""
    diagnostics = random.random() < 0.5
    count = random.integers(diagnostics, 300)
    values = random.standard_normal(count) * 10.0 ** random.integers(-300, 300)
    odd = random.random(count) < 0.1
    values[odd] = random.choice(ODD, odd.sum())
    first = int(random.integers(0, 2**53 - 1000 * 300))
    run_id = str(uuid.UUID(bytes=random.bytes(16)))
    produced_at = 1.7e9 + random.random()
    if not diagnostics:
        return Losses(run_id, first, values, produced_at)
    iterations = first + random.integers(1, 1000) * np.arange(count)
    return Diagnostics(run_id, int(random.integers(0, 2**16)), iterations, values, produced_at)


def test_random_blocks_arrive_bit_for_bit() -> None:
    random = np.random.default_rng(0)
    blocks = [drawn(random) for _ in range(300)]

    decoded = decoded_by_the_page(b"".join(encode(block) for block in blocks))

    assert decoded == [told(block) for block in blocks]


def test_an_empty_message_has_no_blocks() -> None:
    assert decoded_by_the_page(b"") == []


def test_losses_of_any_byte_order_arrive_in_the_wire_s() -> None:
    losses = np.array([1.5, 2.5], dtype=">f8")
    block = Losses(str(uuid.UUID(int=1)), 3, losses, 0.0)

    (decoded,) = decoded_by_the_page(encode(block))

    assert decoded["losses"] == bits(np.array([1.5, 2.5]))
