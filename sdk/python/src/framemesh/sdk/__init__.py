"""Sends the frames of a camera to framemesh."""

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
    NoCredit,
    PipelineUnknown,
    SpoolFailed,
    SpoolInUse,
)
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.options import CameraOptions, OnFull
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.spools import DiskSpool, MemorySpool
from framemesh.tls.files import TlsFiles

__all__ = [
    "Camera",
    "AsyncCamera",
    "CameraOptions",
    "MemorySpool",
    "DiskSpool",
    "TlsFiles",
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
    "CertificatesRefused",
    "NoCredit",
    "FramesUnacknowledged",
    "SpoolFailed",
    "SpoolInUse",
]
