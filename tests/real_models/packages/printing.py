"""How the files here tell what they found."""

import json
import sys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

Found = list[dict[str, Any]]


def print_found(find: Callable[[Any], Found]) -> None:
    """Print what `find` finds in each picture that was named, [height, width, 3], blue first."""
    found = [find(cv2.imread(path)) for path in sys.argv[1:]]
    # Packages print what they like; the last line is ours.
    sys.stdout.write("\n" + json.dumps(found, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)
