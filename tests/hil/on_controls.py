"""In the guest: the controls of a real V4L2 driver (vivid): what it offers, asked against got, changes by others."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from calibration.controls import disobeyed
from station.cameras.usb import UsbCamera
from station.log import queries
from station.recalibrated import lock
from station.tuning import EVERY, UNREAD, Tuning
from station.verification import Waived
from tests.hil.on_camera import CLOCK, DEVICE, DRIVER, FPS, control, refused, wait_for
from tests.hil.report import Report, require
from tests.promises.stations import OnTheBench

READ_ONLY = "read_only_integer_32_bits"


class Gate(Waived):
    """A gate that notes why verification is asked for again."""

    def __init__(self) -> None:
        super().__init__("vivid shows no part")
        self.why: list[str] = []

    def restart(self, why: str, by: str = "") -> None:
        self.why.append(why)


def show(report: Report) -> None:
    """Everything that is shown of the controls."""
    control("gain_automatic=0")
    with report.showing("controls: every one that the driver tells of") as figures, opened() as usb:
        offered = {each.name: each for each in usb.everything()}
        figures["controls"] = len(offered)
        figures |= {name: told(offered[name]) for name in ("gain", "brightness", READ_ONLY)}
        require(offered[READ_ONLY].is_read_only and not offered["gain"].is_read_only, "read-only is not told")
        require(offered["brightness"].is_still and not offered[READ_ONLY].is_still, "what stays as it is is not told")
    with report.showing("controls: an automatic that is on locks its control, and the driver says so") as figures:
        control("gain_automatic=1")
        with opened() as usb:
            gain = {each.name: each for each in usb.everything()}["gain"]
            figures["gain"] = told(gain)
            require(not gain.is_still, "the gain is set by the driver, and seems to stay as it is")
        control("gain_automatic=0")
    with report.showing("controls: asked against got, of what is done, rounded, clamped, and not there") as figures:
        asked_against_got(figures)
    with report.showing("controls: READY is refused where the camera does not do as it was calibrated") as figures:
        figures["told"] = not_ready()
    with report.showing("controls: a change by a program beside the station is recorded, verified drops") as figures:
        figures["noticed"], figures["fault"] = changed_by_others("brightness=77", "hue=5")
    control("gain_automatic=0")
    with report.showing("controls: what it costs to read them all, as before every verdict") as figures:
        figures |= cost()
    with report.showing("controls: of a camera whose driver has gone nothing is taken for unchanged") as figures:
        figures["told"] = gone()


@contextmanager
def opened() -> Iterator[UsbCamera]:
    """The camera, streaming."""
    usb = UsbCamera(str(DEVICE), CLOCK, 640, 360, FPS)
    usb.open()
    try:
        usb.read()
        yield usb
    finally:
        usb.close()


def told(each: object) -> str:
    """A control, short."""
    names = ("value", "least", "most", "step", "is_read_only", "is_volatile")
    return " ".join(f"{name}={getattr(each, name):g}" for name in names)


def asked_against_got(figures: dict[str, object]) -> None:
    """`adjust` believes nothing but what is read back."""
    with opened() as usb:
        for value, is_taken in ((100.0, True), (10.6, False), (500.0, False)):
            (setting,) = usb.adjust({"gain": value})
            figures[f"gain {value:g}"] = setting.got
            require(setting.obeyed is is_taken, setting.told())
        missing = usb.adjust({"gain": 100.0, "exposure": 150.0})
        figures["said"] = disobeyed(missing)
        require("exposure" in disobeyed(missing) and "gain" not in disobeyed(missing), disobeyed(missing))


def not_ready() -> str:
    """A calibration that wants what the camera does not do is never locked."""
    with bench() as rig, opened() as usb:
        profile = rig.station.model.profile
        assert profile is not None
        lock(usb, replace(profile, settings={"gain": 100.0}))
        return refused(lambda: lock(usb, replace(profile, settings={"gain": 500.0})))


def changed_by_others(*changes: str) -> tuple[list[str], str]:
    """What the log says of each, `v4l2-ctl` being the program beside the station; every change is noticed once.

    And the fault, once an automatic was switched on that no camera of OpenCV can switch off.
    """
    with bench() as rig, opened() as usb:
        station, tuning, gate = rig.station, Tuning(), Gate()
        profile = station.model.profile
        assert profile is not None
        station.model = replace(station.model, profile=replace(profile, settings={"gain": 100.0}))
        station.camera, station.trigger, station.verification = usb, None, gate
        lock(usb, station.model.profile)

        def look(change: str = "") -> None:
            if change:
                control(change)
            station.clock.sleep(EVERY + 0.1)
            tuning.turn(station)

        for change in ("", *changes, ""):
            look(change)
        fault = refused(lambda: look("gain_automatic=1"))
        with queries.reading(rig.folder) as log:
            found = queries.events(log, limit=20, kinds=["camera_changed"])
        said = [str(event["message"]) for event in reversed(found)]
        require(len(said) == len(changes) + 1, f"{len(changes)} changes and an automatic, noticed were {said}")
        require(gate.why == said, f"verification is asked for, for {gate.why}")
        return said, fault


def cost(times: int = 200) -> dict[str, object]:
    """Milliseconds, of this emulated machine, while the camera streams."""
    with opened() as usb:
        took = []
        for _ in range(times):
            usb.read()
            begun = time.perf_counter()
            found = usb.everything()
            took.append(1e3 * (time.perf_counter() - begun))
        took.sort()
        return {"controls": len(found), "ms_median": round(took[times // 2], 2), "ms_99": round(took[-times // 100], 2)}


def gone() -> list[str]:
    """The driver is unbound between two looks: after some of them verification is asked for, with why."""
    with bench() as rig, opened() as usb:
        station, tuning, gate = rig.station, Tuning(), Gate()
        station.camera, station.trigger, station.verification = usb, None, gate
        tuning.turn(station)
        (DRIVER / "unbind").write_text("vivid.0")
        try:
            tuning.before(station)
            for _ in range(UNREAD):
                station.clock.sleep(EVERY + 0.1)
                tuning.turn(station)
        finally:
            usb.close()  # while it is open its number is kept, and it would come back under another
            (DRIVER / "bind").write_text("vivid.0")
            wait_for(DEVICE)
        told = [why for why in gate.why if "does not tell its" in why and "brightness" in why]
        require(len(told) == len(gate.why) >= 2, str(gate.why))
        return gate.why[:1]


@contextmanager
def bench() -> Iterator[OnTheBench]:
    """A station with a log, a calibration and a gate; its camera is put in its place."""
    with tempfile.TemporaryDirectory() as folder:
        rig = OnTheBench(Path(folder))
        try:
            yield rig
        finally:
            rig.close()
