import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.blocks import Block, Diagnostics, Losses, decode, encode
from reluscope.server.socket.frames import compact, encode_json, reach, size
from reluscope.training.diagnostics import CHANNELS

from ..watching import blocks_of

BITS = st.integers(0, 2**64 - 1)
"""Every float64 there is, each NaN among them."""

RUN_ID = "00112233-4455-6677-8899-aabbccddeeff"
RUN_ID_BYTES = "00112233445566778899aabbccddeeff"


@st.composite
def losses(draw) -> Losses:
    bits = draw(st.lists(BITS, max_size=30))
    return Losses(
        run_id=str(draw(st.uuids())),
        first=draw(st.integers(0, 2**64 - 1)),
        losses=np.array(bits, dtype=np.uint64).view(np.float64),
        produced_at=draw(st.floats(0, 1e11)),
    )


@st.composite
def diagnostics(draw, channels=st.integers(0, 2**16 - 1)) -> Diagnostics:  # noqa: B008
    bits = draw(st.lists(BITS, min_size=1, max_size=30))
    first, stride = draw(st.integers(0, 2**52)), draw(st.integers(1, 10**6))
    return Diagnostics(
        run_id=str(draw(st.uuids())),
        channel=draw(channels),
        iterations=first + stride * np.arange(len(bits)),
        values=np.array(bits, dtype=np.uint64).view(np.float64),
        produced_at=draw(st.floats(0, 1e11)),
    )


def blocks() -> st.SearchStrategy[Block]:
    return losses() | diagnostics()


def parts(block: Block) -> tuple:
    """All of a block, to the bit."""
    if isinstance(block, Losses):
        return ("losses", block.run_id, block.first, block.losses.tobytes(), block.produced_at)
    iterations = block.iterations.tolist()
    values = block.values.tobytes()
    return (block.channel, block.run_id, iterations, values, block.produced_at)


def test_a_block_of_losses_is_written_as_documented():
    message = encode(Losses(RUN_ID, 258, np.array([1.0, -2.5]), 1700000000.5))
    header = bytes.fromhex("01 01 0000 02000000 0201000000000000" + RUN_ID_BYTES)
    assert message == header + struct.pack("<ddd", 1700000000.5, 1.0, -2.5)
    assert len(message) == 40 + 2 * 8


def test_a_block_of_diagnostics_is_written_as_documented():
    block = Diagnostics(RUN_ID, 513, np.array([258, 278]), np.array([1.0, -2.5]), 1700000000.5)
    message = encode(block)
    header = bytes.fromhex("01 02 0102 02000000 0201000000000000" + RUN_ID_BYTES)
    assert message == header + struct.pack("<ddddd", 1700000000.5, 258.0, 1.0, 278.0, -2.5)
    assert len(message) == 40 + 2 * 16


@given(st.lists(blocks(), max_size=5))
def test_what_was_encoded_is_decoded_bit_for_bit(told):
    found = list(decode(b"".join(map(encode, told))))
    assert [parts(block) for block in found] == [parts(block) for block in told]


@given(st.lists(blocks(), max_size=5))
def test_another_decoder_reads_the_same(told):
    found = list(blocks_of(b"".join(map(encode, told))))
    for read, block in zip(found, told, strict=True):
        assert (read.version, read.run_id, read.produced_at) == (
            1,
            block.run_id,
            block.produced_at,
        )
        if isinstance(block, Losses):
            assert (read.kind, read.channel, read.first) == (1, 0, block.first)
            assert read.raw == block.losses.tobytes()
        else:
            assert (read.kind, read.channel, read.first) == (2, block.channel, block.iterations[0])
            pairs = np.frombuffer(read.raw).reshape(-1, 2)
            assert pairs[:, 0].tolist() == block.iterations.tolist()
            assert pairs[:, 1].tobytes() == block.values.tobytes()


@given(blocks(), st.data())
def test_a_message_that_is_cut_short_is_refused(block, data):
    message = encode(block)
    cut = data.draw(st.integers(1, len(message) - 1))
    with pytest.raises(ValueError, match=r"cut short|ends before"):
        list(decode(message[:cut]))


@pytest.mark.parametrize(("at", "what"), [(0, "version"), (1, "kind"), (2, "channel")])
def test_a_block_of_another_kind_is_refused(at, what):
    message = bytearray(encode(Losses(RUN_ID, 0, np.zeros(1), 0.0)))
    message[at] = 9
    with pytest.raises(ValueError, match=f"{what} 9"):
        list(decode(bytes(message)))


def assert_told(said, values):
    """As the same numbers, or by name where they are not finite."""
    for number, value in zip(said, values.tolist(), strict=True):
        if math.isfinite(value):
            assert struct.pack("<d", number) == struct.pack("<d", value)
        else:
            assert number == {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]


@given(losses())
def test_the_json_of_losses_has_the_same_losses_by_name_where_they_are_not_finite(block):
    told = json.loads(encode_json(block), parse_constant=pytest.fail)
    assert set(told) == {"type", "id", "start", "losses", "produced_at"}
    assert (told["type"], told["id"], told["start"]) == ("losses", block.run_id, block.first)
    assert told["produced_at"] == block.produced_at
    assert_told(told["losses"], block.losses)


@given(diagnostics(st.sampled_from([channel.number for channel in CHANNELS])))
def test_the_json_of_diagnostics_names_the_channel(block):
    told = json.loads(encode_json(block), parse_constant=pytest.fail)
    assert set(told) == {"type", "id", "channel", "iterations", "values", "produced_at"}
    assert (told["type"], told["id"]) == ("diagnostics", block.run_id)
    assert told["channel"] == CHANNELS[block.channel - 1].name
    assert told["iterations"] == block.iterations.tolist()
    assert all(isinstance(iteration, int) for iteration in told["iterations"])
    assert told["produced_at"] == block.produced_at
    assert_told(told["values"], block.values)


def test_a_json_message_never_holds_a_bare_nan():
    with pytest.raises(ValueError, match="JSON"):
        compact({"t": math.nan})


SPAN = st.tuples(st.integers(0, 500), st.integers(0, 200)).map(lambda span: (span[0], sum(span)))
LAYOUT = st.tuples(st.integers(0, 60), st.integers(0, len(CHANNELS)))


@given(SPAN, LAYOUT)
def test_the_size_of_a_span_is_that_of_its_blocks(span, layout):
    (start, stop), (stride, channels) = span, layout
    due = np.array([i for i in range(start, stop) if stride and i % stride == 0], dtype=int)
    told: list[Block] = [Losses(RUN_ID, start, np.zeros(stop - start), 0.0)]
    if len(due):
        values = np.zeros(len(due))
        told += [Diagnostics(RUN_ID, number, due, values, 0.0) for number in range(channels)]
    assert size(start, stop, stride, channels) == sum(len(encode(block)) for block in told)


@given(st.integers(0, 500), st.integers(0, 5000), LAYOUT)
def test_a_span_reaches_as_far_as_its_blocks_have_room(start, room, layout):
    stop = reach(start, room, *layout)
    assert stop >= start
    assert stop == start or size(start, stop, *layout) <= room
    assert size(start, stop + 1, *layout) > room
