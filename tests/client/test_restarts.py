"""Servers that end while they are listened to, and come back."""

import threading

import pytest

from reluscope import Client
from reluscope.client import NotFound, Rewound
from tests.server.serving import LONG, TINY, in_thread
from tests.server.test_restart import cut_off, iteration_of_change


def test_a_stream_and_a_wait_outlast_the_server(cable, tmp_path):
    ended = threading.Event()
    with Client(cable.url, retries=0) as scope:
        with in_thread(data=tmp_path, allow_host=[cable.host]) as server:
            cable.upstream = server.api.port
            run = scope.create(**TINY, iterations=1500, pace=1000)
            waiting = scope.run(run.id)
            thread = threading.Thread(target=lambda: (waiting.wait(60), ended.set()))
            thread.start()
            stream = run.stream()
            came = [next(stream) for _ in range(300)]
            cable.upstream = None
            cable.cut()
        assert not ended.is_set()
        with in_thread(data=tmp_path, allow_host=[cable.host]) as server:
            cable.upstream = server.api.port
            came += stream
            assert came == list(enumerate(run.losses().tolist()))
            assert len(came) == 1500
            assert ended.wait(30)
            assert waiting.status == "finished"
            cable.cut()
    thread.join()


def test_a_run_that_the_new_server_does_not_have_is_told(cable, tmp_path):
    with Client(cable.url) as scope:
        with in_thread(data=tmp_path / "a", allow_host=[cable.host]) as server:
            cable.upstream = server.api.port
            run = scope.create(**LONG, pace=100)
            watch = scope.watch([run])
            next(watch)
            cable.upstream = None
            cable.cut()
        with in_thread(data=tmp_path / "b", allow_host=[cable.host]) as server:
            cable.upstream = server.api.port
            list(watch)
            with pytest.raises(NotFound):
                run.wait()
            cable.cut()


def test_what_is_not_true_any_more_after_a_crash_is_told(tmp_path):
    run_id, _left = cut_off(tmp_path / "a", tmp_path / "b", iterations=20_000)
    with in_thread(data=tmp_path / "b", resume="never") as server, Client(server.api.url) as scope:
        run = scope.run(run_id).resume()
        run.change(update={"lr": 1e-3})
        true = iteration_of_change(server.api, run_id)
        with pytest.raises(Rewound, match=rf"stream\(start={true}\) goes on") as caught:
            next(run.stream(true + 300))
        assert (caught.value.iteration, caught.value.run_id) == (true, run_id)
        assert next(run.stream(true + 300, rewind=True))[0] == true
        assert next(scope.watch([run], true + 300, rewind=True)).first == true
