"""A checkpoint: what a trainer needs to go on, as bytes that can hold nothing but numbers and words.

It is a safetensors file, whose header holds, beside, a checksum and a text in JSON: one digit wrong would
train another run.

Most tensors are there under their own names, for anybody to read. One that shares its memory with
others, or lies in it in another order than its values count, has its bits decided by that, too: of
such tensors the memory itself is kept, as bytes, and they are made again as views of it.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors.torch import load, save
from torch import Tensor

from .devices import canonical, devices
from .spec import RunSpec

KNOWN = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    )
}
"""The types that every safetensors can hold. The memory of a tensor of another is kept."""

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in vars(torch).values()
    if isinstance(dtype, torch.dtype)
}

ENTRY = "reluscope"
"""What the header's entry is called. It is one, since safetensors keeps no order of several."""

NONE = "these bytes are no checkpoint"
CUT = "this checkpoint is cut short"
DAMAGED = "this checkpoint is damaged"

LAST = "last"
MEMORY = "memory."
"""Names beside those of the network's tensors."""


class _Last(NamedTuple):
    loss: float
    gradient_norm: float


class Checkpoint(NamedTuple):
    """A trainer between two iterations."""

    spec: RunSpec
    iteration: int
    watchful: bool
    last: tuple[float, float] | None
    """Loss and norm of the gradient of the last iteration."""
    facts: Mapping[str, bool]
    tensors: Mapping[str, Tensor]
    """Of the network, by the names that it has for them."""


_Count = Annotated[int, Field(ge=0)]


class _Place(BaseModel):
    """Where a tensor lies."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    dtype: str
    shape: list[_Count]
    on_cpu: bool = False
    """Though the run is on another device, as a count of updates may be."""
    memory: _Count | None = None
    """Which of the memories; None for one that has its own."""
    offset: _Count = 0
    strides: list[_Count] = []


class _Text(BaseModel):
    """What a checkpoint has in words."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    spec: RunSpec
    iteration: _Count
    watchful: bool
    facts: dict[str, bool]
    places: list[_Place]


def write(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint. What the tensors hold is copied, they are left as they are."""
    tensors, places = _laid_out(checkpoint.tensors)
    if checkpoint.last is not None:
        tensors[LAST] = torch.tensor(checkpoint.last, dtype=torch.float64)
    told = {
        "version": 1,
        "iteration": checkpoint.iteration,
        "watchful": checkpoint.watchful,
        "facts": dict(checkpoint.facts),
        "places": places,
    }
    # A spec may hold a rule that was not known when its fields were declared.
    spec = checkpoint.spec.model_dump_json(serialize_as_any=True)
    text = f'{{"spec": {spec}, {json.dumps(told)[1:]}'
    return save(tensors, {ENTRY: f"{checksum_of(text, tensors)} {text}"})


def read(data: bytes) -> Checkpoint:
    """The checkpoint of these bytes, its tensors on their devices, in memory of their own.

    Raises ValueError where they are none, are cut short or damaged, or where its spec cannot be
    trained here; and torch.OutOfMemoryError where a CUDA device has no room.
    """
    text, checksum = _words(data)
    try:
        found = load(data)
        right = checksum_of(text, found) == checksum
    except Exception as error:  # what safetensors raises at odd bytes is told nowhere
        raise ValueError(DAMAGED) from error
    if not right:
        raise ValueError(DAMAGED)
    told = _told(text)
    names = {
        place.name if place.memory is None else f"{MEMORY}{place.memory}" for place in told.places
    }
    if not names <= found.keys() <= names | {LAST}:  # the checksum is of what they hold
        raise ValueError(DAMAGED)
    device = told.spec.device
    if canonical(device) not in [known.name for known in devices()]:
        raise ValueError(f"this checkpoint is of a run on {device}, which is not here")
    try:
        tensors = _made(found, told.places, device)
        last = _Last(*found[LAST].tolist()) if LAST in found else None
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise ValueError(f"this checkpoint does not fit: {error}") from error
    return Checkpoint(told.spec, told.iteration, told.watchful, last, told.facts, tensors)


def subject(data: bytes) -> tuple[RunSpec, int]:
    """The spec and the iteration that a checkpoint is of, as it tells itself; nothing of it is made.

    Raises ValueError where these bytes are none, are cut short, or where its spec is not known here.
    """
    told = _told(_words(data)[0])
    return told.spec, told.iteration


def _told(text: str) -> _Text:
    try:
        return _Text.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"this checkpoint does not fit: {where}: {first['msg']}") from error


def checksum_of(text: str, tensors: Mapping[str, Tensor]) -> str:
    """CRC-32 of a text and of tensors on the CPU, which have memory of their own."""
    found = zlib.crc32(text.encode())
    for name in sorted(tensors):
        values: Any = tensors[name].reshape(-1).view(torch.uint8).numpy()
        found = zlib.crc32(values, found)
    return f"{found:08x}"


def _words(data: bytes) -> tuple[str, str]:
    """What a checkpoint has in words, as it was written, and the checksum. Raises ValueError."""
    stop = 8 + int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8:stop])
        own = header.pop("__metadata__")
        checksum, _, text = own[ENTRY].partition(" ")
        whole = stop + max(entry["data_offsets"][1] for entry in header.values())
        cut = len(data) < whole
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        cut = len(data) < stop and data[8:9] == b"{"
        raise ValueError(CUT if cut else NONE) from error
    if cut:
        raise ValueError(CUT)
    return str(text), str(checksum)


def _laid_out(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """What is to be saved, and where in it each of `tensors` is to be found."""
    memories = {name: value.untyped_storage() for name, value in tensors.items()}
    users: dict[tuple[str, int | str], list[str]] = {}
    for name, memory in memories.items():
        where = memory.data_ptr() if memory.nbytes() else name
        users.setdefault((str(memory.device), where), []).append(name)
    saved: dict[str, Tensor] = {}
    places: dict[str, dict[str, Any]] = {}
    for together in users.values():
        first = tensors[together[0]]
        number: int | None = None
        if len(together) > 1 or not _is_plain(first):
            number = len(saved)
            whole = torch.empty(0, dtype=torch.uint8, device=first.device)
            saved[f"{MEMORY}{number}"] = whole.set_(memories[together[0]]).cpu()
        for name in together:
            places[name] = _place(name, tensors[name], number)
            if number is None:
                saved[name] = tensors[name].detach().cpu()
    return saved, [places[name] for name in tensors]


def _is_plain(value: Tensor) -> bool:
    """Whether it is all that lies in its memory, in the order in which its values count."""
    expected, strides = 1, []
    for size in reversed(value.shape):
        strides.append(expected)
        expected *= max(size, 1)
    return (
        # Where one dimension has size 1, others are contiguous too, and may take another product.
        value.stride() == tuple(reversed(strides))
        and value.untyped_storage().nbytes() == value.nbytes
        and value.dtype in KNOWN.values()
    )


def _place(name: str, value: Tensor, memory: int | None) -> dict[str, Any]:
    place: dict[str, Any] = {
        "name": name,
        "dtype": str(value.dtype).removeprefix("torch."),
        "shape": list(value.shape),
    }
    if value.device.type == "cpu":
        place["on_cpu"] = True
    if memory is not None:
        place |= {"memory": memory, "offset": value.storage_offset(), "strides": value.stride()}
    return place


def _made(found: Mapping[str, Tensor], places: list[_Place], device: str) -> dict[str, Tensor]:
    """The tensors again. Raises whatever torch does where they cannot be made."""
    memories: dict[int, Tensor] = {}
    tensors = {}
    for place in places:
        dtype, where = DTYPES[place.dtype], "cpu" if place.on_cpu else device
        if place.memory is None:
            came = found[place.name]
            if came.dtype != dtype or list(came.shape) != place.shape:
                raise ValueError(f"{place.name} is of another shape than its text says")
            # Not as it was read: where it begins in memory decides the order of some sums.
            tensors[place.name] = torch.empty_like(came, device=where).copy_(came)
            continue
        if place.memory not in memories:
            came = found[f"{MEMORY}{place.memory}"]
            memories[place.memory] = torch.empty_like(came, device=where).copy_(came)
        memory = memories[place.memory].untyped_storage()
        last = place.offset + sum(
            (n - 1) * s for n, s in zip(place.shape, place.strides, strict=True)
        )
        if 0 not in place.shape and (last + 1) * dtype.itemsize > memory.nbytes():
            raise ValueError(f"{place.name} reaches beyond its memory")
        view = torch.empty(0, dtype=dtype, device=where)
        tensors[place.name] = view.set_(memory, place.offset, place.shape, place.strides)
    return tensors
