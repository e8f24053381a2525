"""Archive: runs as one file, which another server takes in, and which people can open by hand.

It is a zip. `manifest.json` lists the runs; each has a folder named by its id:

    run.json                what the API shows of it
    events.json             what happened to it
    losses.npy              (iterations,), float64
    diagnostics.npy         (rows, channels), float64; the manifest names the channels
    marks.npy               (marks, 2), float64: iterations done, and when, in Unix seconds
    checkpoint.safetensors  what it goes on from, where it has one

Reading takes whatever a stranger sends, and gives runs that are whole, or BadArchive.
"""

import json
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from .. import __version__
from ..errors import BadArchive, InvalidFields
from ..training.diagnostics import CHANNELS
from . import npy, sound
from .kept import Kept
from .view import Event, RunView

VERSION = 1

LEVEL = 1
"""How hard it is deflated. Of a million losses, which are float32 in 8 bytes, 8.0 MB become 3.1 MB
in 70 ms; level 6 takes 480 ms for 2.9 MB, and stored they take 9 ms."""

MAX_RUNS = 10_000
"""Runs of one archive, as many as a server keeps."""

MAX_BYTES = 2 * 2**30
"""What all of it may come to once it is unpacked: some MB of zip can hold a thousand times as much,
and all runs of an import are in memory before the first is entered. The losses of 25 of the longest
runs, or of 250,000 iterations of a thousand."""

MAX_VIEW_BYTES = 2**20
MAX_EVENTS_BYTES = 16 * 2**20
"""As text; what comes of it in memory is ten times as large. 100,000 changes by hand."""

MAX_MANIFEST_BYTES = 2**20
"""A run takes 70 bytes there."""

MAX_DIRECTORY_BYTES = 16 * 2**20
"""What a zip tells of its members, all of which is read when it is opened; a run takes 650."""

MANIFEST = "manifest.json"
VIEW, EVENTS = "run.json", "events.json"
LOSSES, ROWS, MARKS = "losses.npy", "diagnostics.npy", "marks.npy"
CHECKPOINT = "checkpoint.safetensors"
MEMBERS = (VIEW, EVENTS, LOSSES, ROWS, MARKS)

_EVENTS = TypeAdapter(list[Event])
_END = struct.Struct("<4s4H2LH")
"""The last 22 bytes of a zip."""

_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class _Head(BaseModel):
    """What every version's manifest begins with."""

    format: Literal["reluscope archive"]
    version: int


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=_ID)]
    checkpoint: bool


class _Manifest(_Head):
    model_config = ConfigDict(extra="forbid", strict=True)

    written_by: str
    channels: list[str]
    runs: Annotated[list[_Listed], Field(max_length=MAX_RUNS)]


def write(file: IO[bytes], kept: Iterable[Kept]) -> None:
    """Write runs, one after the other, so that no more than one has to be in memory."""
    listed = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for one in kept:
            _write_run(archive, one)
            listed.append({"id": one.view.id, "checkpoint": one.checkpoint is not None})
        manifest = {
            "format": "reluscope archive",
            "version": VERSION,
            "written_by": f"reluscope {__version__}",
            "channels": [channel.name for channel in CHANNELS],
            "runs": listed,
        }
        _write(archive, MANIFEST, [json.dumps(manifest, indent=1).encode()])


def _write_run(archive: zipfile.ZipFile, kept: Kept) -> None:
    view = sound.told_of(kept.view, kept.losses)
    told = view.model_dump_json(indent=1, warnings=False)
    members: dict[str, Iterable[bytes]] = {
        VIEW: [told.encode()],
        EVENTS: [_EVENTS.dump_json(kept.events)],
        LOSSES: npy.pieces(kept.losses),
        ROWS: npy.pieces(kept.rows),
        MARKS: npy.pieces(kept.marks),
    }
    if kept.checkpoint is not None:
        members[CHECKPOINT] = [kept.checkpoint]
    for name, pieces in members.items():
        _write(archive, f"{view.id}/{name}", pieces)


def _write(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    with archive.open(name, "w", force_zip64=True) as into:
        for piece in pieces:
            into.write(piece)


def read(file: IO[bytes], limit: int = MAX_BYTES) -> Iterator[Kept]:
    """The runs of an archive, in its order, each when it is asked for. Unpacked, it may have `limit`
    bytes.

    Raises BadArchive where `file` is none, or holds what is not whole, or too much.
    """
    try:
        _check_end(file)
        with zipfile.ZipFile(file) as archive:
            for listed in _manifest(archive, limit).runs:
                try:
                    yield _run(archive, listed)
                except (ValueError, InvalidFields) as error:
                    raise BadArchive(f"run {listed.id}: {_sentence(error)}") from error
    except (BadArchive, MemoryError):
        raise
    except ValueError as error:
        raise BadArchive(_sentence(error)) from error
    except Exception as error:  # what zipfile and zlib raise at odd bytes is told nowhere
        raise BadArchive(f"this is no whole zip: {error or type(error).__name__}") from error


def _sentence(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where[:200]}: {first['msg']}" if where else first["msg"]


def _check_end(file: IO[bytes]) -> None:
    """Whether a zip ends as ours do, before its directory is read into memory. Raises ValueError."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size))
    last = file.read(_END.size)
    if len(last) < _END.size or last[:4] != b"PK\x05\x06":
        raise ValueError("this is no zip, or not a whole one")
    _, _, _, _, count, length, first, _ = _END.unpack(last)
    if length > MAX_DIRECTORY_BYTES or count > MAX_RUNS * (len(MEMBERS) + 1) + 1:
        raise ValueError(f"this zip has more members than {MAX_RUNS:,} runs")
    if first + length + _END.size != size:
        raise ValueError("this zip has more in it than its directory tells, or is beyond 4 GiB")


def _manifest(archive: zipfile.ZipFile, limit: int) -> _Manifest:
    """What an archive says that it holds, once that is what it has. Raises ValueError."""
    members = archive.infolist()
    if MANIFEST not in archive.namelist():
        raise ValueError(f"this zip has no {MANIFEST}, so it is none of reluscope's")
    if (total := sum(member.file_size for member in members)) > limit:
        raise ValueError(f"unpacked it has {total:,} bytes; at most {limit:,} are taken")
    if any(m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for m in members):
        raise ValueError("this zip has members that are neither stored nor deflated")
    text = _read(archive, MANIFEST, MAX_MANIFEST_BYTES)
    head = _Head.model_validate_json(text)
    if head.version != VERSION:
        raise ValueError(
            f"this archive is of version {head.version}; reluscope {__version__} reads "
            f"version {VERSION}"
        )
    manifest = _Manifest.model_validate_json(text)
    if manifest.channels != [channel.name for channel in CHANNELS]:
        raise ValueError("its diagnostics have other channels than here")
    if len({listed.id for listed in manifest.runs}) < len(manifest.runs):
        raise ValueError("its manifest lists a run twice")
    _check_names(archive.namelist(), manifest)
    return manifest


def _check_names(found: list[str], manifest: _Manifest) -> None:
    due = {MANIFEST}
    for listed in manifest.runs:
        names = (*MEMBERS, CHECKPOINT) if listed.checkpoint else MEMBERS
        due |= {f"{listed.id}/{name}" for name in names}
    if missing := sorted(due - set(found)):
        raise ValueError(f"{missing[0]} is missing")
    if more := sorted(set(found) - due):
        raise ValueError(f"its manifest does not list {more[0][:200]!r}")
    if len(found) > len(due):
        raise ValueError("a member of it is there twice")


def _run(archive: zipfile.ZipFile, listed: _Listed) -> Kept:
    """One run. Raises ValueError, or InvalidFields, where it is not whole."""
    view = RunView.model_validate_json(_read(archive, f"{listed.id}/{VIEW}", MAX_VIEW_BYTES))
    sound.check_view(view)
    if view.id != listed.id:
        raise ValueError(f"its {VIEW} is of run {view.id}")
    events = _EVENTS.validate_json(_read(archive, f"{listed.id}/{EVENTS}", MAX_EVENTS_BYTES))
    sound.check_events(events, view.spec)
    kept = Kept(
        view,
        events,
        _array(archive, listed, LOSSES, view.iteration),
        _array(archive, listed, ROWS, view.iteration, len(CHANNELS)),
        _array(archive, listed, MARKS, view.iteration, 2),
        _checkpoint(archive, listed, view) if listed.checkpoint else None,
    )
    sound.check_curve(kept)
    return replace(kept, view=sound.told_of(view, kept.losses))


def _array(
    archive: zipfile.ZipFile, listed: _Listed, name: str, most: int, *width: int
) -> NDArray[np.float64]:
    member = archive.getinfo(f"{listed.id}/{name}")
    _check_size(member, npy.most_bytes(most, *width))
    with archive.open(member) as file:
        try:
            return npy.read(file, most, *width)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error


def _checkpoint(archive: zipfile.ZipFile, listed: _Listed, view: RunView) -> bytes:
    data = _read(archive, f"{listed.id}/{CHECKPOINT}", MAX_BYTES)
    sound.check_checkpoint(data, view)
    return data


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """All of a member. Raises ValueError where it says that it has more than `most` bytes; it gives
    no more than it says."""
    member = archive.getinfo(name)
    _check_size(member, most)
    return archive.read(member)


def _check_size(member: zipfile.ZipInfo, most: int) -> None:
    if member.file_size > most:
        raise ValueError(f"{member.filename} has {member.file_size:,} bytes; at most {most:,}")
