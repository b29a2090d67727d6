"""What JetStream's fast-ingest batches cost a nats-server: `python -m bench.broker.fast_ingest`.

Messages of one size go into a stream with files, in turns with an acknowledgement each, as
framemesh stores frames, and as a batch (nats-server 2.14 or later) that is acknowledged after every
8 and 32, with `gap=fail`: an acknowledgement says that all up to it are stored. Spoken over a
socket, so that no client library is measured with it.
"""

import argparse
import asyncio
import itertools
import json
import os
import socket
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.broker.data_plane import SECOND
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import free_block

SIZES = {500: 5_000, 75_000: 1_000}
"""Bytes of a message, as an outcome and as a frame, and how many are one turn."""

WINDOW = 64
"""Messages without an acknowledgement."""

STREAM = {
    "name": "FAST",
    "subjects": ["fast.*"],
    "storage": "file",
    "discard": "old",
    "max_bytes": 256 * 1024**2,
    "duplicate_window": 120 * SECOND,
    "allow_batched": True,
}
START, ADD, COMMIT = 0, 1, 2
"""What the message of a batch does, as its reply subject says."""

TIMEOUT_SECONDS = 30.0


class Connection:
    """As much of NATS as publishing needs."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self._file = self._socket.makefile("rb")
        self._socket.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB _IN.> 1\r\n')

    def publish(self, subject: str, reply: str, message_id: str, payload: bytes) -> None:
        headers = f"NATS/1.0\r\nNats-Msg-Id: {message_id}\r\n\r\n".encode()
        sizes = f"{len(headers)} {len(headers) + len(payload)}"
        head = f"HPUB {subject} {reply} {sizes}\r\n".encode()
        self._socket.sendall(b"".join((head, headers, payload, b"\r\n")))

    def answer(self) -> dict[str, object]:
        """The next message of ours."""
        while not (line := self._file.readline()).startswith(b"MSG"):
            if line.startswith(b"PING"):
                self._socket.sendall(b"PONG\r\n")
        payload = self._file.read(int(line.split()[-1]) + 2)
        found: dict[str, object] = json.loads(payload)
        if "error" in found:
            raise SystemExit(f"nats-server: {found['error']}")
        return found

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def one_by_one(connection: Connection, run: str, payload: bytes, count: int) -> None:
    """With an acknowledgement for each message."""
    acked = 0
    for number in range(count):
        if number - acked == WINDOW:
            connection.answer()
            acked += 1
        connection.publish(f"fast.{number % 4}", f"_IN.{number}", f"{run}-{number}", payload)
    for _ in range(count - acked):
        connection.answer()


def batch(connection: Connection, run: str, payload: bytes, count: int, every: int) -> None:
    """With an acknowledgement after every so many messages."""
    acked = 0
    for number in range(1, count + 1):
        while number - acked > WINDOW:
            acked = _acked(connection.answer())
        operation = START if number == 1 else COMMIT if number == count else ADD
        reply = f"_IN.{run}.{every}.fail.{number}.{operation}.$FI"
        connection.publish(f"fast.{number % 4}", reply, f"{run}-{number}", payload)
    while acked < count:
        acked = _acked(connection.answer())


def _acked(answer: dict[str, object]) -> int:
    """Up to which message of the batch all are stored."""
    return int(str(answer["seq"] if answer.get("type") == "ack" else answer["count"]))


def measure(port: int, server: psutil.Process, rounds: int) -> Iterator[str]:
    """A line for each size and way: microseconds of the server's CPU for a message."""
    connection = Connection(port)
    connection.publish("$JS.API.STREAM.CREATE.FAST", "_IN.api", "", json.dumps(STREAM).encode())
    connection.answer()
    runs = (f"run{number}" for number in itertools.count())
    for size, count in SIZES.items():
        payload = os.urandom(size)
        spent: defaultdict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            for way, every in (("one by one", 0), ("batch of 8", 8), ("batch of 32", 32)):
                before = _cpu_seconds(server)
                if every:
                    batch(connection, next(runs), payload, count, every)
                else:
                    one_by_one(connection, next(runs), payload, count)
                spent[way].append(1e6 * (_cpu_seconds(server) - before) / count)
        for way, each in spent.items():
            yield f"{size:7,} bytes, {way:12} {statistics.median(each):6.0f} us"
    connection.close()


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = NatsServer(Path(folder), free_block(1))
        async with running_nats_server(server, Path(folder) / "nats.log"):
            (process,) = psutil.Process().children()
            lines = await asyncio.to_thread(lambda: list(measure(server.port, process, rounds)))
    print("\n".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    asyncio.run(main(parser.parse_args().rounds))
