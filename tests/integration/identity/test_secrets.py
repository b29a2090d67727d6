"""What a process was given as a secret is in no line of its log, no error and no argument."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from framemesh.core.identity.roles import Role
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving
from framemesh.runtime.settings import BadSetting, ServiceSettings, from_environment
from tests.integration.identity.world import issuer
from tests.waiting import eventually

PASSWORD = "pass-w0rd"  # noqa: S105  it is for tests


async def test_a_service_shows_neither_its_token_nor_its_password(
    nats_url: str, tmp_path: Path
) -> None:
    made = issuer(tmp_path / "keys")
    own, url = tmp_path / "own.token", tmp_path / "nats.url"
    token = made.issue(Role.SERVICE, "monitor", "*")
    own.write_text(token)
    url.write_text(nats_url.replace("nats://", f"nats://monitor:{PASSWORD}@"))
    address = f"127.0.0.1:{free_block(1)}"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "framemesh.monitor",
        env={
            **os.environ,
            "FRAMEMESH_NATS": url.as_uri(),
            "FRAMEMESH_TOKEN_KEYS": str(made.key.parent),
            "FRAMEMESH_TOKEN_FILE": str(own),
            "FRAMEMESH_TOKEN": token,
            "FRAMEMESH_LOG_LEVEL": "debug",
            "FRAMEMESH_MONITOR_LISTEN": address,
            "FRAMEMESH_MONITOR_HTTP": "127.0.0.1:0",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert await eventually(lambda: grpc_serving(address))
    listed = await asyncio.to_thread(
        subprocess.run, ["ps", "-o", "args=", "-p", str(process.pid)], capture_output=True
    )
    process.terminate()
    said = (await process.communicate())[0] + listed.stdout
    assert b"framemesh.monitor" in said
    for secret in (token, token.rpartition(".")[2], PASSWORD):
        assert secret.encode() not in said


def test_an_error_about_settings_does_not_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_TOKEN", PASSWORD)
    monkeypatch.setenv("FRAMEMESH_LOG_LEVEL", "nonsense")
    with pytest.raises(BadSetting) as raised:
        from_environment(ServiceSettings)
    assert PASSWORD not in str(raised.value)
    monkeypatch.delenv("FRAMEMESH_LOG_LEVEL")
    settings = from_environment(ServiceSettings)
    assert PASSWORD not in f"{settings!r} {settings.connect!r}"
