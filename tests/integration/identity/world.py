"""Services that ask for tokens, and those who have some."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc.aio

import framemesh.ingest.app
import framemesh.ingest.settings
import framemesh.master.app
import framemesh.master.settings
import framemesh.monitor.app
import framemesh.monitor.settings
from framemesh.core.clock import SystemClock
from framemesh.core.identity.claims import Claims
from framemesh.core.identity.roles import Role
from framemesh.core.identity.scope import Scope
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.identity.keys import make_key
from framemesh.runtime.identity.token_source import TokenSource
from framemesh.runtime.identity.tokens import new_claims, sign
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from tests.integration.services.running import serving

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who has a private key."""

    key: Path

    def claims(
        self,
        role: Role,
        name: str = "someone",
        pipelines: str = "street",
        *,
        cameras: tuple[str, ...] = (),
        seconds: int = 3600,
    ) -> Claims:
        return new_claims(
            name,
            role,
            Scope.of(pipelines.split(",")),
            life_seconds=seconds,
            clock=SystemClock(),
            cameras=cameras,
        )

    def sign(self, claims: Claims) -> str:
        return sign(claims, self.key)

    def issue(self, role: Role, name: str = "someone", pipelines: str = "street") -> str:
        return self.sign(self.claims(role, name, pipelines))

    def camera(self, name: str = "north", pipelines: str = "street") -> str:
        return self.issue(Role.CAMERA, name, pipelines)

    def viewer(self, *cameras: str, pipelines: str = "street") -> str:
        return self.sign(self.claims(Role.VIEWER, "eve", pipelines, cameras=cameras))


def issuer(folder: Path, kid: str = "k1") -> Issuer:
    return Issuer(make_key(folder, kid))


@dataclass(frozen=True, slots=True)
class Closed:
    """A mesh that asks for tokens."""

    issuer: Issuer
    ingest: str
    master: str
    monitor: str
    dashboard: str

    @asynccontextmanager
    async def calling(self, address: str, token: str) -> AsyncIterator[grpc.aio.Channel]:
        """Calls to host:port that show a token; an empty one: none."""
        options = ConnectOptions(token=TokenSource(token))
        async with channel(address, options, max_message_bytes=32 * MIB) as connected:
            yield connected


@asynccontextmanager
async def closed_mesh(nats_url: str, folder: Path) -> AsyncIterator[Closed]:
    """Master, ingest and monitor; their keys are in `folder`/keys."""
    made = issuer(folder / "keys")
    own = folder / "service.token"
    own.write_text(made.issue(Role.SERVICE, "services", "*"))
    port = free_block(4)
    master, ingest, monitor, dashboard = (f"127.0.0.1:{port + n}" for n in range(4))
    asked = {"token_keys": folder / "keys", "mesh_token_file": own}
    async with AsyncExitStack() as running:
        enter = running.enter_async_context
        chosen = framemesh.master.settings.Settings(nats=nats_url, listen=master, **asked)
        await enter(serving(framemesh.master.app.run, chosen, master))
        taking = framemesh.ingest.settings.Settings(nats=nats_url, listen=ingest, **asked)
        await enter(serving(framemesh.ingest.app.run, taking, ingest))
        showing = framemesh.monitor.settings.Settings(
            nats=nats_url, listen=monitor, http=dashboard, master=master, ingest=ingest, **asked
        )
        await enter(serving(framemesh.monitor.app.run, showing, monitor))
        yield Closed(made, ingest, master, monitor, dashboard)
