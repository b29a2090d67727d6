"""Runs this program in its own Linux namespaces, where it may mount and create networks.

Nothing of that is visible outside, and the kernel removes it with the last process. It needs no
root where unprivileged user namespaces are allowed.
"""

import os
import shutil
import subprocess
import sys

MARK = "FRAMEMESH_CHAOS_ISOLATED"
NOBODY_ELSE = {"FRAMEMESH_ALLOW_PLAINTEXT": "private-network"}
"""The network of these namespaces has the mesh alone."""

TOOLS = ("unshare", "nsenter", "mount", "umount", "ip", "bridge")


def isolated() -> bool:
    return MARK in os.environ


def missing() -> str:
    """Why namespaces are not available here; empty if they are."""
    if absent := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"this machine has no {', '.join(absent)}"
    tried = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() if tried.returncode else ""


def isolate(module: str) -> None:
    """Replace this process by `python -m module` in new namespaces, with the same arguments."""
    command = [*_unshare(), sys.executable, "-m", module, *sys.argv[1:]]
    os.execvpe(command[0], command, {**os.environ, **NOBODY_ELSE, MARK: "1"})  # noqa: S606


def _unshare() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--net"]
