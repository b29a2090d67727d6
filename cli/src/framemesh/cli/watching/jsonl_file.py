"""Results as lines of a file."""

import json
from collections.abc import Iterable
from pathlib import Path

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.common.files import FileUnwritable
from framemesh.runtime.messages.outcome_json import outcome_to_json


def write_jsonl(path: Path, outcomes: Iterable[outcome_pb2.Outcome]) -> None:
    """Append a line for each; others may read them at once.

    Raises:
        FileUnwritable: in one line.
    """
    try:
        with path.open("a", buffering=1) as file:
            for outcome in outcomes:
                file.write(f"{json.dumps(outcome_to_json(outcome))}\n")
    except OSError as error:
        raise FileUnwritable(
            f"cannot write {path}: {(error.strerror or str(error)).lower()}"
        ) from error
