"""Memory settings of processes that decode images and hold tensors."""

MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(128 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024 * 1024),
}
"""Environment of such a process. It keeps the memory of pictures and tensors: given back and asked
for anew, its page faults double the time that it takes to decode one. glibc reads these at the
start of a process only."""
