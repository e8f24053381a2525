import threading

from reluscope.runs.signal import Signal


def test_what_was_marked_is_taken_once():
    signal = Signal(lambda: None)
    for run_id in ("a", "b", "a"):
        signal.mark(run_id)
    assert signal.take() == {"a", "b"}
    assert signal.take() == set()


def test_it_wakes_once_until_it_is_taken():
    wakes = []
    signal = Signal(lambda: wakes.append(1))
    for _ in range(100):
        signal.mark("a")
    assert len(wakes) == 1
    signal.take()
    signal.mark("b")
    assert len(wakes) == 2


def test_nothing_marked_by_many_threads_is_lost():
    woken = threading.Event()
    signal = Signal(woken.set)
    expected = {f"{thread}-{number}" for thread in range(4) for number in range(500)}

    def mark(thread: int) -> None:
        for number in range(500):
            signal.mark(f"{thread}-{number}")

    threads = [threading.Thread(target=mark, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    taken: set[str] = set()
    while taken != expected:
        assert woken.wait(10), "a mark without a wake"
        woken.clear()
        taken |= signal.take()
    for thread in threads:
        thread.join()
