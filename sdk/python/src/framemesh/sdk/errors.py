"""The errors of the SDK."""


class FramemeshSdkError(Exception):
    """The root of all errors of the SDK; each says in one line what is wrong and what to do."""


class InvalidArgument(FramemeshSdkError, ValueError):
    """A camera cannot be made, or closed, with this argument."""


class BadFrame(FramemeshSdkError):
    """The frame, its capture time or its headers can never be sent."""


class CameraClosed(FramemeshSdkError):
    """A frame was sent with a camera that was closed."""


class CameraForked(FramemeshSdkError):
    """The camera is of the process that forked this one."""


class CameraRefused(FramemeshSdkError):
    """Ingest refuses this camera for good: trying again would not help."""


class PipelineUnknown(CameraRefused):
    """There is no pipeline of that name."""


class SpoolFailed(FramemeshSdkError):
    """The spool on disk cannot be read or written. A frame was not taken."""


class SpoolInUse(SpoolFailed):
    """Another camera has the spool."""


class IngestUnreachable(FramemeshSdkError):
    """There was no connection to ingest in time."""


class CertificatesRefused(IngestUnreachable):
    """Ingest is there, and its certificate or ours is not accepted, or only one side encrypts."""


class MonitorUnreachable(FramemeshSdkError):
    """There was no connection to the monitor in time, for the results."""


class NoCredit(FramemeshSdkError):
    """The credit is used up: at this moment, or for all of `send_timeout`."""


class FramesUnacknowledged(FramemeshSdkError):
    """The camera was closed while frames were unacknowledged. They may be stored or not."""

    def __init__(self, address: str, count: int, waited_seconds: float, folder: str = "") -> None:
        """`folder`: of the spool on disk, where they are."""
        hint = (
            f"they stay in the spool {folder}, and the next camera with it sends them"
            if folder
            else "is the buffer of the pipeline full? `framemesh status` shows it; a longer "
            "close_timeout waits on"
        )
        super().__init__(
            f"ingest at {address} left {count} frames unacknowledged for {waited_seconds:g} s: "
            f"{hint}"
        )
        self.count = count
