"""What a package's own code finds in pictures, from its own environment."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv" / "real-models"
SCRIPTS = Path(__file__).parent / "packages"
TIMEOUT_S = 120.0


def site_packages() -> Path:
    """Where the packages lie."""
    return next((ENVIRONMENT / "lib").glob("python3*/site-packages"))


def found_by_package(script: str, pictures: Sequence[Path]) -> list[list[dict[str, Any]]]:
    """For each picture what the code of a package finds in it."""
    ran = subprocess.run(
        [ENVIRONMENT / "bin" / "python", SCRIPTS / f"{script}.py", *pictures],
        capture_output=True,
        check=False,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    found: list[list[dict[str, Any]]] = json.loads(ran.stdout.splitlines()[-1])
    return found
