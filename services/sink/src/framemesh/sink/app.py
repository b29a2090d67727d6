"""Wires the service of sinks together."""

import asyncio

from framemesh.core.clock import SystemClock
from framemesh.runtime.concurrency.run_until import cancel_start
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.sinks.sink_states import SinkStates
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.jetstream.tokens.revocation_feed import follow_revocations
from framemesh.runtime.rpc.server import grpc_server
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry
from framemesh.sink.holding import Holding
from framemesh.sink.leasing import lease_sinks
from framemesh.sink.measurements import SinkMeasurements
from framemesh.sink.roster import Roster
from framemesh.sink.settings import Settings


async def run(settings: Settings, stop: asyncio.Event, telemetry: Telemetry = NO_TELEMETRY) -> None:
    """Run sinks until `stop` is set, then complete what was begun.

    Raises:
        AddressTaken: something else listens on settings.listen.
        BrokerLost: the connection to the broker is beyond repair.
    """
    started = asyncio.Event()
    await cancel_start(stop, started, _work(settings, stop, started, telemetry))


async def _work(
    settings: Settings, stop: asyncio.Event, started: asyncio.Event, telemetry: Telemetry
) -> None:
    clock = SystemClock()
    async with (
        broker(settings.nats, "sink", settings.connect) as nats,
        grpc_server(
            settings.listen, [], settings.connect, interceptors=telemetry.server_interceptors
        ) as server,
    ):
        started.set()
        roster = Roster(SinkStore(nats))
        holding = Holding(
            nats,
            roster,
            states=SinkStates(nats),
            measurements=SinkMeasurements(telemetry.meter),
            holder=settings.name,
            clock=clock,
        )
        async with TaskGroup() as tasks:
            loops = (
                roster.run(),
                nats.wait_lost(),
                follow_revocations(nats, settings.connect, clock),
            )
            beside = [tasks.create_task(loop) for loop in loops]
            await server.set_serving(True)
            await lease_sinks(
                nats, roster, name=settings.name, hold=holding.run, clock=clock, stop=stop
            )
            for task in beside:
                task.cancel()
