"""`pattern_publisher URL CODEC WIDTHxHEIGHT FPS`: a camera that sends the test pattern by RTSP."""

import sys
import time
from fractions import Fraction
from itertools import count

import av
from av.video.stream import VideoStream

from framemesh.sources.pattern import draw

KEY_SECONDS = 1


def main() -> None:
    url, codec, size, rate = sys.argv[1:]
    width, height = map(int, size.split("x"))
    fps = int(rate)
    with av.open(url, "w", format="rtsp", options={"rtsp_transport": "tcp"}) as container:
        stream = container.add_stream(codec, rate=fps, options=_options(codec))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size = fps * KEY_SECONDS
        began = time.monotonic()
        for number in count():
            time.sleep(max(0.0, began + number / fps - time.monotonic()))
            picture = draw(number + 1, time.time_ns(), width, height)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
            if number == 0:
                sys.stdout.write("publishing\n")
                sys.stdout.flush()


def _options(codec: str) -> dict[str, str]:
    options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18", "threads": "1"}
    if codec == "libx265":
        options["x265-params"] = f"log-level=none:pools=1:frame-threads=1:keyint={KEY_SECONDS * 25}"
    return options


if __name__ == "__main__":
    main()
