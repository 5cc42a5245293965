"""In the guest: the USB camera on vivid, a V4L2 device that can be unplugged and told to misbehave."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from station.cameras.freshness import FreshCamera, Freshness
from station.cameras.usb import UsbCamera
from station.errors import CameraError
from station.types import SystemClock
from tests.hil.report import Report, require

DEVICE = Path("/dev/video0")
DRIVER = Path("/sys/bus/platform/drivers/vivid")
CLOCK = SystemClock()
SLOW = 30.0  # seconds; the guest is emulated, and no time is asserted here
FPS = 30


def show(report: Report) -> None:
    """Everything that is shown of the camera."""
    with report.showing("camera: pictures from V4L2, controls asked against got") as figures:
        usb = UsbCamera(str(DEVICE), CLOCK, 640, 360, FPS, exposure=100, gain=500)
        usb.open()
        frames = [usb.read() for _ in range(5)]
        require(all(frame.gray().shape == (360, 640) for frame in frames), "the pictures have another size")
        figures["asked/got"] = {setting.name: [setting.asked, setting.got] for setting in usb.controls}
        require(not any(setting.obeyed for setting in usb.controls), "vivid has no exposure and its gain is automatic")
        usb.close()
    with report.showing("camera: opened exclusively") as figures:
        camera = opened()
        figures["second program"] = refused(opened)
        camera.read()
        camera.close()
    with report.showing("camera: unplugged and back 20 times") as figures:
        figures["times"] = sum(unplug_and_back(number) for number in range(20))
    with report.showing("camera: a pause of one second, then no old frame") as figures:
        figures["old frames dropped"] = pause()
    with report.showing("camera: half the frames dropped, the others in order") as figures:
        figures["frames"] = drop_half()
    with report.showing("camera: all frames dropped is a fault, and it opens again") as figures:
        figures["told"] = misbehave("percentage_of_dropped_buffers=100", "percentage_of_dropped_buffers=0")
    with report.showing("camera: a fatal error of the stream is a fault, and it opens again") as figures:
        figures["told"] = misbehave("inject_fatal_streaming_error=1")
    with report.showing("camera: a picture that repeats is a fault, and it opens again") as figures:
        figures["told"] = misbehave("osd_text_mode=2", "osd_text_mode=0")


def opened() -> FreshCamera:
    """The camera as the station uses it."""
    camera = FreshCamera(UsbCamera(str(DEVICE), CLOCK, 640, 360, FPS), Freshness(max_age=SLOW), CLOCK)
    camera.open()
    return camera


def unplug_and_back(number: int) -> bool:
    """One frame, the cable pulled, a fault, the cable back, a new frame."""
    camera = opened()
    before = camera.read()
    (DRIVER / "unbind").write_text("vivid.0")
    told = refused(camera.read)
    require("unplugged" in told, told)
    told = refused(camera.open)
    require("no camera at" in told, told)
    (DRIVER / "bind").write_text("vivid.0")
    wait_for(DEVICE)
    control(f"brightness={100 + number}")  # vivid begins its pattern anew, and a repeated picture would be a fault
    camera.open()
    after = camera.read(newer_than=CLOCK.monotonic())
    camera.close()
    return after.number > before.number and after.monotonic > before.monotonic


def pause() -> int:
    """How many frames the driver had kept, and the camera dropped."""
    camera = opened()
    before = camera.read()
    time.sleep(1)
    asked = CLOCK.monotonic()
    after = camera.read(newer_than=before.monotonic)
    camera.close()
    require(after.monotonic > asked - 1 / FPS, f"the frame was {asked - after.monotonic:.3f} s old when asked for")
    require(after.number - before.number > 1, "the driver had kept no frame, so nothing was shown")
    return after.number - before.number - 1


def drop_half() -> int:
    """FreshCamera faults what is out of order."""
    camera = opened()
    control("percentage_of_dropped_buffers=50")
    count = len([camera.read() for _ in range(30)])
    control("percentage_of_dropped_buffers=0")
    camera.close()
    return count


def misbehave(*controls: str) -> str:
    """The first control makes the camera misbehave, the others make it good; the fault is returned."""
    camera = opened()
    camera.read()
    control(controls[0])
    told = refused(lambda: [camera.read() for _ in range(30)])
    for mend in controls[1:]:
        control(mend)
    camera.close()
    opened().close()
    return told


def refused(action: object) -> str:
    """The sentence with which a CameraError refuses the action."""
    assert callable(action)
    try:
        action()
    except CameraError as error:
        return str(error)
    raise AssertionError("nothing was refused")


def control(setting: str) -> None:
    """Set one of vivid's own controls."""
    subprocess.run(["v4l2-ctl", "-d", str(DEVICE), "-c", setting], check=True)


def wait_for(path: Path) -> None:
    """Until the kernel has made the node."""
    until = CLOCK.monotonic() + SLOW
    while not path.exists():
        require(CLOCK.monotonic() < until, f"{path} did not come back")
        time.sleep(0.05)
