"""What a process answers when it is asked for its health."""

from enum import Enum


class Health(Enum):
    SERVING = "serving"
    NOT_SERVING = "not serving"
    """It lives, and says that it cannot do its work now."""
    UNANSWERED = "unanswered"
    """No answer in time, or nothing listens."""
