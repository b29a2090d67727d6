"""`python -m tests.swarm up|demo|down`: a swarm of three nodes on this machine, to look at."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from tests.swarm.lab import demo, possible, stack, swarm
from tests.swarm.lab.mesh import mesh


async def up() -> None:
    """Build the images, start three nodes, and deploy the stack on them."""
    await stack.bring_up()
    run = mesh().run
    print(f"ingest  {run.ingest}\nmaster  {run.master}\nmonitor {run.monitor}")
    print(f"`docker exec {swarm.NODES[0].name} docker service ls` shows the services")


async def play() -> None:
    """Push the demo's video, and print the ledger."""
    status = await demo.play()
    try:
        for ledger in status.cameras:
            print(f"{ledger.camera}: {ledger.offered} offered, {ledger.done} done")
    finally:
        await demo.remove()


async def down() -> None:
    """Stop the nodes; the images on them stay for the next time."""
    await swarm.down()


COMMANDS: dict[str, Callable[[], Awaitable[None]]] = {"up": up, "demo": play, "down": down}


async def main(command: Callable[[], Awaitable[None]]) -> int:
    if reason := await possible.obstacle():
        print(f"error: {reason}", file=sys.stderr)
        return 1
    await command()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    sys.exit(asyncio.run(main(COMMANDS[parser.parse_args().command])))
