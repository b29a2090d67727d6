"""Quantiles of the normal distribution, which stand in where too little was seen for others."""

from functools import lru_cache
from statistics import NormalDist


@lru_cache(maxsize=64)
def deviations(q: float) -> float:
    """How many standard deviations the quantile `q` is above the mean."""
    return NormalDist().inv_cdf(q)
