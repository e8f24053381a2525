"""Who reads together, who is left behind, and what each is written."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError

from reluscope.server.socket import audience
from reluscope.server.socket.audience import Audience, Slices
from tests.waiting import eventually

from ..serving import LONG
from ..watching import Curves, Viewer
from .counting import MOST, RUN, Numbers, Person


def tick(room, numbers, by=0):
    numbers.head += by
    return asyncio.run(room.send({RUN} if by else set(), Slices()))


@pytest.fixture
def room():
    return Audience()


def test_whoever_is_abreast_shares_one_reading(room):
    numbers = Numbers()
    with contextlib.ExitStack() as there:
        people = [Person(numbers) for _ in range(10)]
        for person in people:
            there.enter_context(room.joined(person))
        tick(room, numbers, by=1)
        assert len(room.readings) == 1
        numbers.reads = 0
        tick(room, numbers, by=1)
        assert numbers.reads == 1
        assert {person.got for person in people} == {b"\0\1"}
    assert not len(room)
    assert not room.readings


def test_whoever_takes_nothing_stays_behind_and_comes_back(room):
    numbers = Numbers()
    slow, quick = Person(numbers), Person(numbers)
    with room.joined(slow), room.joined(quick):
        tick(room, numbers, by=1)
        slow.is_free = False
        for _ in range(5):
            tick(room, numbers, by=2)
        assert (slow.got, len(quick.got)) == (b"\0", 11)
        assert not tick(room, numbers), "nothing can be done for it"
        slow.is_free = True
        assert tick(room, numbers), "it is owed more than one message"
        assert not [None for _ in range(2) if tick(room, numbers)][1:]
        assert slow.got == quick.got
        assert slow.reading is quick.reading


def test_a_reading_that_is_to_be_changed_is_nobody_else_s(room):
    numbers = Numbers()
    one, other = Person(numbers), Person(numbers)
    with room.joined(one), room.joined(other):
        tick(room, numbers, by=1)
        assert one.reading is other.reading
        own = room.own(one)
        assert own is one.reading is not other.reading
        assert room.own(one) is own


def test_those_who_are_far_behind_come_last_and_in_turns(room, monkeypatch):
    numbers = Numbers()
    near = Person(numbers)
    with contextlib.ExitStack() as there:
        there.enter_context(room.joined(near))
        while tick(room, numbers, by=20 if not numbers.head else 0):
            pass
        far = [Person(numbers, start) for start in (1, 2)]
        for person in far:
            there.enter_context(room.joined(person))
        monkeypatch.setattr(audience, "CATCH_UP_S", 0.0)
        monkeypatch.setattr(audience.time, "thread_time", iter(range(10**6)).__next__)
        for turn in range(4):
            tick(room, numbers, by=1)
            assert near.cursor == numbers.head
            assert sum(len(person.got) for person in far) == MOST * (turn + 1)
        assert {len(person.got) for person in far} == {2 * MOST}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["come", "go", "stall", "take", "own", "tick"]),
            st.integers(0, 5),
        ),
        max_size=60,
    )
)
def test_each_gets_everything_once_and_in_order(steps):
    numbers, room = Numbers(), Audience()
    people: dict[int, tuple[Person, contextlib.ExitStack]] = {}
    for act, who in steps:
        if act == "tick":
            tick(room, numbers, by=who)
        elif act == "come" and who not in people:
            stack = contextlib.ExitStack()
            person = Person(numbers, min(who, numbers.head))
            stack.enter_context(room.joined(person))
            people[who] = person, stack
        elif who in people:
            person, stack = people[who]
            if act == "go":
                stack.close()
                del people[who]
            elif act == "own":
                room.own(person)
            else:
                person.is_free = act == "take"
        assert all(person.has_all_in_order() for person, _ in people.values())
    for person, _ in people.values():
        person.is_free = True
    while tick(room, numbers):
        pass
    assert all(person.cursor == numbers.head for person, _ in people.values())
    assert len(room.readings) <= 1


def test_while_it_is_written_a_viewer_may_ask_for_something_else(room, monkeypatch):
    """It gets what it has read first."""
    monkeypatch.setattr(audience, "SLICE_S", -1.0)
    numbers = Numbers()
    people = [Person(numbers) for _ in range(3)]

    async def play():
        with contextlib.ExitStack() as there:
            for person in people:
                there.enter_context(room.joined(person))
            numbers.head = 1
            while await room.send({RUN}, Slices()):
                pass
            numbers.head = 2
            sending = asyncio.create_task(room.send({RUN}, Slices()))
            while not any(len(person.got) == 2 for person in people):  # noqa: ASYNC110
                await asyncio.sleep(0)
            waits = [person for person in people if len(person.got) == 1]
            room.own(waits[0])
            assert waits[0].got == b"\0\1"
            await sending
            assert {person.got for person in people} == {b"\0\1"}

    asyncio.run(play())


def test_what_cannot_be_read_ends_those_who_read_it_and_nobody_else(
    api, server, live_url, monkeypatch
):
    run_id, other = api.start(**LONG), api.start(**LONG)
    real = server.hub.blocks

    def blocks(wanted, *rest):
        if wanted == run_id:
            raise MemoryError
        return real(wanted, *rest)

    monkeypatch.setattr(server.hub, "blocks", blocks)
    with Viewer(live_url) as unlucky, Viewer(live_url) as viewer:
        unlucky.watch({run_id: 0})
        with pytest.raises(ConnectionClosedError):
            unlucky.until(lambda _: False)
        viewer.watch({other: 0})
        viewer.read(Curves({other: 0}), {other: 10})
    eventually(lambda: not server.hub.clients, "their leave")
    assert all("cannot be sent" in line for line in server.errors)
    assert server.errors
    server.errors.clear()


def test_long_work_is_in_slices_of_which_the_sum_is_told(monkeypatch):
    """Each begins when the loop comes back, and what others did meanwhile is no part of it."""
    clock = [0.0]
    monkeypatch.setattr(audience.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(audience.time, "thread_time", lambda: clock[0])
    monkeypatch.setattr(audience, "SLICE_S", 3.0)

    async def work():
        slices = Slices()
        for _ in range(8):
            clock[0] += 1
            await slices.breathe()
        return slices.took_s

    async def play():
        working, breaths = asyncio.create_task(work()), 0
        await asyncio.sleep(0)
        while not working.done():
            breaths += 1
            clock[0] += 100
            await asyncio.sleep(0)
        return breaths, await working

    assert asyncio.run(play()) == (2, 8)


def test_pages_that_show_the_same_share_what_they_are_sent(api, server, live_url):
    run_id = api.start(**LONG)
    with contextlib.ExitStack() as there:
        viewers = [there.enter_context(Viewer(live_url)) for _ in range(4)]
        for viewer in viewers:
            viewer.watch({run_id: 0})
        curves = [Curves({run_id: 0}) for _ in viewers]

        def read_on():
            for viewer, curve in zip(viewers, curves, strict=True):
                viewer.read(curve, {run_id: len(curve.losses[run_id]) + 1})
            return len(server.hub.audience.readings) == 1

        eventually(read_on, "one reading for all")
        viewers[0].send({"type": "unwatch", "runs": [run_id]})
        viewers[0].until_sync()
        assert len(server.hub.audience.readings) == 2
        there_to = {run_id: 10}
        viewers[0].watch(there_to)
        curves[0] = Curves(there_to)
        eventually(read_on, "one reading again")
        api.verb(run_id, "stop")
        goal = {run_id: len(api.losses(run_id))}
        for viewer, curve in zip(viewers, curves, strict=True):
            viewer.read(curve, goal)
        assert curves[0].losses[run_id] == curves[1].losses[run_id][10:]
        assert curves[1].losses[run_id] == api.losses(run_id)
