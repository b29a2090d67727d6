"""What has to be set where Docker Swarm runs the workers."""

from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.master.fleet.composition import worker_fleet
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.history.events import NoEvents
from framemesh.master.settings import Settings
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.settings import BadSetting, from_environment

IMAGE = "registry:5000/framemesh/worker"


async def refusal(**settings: object) -> str:
    """Why a master of a swarm does not start with these."""
    nats = Broker.__new__(Broker)  # nobody asks it anything
    with pytest.raises(BadSetting) as caught:
        async with worker_fleet(
            Settings(fleet="swarm", **settings),
            NodeRegistry(SystemClock()),
            nats,
            NoEvents(),
        ):
            pass
    return str(caught.value)


async def test_the_image_of_the_workers_has_to_be_named() -> None:
    assert "FRAMEMESH_MASTER_SWARM_IMAGE: is missing" in await refusal()


async def test_a_tag_needs_a_registry_that_knows_its_digest() -> None:
    line = await refusal(swarm_image=f"{IMAGE}:1.0")
    assert "each node may have another image" in line
    assert "FRAMEMESH_MASTER_REGISTRY" in line


async def test_a_password_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    line = await refusal(
        swarm_image=f"{IMAGE}:1.0",
        registry="http://registry:5000",
        registry_user="street",
        registry_password_file=tmp_path / "none",
    )
    assert line.startswith(f"FRAMEMESH_MASTER_REGISTRY_PASSWORD_FILE: {tmp_path}/none cannot be")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SWARM_IMAGE", "worker", "use REGISTRY/NAME@sha256:DIGEST"),
        ("REGISTRY", "registry:5000", "use http://host:port"),
        ("FLEET", "kubernetes", "'process' or 'swarm'"),
    ],
)
def test_a_value_that_cannot_be_says_what_to_write(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FRAMEMESH_MASTER_{variable}", value)
    with pytest.raises(BadSetting, match=said):
        from_environment(Settings)
