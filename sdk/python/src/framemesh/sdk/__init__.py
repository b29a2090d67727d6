"""Sends the frames of a camera to framemesh."""

from framemesh.sdk.async_camera import AsyncCamera
from framemesh.sdk.camera import Camera
from framemesh.sdk.errors import (
    BadFrame,
    CameraClosed,
    CameraRefused,
    FramemeshSdkError,
    FramesUnacknowledged,
    IngestUnreachable,
    NoCredit,
    PipelineUnknown,
)
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.options import OnFull
from framemesh.sdk.session.rejections import FrameRejected

__all__ = [
    "Camera",
    "AsyncCamera",
    "Counts",
    "OnFull",
    "FrameRejected",
    "FramemeshSdkError",
    "BadFrame",
    "CameraClosed",
    "CameraRefused",
    "PipelineUnknown",
    "IngestUnreachable",
    "NoCredit",
    "FramesUnacknowledged",
]
