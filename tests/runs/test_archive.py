"""What is written is read back to the last bit, and nothing else is ever read."""

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.errors import BadArchive, NoRoom
from reluscope.runs import archive
from reluscope.runs.book import Book
from reluscope.runs.kept import Kept
from reluscope.runs.view import Event, Member, Origin, RunView
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.trainer import Trainer

from .making import LONG, curve, losses, spec, until_at, until_ended

IDS = [f"{n:08x}-00ab-4000-8000-000000000000" for n in range(3)]


def view(done: int = 0, number: int = 0, **fields) -> RunView:
    """Of a run that has done so many of its iterations."""
    told = {
        "id": IDS[number],
        "spec": spec(iterations=max(done, 1), diagnostics_every=3),
        "status": "finished",
        "iteration": done,
        "created_at": 1.5e9,
        "reason": None,
        "worker": "cpu-1",
        "environment": {"torch": "2", "device": "CPU", "threads": 1, "deterministic": True},
        **dict.fromkeys(("loss", "min_loss", "rate", "started_at", "ended_at")),
    }
    return RunView.model_construct(**{**told, **fields})


def kept(values=(), number: int = 0, *, events=(), checkpoint=None, **fields) -> Kept:
    """A run with these losses, whatever they are."""
    values = np.asarray(values, dtype=np.float64)
    done = len(values)
    rows = np.arange(len(CHANNELS) * -(-done // 3), dtype=float).reshape(-1, len(CHANNELS))
    marks = np.array([[done, 1.5e9 + 0.1]]) if done else np.empty((0, 2))
    return Kept(view(done, number, **fields), list(events), values, rows, marks, checkpoint)


def packed(*runs: Kept) -> bytes:
    file = io.BytesIO()
    archive.write(file, iter(runs))
    return file.getvalue()


def unpacked(data: bytes) -> list[Kept]:
    return list(archive.read(io.BytesIO(data)))


def bits(one: Kept) -> list[tuple[tuple[int, ...], bytes]]:
    return [(values.shape, values.tobytes()) for values in (one.losses, one.rows, one.marks)]


def changed(
    data: bytes, members: dict[str, bytes | None], method: int = zipfile.ZIP_STORED
) -> bytes:
    """The same archive with other members, or without those that are None."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", method) as new:
        there = {name: old.read(name) for name in old.namelist()}
        for name, content in {**there, **members}.items():
            if content is not None:
                new.writestr(name, content)
    return file.getvalue()


def retold(data: bytes, name: str, **fields) -> bytes:
    """The same archive with other fields in a member that is JSON."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        told = json.loads(old.read(name))
    return changed(data, {name: json.dumps({**told, **fields}).encode()})


def npy(values, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(values), **options)
    return file.getvalue()


RUN = f"{IDS[0]}/run.json"
EVENTS = f"{IDS[0]}/events.json"
LOSSES = f"{IDS[0]}/losses.npy"
ROWS = f"{IDS[0]}/diagnostics.npy"
MARKS = f"{IDS[0]}/marks.npy"
CHECKPOINT = f"{IDS[0]}/checkpoint.safetensors"
SOUND = packed(kept([3.0, 2.0, 1.0, 0.5]))


# --- what was written comes back


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_every_float64_comes_back_to_its_last_bit(patterns):
    one = kept(np.array(patterns, dtype=np.uint64).view(np.float64))
    (found,) = unpacked(packed(one))
    assert bits(found) == bits(one)


def test_the_payload_of_a_nan_comes_back():
    values = np.array([0x7FF800000000BEEF, 0xFFF0000000000001], dtype=np.uint64).view(np.float64)
    (found,) = unpacked(packed(kept(values)))
    assert found.losses.tobytes() == values.tobytes()


def test_a_curve_longer_than_a_piece_comes_back():
    values = np.random.default_rng(0).normal(size=300_001)
    (found,) = unpacked(packed(kept(values)))
    assert bits(found) == bits(kept(values))


def test_many_runs_come_back_in_their_order():
    runs = [kept([2.0, 1.0], 2), kept([], 0), kept([np.nan], 1)]
    found = unpacked(packed(*runs))
    assert [one.view.id for one in found] == [IDS[2], IDS[0], IDS[1]]
    assert list(map(bits, found)) == list(map(bits, runs))
    assert unpacked(packed()) == []


def test_view_and_events_come_back_as_they_were():
    told = Event(iteration=1, at=1.5e9, kind="changed", changes={"update.lr": [1e-3, 1e-4]})
    one = kept(
        [2.0, 1.0],
        events=[told],
        reason="ü\u2028 \U0001f600",
        rate=0.1,
        started_at=1.5e9 + 0.3,
        ended_at=1.5e9 + 0.7,
        pinned=True,
        forked_from=Origin(id=IDS[1], iteration=1),
        sweep=Member(id=IDS[2], name="ü", place=3, point={"update.lr": 1e-3, "tags": ["a"]}),
        loss=1.0,
        min_loss=1.0,
    )
    (found,) = unpacked(packed(one))
    assert found.view == one.view
    assert found.events == one.events


def test_a_view_that_is_older_than_its_losses_tells_of_them_all_the_same():
    (found,) = unpacked(packed(kept([3.0, 1.0, np.nan, 2.0], loss=7.0, min_loss=7.0)))
    assert (found.view.loss, found.view.min_loss) == (2.0, 1.0)


def test_people_can_open_it_by_hand():
    with zipfile.ZipFile(io.BytesIO(SOUND)) as opened:
        assert json.loads(opened.read("manifest.json"))["runs"] == [
            {"id": IDS[0], "checkpoint": False}
        ]
        assert json.loads(opened.read(RUN))["spec"]["d_in"] == 6
        assert np.load(opened.open(LOSSES)).tolist() == [3.0, 2.0, 1.0, 0.5]
        assert np.load(opened.open(ROWS)).shape == (2, len(CHANNELS))
        assert np.load(opened.open(MARKS)).shape == (1, 2)


def test_what_people_packed_again_by_hand_is_read():
    again = changed(SOUND, {LOSSES: npy([4.0, 3.0, 2.0, 1.0])}, zipfile.ZIP_DEFLATED)
    (found,) = unpacked(again)
    assert found.losses.tolist() == [4.0, 3.0, 2.0, 1.0]
    assert found.view.loss == 1.0


@pytest.mark.parametrize(
    "fields", [{"relu": "of_elsewhere"}, {"update": {"rule": "of_elsewhere", "strength": [1, "x"]}}]
)
def test_a_run_whose_relu_or_rule_is_not_known_here_is_read(fields):
    with zipfile.ZipFile(io.BytesIO(SOUND)) as opened:
        told = json.loads(opened.read(RUN))["spec"]
    (found,) = unpacked(retold(SOUND, RUN, spec={**told, **fields}))
    dumped = found.view.spec.model_dump(serialize_as_any=True)
    assert fields.items() <= dumped.items()
    (again,) = unpacked(packed(found))
    assert again.view == found.view


# --- and nothing else is read


MEMBER = {"id": IDS[1], "name": None, "place": 0, "point": {}}

NOT_OURS = {
    "nothing": b"",
    "something": b"PK",
    "an empty zip": packed()[:0] + b"PK\x05\x06" + bytes(18),
    "a zip of something": changed(packed(), {"manifest.json": None, "x": b"x"}),
    "cut short": SOUND[:-1],
    "begun late": SOUND[1:],
    "more after it": SOUND + b"x",
    "more before it": b"x" + SOUND,
    "another format": retold(SOUND, "manifest.json", format="other"),
    "a later version": retold(SOUND, "manifest.json", version=2),
    "no version": changed(SOUND, {"manifest.json": b"{}"}),
    "other channels": retold(SOUND, "manifest.json", channels=["dead"]),
    "a path for an id": retold(SOUND, "manifest.json", runs=[{"id": "../x", "checkpoint": False}]),
    "a run twice": retold(SOUND, "manifest.json", runs=[{"id": IDS[0], "checkpoint": False}] * 2),
    "a run too many": retold(SOUND, "manifest.json", runs=[]),
    "a run too few": retold(
        SOUND, "manifest.json", runs=[{"id": i, "checkpoint": False} for i in IDS[:2]]
    ),
    "a field too many": retold(SOUND, "manifest.json", more=1),
    "a member too many": changed(SOUND, {"../../x": b"x"}),
    "a member too few": changed(SOUND, {MARKS: None}),
    "a method that nobody needs": changed(SOUND, {}, zipfile.ZIP_LZMA),
    "no JSON": changed(SOUND, {RUN: b"{"}),
    "JSON nested deeply": changed(SOUND, {RUN: b"[" * 100_000}),
    "the id of another": retold(SOUND, RUN, id=IDS[1]),
    "an id of another form": retold(SOUND, RUN, id=IDS[0].upper()),
    "an unknown status": retold(SOUND, RUN, status="dreaming"),
    "more iterations than it may have": retold(SOUND, RUN, iteration=5),
    "fewer iterations than losses": retold(SOUND, RUN, iteration=3),
    "made at no time": retold(SOUND, RUN, created_at=1e300),
    "made before all time": retold(SOUND, RUN, created_at=-1),
    "an environment that tells nothing": retold(SOUND, RUN, environment={"threads": 1}),
    "a rate that is none": retold(SOUND, RUN, rate="NaN"),
    "a fork of a path": retold(SOUND, RUN, forked_from={"id": "..", "iteration": 0}),
    "a sweep of a path": retold(SOUND, RUN, sweep={**MEMBER, "id": ".."}),
    "a place before all": retold(SOUND, RUN, sweep={**MEMBER, "place": -1}),
    "a long name of a sweep": retold(SOUND, RUN, sweep={**MEMBER, "name": "x" * 201}),
    "a long path": retold(SOUND, RUN, sweep={**MEMBER, "point": {"x" * 201: 1}}),
    "many paths": retold(SOUND, RUN, sweep={**MEMBER, "point": {str(n): 1 for n in range(101)}}),
    "no events": changed(SOUND, {EVENTS: b"null"}),
    "an event of no kind": changed(
        SOUND, {EVENTS: b'[{"iteration": 0, "at": 0, "kind": "danced"}]'}
    ),
    "an event after the end": changed(
        SOUND, {EVENTS: b'[{"iteration": 9, "at": 0, "kind": "paused"}]'}
    ),
    "an event of no time": changed(
        SOUND, {EVENTS: b'[{"iteration": 0, "at": NaN, "kind": "paused"}]'}
    ),
    "losses of another type": changed(SOUND, {LOSSES: npy(np.zeros(4, np.float32))}),
    "losses that are pickled": changed(
        SOUND, {LOSSES: npy(np.zeros(4, object), allow_pickle=True)}
    ),
    "losses in a table": changed(SOUND, {LOSSES: npy(np.zeros((4, 1)))}),
    "a loss too few": changed(SOUND, {LOSSES: npy(np.zeros(3))}),
    "a loss too many": changed(SOUND, {LOSSES: npy(np.zeros(5))}),
    "losses cut short": changed(SOUND, {LOSSES: npy(np.zeros(4))[:-1]}),
    "losses and more": changed(SOUND, {LOSSES: npy(np.zeros(4)) + b"x"}),
    "losses without a header": changed(SOUND, {LOSSES: npy(np.zeros(4))[:20]}),
    "a row too few": changed(SOUND, {ROWS: npy(np.zeros((1, len(CHANNELS))))}),
    "a channel too few": changed(SOUND, {ROWS: npy(np.zeros((2, len(CHANNELS) - 1)))}),
    "rows by columns": changed(SOUND, {ROWS: npy(np.zeros((2, len(CHANNELS)), order="F"))}),
    "no marks": changed(SOUND, {MARKS: npy(np.zeros((0, 2)))}),
    "marks that end early": changed(SOUND, {MARKS: npy([[3.0, 0.0]])}),
    "marks that fall": changed(SOUND, {MARKS: npy([[3.0, 0.0], [2.0, 0.0], [4.0, 0.0]])}),
    "a mark of half an iteration": changed(SOUND, {MARKS: npy([[1.5, 0.0], [4.0, 0.0]])}),
    "a mark of no iteration": changed(SOUND, {MARKS: npy([[np.nan, 0.0], [4.0, 0.0]])}),
    "a mark of no time": changed(SOUND, {MARKS: npy([[4.0, np.nan]])}),
    "a checkpoint that is none": changed(
        retold(SOUND, "manifest.json", runs=[{"id": IDS[0], "checkpoint": True}]),
        {CHECKPOINT: b"\x80\x04."},
    ),
}


@pytest.mark.parametrize("data", NOT_OURS.values(), ids=NOT_OURS.keys())
def test_what_is_no_archive_is_refused_with_a_sentence(data):
    with pytest.raises(BadArchive) as refusal:
        unpacked(data)
    assert 10 < len(str(refusal.value)) < 1000
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "fields",
    [
        *({"iterations": value} for value in ("x", 0, 10**12, 2.5)),
        {"n": -1},
        {"tags": "x"},
        {"dtype": "object"},
        {"device": "/dev/mem"},
        {"relu": ["clamp"]},
        {"relu": "x" * 1000},
        {"update": "sgd"},
        {"update": {"rule": 1}},
        {"diagnostics_every": -1},
        {"seed": None},
    ],
)
def test_a_spec_is_sound_beside_its_relu_and_its_rule(fields):
    """Though one with a ReLU or a rule that is not known here is let in."""
    with zipfile.ZipFile(io.BytesIO(SOUND)) as opened:
        told = json.loads(opened.read(RUN))["spec"]
    for more in ({}, {"relu": "of_elsewhere"}, {"update": {"rule": "of_elsewhere"}}):
        with pytest.raises(BadArchive):
            unpacked(retold(SOUND, RUN, spec={**told, **more, **fields}))


@pytest.mark.parametrize(
    "changes",
    [
        {"relu": "clamp"},
        {"relu": ["clamp"]},
        {"relu": [1, "clamp"]},
        {"relu": [["clamp"], "clamp"]},
        {"update": [1, 2]},
        {"update": ["sgd", "sgd"]},
        {"update": [{}, {}]},
        {"gradients": [None, "autograd"]},
        {"gradients": ["dreams", "autograd"]},
    ],
)
def test_changes_by_hand_fit_the_spec(changes):
    told = [{"iteration": 1, "at": 0, "kind": "changed", "changes": changes}] * 2
    with pytest.raises(BadArchive):
        unpacked(changed(SOUND, {EVENTS: json.dumps(told).encode()}))


def test_a_member_that_is_there_twice_is_refused():
    file = io.BytesIO(SOUND)
    with zipfile.ZipFile(file, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr(LOSSES, npy(np.zeros(4)))
    with pytest.raises(BadArchive, match="twice"):
        unpacked(file.getvalue())


def test_what_would_be_too_much_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", len(SOUND))
    bomb = changed(SOUND, {LOSSES: bytes(10**6)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(BadArchive, match="at most"):
        unpacked(bomb)


def test_a_member_larger_than_what_it_may_hold_is_not_unpacked():
    with pytest.raises(BadArchive, match=r"losses\.npy has 1,000,000 bytes"):
        unpacked(changed(SOUND, {LOSSES: bytes(10**6)}, zipfile.ZIP_DEFLATED))


def test_more_members_than_there_can_be_are_not_even_listed(monkeypatch):
    monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 100)
    with pytest.raises(BadArchive, match="more members"):
        unpacked(SOUND)


def test_a_bit_that_has_fallen_over_is_found():
    data = bytearray(changed(SOUND, {}))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        at = data.index(np.float64(3.0).tobytes(), opened.getinfo(LOSSES).header_offset)
    data[at] ^= 1
    with pytest.raises(BadArchive, match="CRC"):
        unpacked(bytes(data))


@given(st.binary(max_size=100))
def test_any_bytes_at_all_are_an_archive_or_none(data):
    with pytest.raises(BadArchive):
        unpacked(data)


@st.composite
def mutations(draw):
    """A sound archive with some bytes of it changed, cut out or put in."""
    data = bytearray(draw(st.sampled_from([SOUND, changed(SOUND, {})])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        kind = draw(st.sampled_from(["flip", "cut", "put"]))
        if kind == "flip":
            data[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 20))]
        else:
            data[at:at] = draw(st.binary(min_size=1, max_size=20))
    return bytes(data)


@given(mutations())
def test_no_damage_is_worse_than_a_bad_archive(data):
    try:
        found = unpacked(data)
    except BadArchive:
        return
    assert [bits(one) for one in found] == [bits(one) for one in unpacked(SOUND)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(RunView.model_fields)), JSON)
def test_no_view_is_worse_than_a_bad_archive(name, value):
    try:
        (found,) = unpacked(retold(SOUND, RUN, **{name: value}))
    except BadArchive:
        return
    json.loads(found.view.model_dump_json())


@given(st.lists(st.fixed_dictionaries({"iteration": st.just(1), "at": st.just(0), "kind": st.just("changed"), "changes": st.dictionaries(st.sampled_from(["relu", "update", "update.lr", "gradients", "pace", "x"]), st.lists(JSON, min_size=2, max_size=2))}), max_size=3))  # fmt: skip
def test_no_changes_are_worse_than_a_bad_archive(told):
    try:
        unpacked(changed(SOUND, {EVENTS: json.dumps(told).encode()}))
    except BadArchive:
        return


# --- and goes on elsewhere


@pytest.fixture
def elsewhere():
    """Another book."""
    made = Book(cpu_workers=2)
    yield made
    made.close()


def moved(book: Book, *run_ids: str) -> list[Kept]:
    return unpacked(packed(*map(book.kept, run_ids)))


def test_a_finished_run_is_the_same_elsewhere(book, elsewhere):
    run = book.open(spec(iterations=400, name="one", diagnostics_every=7))
    until_ended(run)
    (came,) = elsewhere.add(moved(book, run.id))
    assert came.view() == run.view()
    assert came.events == run.events
    assert bits(elsewhere.kept(came.id)) == bits(book.kept(run.id))


@pytest.mark.parametrize("status", ["running", "paused"])
def test_a_run_that_had_not_ended_goes_on_elsewhere_with_the_same_losses(book, elsewhere, status):
    run = book.open(spec(iterations=3000, diagnostics_every=7, pace=1000.0))
    until_at(run, 20)
    if status == "paused":
        book.pause(run.id)
    (came,) = elsewhere.add(moved(book, run.id))
    assert came.status == "interrupted"
    assert came.events[-1].kind == "interrupted"
    assert 20 <= len(came.trace) < 3000
    elsewhere.change(came.id, pace=None)
    elsewhere.resume(came.id)
    until_ended(came)
    assert came.status == "finished"
    assert losses(came) == curve(spec(iterations=3000, diagnostics_every=7))


def test_it_goes_on_from_its_checkpoint(elsewhere):
    asked = spec(iterations=600)
    trainer = Trainer(asked)
    values = [trainer.advance(10).losses for _ in range(40)]
    values = np.concatenate(values)
    one = Kept(
        view(400, status="running", spec=asked),
        [],
        values,
        np.zeros((8, len(CHANNELS))),
        np.array([[400.0, 1.5e9]]),
        trainer.checkpoint(),
    )
    (came,) = elsewhere.add(unpacked(packed(one)))
    assert came.checkpoint.data == one.checkpoint
    elsewhere.resume(came.id)
    until_ended(came)
    assert losses(came) == curve(asked)
    assert came.saving.iteration == 400


def test_a_checkpoint_of_another_run_is_refused():
    foreign = Trainer(spec(n=5)).checkpoint()
    with pytest.raises(BadArchive, match="n: this cannot change"):
        unpacked(packed(kept([1.0], status="running", checkpoint=foreign)))


def test_a_checkpoint_of_what_was_not_done_is_refused():
    asked = spec(iterations=2, diagnostics_every=3)
    trainer = Trainer(asked)
    trainer.advance(1)
    ahead = view(0, status="running", spec=asked)
    with pytest.raises(BadArchive, match="iteration 1"):
        unpacked(packed(Kept(ahead, checkpoint=trainer.checkpoint())))


def test_a_run_whose_id_is_taken_gets_another(book):
    run = book.open(spec(iterations=3))
    until_ended(run)
    first, second = book.add(moved(book, run.id) * 2)
    assert len({run.id, first.id, second.id}) == 3
    assert losses(first) == losses(second) == losses(run)
    assert book.find(first.id) is first


def test_a_fork_knows_its_origin_by_its_new_id(book):
    origin = book.open(spec(iterations=30))
    until_ended(origin)
    (fork,) = book.fork(origin.id, {"iterations": 60})
    until_ended(fork)
    later, earlier = book.add(moved(book, fork.id, origin.id))
    assert later.forked_from == Origin(id=earlier.id, iteration=30)
    assert fork.forked_from == Origin(id=origin.id, iteration=30)


def test_where_there_is_no_room_for_all_none_is_added(book):
    run = book.open(spec(iterations=1))
    until_ended(run)
    small = Book(cpu_workers=1, max_runs=2)
    with pytest.raises(NoRoom):
        small.add([kept([1.0], 0), kept([1.0], 1), kept([1.0], 2)])
    assert list(small.newest_first()) == []
    assert len(small.add([kept([1.0], 0), kept([1.0], 1)])) == 2
    small.close()


def test_a_long_run_is_written_while_it_trains(book):
    run = book.open(spec(**LONG))
    until_at(run, 100)
    (found,) = moved(book, run.id)
    assert found.losses.tolist() == losses(run)[: len(found.losses)]
    assert found.view.loss == found.losses[-1]
