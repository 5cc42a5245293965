"""`station teach`: new part numbers from a few photographs, at the station, without the training library."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station.errors import BundleError, DataError

if TYPE_CHECKING:
    from models.bundle import Bundle


@click.command("teach")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="A bundle with a backbone.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder of the bundle to be written.")
@click.option("--name", help="Of the bundle, as records will show it; by itself the name of the folder.")
@click.option(
    "--other", default="", help="Look-alikes: a folder of pictures, or a part number whose unused pictures are taken."
)
@click.option(
    "--escape",
    default=0.02,
    show_default=True,
    type=click.FloatRange(1e-4, 0.5),
    help="Share of wrong parts that may pass, to be shown with 95 % confidence.",
)
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object.")
def command(data: Path, source: Path, out: Path, name: str | None, other: str, escape: float, as_json: bool) -> None:
    """Learn to tell the part numbers in DATA apart, from 10 to 30 photographs of each, and write a bundle.

    DATA is what `station collect` leaves: a folder with a manifest.csv, or with one sub-folder a part number. What the
    network sees is as good as its teacher's pretrained backbone; nothing of the old part numbers is kept.
    """
    from models import teach
    from models.bars import Bars
    from models.bound import ESCAPE
    from models.bundle import make_room, save
    from models.dataset import DataSetError, load
    from models.others import with_others
    from models.trust import Asked
    from station.bundles import load_bundle

    teacher = load_bundle(source)
    asked = Asked(escape, datetime.now(UTC).date().isoformat())
    words = f"{data.resolve().name} --from {teacher.name} --out BUNDLE --name {name or out.resolve().name}"
    words += (f" --other {Path(other).name}" if other else "") + (f" --escape {escape}" if escape != ESCAPE else "")
    told = _told(teacher, name or out.resolve().name, words)
    bars = Bars()
    try:
        make_room(out)
        pictures = load(data, to_learn=True)
        pictures = with_others(pictures, other) if other else pictures
        save(out, *teach.teach(pictures, pictures.of("train"), teacher.files["model.tflite"], told, bars, asked))
    except DataSetError as mistakes:
        raise DataError(str(mistakes)) from mistakes
    except OSError as trouble:
        raise DataError(f"{out} cannot be written ({trouble.strerror or trouble}); name another folder.") from trouble
    finally:
        bars.close()
    _tell(load_bundle(out), out, as_json)


def _told(teacher: Bundle, name: str, words: str) -> dict[str, Any]:
    """What the card says first. Raises BundleError when the teacher has no backbone."""
    if "backbone" not in teacher.card:
        raise BundleError(
            f"The bundle {teacher.name} has no pretrained backbone to teach; take one that "
            "`python -m models train --network transfer` made."
        )
    return {
        "name": name,
        "made_by": f"station teach {words}",
        "chosen_because": f"it was taught at the station, with the backbone of {teacher.name} sha256:{teacher.sha256}",
        "backbone": teacher.card["backbone"],
        **_parity(teacher),
    }


def _parity(teacher: Bundle) -> dict[str, Any]:
    """That of the backbone's release, and said to be so: here is no network in float32 to hold it against."""
    measured = f"the release of the backbone, bundle {teacher.name} sha256:{teacher.sha256}"
    return {"parity": {"of": measured, **teacher.card["parity"]}} if "parity" in teacher.card else {}


def _tell(bundle: Bundle, out: Path, as_json: bool) -> None:
    from models.preprocess import WHOLE_REGION

    held = bundle.card["held_back"]
    if as_json:
        told = {"bundle": bundle.name, "sha256": bundle.sha256, "is_whole_region": bundle.preparation.is_whole}
        click.echo(json.dumps({**told, "bounds": bundle.card["bounds"], "held_back": held}))
        return
    click.echo(f"{out}: bundle {bundle.name}, sha256 {bundle.sha256}")
    click.echo(
        f"Of {held['pictures']} pictures, each judged by what was learnt from other groups, "
        f"{held['accuracy']:.1%} were taken for what they are, and {held['escapes']} would have passed as another part."
    )
    for part, bound in bundle.bounds.items():
        click.echo(bound.sentence(part))
    for actual, seen in held["confusion"].items():
        click.echo(f"  {actual} seen as " + ", ".join(f"{part}: {count}" for part, count in seen.items()))
    if bundle.preparation.is_whole:
        click.echo(WHOLE_REGION)
    click.echo(f"Put it in use: station model use {out} --data DATA")
