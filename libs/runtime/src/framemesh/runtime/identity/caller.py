"""Who makes the call that this task answers."""

from contextvars import ContextVar

from framemesh.core.identity.caller import EVERYBODY, Caller

_CALLER: ContextVar[Caller] = ContextVar("caller", default=EVERYBODY)


def caller() -> Caller:
    """Who calls; EVERYBODY where no tokens are asked for. Each call is a task of its own."""
    return _CALLER.get()


def set_caller(who: Caller) -> None:
    """For the rest of this task, and for the tasks that it starts."""
    _CALLER.set(who)
