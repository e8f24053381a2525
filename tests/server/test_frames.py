import json
import math
import struct
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.server.frames import Block, compact, decode, encode, encode_json

from .watching import blocks_of

BITS = st.integers(0, 2**64 - 1)
"""Every float64 there is, each NaN among them."""


@st.composite
def blocks(draw) -> Block:
    bits = draw(st.lists(BITS, max_size=30))
    return Block(
        run_id=str(draw(st.uuids())),
        first=draw(st.integers(0, 2**64 - 1)),
        losses=np.array(bits, dtype=np.uint64).view(np.float64),
        produced_at=draw(st.floats(0, 1e11)),
    )


def test_a_block_is_written_as_documented():
    run_id = "00112233-4455-6677-8899-aabbccddeeff"
    message = encode(Block(run_id, 258, np.array([1.0, -2.5]), 1700000000.5))
    header = bytes.fromhex("01 01 0000 02000000 0201000000000000 00112233445566778899aabbccddeeff")
    assert message == header + struct.pack("<ddd", 1700000000.5, 1.0, -2.5)
    assert len(message) == 40 + 2 * 8


@given(st.lists(blocks(), max_size=5))
def test_what_was_encoded_is_decoded_bit_for_bit(told):
    found = list(decode(b"".join(map(encode, told))))
    assert [(b.run_id, b.first, b.produced_at, b.losses.tobytes()) for b in found] == [
        (b.run_id, b.first, b.produced_at, b.losses.tobytes()) for b in told
    ]


@given(st.lists(blocks(), max_size=5))
def test_another_decoder_reads_the_same(told):
    found = list(blocks_of(b"".join(map(encode, told))))
    assert [(b.version, b.kind, b.channel) for b in found] == [(1, 1, 0)] * len(told)
    assert [(b.run_id, b.first, b.produced_at, b.raw) for b in found] == [
        (b.run_id, b.first, b.produced_at, b.losses.tobytes()) for b in told
    ]


@given(blocks(), st.data())
def test_a_message_that_is_cut_short_is_refused(block, data):
    message = encode(block)
    cut = data.draw(st.integers(1, len(message) - 1))
    with pytest.raises(ValueError, match=r"cut short|ends before"):
        list(decode(message[:cut]))


@pytest.mark.parametrize(("at", "what"), [(0, "version"), (1, "kind"), (2, "channel")])
def test_a_block_of_another_kind_is_refused(at, what):
    message = bytearray(encode(Block(str(uuid.uuid4()), 0, np.zeros(1), 0.0)))
    message[at] = 9
    with pytest.raises(ValueError, match=f"{what} 9"):
        list(decode(bytes(message)))


@given(blocks())
def test_the_json_of_a_block_has_the_same_losses_by_name_where_they_are_not_finite(block):
    told = json.loads(encode_json(block), parse_constant=pytest.fail)
    assert told["type"] == "losses"
    assert (told["id"], told["start"]) == (block.run_id, block.first)
    assert told["produced_at"] == block.produced_at
    for said, loss in zip(told["losses"], block.losses.tolist(), strict=True):
        if math.isfinite(loss):
            assert struct.pack("<d", said) == struct.pack("<d", loss)
        else:
            assert said == {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(loss)]


def test_a_json_message_never_holds_a_bare_nan():
    with pytest.raises(ValueError, match="JSON"):
        compact({"t": math.nan})
