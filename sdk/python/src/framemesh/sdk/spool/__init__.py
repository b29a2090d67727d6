"""The spool of a camera on disk, as docs/spool.md has it. Blocking, without a thread or a lock."""
