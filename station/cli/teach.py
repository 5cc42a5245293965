"""`station teach`: new part numbers from a few photographs, at the station, without the training library."""

from __future__ import annotations

import json
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
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object.")
def command(data: Path, source: Path, out: Path, name: str | None, as_json: bool) -> None:
    """Learn to tell the part numbers in DATA apart, from 10 to 30 photographs of each, and write a bundle.

    DATA is what `station collect` leaves: a folder with a manifest.csv, or with one sub-folder a part number. What the
    network sees is as good as its teacher's pretrained backbone; nothing of the old part numbers is kept.
    """
    from models import teach
    from models.bars import Bars
    from models.bundle import make_room, save
    from models.dataset import DataSetError, load
    from station.bundles import load_bundle

    teacher = load_bundle(source)
    told = _told(teacher, name or out.resolve().name, data.resolve().name)
    bars = Bars()
    try:
        make_room(out)
        pictures = load(data, to_learn=True)
        save(out, *teach.teach(pictures, pictures.of("train"), teacher.files["model.tflite"], told, bars))
    except DataSetError as mistakes:
        raise DataError(str(mistakes)) from mistakes
    except OSError as trouble:
        raise DataError(f"{out} cannot be written ({trouble.strerror or trouble}); name another folder.") from trouble
    finally:
        bars.close()
    _tell(load_bundle(out), out, as_json)


def _told(teacher: Bundle, name: str, folder: str) -> dict[str, Any]:
    """What the card says first. Raises BundleError when the teacher has no backbone."""
    if "backbone" not in teacher.card:
        raise BundleError(
            f"The bundle {teacher.name} has no pretrained backbone to teach; take one that "
            "`python -m models train --network transfer` made."
        )
    return {
        "name": name,
        "made_by": f"station teach {folder} --from {teacher.name} --out BUNDLE --name {name}",
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
    from models.trust import still_possible

    held = bundle.card["held_back"]
    if as_json:
        told = {"bundle": bundle.name, "sha256": bundle.sha256, "is_whole_region": bundle.preparation.is_whole}
        click.echo(json.dumps({**told, "held_back": held}))
        return
    click.echo(f"{out}: bundle {bundle.name}, sha256 {bundle.sha256}")
    click.echo(
        f"Of {held['pictures']} pictures, each judged by what was learnt from other groups, "
        f"{held['accuracy']:.1%} were taken for what they are, and {held['escapes']} would have passed as another part."
    )
    if not held["escapes"]:
        wrong = min(held["pictures"] - sum(seen.values()) for seen in held["confusion"].values())
        click.echo(
            f"That none of {wrong} did bounds little: up to {still_possible(wrong):.1%} may, more in another light. "
            "Verify the station with challenge parts."
        )
    for actual, seen in held["confusion"].items():
        click.echo(f"  {actual} seen as " + ", ".join(f"{part}: {count}" for part, count in seen.items()))
    if bundle.preparation.is_whole:
        click.echo(WHOLE_REGION)
    click.echo(f"Put it in use: station model use {out} --data DATA")
