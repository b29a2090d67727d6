"""How processes that compute with arrays share the CPUs."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""Environment of such a process. numpy's products would start as many threads as there are CPUs,
which wait for one another in busy loops: on CPUs that decode frames meanwhile, the masks of a frame
take six times as long. OpenBLAS reads this at the start of a process only."""
