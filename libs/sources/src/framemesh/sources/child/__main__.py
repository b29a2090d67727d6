"""`python -m framemesh.sources.child FD`: reads one source, for the process that started it.

What to read comes over the socket FD, and not in the arguments: those everybody can see.
"""

import os
import signal
import socket
import sys
from contextlib import suppress

import cv2

from framemesh.sources.child.serving import serve


def main() -> None:
    # Ctrl-C reaches every process of the terminal; it is for the one that started us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One source has one core: twenty-four have them all.
    cv2.setNumThreads(1)
    with suppress(BrokenPipeError, ConnectionResetError):
        serve(socket.socket(fileno=int(sys.argv[1])))
    # Threads of FFmpeg and OpenCV that hang must not hold up the end.
    os._exit(0)


if __name__ == "__main__":
    main()
