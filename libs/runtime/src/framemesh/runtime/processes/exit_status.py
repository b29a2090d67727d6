"""Exit statuses of our processes that say more than that something failed."""

PERMANENT_FAILURE = 78
"""The process would fail again in the same way: EX_CONFIG of sysexits.h. Whoever starts it again
has no need to hurry."""

SCARCE_FAILURE = 75
"""The machine was short of memory, disk or the like: EX_TEMPFAIL of sysexits.h. It may pass, and
whoever starts the process again at once makes it worse."""
