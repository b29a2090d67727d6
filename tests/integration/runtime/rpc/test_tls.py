"""gRPC over TLS: who is let in, what is said to who is not, and certificates that change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from framemesh.runtime.connect_options import (
    DEFAULT,
    CertificatesUnusable,
    ConnectOptions,
    PlaintextRefused,
)
from framemesh.runtime.processes.health import Health
from framemesh.runtime.rpc import server as server_module
from framemesh.runtime.rpc.channel import channel, leader_channel, sync_channel
from framemesh.runtime.rpc.health import grpc_health
from framemesh.runtime.rpc.health_call import health_of
from framemesh.runtime.rpc.probe import own_context
from framemesh.runtime.rpc.server import GrpcServer, grpc_server
from framemesh.runtime.rpc.tls_trouble import explained
from framemesh.tls.files import TlsFiles
from framemesh.tls.handshake import tls_fault
from framemesh.tls.watched import CHECK_SECONDS
from tests.certificates import HOUR, Certificates
from tests.waiting import eventually

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

SECONDS = 5.0
REQUEST = health_pb2.HealthCheckRequest()
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates.create(tmp_path / "certs")


@asynccontextmanager
async def serving(options: ConnectOptions) -> AsyncIterator[tuple[str, GrpcServer]]:
    async with grpc_server("127.0.0.1:0", [], options) as server:
        await server.set_serving(True)
        yield f"127.0.0.1:{server.port}", server


@pytest.fixture
async def address(certificates: Certificates) -> AsyncIterator[str]:
    async with serving(ConnectOptions(tls=certificates.server())) as (address, _):
        yield address


def take_over(made: TlsFiles, files: TlsFiles) -> None:
    """Write a new certificate and its key where the old ones are."""
    for source, target in ((made.key, files.key), (made.certificate, files.certificate)):
        assert source is not None
        assert target is not None
        Path(target).write_bytes(Path(source).read_bytes())


async def status(to: grpc.aio.Channel) -> int:
    answer = await health_pb2_grpc.HealthStub(to).Check(REQUEST, timeout=SECONDS)
    return int(answer.status)


async def refusal(address: str, tls: TlsFiles | None) -> str:
    """What a client is told that the server does not take."""
    async with channel(address, ConnectOptions(tls=tls), own_connection=True) as to:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await status(to)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    return await asyncio.to_thread(tls_fault, address, tls)


async def test_both_sides_show_certificates(address: str, certificates: Certificates) -> None:
    options = ConnectOptions(tls=certificates.client())
    async with channel(address, options) as to:
        assert await status(to) == SERVING
    assert await grpc_health(address, SECONDS, options) is Health.SERVING
    assert await asyncio.to_thread(tls_fault, address, options.tls) == ""

    def check() -> int:
        with sync_channel(address, options) as of_threads:
            answer = health_pb2_grpc.HealthStub(of_threads).Check(REQUEST, timeout=SECONDS)
            return int(answer.status)

    assert await asyncio.to_thread(check) == SERVING


async def test_the_leader_of_several_is_found(address: str, certificates: Certificates) -> None:
    _, _, port = address.rpartition(":")
    options = ConnectOptions(tls=replace(certificates.client(), name="framemesh"))
    several = f"127.0.0.2:{port},127.0.0.1:{port}"
    async with leader_channel(several, "", options) as to:
        assert await status(to) == SERVING


async def test_a_client_without_encryption_is_told(address: str) -> None:
    assert "encrypts, and we do not" in await refusal(address, None)


async def test_a_client_without_a_certificate_is_told(
    address: str, certificates: Certificates
) -> None:
    told = await refusal(address, TlsFiles(certificates.ca))
    assert "asks for a certificate, and we have none" in told


async def test_a_certificate_of_another_authority_is_refused(
    address: str, certificates: Certificates, tmp_path: Path
) -> None:
    stranger = replace(Certificates.create(tmp_path / "other").client(), ca=certificates.ca)
    told = await refusal(address, stranger)
    assert f"refuses the certificate {stranger.certificate}" in told


async def test_a_server_of_another_authority_is_refused(
    address: str, certificates: Certificates, tmp_path: Path
) -> None:
    other = Certificates.create(tmp_path / "other")
    told = await refusal(address, replace(certificates.client(), ca=other.ca))
    assert f"the certificate of {address} is not trusted" in told
    assert f"is {other.ca} the authority that issued it?" in told


async def test_a_certificate_that_ended_an_hour_ago_is_refused(
    address: str, certificates: Certificates
) -> None:
    told = await refusal(address, certificates.client(age=2 * HOUR, days=HOUR))
    assert "has expired" in told
    assert "correct the clock" in told


async def test_a_certificate_that_begins_in_an_hour_is_refused(
    address: str, certificates: Certificates
) -> None:
    """It is valid from one hour before it was issued."""
    told = await refusal(address, certificates.client(age=-2 * HOUR))
    assert "is valid from" in told
    assert "correct the clock" in told


@pytest.mark.parametrize(
    ("age", "days", "why"), [(2 * HOUR, HOUR, "has expired"), (-2 * HOUR, 1, "is not valid yet")]
)
async def test_a_server_whose_time_is_wrong_is_refused(
    certificates: Certificates, age: float, days: float, why: str
) -> None:
    options = ConnectOptions(tls=certificates.server(age=age, days=days))
    async with serving(options) as (address, _):
        told = await refusal(address, certificates.client())
        assert f"the certificate of {address} {why}" in told


async def test_the_certificate_of_a_client_makes_no_server(certificates: Certificates) -> None:
    async with serving(ConnectOptions(tls=certificates.client("camera"))) as (address, _):
        told = await refusal(address, certificates.client())
        assert f"the certificate of {address} is one of clients" in told


async def test_a_server_has_the_name_that_is_expected(
    address: str, certificates: Certificates
) -> None:
    told = await refusal(address, replace(certificates.client(), name="elsewhere"))
    assert f"the certificate of {address} is not for elsewhere" in told


async def test_a_server_without_encryption_is_refused(certificates: Certificates) -> None:
    async with serving(DEFAULT) as (address, _):
        assert "does not encrypt, and we do" in await refusal(address, certificates.client())


async def test_clients_may_be_let_in_without_certificates(certificates: Certificates) -> None:
    """They have tokens then."""
    options = ConnectOptions(tls=certificates.server(), verify_clients=False)
    without = ConnectOptions(tls=TlsFiles(certificates.ca))
    async with serving(options) as (address, _), channel(address, without) as to:
        assert await status(to) == SERVING


async def test_an_address_of_everybody_is_not_served_in_plaintext() -> None:
    with pytest.raises(PlaintextRefused, match="FRAMEMESH_ALLOW_PLAINTEXT=private-network"):
        async with grpc_server("0.0.0.0:0", []):
            pass
    allowed = ConnectOptions(plaintext_allowed=True)
    async with grpc_server("0.0.0.0:0", [], allowed) as server:
        assert server.port


async def test_a_client_that_says_nothing_is_let_go(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "HANDSHAKE_SECONDS", 0.2)
    async with serving(ConnectOptions(tls=certificates.server())) as (_, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with asyncio.timeout(SECONDS):
            assert await reader.read() == b""
        writer.close()


async def test_words_of_grpc_are_explained_where_they_may_mean_certificates(
    address: str, certificates: Certificates
) -> None:
    options = ConnectOptions(tls=TlsFiles(certificates.ca))
    told = await explained("Socket closed", address, options)
    assert "asks for a certificate, and we have none" in told
    assert await explained("Socket closed", address, ConnectOptions(tls=certificates.client()))
    assert await explained("Connection refused", address, options) == "Connection refused"


async def test_files_that_are_missing_are_told(tmp_path: Path) -> None:
    options = ConnectOptions(tls=TlsFiles(tmp_path / "gone", tmp_path / "a", tmp_path / "b"))
    with pytest.raises(CertificatesUnusable, match="cannot be read"):
        async with serving(options):
            pass
    with pytest.raises(CertificatesUnusable, match="cannot be read"):
        channel("127.0.0.1:1", options)


async def test_a_container_asks_its_own_server_by_whatever_address(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = certificates.server()
    async with serving(ConnectOptions(tls=files)) as (address, server):
        monkeypatch.setenv("FRAMEMESH_TLS_CA", str(files.ca))
        monkeypatch.setenv("FRAMEMESH_TLS_CERT", str(files.certificate))
        monkeypatch.setenv("FRAMEMESH_TLS_KEY", str(files.key))
        other = f"127.0.0.2:{server.port}"
        assert await asyncio.to_thread(health_of, address, SECONDS) is Health.UNANSWERED
        context = own_context()
        found = await asyncio.to_thread(health_of, address, SECONDS, context)
        assert found is Health.SERVING
        assert await asyncio.to_thread(health_of, other, SECONDS, context) is Health.UNANSWERED


async def test_new_certificates_are_taken_over_on_both_sides_without_losing_a_call(
    certificates: Certificates, tmp_path: Path
) -> None:
    """A new authority is trusted beside the old one first; then all certificates are of the new
    one; then the old one is not trusted any more. One watch stays open through all of it."""
    bundle = tmp_path / "bundle.crt"
    bundle.write_bytes(certificates.ca.read_bytes())
    new = Certificates.create(tmp_path / "new")
    server = replace(certificates.server(), ca=bundle)
    client = replace(certificates.client(), ca=bundle)
    options = ConnectOptions(tls=client)
    async with serving(ConnectOptions(tls=server)) as (address, _):
        async with channel(address, options) as to:
            stub = health_pb2_grpc.HealthStub(to)
            watch = stub.Watch(REQUEST)
            assert (await watch.read()).status == SERVING
            calls = 0

            async def call_for_a_while() -> None:
                nonlocal calls
                end = asyncio.get_running_loop().time() + 1.5 * CHECK_SECONDS
                while asyncio.get_running_loop().time() < end:
                    assert await status(to) == SERVING
                    calls += 1

            bundle.write_bytes(certificates.ca.read_bytes() + new.ca.read_bytes())
            await call_for_a_while()
            for made, files in ((new.server(), server), (new.client(), client)):
                take_over(made, files)
            await call_for_a_while()
            bundle.write_bytes(new.ca.read_bytes())
            await call_for_a_while()
            assert calls > 10
            assert not watch.done()
            watch.cancel()

        async def of_the_old_one() -> str:
            old = certificates.client("old")
            return await asyncio.to_thread(tls_fault, address, replace(old, ca=bundle))

        assert "refuses the certificate" in await eventually(of_the_old_one)
