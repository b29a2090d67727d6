"""A registry of images: Debian's docker-registry as a process on a free port."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from framemesh.runtime.processes.ports import free_block

PROGRAM = shutil.which("docker-registry") or ""

START_SECONDS = 20.0

USER, PASSWORD = "street", "open sesame"
_LINE = f"{USER}:$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy"
"""Of a file of htpasswd, with the password hashed by bcrypt."""


class Registry:
    """It may be stopped and started again, with what it has."""

    def __init__(
        self,
        folder: Path,
        listen: str = "127.0.0.1",
        *,
        login: bool = False,
        deletes: bool = True,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.storage = folder / "storage"
        self.port = free_block(1)
        self._config = folder / "registry.yml"
        self._login = login
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {
                "filesystem": {"rootdirectory": str(self.storage)},
                "delete": {"enabled": deletes},
            },
            "http": {"addr": f"{listen}:{self.port}", "secret": "of every start"},
        }
        if login:
            (folder / "htpasswd").write_text(_LINE)
            path = str(folder / "htpasswd")
            config["auth"] = {"htpasswd": {"realm": "test", "path": path}}
        self._config.write_text(json.dumps(config))  # JSON is YAML
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Blocks until it answers."""
        self._process = subprocess.Popen(
            [PROGRAM, "serve", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                raise TimeoutError("the registry does not start")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://{self.address}/v2/", timeout=1):
                return True
        except HTTPError as error:
            error.close()
            return self._login
        except (URLError, OSError):
            return False


@contextmanager
def running_registry(
    folder: Path, listen: str = "127.0.0.1", *, login: bool = False, deletes: bool = True
) -> Iterator[Registry]:
    """Skips the test where there is no docker-registry."""
    if not PROGRAM:
        pytest.skip("there is no docker-registry: `apt-get install docker-registry`")
    registry = Registry(folder, listen, login=login, deletes=deletes)
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()


@contextmanager
def small_disk(folder: Path, megabytes: int = 6) -> Iterator[Path]:
    """A file system of its own; skips the test where none can be mounted."""
    folder.mkdir()
    mount = shutil.which("mount") or "mount"
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs"]
    if subprocess.run([mount, *options, folder], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", folder], check=True)
