"""A worker that starts, as a process: it fetches one model through the cache of its node.

Usage: cache_program.py FOLDER CONTENT LOG GO. Who downloads writes its pid to LOG, and brings the
second half of CONTENT once GO is there.
"""

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import BinaryIO

from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest, ModelVersion
from framemesh.worker.models.cache import ModelCache

MANIFEST = ModelManifest(
    "person", "1/m.onnx", ("a",), InputSpec("in", 8, 8), DecoderSpec("centernet")
)


async def main(folder: Path, content: bytes, log: Path, go: Path) -> None:
    model = ModelVersion(MANIFEST, 1, len(content), hashlib.sha256(content).hexdigest())
    half = len(content) // 2

    async def download(file: BinaryIO) -> None:
        with log.open("a") as lines:
            lines.write(f"{os.getpid()}\n")
        file.write(content[:half])
        while not await asyncio.to_thread(go.exists):
            await asyncio.sleep(0.01)
        file.write(content[half:])

    sys.stdout.write("starts\n")
    sys.stdout.flush()
    path = await ModelCache(folder).fetch(model, download)
    if path.read_bytes() != content:
        raise RuntimeError("another file")


if __name__ == "__main__":
    folder, content, log, go = map(Path, sys.argv[1:])
    asyncio.run(main(folder, content.read_bytes(), log, go))
