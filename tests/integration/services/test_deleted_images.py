"""The image of a model that was deleted leaves the registry, with the whole master."""

from pathlib import Path

from tests.integration.services.swarm_mesh import images, swarm_mesh
from tests.registry import running_registry
from tests.waiting import eventually


async def test_an_image_goes_when_its_model_is_deleted(nats_url: str, tmp_path: Path) -> None:
    with running_registry(tmp_path / "registry") as registry:
        async with swarm_mesh(nats_url, tmp_path, registry) as mesh:
            applied = await mesh.apply(seconds=30)
            assert applied.status == 0, applied.error
            assert len(images(registry)) == 1
            await mesh.framemesh("pipeline", "delete", "street")
            # Its workers are stopped in a moment; until then they have it.
            command = ("model", "delete", "person", "--version", "1")
            await eventually(lambda: mesh.framemesh(*command), until=lambda ended: not ended.status)
            await eventually(lambda: not images(registry))


async def test_a_model_is_deleted_also_where_the_registry_deletes_nothing(
    nats_url: str, tmp_path: Path
) -> None:
    with running_registry(tmp_path / "registry", deletes=False) as registry:
        async with swarm_mesh(nats_url, tmp_path, registry) as mesh:
            await mesh.apply(seconds=30)
            await mesh.framemesh("pipeline", "delete", "street")
            command = ("model", "delete", "person", "--version", "1")
            await eventually(lambda: mesh.framemesh(*command), until=lambda ended: not ended.status)
            assert len(images(registry)) == 1
