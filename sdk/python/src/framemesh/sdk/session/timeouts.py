"""How long a camera waits for its end when something went wrong."""

INTERRUPTED_SECONDS = 2.0
"""What a camera that is interrupted (Ctrl-C, a cancelled task) waits for acknowledgements."""


def close_timeout_after(error: BaseException, close_timeout: float) -> float:
    """How long to wait for acknowledgements after the body of a `with` raised `error`."""
    if isinstance(error, Exception):
        return close_timeout
    return min(close_timeout, INTERRUPTED_SECONDS)
