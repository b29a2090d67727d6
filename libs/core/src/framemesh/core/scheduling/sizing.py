"""How many workers of each kind a rate of frames needs."""

import math
from collections.abc import Mapping

from framemesh.core.errors import Code, FramemeshError

UTILIZATION = 0.8
"""Of a worker's time, on average: what is above waits for long at every burst. RIDE's figure."""


class InvalidSizing(FramemeshError):
    """Rates from which no number of workers follows."""

    code = Code.INVALID
    permanent = True


def workers(
    rate: float, fan_out: float, rate_of_one: float, utilization: float = UTILIZATION
) -> int:
    """ceil(rate * fan_out / (rate_of_one * utilization)), for a stage.

    Args:
        rate: frames a second.
        fan_out: calls of the stage for a frame, as `CallGraph.expected_calls` tells.
        rate_of_one: calls a second of one worker.

    Raises:
        InvalidSizing: a worker that does nothing, or negative rates.
    """
    if rate_of_one <= 0.0 or utilization <= 0.0:
        raise InvalidSizing("one worker does no calls: measure its rate before workers are counted")
    if rate < 0.0 or fan_out < 0.0:
        raise InvalidSizing(f"{rate:g} frames/s with {fan_out:g} calls each: make both >= 0")
    return math.ceil(rate * fan_out / (rate_of_one * utilization) - _ROUNDING)


def workers_by_kind(
    rate: float, fan_out: float, rates_of_one: Mapping[str, float]
) -> dict[str, int]:
    """Of each kind, if all were of that kind.

    Raises:
        InvalidSizing: as `workers`.
    """
    return {kind: workers(rate, fan_out, of_one) for kind, of_one in rates_of_one.items()}


def workers_for_bursts(
    envelope: Mapping[float, int], fan_out: float, rate_of_one: float, spare: float
) -> int:
    """As many that no call waits for more than `spare` seconds, if arrivals stay in the envelope.

    InferLine's check (SoCC 2020), with the bound of the network calculus: a wait is longer only if
    in some window w came more than is done in w + spare. A window between two of the envelope has
    at most what the longer one has, and lasts no less than the shorter one.

    Args:
        envelope: the most frames in windows of each length in seconds, as `ArrivalEnvelope` has it.
        spare: what the objective leaves beside the calls themselves, in seconds; above 0.

    Raises:
        InvalidSizing: as `workers`, or nothing to spare.
    """
    if spare <= 0.0:
        raise InvalidSizing("the objective leaves no time to wait: allow a greater age")
    needed, shorter = 0.0, 0.0
    for window, frames in sorted(envelope.items()):
        needed = max(needed, frames / (shorter + spare))
        shorter = window
    return workers(needed, fan_out, rate_of_one, utilization=1.0)


_ROUNDING = 1e-9
