"""What several commands share: addresses, calls, files, errors."""
