"""A camera of your own: `python examples/camera.py FILE.jpg ...`."""

import sys
from pathlib import Path

from framemesh.sdk import Camera

with Camera("127.0.0.1:7401", pipeline="street", name="door") as camera:
    for name in sys.argv[1:]:
        camera.send(Path(name).read_bytes())  # waits while the buffer is full: nothing is dropped
print(camera.counts)
