"""All cameras call again at once: `python -m bench.producers.storm`.

A thousand cameras of one program are connected when their ingest is killed; the next one is started
at that moment, and each camera has a frame to send. What is told is how long it takes until all of
them are accepted, with one process of ingest and with more, in turns; where there are more, before
that also how long it takes after one of them is killed.
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from bench.frames import ROOT
from bench.producers.door import PIPELINE, ingest_process, open_door, spent, tree

EXTRA_SECONDS = 240.0
"""For a thousand cameras to connect, twice."""

AGAIN = b"again\n"


async def turn(cameras: int, processes: int, folder: Path) -> dict[str, float]:
    settings = {"processes": str(processes)}
    async with open_door(folder, **settings) as door, asyncio.timeout(EXTRA_SECONDS):
        ingest, nats = door.processes
        await _all_listen(ingest, processes)
        starting = spent(ingest)
        sending = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.producers.stormers",
            f"--cameras={cameras}",
            door.address,
            PIPELINE,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, told = sending.stdout, sending.stdin
        assert said
        assert told
        first = json.loads(await said.readline())
        connecting = spent(ingest) - starting
        resident = door.resident_bytes()["ingest"]
        one = math.nan
        if processes > 1:
            ingest.children()[0].kill()
            told.write(AGAIN)
            one = json.loads(await said.readline())["seconds"]
            await _all_listen(ingest, processes)
        before = spent(nats)
        await _killed(ingest)
        began = time.monotonic()
        told.write(AGAIN)
        async with ingest_process(door.nats, door.address, settings) as pid:
            serving = time.monotonic() - began
            again = json.loads(await said.readline())
            after = spent(psutil.Process(pid)) - starting
            broker = spent(nats) - before
            told.close()
            await sending.wait()
    per = 1000 / cameras
    return {
        "s connecting": first["seconds"],
        "ms ingest": per * connecting,
        "s after one": one,
        "s serving": serving,
        "s again": again["seconds"],
        "ms ingest again": per * after,
        "ms cameras again": per * again["cpu_seconds"],
        "ms nats again": per * broker,
        "MiB ingest": resident / 2**20,
    }


async def _all_listen(ingest: psutil.Process, processes: int) -> None:
    """So that what they take to start is no part of what is measured."""

    def listening() -> int:
        try:
            found = [one for each in tree(ingest) for one in each.net_connections("tcp")]
        except psutil.Error:
            return 0  # one of them has just ended
        return sum(one.status == psutil.CONN_LISTEN for one in found)

    while listening() < processes:
        await asyncio.sleep(0.1)


async def _killed(ingest: psutil.Process) -> None:
    children = ingest.children()
    ingest.kill()
    await asyncio.to_thread(psutil.wait_procs, children, 10)


async def run(turns: int, cameras: int, counts: list[int]) -> None:
    found: defaultdict[int, list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(turns):
            for count in counts:
                at = Path(folder) / f"{count}-{number}"
                at.mkdir()
                found[count].append(await turn(cameras, count, at))
    names = [*found[counts[0]][0]]
    print(f"{'processes':9}", *(f"{name:>16}" for name in names))
    for count, figures in found.items():
        medians = (statistics.median(figure[name] for figure in figures) for name in names)
        print(f"{count:9}", *(f"{median:16.2f}" for median in medians), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    given = parser.parse_args()
    asyncio.run(run(given.turns, given.cameras, given.processes))


if __name__ == "__main__":
    main()
