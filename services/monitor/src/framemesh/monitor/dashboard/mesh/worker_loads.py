"""What each worker says of itself."""

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack

import grpc.aio

from framemesh.api.master.v1 import node_pb2
from framemesh.api.worker.v1 import worker_pb2, worker_pb2_grpc
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.rpc.channel import channel

MAX_WORKERS = 64
"""Asked in one round; of more the next ones follow in the next round."""

ANSWER_SECONDS = 1.0
"""One that takes longer is shown without its figures."""


class WorkerLoads:
    """Asks ready workers, some in each round, and remembers the last answer of each."""

    def __init__(self, options: ConnectOptions) -> None:
        self._options = options
        self._channels: dict[str, grpc.aio.Channel] = {}
        """By address."""
        self._answers: dict[str, worker_pb2.GetWorkerResponse] = {}
        """By the id of the worker."""
        self._next = 0
        """Where the next round begins."""

    @property
    def answers(self) -> Mapping[str, worker_pb2.GetWorkerResponse]:
        return dict(self._answers)

    async def ask(self, workers: Iterable[node_pb2.Worker]) -> None:
        """One round. Those that are not among `workers` any more are forgotten."""
        ready = [one for one in workers if one.state == node_pb2.WORKER_STATE_READY and one.address]
        await self._forget_others(ready)
        asked = ready[self._next : self._next + MAX_WORKERS]
        self._next = self._next + MAX_WORKERS if self._next + MAX_WORKERS < len(ready) else 0
        async with TaskGroup() as tasks:
            for worker in asked:
                tasks.create_task(self._ask(worker))

    async def close(self) -> None:
        async with AsyncExitStack() as closing:
            for each in self._channels.values():
                closing.push_async_callback(each.close)
            self._channels.clear()

    async def _ask(self, worker: node_pb2.Worker) -> None:
        if worker.address not in self._channels:
            self._channels[worker.address] = channel(worker.address, self._options)
        stub = worker_pb2_grpc.WorkerServiceStub(self._channels[worker.address])
        try:
            answer = await stub.GetWorker(worker_pb2.GetWorkerRequest(), timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError:
            self._answers.pop(worker.id, None)
            return
        # A port is given away again when its worker is gone.
        if answer.id == worker.id:
            self._answers[worker.id] = answer

    async def _forget_others(self, ready: list[node_pb2.Worker]) -> None:
        ids, addresses = {one.id for one in ready}, {one.address for one in ready}
        for gone in self._answers.keys() - ids:
            del self._answers[gone]
        for address in self._channels.keys() - addresses:
            await self._channels.pop(address).close()
