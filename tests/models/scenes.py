"""Little drawn stages with parts on them, and data sets of such: quick to make, and the truth about them is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.preprocess import Gray

STAGE = 150


def stage(width: int = 320, height: int = 240, level: int = STAGE, seed: int = 0, noise: float = 2.0) -> Gray:
    """An empty stage under a lamp: brighter in the middle, with the noise of a camera."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = level * (1.0 - 0.25 * (x * x + y * y))
    noisy = light + np.random.default_rng(seed).normal(0, noise, (height, width))
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def lay_ring(gray: Gray, centre: tuple[int, int], radius: int, level: int = 60, bore: float = 0.4) -> Gray:
    """Lay a ring on a stage; its bore is a share of its radius."""
    mask = np.zeros_like(gray)
    cv2.circle(mask, centre, radius, 255, -1)
    cv2.circle(mask, centre, round(radius * bore), 0, -1)
    return np.asarray(np.where(mask > 0, np.uint8(level), gray), np.uint8)


def write_close_set(folder: Path) -> Path:
    """A data set of two kinds of ring so near that they reach over the picture on all sides."""
    rows = ["file,part_number,group,split"]
    folder.mkdir(parents=True)
    for number, part in enumerate(("narrow", "wide")):
        for index in range(10):
            middle = np.random.default_rng([number, index]).integers(50, 70, 2).tolist()
            close = lay_ring(stage(120, 120, seed=index), (middle[0], middle[1]), 66, bore=0.2 + 0.3 * number)
            cv2.imwrite(str(folder / f"{part}{index}.png"), close)
            rows.append(f"{part}{index}.png,{part},{part}-{index},{'test' if index > 7 else 'train'}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder


def write_set(folder: Path, parts: dict[str, float], pictures: int = 12, unknown: str = "") -> Path:
    """A data set of rings that differ in their bore; two pictures a group, the last group of each part for the test."""
    rows = ["file,part_number,group,split"]
    for number, (part, bore) in enumerate(parts.items()):
        (folder / part).mkdir(parents=True)
        for index in range(pictures):
            rng = np.random.default_rng([number, index])
            centre = (int(rng.integers(40, 120)), int(rng.integers(40, 80)))
            gray = lay_ring(stage(160, 120, seed=1000 * number + index), centre, 24, bore=bore)
            cv2.imwrite(str(folder / part / f"{index:02}.png"), gray)
            split = "unknown" if part == unknown else "test" if index >= pictures - 2 else "train"
            rows.append(f"{part}/{index:02}.png,{part},{part}-{index // 2},{split}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder
