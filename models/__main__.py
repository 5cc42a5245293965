"""The command `python -m models`: train a network from a folder of pictures, and say what it is worth."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from models.augment import AUGMENTATIONS
from models.bundle import Bundle, BundleError, make_room, save
from models.dataset import SPLITS, DataSet, DataSetError, load
from models.evaluate import Judgement, figures, judge_all

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The network: learned, shrunk, judged, shipped.

    DATA is a folder with one sub-folder a part number, or with a manifest.csv whose columns are file, part_number,
    group and split (train, test, unknown, unused).

    Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 a file is in trouble.
    """


@main.command()
@click.argument("data", type=FOLDER)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder of the bundle to be written.")
@click.option("--name", help="Of the bundle, as records will show it; by itself the name of the folder.")
@click.option("--epochs", default=30, show_default="30, the paper's", type=click.IntRange(1), help="How long to learn.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="The same again gives the same.")
@click.option(
    "--augmentation",
    default="stage",
    show_default=True,
    type=click.Choice(sorted(AUGMENTATIONS)),
    help="How copies differ: any angle and a little light, or the paper's Table I.",
)
@click.option("--data-made-by", default="", help="The command that made DATA, if one did; for the card.")
def train(
    data: Path, out: Path, name: str | None, epochs: int, seed: int, augmentation: str, data_made_by: str
) -> None:
    """Train the paper's network on the training pictures of DATA and write a bundle."""
    with _plainly():
        training = _training()
        make_room(out)
        bars = Bars()
        plan = training.Plan(name or out.resolve().name, epochs, seed, augmentation, data_made_by)
        card, files = training.train(load(data, to_learn=True), plan, bars)
        save(out, card, files)
        bundle = Bundle.load(out)
        bundle.self_test()
        bars.close()
        click.echo(f"{out}: bundle {bundle.name}, sha256 {bundle.sha256}")
        _tell(bundle.card["held_back"], "held back from training")


@main.command()
@click.argument("data", type=FOLDER)
@click.option("--bundle", "folder", required=True, type=FOLDER, help="The bundle, a folder.")
@click.option("--split", default="test", show_default=True, help=f"One or more, with commas, of {', '.join(SPLITS)}.")
@click.option("--at-least", type=click.FloatRange(0, 1), help="Exit with 1 when the accuracy is lower.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def evaluate(data: Path, folder: Path, split: str, at_least: float | None, as_json: bool) -> None:
    """Judge the pictures of a split and compare with what they are."""
    splits = split.split(",")
    if not set(splits) <= set(SPLITS):
        raise click.BadParameter(f"{split!r} is not among {', '.join(SPLITS)}", param_hint="--split")
    with _plainly():
        bundle = Bundle.load(folder)
        told = figures(_judged(bundle, load(data), splits), bundle.part_numbers)
        if as_json:
            click.echo(json.dumps({"bundle": bundle.name, "sha256": bundle.sha256, "split": split, **told}))
        else:
            _tell(told, f"of the split {split}")
    if at_least is not None and told.get("accuracy", 0.0) < at_least:
        sys.exit(1)


class Bars:
    """A progress bar for each thing that is done in turn; called with what, steps done, steps in all."""

    def __init__(self) -> None:
        self._what = ""
        self._bar: Any = None

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self._what:
            self.close()
            self._what, self._bar = what, click.progressbar(length=total, label=what.ljust(30), file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.update(self._bar.length - self._bar.pos)
            self._bar.__exit__(None, None, None)


def _judged(bundle: Bundle, data: DataSet, splits: list[str]) -> list[Judgement]:
    pictures = data.of(*splits)
    if not pictures:
        raise DataSetError([f"{data.folder} has no pictures of the split {','.join(splits)}; name another"])
    with click.progressbar(judge_all(bundle, data, pictures), len(pictures), "Judging", file=sys.stderr) as judgements:
        return list(judgements)


def _tell(told: dict[str, Any], which: str) -> None:
    click.echo(f"{told['pictures']} pictures {which}")
    for name, value in told.items():
        if isinstance(value, int | float) and name != "pictures":
            click.echo(f"  {name.replace('_', ' '):16} {value:.4g}")
    for actual, seen in told["confusion"].items():
        click.echo(f"  {actual} seen as " + ", ".join(f"{part}: {count}" for part, count in seen.items()))


def _training() -> Any:
    """The training room, which alone needs the training library."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        from models import train as training
    except ModuleNotFoundError as missing:
        raise OSError(f"training needs {missing.name}, which is missing: pip install -e .[train]") from missing
    return training


@contextmanager
def _plainly() -> Iterator[None]:
    """What is wrong with a file is said in plain sentences, with exit status 3."""
    try:
        yield
    except KeyboardInterrupt:
        _exit("interrupted; nothing was written", 1)
    except OSError as trouble:
        said = f"{trouble.filename} cannot be used: {trouble.strerror}" if trouble.filename else trouble
        _exit(str(said), 3)
    except (DataSetError, BundleError) as trouble:
        _exit(str(trouble), 3)


def _exit(why: str, status: int) -> NoReturn:
    click.echo(f"\n{why}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main(prog_name="python -m models")
