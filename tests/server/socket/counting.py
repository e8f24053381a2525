"""An audience of people who are told numbers: 0, 1, 2, ..."""

from reluscope.server.socket.reading import Written

RUN = "run"

MOST = 4
"""Numbers in one message."""


class Numbers:
    """What is read: 0, 1, 2, ... up to the head."""

    def __init__(self):
        self.head = 0
        self.reads = 0


class Reading:
    """As the real one, of numbers, each a byte."""

    def __init__(self, numbers, cursor=0, *, moved=True):
        self.numbers, self.cursor, self.moved = numbers, cursor, moved

    def copy(self):
        return Reading(self.numbers, self.cursor, moved=self.moved)

    def note(self, changed):
        self.moved |= RUN in changed

    @property
    def is_behind(self):
        return self.moved

    is_owed = is_behind

    @property
    def key(self):
        return self.cursor, self.moved

    def read_on(self):
        self.numbers.reads += 1
        stop = min(self.numbers.head, self.cursor + MOST)
        told = bytes(number % 256 for number in range(self.cursor, stop))
        self.cursor, self.moved = stop, stop < self.numbers.head
        return Written(told, len(told), len(told))


class Person:
    """A viewer who takes something or does not."""

    def __init__(self, numbers, start=0):
        self.reading = Reading(numbers, start)
        self.start = start
        self.is_free = True
        self.got = b""

    def write(self, written):
        self.got += written.frames

    @property
    def cursor(self):
        return self.start + len(self.got)

    def has_all_in_order(self):
        return self.got == bytes(number % 256 for number in range(self.start, self.cursor))
