"""The health check of the broker's container: ends with 0 if the server answers that it is well.

A new process every few seconds: an HTTP library would be nine tenths of what it costs.
"""

import socket
import sys

SERVER = ("127.0.0.1", 8222)
SECONDS = 3

REQUEST = b"GET /healthz?js-server-only=true HTTP/1.0\r\n\r\n"
WELL = b" 200 "

with socket.create_connection(SERVER, SECONDS) as connection:
    connection.sendall(REQUEST)
    status = connection.makefile("rb").readline()
sys.exit(WELL not in status)
