import asyncio
import math

import pytest

from reluscope.client import Conflict, Gone, NotFound, TimedOut
from tests.server.serving import LONG, TINY


def test_all_of_it_is_awaited_as_well(aio, tmp_path):
    async def script():
        async with aio as scope:
            run = await scope.create(**TINY, iterations=300)
            streamed = [loss async for _, loss in run.stream()]
            await run.wait(30)
            losses = await run.losses()
            assert losses.tolist() == streamed
            assert [each async for each in scope.runs()] == [run]
            other = await (await run.fork(100))[0].wait(30)
            assert (await run.compare(other)).equal
            assert (await scope.compare(run, await run.replay())).compared >= 0
            assert len(await run.to_pandas(diagnostics=True)) == 300
            assert (await run.overview(points=10)).stop == 300
            assert (await run.times()).iterations[-1] == 300
            assert (await run.events())[-1].kind == "finished"
            assert "import torch" in await run.script()
            with pytest.raises(Conflict):
                await run.resume()
            path = await scope.export([run], tmp_path / "runs.zip")
            (came,) = await scope.import_runs(path)
            assert (await run.compare(came)).equal
            assert (await scope.check("relu")).relu == "relu"
            assert (await scope.ready()).status == "ready"
            assert (await scope.session()).role == "owner"

    asyncio.run(script())


def test_steering_and_watching_are_awaited_as_well(aio):
    async def script():
        async with aio as scope:
            slow = await scope.create(**LONG, pace=100)
            assert (await slow.pause()).status == "paused"
            with pytest.raises(TimedOut):
                await scope.wait([slow], timeout=0)
            await slow.step(3)
            await slow.wait(30, until="paused")
            assert (await slow.change(name="slow")).name == "slow"
            await slow.resume()
            stream = slow.stream_blocks()
            await anext(stream)
            assert (await (await slow.stop()).wait(30)).status == "stopped"
            assert [block.stop async for block in stream][-1:] in ([], [slow.iteration])
            sweep = await scope.create_sweep(grid={"seed": [1, 2]}, **TINY, iterations=50)
            came = [block async for block in sweep.watch()]
            assert sum(len(block.losses) for block in came) == 100
            assert (await sweep.wait(30)).statuses == {"finished": 2}
            assert len(await sweep.to_pandas()) == len(await sweep.runs()) == 2
            assert [each async for each in scope.sweeps()] == [await scope.sweep(sweep.id)]
            assert math.isfinite((await sweep.results()).records[0]["loss"])
            for verb in (sweep.pause, sweep.resume, sweep.stop, sweep.refresh):
                assert await verb() is sweep
            blocks = [block async for block in scope.watch(sweep, 40)]
            assert sum(len(block.losses) for block in blocks) == 20
            await sweep.delete()
            await slow.delete()
            with pytest.raises(NotFound):
                await slow.refresh()
            with pytest.raises(Gone):
                await anext(slow.stream())

    asyncio.run(script())
