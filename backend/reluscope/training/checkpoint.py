"""A checkpoint: what a trainer needs to go on, as bytes that can hold nothing but numbers and words.

It is a safetensors file. Beside its tensors the header has a text in JSON, with a checksum: a spec
with one digit wrong would train another run.

Most tensors are there under their own names, for anybody to read. One that shares its memory with
others, or lies in it in another order than its values count, has its bits decided by that, too: of
such tensors the memory itself is kept, as bytes, and they are made again as views of it.
"""

import hashlib
import json
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

TEXT, CHECKSUM = "reluscope", "sha256"
"""What the two entries of the header are called."""

NONE = "these bytes are no checkpoint"

LAST = "last"
MEMORY = "memory."
"""Names beside those of the network's tensors."""


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
    words = {
        "version": 1,
        "iteration": checkpoint.iteration,
        "watchful": checkpoint.watchful,
        "facts": dict(checkpoint.facts),
        "places": places,
    }
    # A spec may hold a rule that was not known when its fields were declared.
    spec = checkpoint.spec.model_dump_json(serialize_as_any=True)
    text = f'{{"spec": {spec}, {json.dumps(words)[1:]}'
    return save(tensors, {TEXT: text, CHECKSUM: _checksum(text)})


def read(data: bytes) -> Checkpoint:
    """The checkpoint of these bytes, its tensors on their devices, in memory of their own.

    Raises ValueError where they are none, are cut short, or where its spec cannot be trained here.
    """
    text = _told(_text(data))
    device = text.spec.device
    if canonical(device) not in [known.name for known in devices()]:
        raise ValueError(f"this checkpoint is of a run on {device}, which is not here")
    try:
        found = load(data)
        tensors = _made(found, text.places, device)
        last = tuple(found[LAST].tolist()) if LAST in found else None
        assert last is None or len(last) == 2  # noqa: PLR2004 - as `write` has it
    except Exception as error:  # what safetensors and torch raise at odd bytes is told nowhere
        raise ValueError(
            f"this checkpoint does not fit: {error or type(error).__name__}"
        ) from error
    return Checkpoint(text.spec, text.iteration, text.watchful, last, text.facts, tensors)


def told(data: bytes) -> tuple[RunSpec, int]:
    """The spec and the iteration that a checkpoint tells of itself; nothing of it is made.

    Raises ValueError where these bytes are none, are cut short, or where its spec is not known here.
    """
    text = _told(_text(data))
    return text.spec, text.iteration


def _told(text: str) -> _Text:
    try:
        return _Text.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"this checkpoint does not fit: {where}: {first['msg']}") from error


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(data: bytes) -> str:
    """What a checkpoint has in words, as it was written. Raises ValueError."""
    stop = 8 + int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8:stop])
        own = header.pop("__metadata__")
        text, checksum = own[TEXT], own[CHECKSUM]
        whole = stop + max(entry["data_offsets"][1] for entry in header.values())
        right = _checksum(text) == checksum
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        cut = len(data) < stop and data[8:9] == b"{"
        raise ValueError("this checkpoint is cut short" if cut else NONE) from error
    if not right:
        raise ValueError("this checkpoint is damaged: its text is not that of its checksum")
    if len(data) < whole:
        raise ValueError("this checkpoint is cut short")
    return str(text)


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
    return (
        value.is_contiguous()
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
