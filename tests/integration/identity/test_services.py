"""Services among themselves, where calls need tokens."""

from pathlib import Path
from typing import Any

import grpc
import pytest

import framemesh.agent.app
from framemesh.agent.settings import AgentSettings
from framemesh.api.master.v1 import model_pb2, model_pb2_grpc, node_pb2, node_pb2_grpc
from framemesh.core.identity.roles import Role
from framemesh.runtime.connect_options import AnybodyRefused, ConnectOptions
from framemesh.runtime.identity.token_source import TokenSource
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import sync_channel
from framemesh.tls.files import TlsFiles
from tests.integration.identity.world import Closed
from tests.integration.services.running import serving, status_of
from tests.waiting import eventually


async def nodes(mesh: Closed) -> list[str]:
    async with mesh.calling(mesh.master, mesh.issuer.issue(Role.VIEWER, "v", "*")) as connected:
        answer = await node_pb2_grpc.NodeServiceStub(connected).ListNodes(
            node_pb2.ListNodesRequest()
        )
        return [each.node.name for each in answer.nodes]


def agent(mesh: Closed, folder: Path, token: str) -> AgentSettings:
    own = folder / "agent.token"
    own.write_text(token)
    return AgentSettings(
        listen=f"127.0.0.1:{free_block(1)}",
        master=mesh.master,
        node="hall",
        data=folder / "agent",
        token_keys=mesh.issuer.key.parent,
        mesh_token_file=own,
    )


async def test_an_agent_reports_with_a_token_of_a_service(mesh: Closed, tmp_path: Path) -> None:
    settings = agent(mesh, tmp_path, mesh.issuer.issue(Role.SERVICE, "agent", "*"))
    async with serving(framemesh.agent.app.run, settings, settings.listen):
        assert await eventually(lambda: nodes(mesh)) == ["hall"]


@pytest.mark.parametrize("role", [Role.CAMERA, Role.VIEWER, Role.OPERATOR])
async def test_nobody_else_takes_the_place_of_an_agent(mesh: Closed, role: Role) -> None:
    async with mesh.calling(mesh.master, mesh.issuer.issue(role, "x", "*")) as connected:
        call: Any = node_pb2_grpc.NodeServiceStub(connected).Connect()
        code, why = await status_of(call.read())
        assert (code, "is not for Connect" in why) == (grpc.StatusCode.PERMISSION_DENIED, True)


async def test_a_stream_to_a_client_shows_the_token(mesh: Closed) -> None:
    service = mesh.issuer.issue(Role.SERVICE, "worker", "*")
    request = model_pb2.DownloadModelRequest(name="person")
    for token, code in (
        (service, grpc.StatusCode.NOT_FOUND),
        ("", grpc.StatusCode.UNAUTHENTICATED),
    ):
        async with mesh.calling(mesh.master, token) as connected:
            call = model_pb2_grpc.ModelServiceStub(connected).DownloadModel(request)
            assert (await status_of(call.read()))[0] is code


def test_a_channel_for_threads_shows_the_token() -> None:
    with sync_channel("127.0.0.1:9", ConnectOptions(token=TokenSource("t"))) as channel:
        call: Any = channel.unary_unary("/x/y")
        with pytest.raises(grpc.RpcError):
            call(b"", timeout=0.1)


def test_a_port_that_others_reach_asks_for_certificates_or_tokens(mesh_keys: Path) -> None:
    tls = TlsFiles(Path("ca"), Path("cert"), Path("key"), "")
    anybody = ConnectOptions(tls=tls, verify_clients=False)
    with pytest.raises(AnybodyRefused, match="FRAMEMESH_TOKEN_KEYS"):
        anybody.check_port("0.0.0.0:7401")
    anybody.check_port("127.0.0.1:7401")
    ConnectOptions(tls=tls).check_port("0.0.0.0:7401")
    ConnectOptions(tls=tls, verify_clients=False, plaintext_allowed=True).check_port("0.0.0.0:1")
    settings = AgentSettings(token_keys=mesh_keys)
    keeper = settings.connect.gatekeeper
    ConnectOptions(tls=tls, verify_clients=False, gatekeeper=keeper).check_port("0.0.0.0:7401")
