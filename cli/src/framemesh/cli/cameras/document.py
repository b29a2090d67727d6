"""cameras.yaml: which cameras there are, and how each is read and sent."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field

from framemesh.cli.common.files import read_document
from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.names import Name
from framemesh.sdk import OnFull
from framemesh.sources.secrets import SecretPlace
from framemesh.sources.spec import Hardware, Transport

_STRICT = ConfigDict(extra="forbid")

MAX_CAMERAS = 1000
"""Of one file. Each takes a process; a machine has room for some hundreds."""

Positive = Annotated[float, Field(gt=0)]
Whole = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPlace(SecretPlace):
    """Where a password is; none is ever in the file itself."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDefaults:
    """What every camera has that does not say otherwise. None: as `framemesh push` has it."""

    __pydantic_config__ = _STRICT

    pipeline: Name | None = None
    user: str | None = None
    password: PasswordPlace | None = None
    fps: Positive | None = None
    every: Whole | None = None
    resize: str | None = None
    quality: Annotated[int, Field(ge=1, le=100)] | None = None
    motion: Annotated[float, Field(ge=0, le=1)] | None = None
    transport: Transport | None = None
    hardware: Hardware | None = None
    timeout: Positive | None = None
    """Seconds."""
    on_full: OnFull | None = None
    adaptive: bool | None = None
    spool: Annotated[str, Field(min_length=1)] | None = None
    """A folder."""
    loop: bool | None = None
    realtime: bool | None = None
    watch: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEntry(CameraDefaults):
    """One camera."""

    __pydantic_config__ = _STRICT

    name: Name
    source: str
    """As `framemesh push` takes it."""

    def with_defaults(self, defaults: CameraDefaults) -> "CameraEntry":
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        filled = {
            f.name: getattr(defaults, f.name)
            for f in fields(defaults)
            if said[f.name] is None and getattr(defaults, f.name) is not None
        }
        return CameraEntry(**said | filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class CamerasDocument:
    """The file."""

    __pydantic_config__ = _STRICT

    cameras: Annotated[tuple[CameraEntry, ...], Field(min_length=1, max_length=MAX_CAMERAS)]
    defaults: CameraDefaults = CameraDefaults()


def read_cameras(path: Path) -> tuple[CameraEntry, ...]:
    """The cameras of a file, each with all that holds for it.

    Raises:
        FileUnreadable: it cannot be read.
        InvalidDocument: with the line and the field of every error.
    """
    located = read_document(path)
    document = located.read(CamerasDocument)
    cameras = tuple(one.with_defaults(document.defaults) for one in document.cameras)
    if problems := tuple(_problems(cameras)):
        raise located.located(InvalidDocument(located.what, problems))
    return cameras


def _problems(cameras: tuple[CameraEntry, ...]) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[tuple[str | None, str]] = set()
    for at, camera in enumerate(cameras):
        if camera.pipeline is None:
            problems.append(Problem(("cameras", at, "pipeline"), "is missing, also in defaults"))
        elif (camera.pipeline, camera.name) in seen:
            problems.append(Problem(("cameras", at, "name"), f"{camera.name} is there twice"))
        seen.add((camera.pipeline, camera.name))
    return problems
