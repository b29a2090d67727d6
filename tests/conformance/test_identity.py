"""Every SDK at a door that asks for tokens, and at one that asks for certificates."""

import asyncio
import base64
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from framemesh.core.identity.roles import Role
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.certificates import Certificates
from tests.conformance.camera_program import CameraProgram
from tests.conformance.conftest import BUILD_SECONDS
from tests.integration.identity.test_cameras import revoke
from tests.integration.identity.world import Closed, closed_mesh
from tests.integration.ingest.conftest import jpeg, stored
from tests.integration.ingest.test_certificates import ingest
from tests.integration.services.running import stand_pipeline
from tests.waiting import eventually

# Servers are started in this loop, and programs beside it.
pytestmark = [pytest.mark.timeout(BUILD_SECONDS), pytest.mark.loop_limit(2.0)]


async def opened(start_camera: Any, address: str, **options: Any) -> CameraProgram:
    camera: CameraProgram = await start_camera()
    given = {"close_timeout": 5.0, **options}
    await camera.do("open", addresses=[address], pipeline="street", name="north", options=given)
    return camera


async def send(camera: CameraProgram, seed: int) -> dict[str, Any]:
    return await camera.do("send", image=base64.b64encode(jpeg(seed)).decode())


async def accepted(camera: CameraProgram) -> int:
    count: int = (await camera.do("counts"))["counts"]["accepted"]
    return count


async def test_a_camera_whose_token_ended_goes_on_with_the_next(
    start_camera: Any, nats_url: str, nats_broker: Broker, tmp_path: Path
) -> None:
    await stand_pipeline(nats_broker)
    file = tmp_path / "token"
    async with closed_mesh(nats_url, tmp_path) as mesh:
        first = mesh.issuer.claims(Role.CAMERA, "north")
        await asyncio.to_thread(file.write_text, mesh.issuer.sign(first))
        camera = await opened(start_camera, mesh.ingest, token_file=str(file))
        await send(camera, 0)
        await revoke(mesh, first)
        await refused(mesh, first, start_camera, tmp_path)
        sent = [await send(camera, 1)]
        await asyncio.to_thread(file.write_text, mesh.issuer.camera())
        sent += [await send(camera, seed) for seed in range(2, 12)]
        assert not [one for one in sent if "error" in one]
        assert "error" not in await camera.do("close")
        assert await accepted(camera) == 12


async def refused(mesh: Closed, claims: Any, start_camera: Any, folder: Path) -> None:
    """Wait until ingest knows that a token was revoked: whoever comes with it is told at once."""
    file = folder / "revoked"
    await asyncio.to_thread(file.write_text, mesh.issuer.sign(claims))

    async def is_refused() -> bool:
        late = await opened(start_camera, mesh.ingest, token_file=str(file))
        said = await send(late, 0)
        said = said if "error" in said else await late.do("close")
        return said.get("error") == "refused" and "revoked" in said["message"]

    await eventually(is_refused)


async def test_who_shows_no_token_is_told_at_once(
    start_camera: Any, nats_url: str, nats_broker: Broker, tmp_path: Path
) -> None:
    await stand_pipeline(nats_broker)
    async with closed_mesh(nats_url, tmp_path) as mesh:
        camera = await opened(start_camera, mesh.ingest)
        said = await send(camera, 0)
        said = said if "error" in said else await camera.do("close")
        assert said["error"] == "refused"
        assert "token" in said["message"]


async def test_certificates_are_shown_and_asked_for(
    start_camera: Any, nats: NatsServer, tmp_path: Path
) -> None:
    certificates = await asyncio.to_thread(Certificates.create, tmp_path / "certs")
    tls = await asyncio.to_thread(certificates.server)
    own = await asyncio.to_thread(certificates.client)
    secured = replace(nats, tls=tls)
    async with (
        running_nats_server(secured, tmp_path / "nats.log"),
        broker(secured.url, "test", ConnectOptions(tls=tls)) as connected,
    ):
        pipeline = await stand_pipeline(connected)
        async with ingest(secured.url, tls) as address:
            shown = {name: str(path) for name, path in asdict(own).items() if path}
            camera = await opened(start_camera, address, tls=shown)
            for seed in range(4):
                assert "error" not in await send(camera, seed)
            assert "error" not in await camera.do("close")
            stranger = await opened(start_camera, address, connect_timeout=1.0)
            said = await send(stranger, 9)
            said = said if "error" in said else await stranger.do("close")
            assert "error" in said
        assert len((await stored(connected, pipeline)).frames) == 4
