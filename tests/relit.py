"""Photographs under a lamp that has aged, tilted, and got ambient light beside it: before and after a calibration.

    python -m tests.relit DATA --bundle BUNDLE [--seed 1]

Simulated, and only the light: each photograph of the test split is multiplied by what lamp and exposure give at each
place, and only then made eight bits of, as a camera does; it brings the noise of its camera with it. What the station
would measure as light is what is left of the photograph's own. Then the pure steps of the wizard are taken on as many
white and dark pictures under that lamp as the wizard takes, with the noise of that camera: exposure, so that the sheet
is as bright as before, and the flat field. Shift, focus and a real empty stage cannot be had from photographs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from calibration.correct import WHITE, FlatField, flat_field
from calibration.measure import Gray, compare
from calibration.steps import FLAT_SHOTS
from models.bars import Bars
from models.dataset import Picture, listed, read_picture
from models.preprocess import prepare
from station.bundles import load_bundle
from station.model import Model
from station.recipe import Evidence, decide
from station.types import Reason, Verdict

AGED, TILT, AMBIENT = 0.6, 0.25, 0.06  # share of the lamp's light; to either side; beside it
SHRINK = 8  # a stage is glanced at in small
NOISE = 0.5  # gray levels, of the cameras of `shafts` and `discs`: the two-picture method, on their still background

Seen = tuple[Gray, FlatField | None, float]  # a picture, what corrects it, the light as a share of the calibrated


def lamp(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The light at each place, 1 as it was."""
    across = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    return np.broadcast_to(AGED * (1 + TILT * across) + AMBIENT, shape).astype(np.float32)


def exposed(scene: NDArray[np.float32]) -> Gray:
    """What the sensor makes of it."""
    return np.clip(np.rint(scene), 0, 255).astype(np.uint8)


def as_it_was(gray: Gray) -> Seen:
    """Under the light of the photographs."""
    return gray, None, 1.0


def relit(gray: Gray) -> Seen:
    """Under the other lamp, as the station sees it that was not calibrated anew."""
    changed = exposed(gray * lamp(gray.shape))
    small = np.s_[::SHRINK, ::SHRINK]
    return changed, None, compare(changed[small], gray[small]).light


def calibrated(gray: Gray, seed: int) -> Seen:
    """Under the other lamp, once exposure and flat field were found on a white sheet and with the cap on."""
    return exposed(gray * exposed_anew(gray.shape)), found_anew(gray.shape, seed), 1.0


def exposed_anew(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The light at each place, once the exposure makes up for what the lamp has lost."""
    light = lamp(shape)
    return np.asarray(light / light.max(), np.float32)


@lru_cache(maxsize=1)  # one calibration for all photographs
def found_anew(shape: tuple[int, ...], seed: int) -> FlatField:
    """The flat field of that light."""
    chance, light = np.random.default_rng(seed), exposed_anew(shape)
    dark, white = (
        [exposed(level + chance.normal(0, NOISE, shape).astype(np.float32)) for _ in range(FLAT_SHOTS)]
        for level in (np.zeros_like(light), WHITE * light)
    )
    return flat_field(dark, white)


def looked_at(model: Model, seen: Seen, by_light: bool) -> Evidence:
    """What every gate but the verification goes by; `by_light`: also the one of the light."""
    gray, flat, light = seen
    patch = prepare(gray, model.preparation, flat)
    scores, distances = model.see(patch.pixels)
    finding = patch.finding
    return Evidence(finding.count, finding.touches_edge, False, scores, distances, True, light if by_light else None)


def conditions(seed: int) -> tuple[tuple[str, Callable[[Gray], Seen], bool], ...]:
    """Name, what becomes of a photograph, and whether the gate for light is there."""
    return (
        ("as it was", as_it_was, True),
        ("other light, not calibrated", relit, True),
        ("the same, were there no gate for light", relit, False),
        ("other light, calibrated", partial(calibrated, seed=seed), True),
    )


def counted(
    data: Path, model: Model, shown: list[Picture], bars: Bars, seed: int
) -> Iterator[tuple[str, Counter[str]]]:
    """Condition by condition: how many right and wrong parts there were, and what became of them."""
    recipes = [model.expecting(part).recipe for part in model.classifier.part_numbers]
    for name, light, by_light in conditions(seed):
        counts = Counter[str]()
        for done, picture in enumerate(shown, 1):
            evidence = looked_at(model, light(read_picture(data / picture.file)), by_light)
            for recipe in recipes:
                decision = decide(recipe, evidence)
                kind = "right" if picture.part_number == recipe.part_number else "wrong"
                counts[kind] += 1
                counts[f"{kind} passed"] += decision.verdict is Verdict.PASS
                counts["poor"] += decision.reason is Reason.POOR_PICTURE
            bars(name, done, len(shown))
        yield name, counts


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--bundle", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--seed", default=1, show_default=True, help="Of the noise in the white and dark pictures.")
def main(data: Path, bundle: Path, seed: int) -> None:
    """Print what passes before, and after, under another light."""
    model = Model.of(load_bundle(bundle), "")
    shown = [each for each in listed(data) if each.split == "test" and each.part_number]
    bars = Bars()
    found = list(counted(data, model, shown, bars, seed))
    bars.close()
    for name, counts in found:
        click.echo(
            f"{name}: {counts['right passed']} of {counts['right']} right parts passed, "
            f"{counts['wrong passed']} of {counts['wrong']} wrong ones; {counts['poor']} poor pictures"
        )


if __name__ == "__main__":
    main()
