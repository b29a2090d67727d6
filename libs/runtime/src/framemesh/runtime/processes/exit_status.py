"""Exit statuses of our processes that say more than that something failed."""

PERMANENT_FAILURE = 78
"""The process would fail again in the same way: EX_CONFIG of sysexits.h. Whoever starts it again
has no need to hurry."""
