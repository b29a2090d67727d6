"""The native library: its file, and its function with what Python knows of its arguments."""

import ctypes
from collections.abc import Callable
from pathlib import Path

FILE = Path(__file__).with_name("libframemesh_pixels.so")
"""Built from libs/pixels/native."""

INTERFACE = 1
"""Of the function; a library that was built for another one is not used."""

_POINTER, _SIZE, _FLAG = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32

Function = Callable[..., int]
"""`framemesh_pixels_prepare` of lib.rs. ctypes releases the interpreter lock while it runs."""


class NotUsable(Exception):
    """There is no native library, or none that fits; the message says why."""


def load(file: Path = FILE) -> Function:
    """Load the library.

    Raises:
        NotUsable: there is none, or none that fits.
    """
    if not file.exists():
        raise NotUsable("was not built")
    try:
        library = ctypes.CDLL(str(file))
        interface = library.framemesh_pixels_interface()
        function = library.framemesh_pixels_prepare
    except (OSError, AttributeError) as error:
        raise NotUsable(f"cannot be loaded: {error}") from error
    if interface != INTERFACE:
        raise NotUsable("is of another version")
    function.restype = ctypes.c_int32
    function.argtypes = (
        *(_POINTER, _SIZE, _SIZE, _SIZE, _SIZE),
        *(_POINTER, _SIZE, _SIZE, _SIZE),
        *(_SIZE, _FLAG, _FLAG, _POINTER),
    )
    called: Function = function
    return called
