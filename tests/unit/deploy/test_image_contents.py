"""What goes into the image of a service."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.image import sbom
from deploy.image.members import ROOT, members

SERVICES = sorted(folder.name for folder in ROOT.glob("services/*"))
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str]]:
    """Names with their versions; a name has several where they differ between Pythons."""
    return set(PIN.findall((ROOT / "requirements" / name).read_text()))


def project(member: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    return found


def required(member: Path) -> set[str]:
    return {re.split(r"[^\w.-]", one)[0] for one in project(member)["dependencies"]}


def test_a_service_comes_after_what_it_needs() -> None:
    names = [folder.name for folder in members("worker")]
    assert names[-1] == "worker"
    assert names.index("core") < names.index("modeling") < names.index("vision")
    assert not {"ingest", "master", "monitor", "agent"} & set(names)


def test_the_broker_has_nothing_of_this_workspace() -> None:
    assert members("nats") == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_requirement_of_a_service_is_pinned(service: str) -> None:
    needed = {name for member in members(service) for name in required(member)}
    ours = {project(member)["name"] for member in members(service)}
    missing = needed - ours - {name for name, _ in pins(f"images/{service}.txt")}
    assert not missing, "run `make lock`"


@pytest.mark.parametrize("service", [*SERVICES, "nats"])
def test_an_image_has_the_versions_that_are_tested(service: str) -> None:
    assert pins(f"images/{service}.txt") <= pins("dev.txt"), "run `make lock`"


def test_the_bill_of_materials_lists_each_package_once(tmp_path: Path) -> None:
    for place in ("one", "two"):
        info = tmp_path / place / "site-packages/demo_package-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Name: Demo-Package\nVersion: 1.2\nLicense: MIT\n")
    listed = sbom.document([tmp_path])
    found = [one for one in listed["components"] if one["purl"].startswith("pkg:pypi/")]
    assert found == [
        {
            "type": "library",
            "bom-ref": "pkg:pypi/demo-package@1.2",
            "name": "demo-package",
            "version": "1.2",
            "purl": "pkg:pypi/demo-package@1.2",
            "licenses": [{"license": {"name": "MIT"}}],
        }
    ]
