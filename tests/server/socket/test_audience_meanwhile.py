"""Who comes, leaves, stalls or asks for something else between two pieces of a tick."""

import asyncio
import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reluscope.server.socket import audience
from reluscope.server.socket.audience import Audience, Slices

from .counting import RUN, Numbers, Person


class Crowd:
    """People of whom each does something now and then."""

    def __init__(self, numbers, room):
        self.numbers, self.room = numbers, room
        self.there: dict[int, tuple[Person, contextlib.ExitStack]] = {}
        self.left: list[tuple[Person, bytes]] = []

    @property
    def people(self):
        return [person for person, _ in self.there.values()]

    def do(self, act, who):
        if act == "come":
            if who not in self.there:
                person = Person(self.numbers, min(who, self.numbers.head))
                stack = contextlib.ExitStack()
                stack.enter_context(self.room.joined(person))
                self.there[who] = person, stack
        elif who in self.there:
            person, stack = self.there[who]
            if act == "go":
                del self.there[who]
                stack.close()
                self.left.append((person, person.got))
            elif act == "again":
                own = self.room.own(person)
                assert own.cursor == person.cursor, "it has been written all that it has read"
                person.start, person.got = 0, b""
                own.cursor, own.moved = 0, True
            else:
                person.is_free = act == "take"


ACTS = ["come", "go", "stall", "take", "again", "tick", "loop", "loop"]


BEGIN = [("tick", 1), ("loop", 0)]


@example([*BEGIN, ("go", 1)])  # before it is written what it has read
@example([("come", 3), ("come", 4), *BEGIN, ("go", 4)])  # before it is read for
@example([*BEGIN, ("again", 1)])
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 4)), max_size=60))
def test_each_gets_everything_once_and_in_order(steps):
    """And nobody gets anything who has left."""
    numbers, room = Numbers(), Audience()
    crowd = Crowd(numbers, room)

    async def play():
        for who in range(3):
            crowd.do("come", who)
        await room.send(set(), Slices())
        sending = None
        for act, who in steps:
            if act == "tick" and sending is None:
                numbers.head += who
                sending = asyncio.create_task(room.send({RUN}, Slices()))
            crowd.do(act, who) if act not in ("tick", "loop") else await asyncio.sleep(0)
            assert all(person.has_all_in_order() for person in crowd.people)
            if sending and sending.done():
                await sending
                sending = None
        if sending:
            await sending
        for person in crowd.people:
            person.is_free = True
        while await room.send(set(), Slices()):
            pass

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(audience, "SLICE_S", -1.0)
        asyncio.run(play())
    assert all(person.has_all_in_order() for person in crowd.people)
    assert all(person.cursor == numbers.head for person in crowd.people)
    assert all(person.got == got for person, got in crowd.left)
    assert len(room.readings) <= 1
