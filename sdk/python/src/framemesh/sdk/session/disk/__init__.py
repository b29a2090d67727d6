"""The spool on disk, as the core of a camera sees it. No I/O."""
