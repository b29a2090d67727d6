"""What the docker of a node answers over its socket, without a command.

A command in a node takes a tenth of a second of CPU, of which a test machine has two: whoever waits
and asks again and again by commands slows down what is waited for.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException

from tests.swarm.lab.commands import CommandFailed
from tests.swarm.lab.node import Node

VERSION = "1.44"
"""Of the API: that of Docker 25."""


async def answer_of(node: Node, ask: Callable[[docker.APIClient], Any], seconds: float) -> Any:
    """
    Raises:
        CommandFailed: the node is away, or docker refuses.
    """

    def call() -> Any:
        # Docker's client leaves a socket open that is refused.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(seconds)
            probe.connect(str(node.socket))
        client = docker.APIClient(f"unix://{node.socket}", version=VERSION, timeout=seconds)
        try:
            return ask(client)
        finally:
            client.close()

    try:
        return await asyncio.to_thread(call)
    except (DockerException, RequestException, OSError) as error:
        raise CommandFailed(f"{node.name}: {error}") from error
