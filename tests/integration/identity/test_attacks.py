"""Who may not send frames, and how they are told; others go on."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import jwt
import pytest

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.api.master.v1 import token_pb2, token_pb2_grpc
from framemesh.core.identity.claims import LEEWAY_SECONDS
from framemesh.core.identity.roles import Role
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.identity.token_source import TokenSource
from framemesh.runtime.rpc.channel import channel
from tests.integration.identity.world import Closed, issuer
from tests.integration.ingest.conftest import Push, frame, jpeg
from tests.integration.services.running import status_of

UNAUTHENTICATED, DENIED = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED

CUT_SECONDS = 5.0


@asynccontextmanager
async def pushing(mesh: Closed, token: str) -> AsyncIterator[Push]:
    async with mesh.calling(mesh.ingest, token) as connected:
        push = Push(ingest_pb2_grpc.IngestServiceStub(connected).Push())
        yield push
        push.call.cancel()


async def refusal(
    mesh: Closed, token: str, camera: str = "north", pipeline: str = "street"
) -> tuple[grpc.StatusCode, str]:
    async with pushing(mesh, token) as push:
        return await status_of(push.open(camera, pipeline=pipeline))


async def works(mesh: Closed, token: str, first: int = 1) -> None:
    async with pushing(mesh, token) as push:
        await push.open(session=f"s{first}")
        await push.send(frame(first, jpeg(first)))
        await push.answered(1)
        assert push.accepted == [first]


async def test_a_camera_sends_its_own_frames(mesh: Closed) -> None:
    await works(mesh, mesh.issuer.camera())


async def test_without_a_token_nothing_is_taken(mesh: Closed) -> None:
    code, why = await refusal(mesh, "")
    assert code is UNAUTHENTICATED
    assert "FRAMEMESH_TOKEN_FILE" in why


async def test_what_is_no_token_of_the_mesh_is_refused_in_words(
    mesh: Closed, tmp_path: Path
) -> None:
    claims = mesh.issuer.claims(Role.CAMERA, "north")
    other = issuer(tmp_path / "other")
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "kid": "k1"}, claims.to_json())
    )
    hmac = jwt.encode(claims.to_json(), b"k" * 64, "HS256", headers={"kid": "k1"})
    long_ago = mesh.issuer.claims(Role.CAMERA, "north", seconds=1)
    now = int(time.time())
    object.__setattr__(long_ago, "issued", now - 7200)
    object.__setattr__(long_ago, "expires", now - 3600)
    soon = mesh.issuer.claims(Role.CAMERA, "north", seconds=1)
    object.__setattr__(soon, "issued", now + 3600)
    object.__setattr__(soon, "expires", now + 7200)
    for token, words in {
        "nonsense": "no token of framemesh",
        f"{unsigned}.": "not signed with EdDSA",
        hmac: "not signed with EdDSA",
        other.sign(claims): "not signed by the key that it names",
        issuer(tmp_path / "more", "k9").sign(claims): "no key here",
        mesh.issuer.sign(long_ago): "expired 60 min ago",
        mesh.issuer.sign(soon): "one of the clocks",
    }.items():
        code, why = await refusal(mesh, token)
        assert (code, words in why) == (UNAUTHENTICATED, True), why
        assert token not in why
    await works(mesh, mesh.issuer.camera())


async def test_a_camera_is_not_another_one_nor_of_another_pipeline(mesh: Closed) -> None:
    token = mesh.issuer.camera()
    code, why = await refusal(mesh, token, camera="south")
    assert (code, "not for camera 'south'" in why) == (DENIED, True)
    code, why = await refusal(mesh, token, pipeline="yard")
    assert (code, "not for pipeline 'yard'" in why) == (DENIED, True)
    # A replayed token is the same token: it opens its own camera, and nothing else.
    await works(mesh, token)


@pytest.mark.parametrize("role", [Role.VIEWER])
async def test_who_looks_does_not_send(mesh: Closed, role: Role) -> None:
    code, why = await refusal(mesh, mesh.issuer.issue(role))
    assert (code, "is not for Push" in why) == (DENIED, True)


async def test_a_camera_that_is_revoked_as_it_streams_is_cut_and_others_go_on(
    mesh: Closed,
) -> None:
    claims = mesh.issuer.claims(Role.CAMERA, "north")
    token, admin = mesh.issuer.sign(claims), mesh.issuer.issue(Role.ADMIN, "root", "*")
    other = mesh.issuer.camera("south")
    async with (
        pushing(mesh, token) as cut,
        pushing(mesh, other) as goes_on,
        mesh.calling(mesh.master, admin) as to_master,
    ):
        await cut.open()
        await goes_on.open("south")
        await cut.send(frame(1, jpeg(1)))
        await cut.answered(1)
        stub = token_pb2_grpc.TokenServiceStub(to_master)
        request = token_pb2.RevokeTokenRequest(id=claims.id, expires_unix=claims.expires)
        answer = await stub.RevokeToken(request)
        began = time.monotonic()
        assert answer.revoked.id == claims.id
        async with asyncio.timeout(20):
            assert await cut.call.code() is UNAUTHENTICATED
        assert time.monotonic() - began < CUT_SECONDS
        assert "revoked" in str(await cut.call.details())
        await goes_on.send(frame(1, jpeg(1)))
        await goes_on.answered(1)
        listed = await stub.ListRevokedTokens(token_pb2.ListRevokedTokensRequest())
        assert [each.id for each in listed.revoked] == [claims.id]
    code, why = await refusal(mesh, token)
    assert (code, "revoked" in why) == (UNAUTHENTICATED, True)


async def test_a_stream_ends_with_the_life_of_its_token(mesh: Closed) -> None:
    claims = mesh.issuer.claims(Role.CAMERA, "north")
    now = int(time.time())
    object.__setattr__(claims, "issued", now - LEEWAY_SECONDS - 60)
    object.__setattr__(claims, "expires", now - LEEWAY_SECONDS + 2)
    async with pushing(mesh, mesh.issuer.sign(claims)) as push:
        await push.open()
        async with asyncio.timeout(20):
            assert await push.call.code() is UNAUTHENTICATED
        assert "expired" in str(await push.call.details())


async def test_only_an_admin_revokes(mesh: Closed) -> None:
    for role in (Role.OPERATOR, Role.VIEWER, Role.SERVICE):
        async with mesh.calling(mesh.master, mesh.issuer.issue(role, "x", "*")) as to_master:
            stub = token_pb2_grpc.TokenServiceStub(to_master)
            code, _ = await status_of(stub.RevokeToken(token_pb2.RevokeTokenRequest(id="0" * 32)))
            assert code is DENIED


async def test_the_token_is_read_anew_for_each_call(mesh: Closed, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("nonsense\n")
    options = ConnectOptions(token=TokenSource(file=file))
    async with channel(mesh.ingest, options) as connected:
        stub = ingest_pb2_grpc.IngestServiceStub(connected)
        code, _ = await status_of(Push(stub.Push()).open())
        assert code is UNAUTHENTICATED
        file.write_text(mesh.issuer.camera() + "\n")
        push = Push(stub.Push())
        assert isinstance(await push.open(), ingest_pb2.SessionOpened)
        push.call.cancel()
