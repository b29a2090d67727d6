"""Cameras that are never closed are told when the process ends."""

import atexit
import logging
import os
import threading

from framemesh.sdk.session.core import CameraCore

log = logging.getLogger(__name__)

_lock = threading.Lock()
_open: dict[CameraCore, int] = {}
"""Those that began to connect and were not closed, with their processes."""


def began(core: CameraCore) -> None:
    with _lock:
        _open[core] = os.getpid()


def ended(core: CameraCore) -> None:
    with _lock:
        _open.pop(core, None)


def tell() -> None:
    """One line for each. Nothing is waited for: a program that ends, ends."""
    for core, process in list(_open.items()):
        if process == os.getpid():
            log.warning(
                "camera %s was never closed: %d of its %d frames are unacknowledged; use it in a "
                "`with`, or call close()",
                core.target.camera,
                core.counts.pending,
                core.counts.offered,
            )


if hasattr(os, "register_at_fork"):
    # A fork while another thread holds the lock would leave it held in the child for ever.
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
atexit.register(tell)
