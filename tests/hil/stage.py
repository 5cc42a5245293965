"""On the host: pictures of the simulated bench, for the guest to show to its camera.

They come from the bench and go through a real video device; the station in the guest takes them for real ones.
"""

from __future__ import annotations

from pathlib import Path

from calibration.measure import brightest
from station.simulation import Bench, SimulatedCamera, SimulatedClock

TARGET = 220.0  # gray level of the brightest place of the white sheet: what the wizard wants
EXPECTED, OTHER = "1041-A", "1041-B"
SHEETS = ("white", "board")
PARTS = {
    "empty": None,
    "calibration": EXPECTED,
    "golden": EXPECTED,
    "challenge": OTHER,
    "right": EXPECTED,
    "wrong": OTHER,
}
WIZARD = "wizard-"  # before the scenes of the whole wizard, exposed as it wants
SCENES = (*PARTS, *(WIZARD + scene for scene in (*PARTS, *SHEETS, "capped")))
PICTURES = 3  # of each scene, each with a noise of its own


def draw(folder: Path, seed: int) -> None:
    """Every scene as `scene-0.jpg`, `scene-1.jpg` …, 1280 × 720, parts at places chosen by the seed."""
    folder.mkdir()
    for prefix in ("", WIZARD):
        bench = Bench(SimulatedClock(), seed)
        camera = SimulatedCamera(bench)
        camera.open()
        if prefix:
            camera.exposure = exposed(bench, camera)
        for scene in (name.removeprefix(WIZARD) for name in SCENES if name.startswith(WIZARD) is bool(prefix)):
            part_number = PARTS.get(scene)
            bench.lay(*([bench.choose(part_number)] if part_number else []))
            bench.sheet, bench.capped = scene if scene in SHEETS else "", scene == "capped"
            for number in range(PICTURES):
                frame = camera.read(newer_than=bench.clock.monotonic())
                (folder / f"{prefix}{scene}-{number}.jpg").write_bytes(frame.jpeg())


def exposed(bench: Bench, camera: SimulatedCamera) -> float:
    """The exposure, seconds, that the wizard would have found: the device of the guest has no such control."""
    bench.sheet = "white"
    camera.exposure = 0.006  # where nothing clips
    level = brightest(camera.read(newer_than=bench.clock.monotonic()).gray())
    return camera.exposure * TARGET / level
