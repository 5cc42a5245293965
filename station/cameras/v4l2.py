"""What a V4L2 device offers, asked of its driver: every control with its range and its step (VIDIOC_QUERYCTRL).

OpenCV sets and reads controls, but knows neither ranges nor steps. Control needs no streaming, so it may be asked while
another handle of the same camera streams. Numbers are those of linux/videodev2.h and linux/v4l2-controls.h.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import struct
from collections.abc import Callable

from calibration.controls import Control
from station.errors import CameraError

QUERY, GET = 0xC0445624, 0xC008561B  # VIDIOC_QUERYCTRL, VIDIOC_G_CTRL
NEXT = 0x80000000  # V4L2_CTRL_FLAG_NEXT_CTRL: the one after this
LAYOUT = struct.Struct("=II32siiiiI8x")  # id, type, name, minimum, maximum, step, default, flags
VALUE = struct.Struct("=Ii")
NUMBERS = {1, 2, 3}  # integer, boolean, menu
DISABLED, GRABBED, READ_ONLY, INACTIVE, WRITE_ONLY, VOLATILE = 0x01, 0x02, 0x04, 0x10, 0x40, 0x80
GONE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO})
NO_MORE = frozenset({errno.EINVAL, errno.ENOTTY})  # there is none after this; there are none at all
NAMES = {
    0x009A0902: ("exposure", "× 100 µs"),
    0x00980913: ("gain", ""),
    0x0098091A: ("white_balance", "K"),
    0x009A090A: ("focus", ""),
}
MOST = 200  # controls of a driver that does not end

Ioctl = Callable[[int, int, bytearray], object]


def offered(device: str, ioctl: Ioctl = fcntl.ioctl) -> tuple[Control, ...]:
    """Every number that the driver lets be set or seen; none where there is no device, or one that is no V4L2 one.

    The value of what the driver does not tell at this moment is NaN. Raises CameraError where it tells nothing at all:
    that is not the same as a camera without controls.
    """
    try:
        handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError as trouble:
        if trouble.errno in GONE:
            return ()
        raise _untold(device, trouble) from trouble
    try:
        return _all(handle, ioctl)
    except OSError as trouble:
        raise _untold(device, trouble) from trouble
    finally:
        os.close(handle)


def _untold(device: str, trouble: OSError) -> CameraError:
    return CameraError(f"The camera {device} does not tell its controls ({trouble.strerror}): plug it in anew.")


def _all(handle: int, ioctl: Ioctl) -> tuple[Control, ...]:
    """Raises OSError."""
    found: list[Control] = []
    number = 0
    for _ in range(MOST):
        asked = bytearray(LAYOUT.pack(number | NEXT, 0, b"", 0, 0, 0, 0, 0))
        try:
            ioctl(handle, QUERY, asked)
        except OSError as trouble:
            if trouble.errno in NO_MORE:
                break
            raise
        number, kind, name, least, most, step, default, flags = LAYOUT.unpack(asked)
        if kind in NUMBERS and not flags & DISABLED:
            value = default if flags & WRITE_ONLY else _value(handle, ioctl, number)
            known, unit = NAMES.get(number, (_slug(name), ""))
            locked = bool(flags & (READ_ONLY | GRABBED | INACTIVE))
            found.append(Control(known, value, least, most, step, unit, locked, bool(flags & (VOLATILE | WRITE_ONLY))))
    return tuple(found)


def _value(handle: int, ioctl: Ioctl, number: int) -> float:
    asked = bytearray(VALUE.pack(number, 0))
    try:
        ioctl(handle, GET, asked)
    except OSError:
        return math.nan
    return int(VALUE.unpack(asked)[1])


def _slug(name: bytes) -> str:
    words = name.split(b"\0", 1)[0].decode("ascii", "replace").lower()
    return "_".join("".join(letter if letter.isalnum() else " " for letter in words).split())
