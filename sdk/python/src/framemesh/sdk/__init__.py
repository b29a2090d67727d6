"""Sends the frames of a camera to framemesh."""

from importlib import import_module
from typing import TYPE_CHECKING

from framemesh.sdk.async_camera import AsyncCamera
from framemesh.sdk.camera import Camera
from framemesh.sdk.errors import (
    BadFrame,
    CameraClosed,
    CameraForked,
    CameraRefused,
    CertificatesRefused,
    FramemeshSdkError,
    FramesUnacknowledged,
    IngestUnreachable,
    InvalidArgument,
    MonitorUnreachable,
    NoCredit,
    PipelineUnknown,
    SpoolFailed,
    SpoolInUse,
)
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.hint import Hint
from framemesh.sdk.session.options import CameraOptions, OnFull
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.spools import DiskSpool, MemorySpool
from framemesh.sdk.session.statistics import Statistics
from framemesh.tls.files import TlsFiles

if TYPE_CHECKING:
    from framemesh.sdk.session.results.result import Box, Detection, Keypoint, Result

__all__ = [
    "Camera",
    "AsyncCamera",
    "CameraOptions",
    "MemorySpool",
    "DiskSpool",
    "TlsFiles",
    "Counts",
    "Statistics",
    "Result",
    "Detection",
    "Box",
    "Keypoint",
    "OnFull",
    "FrameRejected",
    "Hint",
    "FramemeshSdkError",
    "InvalidArgument",
    "BadFrame",
    "CameraClosed",
    "CameraForked",
    "CameraRefused",
    "PipelineUnknown",
    "IngestUnreachable",
    "CertificatesRefused",
    "MonitorUnreachable",
    "NoCredit",
    "FramesUnacknowledged",
    "SpoolFailed",
    "SpoolInUse",
]


if not TYPE_CHECKING:  # type checkers know every name, and no other

    def __getattr__(name: str) -> object:
        """What only those cameras need that read results is imported when it is asked for."""
        if name in {"Box", "Detection", "Keypoint", "Result"}:
            return getattr(import_module("framemesh.sdk.session.results.result"), name)
        raise AttributeError(f"module 'framemesh.sdk' has no attribute {name!r}")
