"""Python, and the packages of framemesh among one another."""

import platform
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions

from framemesh.cli.doctor.finding import Finding, good, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.doctor.versions import Version, version_text

LEAST_PYTHON = (3, 11)


async def examine(_: Surroundings) -> Sequence[Finding]:
    return [python(sys.version_info[:3]), packages(await in_thread(installed))]


def installed() -> dict[str, str]:
    """The version of each package of framemesh."""
    names = ((each.metadata["Name"], each.version) for each in distributions())
    return {name: version for name, version in names if name.startswith("framemesh")}


def python(version: Version) -> Finding:
    if version[:2] < LEAST_PYTHON:
        least = version_text(LEAST_PYTHON)
        return problem(
            f"Python {version_text(version)} is too old", f"install Python {least} or newer"
        )
    return good(f"Python {version_text(version)} on {platform.system()} {platform.machine()}")


def packages(versions: Mapping[str, str]) -> Finding:
    """All are made for one another."""
    if not versions:
        return problem("framemesh is not installed as a package", "`pip install framemesh`")
    usual = Counter(versions.values()).most_common(1)[0][0]
    others = sorted(f"{name} {each}" for name, each in versions.items() if each != usual)
    if others:
        return problem(
            f"{', '.join(others)} beside framemesh {usual}",
            "install all packages of framemesh in one version",
        )
    count = len(versions)
    alike = f", {count} packages alike" if count > 1 else ""
    return good(f"framemesh {usual}{alike}")
