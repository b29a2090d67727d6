"""Everything that the SDK raises on purpose."""


class FramemeshSdkError(Exception):
    """The root: one clear line for the person who can mend it."""


class BadFrame(FramemeshSdkError):
    """What was given to send is neither an encoded image nor a picture."""


class CameraClosed(FramemeshSdkError):
    """A frame was given to a camera that was closed."""


class CameraRefused(FramemeshSdkError):
    """Ingest will never take this camera as it is; trying again is no use."""


class PipelineUnknown(CameraRefused):
    """There is no pipeline of that name."""


class IngestUnreachable(FramemeshSdkError):
    """There is no connection to ingest, and the time to wait for one is over."""


class NoCredit(FramemeshSdkError):
    """As much is under way as ingest allows: at this moment, or for all of `send_timeout`."""


class FramesUnacknowledged(FramemeshSdkError):
    """The camera was closed while frames had no answer. They may be stored or not."""

    def __init__(self, address: str, count: int, waited_seconds: float) -> None:
        super().__init__(
            f"ingest at {address} left {count} frames unacknowledged for {waited_seconds:g} s: "
            "is the buffer of the pipeline full? `framemesh status` shows it; a longer "
            "close_timeout waits on"
        )
        self.count = count
