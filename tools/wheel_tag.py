"""The platform of a wheel that has a native library: uv_build names each wheel as one for any."""

import base64
import hashlib
import platform
import re
import zipfile
from pathlib import Path

ANY = "py3-none-any"

GLIBC = re.compile(rb"GLIBC_(\d+)\.(\d+)\0")
"""A version of glibc from which a library takes a function."""


def platform_of(library: Path) -> str:
    """The platform tag of a library (PEP 600): the glibc that it needs, and this processor."""
    versions = [(int(major), int(minor)) for major, minor in GLIBC.findall(library.read_bytes())]
    major, minor = max(versions, default=(2, 17))
    return f"manylinux_{major}_{minor}_{platform.machine()}"


def tagged(wheel: Path, of_platform: str) -> Path:
    """The wheel, in its own place, as one of this platform and of any Python."""
    tag = f"py3-none-{of_platform}"
    target = wheel.with_name(wheel.name.replace(ANY, tag))
    with zipfile.ZipFile(wheel) as opened:
        files = [(info, opened.read(info)) for info in opened.infolist()]
    declared = next(content for info, content in files if info.filename.endswith("/WHEEL"))
    changed = declared.replace(ANY.encode(), tag.encode())
    changed = changed.replace(b"Root-Is-Purelib: true", b"Root-Is-Purelib: false")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for info, content in files:
            if info.filename.endswith(".dist-info/WHEEL"):
                written.writestr(info, changed)
            elif info.filename.endswith(".dist-info/RECORD"):
                written.writestr(info, content.replace(_entry(declared), _entry(changed)))
            else:
                written.writestr(info, content)
    wheel.unlink()
    return target


def _entry(content: bytes) -> bytes:
    """What a RECORD says of a file with this content."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return b"sha256=%b,%d" % (digest, len(content))
