"""On the host: pictures of the simulated bench, for the guest to show to its camera.

They come from the bench and go through a real video device; the station in the guest takes them for real ones.
"""

from __future__ import annotations

from pathlib import Path

from station.simulation import Bench, SimulatedCamera, SimulatedClock

EXPECTED, OTHER = "1041-A", "1041-B"
SCENES = {
    "empty": None,
    "calibration": EXPECTED,
    "golden": EXPECTED,
    "challenge": OTHER,
    "right": EXPECTED,
    "wrong": OTHER,
}
PICTURES = 3  # of each scene, each with a noise of its own


def draw(folder: Path, seed: int) -> None:
    """Every scene as `scene-0.jpg`, `scene-1.jpg` …, 1280 × 720, parts at places chosen by the seed."""
    folder.mkdir()
    bench = Bench(SimulatedClock(), seed)
    camera = SimulatedCamera(bench)
    camera.open()
    for scene, part_number in SCENES.items():
        bench.lay(*([bench.choose(part_number)] if part_number else []))
        for number in range(PICTURES):
            frame = camera.read(newer_than=bench.clock.monotonic())
            (folder / f"{scene}-{number}.jpg").write_bytes(frame.jpeg())
