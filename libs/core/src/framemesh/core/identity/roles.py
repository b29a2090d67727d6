"""What a token is for."""

from enum import Enum


class Role(Enum):
    CAMERA = "camera"
    """Sends the frames of one camera, and reads what became of them."""
    VIEWER = "viewer"
    """Reads, and changes nothing."""
    OPERATOR = "operator"
    """Reads and changes pipelines, models, sinks and nodes."""
    ADMIN = "admin"
    """What an operator may, and revokes tokens."""
    SERVICE = "service"
    """A process of the mesh: what services call one another for."""


DEFAULT_LIFE_SECONDS = {
    Role.CAMERA: 30 * 86_400,
    Role.VIEWER: 12 * 3_600,
    Role.OPERATOR: 12 * 3_600,
    Role.ADMIN: 3_600,
    Role.SERVICE: 30 * 86_400,
}
"""Of a token for which no other is wanted. People ask again every day; devices renew theirs."""

MAX_LIFE_SECONDS = 92 * 86_400
"""A quarter of a year. Servers refuse a token that was issued for longer: whoever has lost one and
does not know it is safe again at some time."""
