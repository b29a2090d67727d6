"""What a camera decides, without I/O: `core` puts it together, the other files are its parts."""
