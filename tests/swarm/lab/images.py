"""The images of the test swarm, built here and pushed to its registry."""

import asyncio

from tests.swarm.lab.commands import run
from tests.swarm.lab.node import IMAGE, PUSH_TO, ROOT

VERSION = "lab"
DEBIAN = "framemesh/debian"

BUILD_SECONDS = 600.0
PUSH_SECONDS = 300.0


async def build() -> list[str]:
    """Build the images of the services, and that of a node; what did not change takes seconds.

    Returns the names of those of the services.
    """
    script = str(ROOT / "deploy/images.sh")
    images = (await run(script, VERSION, seconds=BUILD_SECONDS)).split()
    if not await run("docker", "images", "--quiet", DEBIAN):
        await run(str(ROOT / "deploy/base/debian.sh"), DEBIAN, seconds=BUILD_SECONDS)
    await run(
        *("docker", "build", "--quiet", "--tag", IMAGE, "--build-arg", f"BASE_IMAGE={DEBIAN}"),
        str(ROOT / "tests/swarm/node"),
        seconds=BUILD_SECONDS,
        # The builder that every docker has.
        environment={"DOCKER_BUILDKIT": "0"},
    )
    return images


async def jaeger() -> str:
    """The name of the image of Jaeger that was built."""
    shown = ("--filter", "reference=framemesh/jaeger", "--format", "{{.Repository}}:{{.Tag}}")
    return (await run("docker", "images", *shown)).split()[0]


async def push(images: list[str]) -> None:
    """To the registry of the lab: what it has is not sent again."""
    first, *others = images
    # What all images share is compressed and sent once.
    await _push(first)
    async with asyncio.TaskGroup() as tasks:
        for image in others:
            tasks.create_task(_push(image))


async def derive(service: str, version: str, *lines: str) -> None:
    """Push another version of a service: the image of the lab with some lines of a Dockerfile."""
    image = f"framemesh/{service}:{version}"
    dockerfile = "\n".join((f"FROM framemesh/{service}:{VERSION}", *lines))
    await run(
        *("docker", "build", "--quiet", "--tag", image, "-"),
        stdin=dockerfile,
        environment={"DOCKER_BUILDKIT": "0"},
    )
    await _push(image)


async def _push(image: str) -> None:
    await run("docker", "tag", image, f"{PUSH_TO}/{image}")
    await run("docker", "push", "--quiet", f"{PUSH_TO}/{image}", seconds=PUSH_SECONDS)
