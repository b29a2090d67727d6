"""Python, and the packages of framemesh among one another."""

import platform
import sys
import sysconfig
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions

from framemesh.cli.doctor.finding import Finding, good, note, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.doctor.versions import Version, version_text
from framemesh.pixels import MISSING

LEAST_PYTHON = (3, 11)

OPTIMIZED = "--enable-optimizations"
"""The option of Python's configure for profile-guided optimization."""

OF_THE_SYSTEM = "/usr"
"""The prefix of the Python of a distribution: those are optimized, and not all say so."""


async def examine(_: Surroundings) -> Sequence[Finding]:
    build = python_build(sys.base_prefix, str(sysconfig.get_config_var("CONFIG_ARGS") or ""))
    found = [python(sys.version_info[:3]), packages(await in_thread(installed))]
    return [*found, *filter(None, (build, native(MISSING)))]


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


def python_build(prefix: str, configured: str) -> Finding | None:
    """What is to be said of how Python was compiled, if anything.

    Args:
        configured: the options of its configure.
    """
    if prefix == OF_THE_SYSTEM or OPTIMIZED in configured:
        return None
    return note(
        "this Python was compiled without profile-guided optimization",
        "one that was takes 0.95 times the CPU for a whole mesh: that of your distribution, of uv, "
        f"or of pyenv with PYTHON_CONFIGURE_OPTS='{OPTIMIZED} --with-lto'",
    )


def native(missing: str) -> Finding | None:
    """What is to be said of the native part of framemesh.pixels, if anything.

    Args:
        missing: why it is not used; empty if it is.
    """
    if not missing:
        return None
    return note(
        f"the native library that prepares inputs {missing}",
        "OpenCV does the same, and takes several times as long where a model wants images scaled "
        "by area: `pip install framemesh-pixels`, or in a checkout `make install` with cargo",
    )


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
