"""Who an agent is: its id lies in its data folder."""

import os
import re
import uuid
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{32}")


def agent_id(data: Path) -> str:
    """The id of the agent with this data folder, made when there is none.

    Two agents that were given one name, on two machines or on one, have two ids, so that the master
    can tell them apart.

    Raises:
        OSError: the folder cannot be written to.
    """
    data.mkdir(parents=True, exist_ok=True)
    file = data / "agent-id"
    try:
        found = file.read_text(errors="replace").strip()
    except FileNotFoundError:
        found = ""
    if _ID.fullmatch(found):
        return found
    made = uuid.uuid4().hex
    # Whole, or not there: what is killed in between has no id yet.
    half = data / f"agent-id.{os.getpid()}"
    half.write_text(made + "\n")
    half.replace(file)
    return made
