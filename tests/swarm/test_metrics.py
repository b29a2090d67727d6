"""What a Prometheus in the swarm is told to read is there."""

import json
from typing import Any

import pytest
import yaml

from tests.e2e.mesh import ROOT
from tests.swarm.lab import stack, swarm
from tests.waiting import eventually

pytestmark = [
    pytest.mark.swarm,
    pytest.mark.swarm_short,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("stack_of_three"),
]

CONFIGURATION = "deploy/prometheus/swarm.yml"

PAGES = """
import json, socket, sys, urllib.request
pages = {}
for name in sys.argv[2:]:
    addresses = {found[4][0] for found in socket.getaddrinfo(name, None, socket.AF_INET)}
    urls = [f"http://{each}:{sys.argv[1]}/metrics" for each in sorted(addresses)]
    pages[name] = [urllib.request.urlopen(url, timeout=5).read().decode() for url in urls]
print(json.dumps(pages))
"""
"""Run by a container in the network of the stack."""


def job(name: str) -> dict[str, Any]:
    jobs = yaml.safe_load((ROOT / CONFIGURATION).read_text())["scrape_configs"]
    found: dict[str, Any] = next(each for each in jobs if each["job_name"] == name)
    return found


async def pages() -> dict[str, list[str]]:
    """By the name in the configuration: the page of each task."""
    (asked,) = job("framemesh")["dns_sd_configs"]
    (task,) = await stack.tasks("framemesh_monitor")
    node = swarm.named(task.node)
    container = await stack.container("framemesh_monitor", node)
    command = ("exec", container, "python3", "-c", PAGES, str(asked["port"]), *asked["names"])
    found: dict[str, list[str]] = json.loads(await node.docker(*command))
    return found


async def test_each_task_of_each_service_of_the_stack_has_a_page_of_metrics() -> None:
    read = await pages()
    tasks = {name: len(await stack.tasks(name.replace("tasks.", "framemesh_"))) for name in read}
    assert {name: len(found) for name, found in read.items()} == tasks
    assert set(tasks) == {
        f"tasks.{one}" for one in ("ingest", "master", "monitor", "sink", "agent")
    }
    for name, found in read.items():
        assert all("process_cpu_seconds_total" in page for page in found), name


async def test_the_monitor_tells_what_each_broker_of_the_swarm_stores() -> None:
    servers = ("nats-1:8222", "nats-2:8222", "nats-3:8222")

    async def told() -> list[str]:
        (page,) = (await pages())["tasks.monitor"]
        return [line for line in page.splitlines() if line.startswith("framemesh_broker_storage_b")]

    lines = await eventually(told, until=lambda found: len(found) == len(servers))
    assert all(any(f'"{server}"' in line for line in lines) for server in servers), lines
