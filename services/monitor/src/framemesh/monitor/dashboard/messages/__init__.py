"""What the dashboard's page and its server send each other, as JSON."""

from framemesh.monitor.dashboard.messages.base import Message, Refusal, Session
from framemesh.monitor.dashboard.messages.cameras import CameraPage, KeptPictures
from framemesh.monitor.dashboard.messages.frames import (
    DeadLetterPage,
    FrameDetails,
    FramePage,
    Purged,
    Replayed,
)
from framemesh.monitor.dashboard.messages.live import ErrorMessage, LiveRequest, PictureHeader
from framemesh.monitor.dashboard.messages.mesh import MeshMessage
from framemesh.monitor.dashboard.messages.pipelines import PipelineDetails
from framemesh.monitor.dashboard.messages.samples import Samples, SamplesMessage

REQUESTS: tuple[type[Message], ...] = (LiveRequest,)
"""From the page."""

ANSWERS: tuple[type[Message], ...] = (
    Session,
    Refusal,
    MeshMessage,
    SamplesMessage,
    ErrorMessage,
    PictureHeader,
    PipelineDetails,
    Samples,
    CameraPage,
    KeptPictures,
    FramePage,
    FrameDetails,
    DeadLetterPage,
    Replayed,
    Purged,
)
"""To the page."""

__all__ = ["REQUESTS", "ANSWERS"]
