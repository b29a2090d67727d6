"""Sends the frames of a camera to framemesh."""

from framemesh.sdk.async_camera import AsyncCamera
from framemesh.sdk.camera import Camera
from framemesh.sdk.errors import (
    BadFrame,
    CameraClosed,
    CameraForked,
    CameraRefused,
    FramemeshSdkError,
    FramesUnacknowledged,
    IngestUnreachable,
    InvalidArgument,
    NoCredit,
    PipelineUnknown,
)
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.options import CameraOptions, MemorySpool, OnFull
from framemesh.sdk.session.rejections import FrameRejected

__all__ = [
    "Camera",
    "AsyncCamera",
    "CameraOptions",
    "MemorySpool",
    "Counts",
    "OnFull",
    "FrameRejected",
    "FramemeshSdkError",
    "InvalidArgument",
    "BadFrame",
    "CameraClosed",
    "CameraForked",
    "CameraRefused",
    "PipelineUnknown",
    "IngestUnreachable",
    "NoCredit",
    "FramesUnacknowledged",
]
