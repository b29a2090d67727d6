"""Files and folders of sinks."""
