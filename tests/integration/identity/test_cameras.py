"""Cameras of the SDK with tokens: what they show, and how they go on when one ends."""

import asyncio
import time
from pathlib import Path

import pytest

from framemesh.api.master.v1 import token_pb2, token_pb2_grpc
from framemesh.core.identity.claims import Claims
from framemesh.core.identity.roles import Role
from framemesh.sdk import AsyncCamera, Camera, CameraOptions, CameraRefused
from tests.integration.identity.world import Closed
from tests.integration.ingest.conftest import jpeg
from tests.waiting import eventually

SECRET = "never-to-be-seen"  # noqa: S105  it is for tests


def claims_of(mesh: Closed) -> Claims:
    return mesh.issuer.claims(Role.CAMERA, "north")


async def revoke(mesh: Closed, claims: Claims) -> None:
    async with mesh.calling(mesh.master, mesh.issuer.issue(Role.ADMIN, "root", "*")) as master:
        request = token_pb2.RevokeTokenRequest(id=claims.id, expires_unix=claims.expires)
        await token_pb2_grpc.TokenServiceStub(master).RevokeToken(request)


async def send_through_the_end_of_a_token(mesh: Closed, file: Path) -> AsyncCamera:
    """A camera whose token ends while it sends, and whose file then has another."""
    first = claims_of(mesh)
    await asyncio.to_thread(file.write_text, mesh.issuer.sign(first))
    options = CameraOptions(token=file)
    async with AsyncCamera(mesh.ingest, pipeline="street", name="north", options=options) as camera:
        await camera.send(jpeg(0))
        await revoke(mesh, first)
        renewed = asyncio.get_running_loop().time() + 2.0
        sent = 1
        while camera.counts.accepted < 40:
            if asyncio.get_running_loop().time() > renewed:
                await asyncio.to_thread(file.write_text, mesh.issuer.camera())
            if sent < 40:
                await camera.send(jpeg(sent))
                sent += 1
            await asyncio.sleep(0.05)
    return camera


async def test_a_camera_goes_on_with_the_token_that_its_file_then_has(
    mesh: Closed, tmp_path: Path
) -> None:
    camera = await send_through_the_end_of_a_token(mesh, tmp_path / "token")
    counts = camera.counts
    assert (counts.offered, counts.accepted, counts.rejected) == (40, 40, 0)


async def test_a_token_that_cannot_be_renewed_ends_the_camera(mesh: Closed) -> None:
    claims = claims_of(mesh)
    options = CameraOptions(token=mesh.issuer.sign(claims), close_timeout=1.0)
    camera = AsyncCamera(mesh.ingest, pipeline="street", name="north", options=options)
    await camera.send(jpeg(0))
    await revoke(mesh, claims)

    async def send() -> bool:
        await camera.send(jpeg(1))
        return False

    with pytest.raises(CameraRefused, match="revoked"):
        await eventually(send)
    with pytest.raises(CameraRefused):
        await camera.close()


@pytest.mark.parametrize("token", [None, "nonsense", lambda: "nonsense"])
async def test_who_was_never_let_in_is_told_at_once(mesh: Closed, token: object) -> None:
    options = CameraOptions(token=token, close_timeout=1.0)  # type: ignore[arg-type]
    began = time.monotonic()
    camera = AsyncCamera(mesh.ingest, pipeline="street", name="north", options=options)
    with pytest.raises(CameraRefused, match="token"):
        await camera.send(jpeg(0))
    with pytest.raises(CameraRefused, match="token"):
        await camera.close()
    assert time.monotonic() - began < 8


async def test_the_camera_of_threads_shows_what_a_function_gives(mesh: Closed) -> None:
    asked = []

    def token() -> str:
        asked.append(1)
        if len(asked) == 1:
            raise RuntimeError(SECRET)
        return mesh.issuer.camera()

    def send() -> Camera:
        options = CameraOptions(token=token)
        with Camera(mesh.ingest, pipeline="street", name="north", options=options) as camera:
            camera.send(jpeg(0))
        return camera

    camera = await asyncio.to_thread(send)
    assert (camera.counts.accepted, len(asked)) == (1, 2)


async def test_the_token_is_taken_from_the_environment(
    mesh: Closed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FRAMEMESH_TOKEN", mesh.issuer.camera())
    async with AsyncCamera(mesh.ingest, pipeline="street", name="north") as camera:
        await camera.send(jpeg(0))
    file = tmp_path / "token"
    file.write_text(mesh.issuer.camera("south"))
    monkeypatch.setenv("FRAMEMESH_TOKEN_FILE", str(file))
    async with AsyncCamera(mesh.ingest, pipeline="street", name="south") as camera:
        await camera.send(jpeg(0))


def test_options_do_not_show_the_token() -> None:
    assert SECRET not in repr(CameraOptions(token=SECRET))
