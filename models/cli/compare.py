"""`python -m models compare`: the paper's network beside others, on the same photographs."""

from __future__ import annotations

from pathlib import Path

import click

from models.bars import Bars
from models.cli.options import EPOCHS, JSON, SEED
from models.cli.output import FOLDER, plainly, training_room
from models.compare import table
from models.compare.folder import Folder
from models.compare.judge import check
from models.compare.outcome import LOADED, NETWORKS, PHOTOGRAPHS, PRETRAINED, SLOW, Settings, Task
from models.dataset import DataSet, load
from models.examples import Tick
from models.kept import dumps, write
from models.weights import sha256

STOPPED = "interrupted; what is done is kept, and the same command goes on with the rest"
TAKES_LONG = (
    "{} from scratch: on two cores an epoch takes ten minutes to half an hour. The bar tells what is left; "
    "fewer --epochs, or naming the others by --network, spares it."
)


def _weights(_: click.Context, __: click.Parameter, told: tuple[str, ...]) -> dict[str, Path]:
    """NAME=FILE, each."""
    files = {}
    for each in told:
        network, _sign, path = each.partition("=")
        if network not in LOADED:
            raise click.BadParameter(f"{network!r} is none of {', '.join(LOADED)}; write NAME=FILE")
        if not Path(path).is_file():
            raise click.BadParameter(f"{path!r} is not a file")
        files[network] = Path(path)
    return files


@click.command("compare")
@click.argument("data", type=FOLDER)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder of the comparison."
)
@click.option("--network", "networks", multiple=True, type=click.Choice([*NETWORKS]), help="Again for each; else all.")
@click.option(
    "--photographs",
    multiple=True,
    default=PHOTOGRAPHS,
    show_default="10, 30 and 0",
    type=click.IntRange(0),
    help="Learn from so many a part number, by groups; 0 is all. Again for each.",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="NAME=FILE",
    callback=_weights,
    help=f"Weights that others have learnt, as Keras publishes them without the top; {PRETRAINED}'s as PyTorch has "
    "them, else they are those that were installed. Again for each.",
)
@EPOCHS
@SEED
@JSON
def command(
    data: Path,
    out: Path,
    networks: tuple[str, ...],
    photographs: tuple[int, ...],
    weights: dict[str, Path],
    epochs: int,
    seed: int,
    as_json: bool,
) -> None:
    """Let each network learn DATA from few photographs and from all, and judge the test split and unknown parts.

    A network with weights that others have learnt is frozen and gets a linear head; the others learn from scratch. All
    results in the folder are told, also those of other commands with other epochs or networks.
    """
    with plainly(STOPPED):
        training_room()
        pictures = load(data, to_learn=True)
        check(pictures)
        folder, settings = Folder(out), Settings(pictures.sha256, seed)
        names, counts = dict.fromkeys(networks or NETWORKS), dict.fromkeys(photographs)
        files = _files([*names], weights)
        tasks = [_task(name, each, epochs, files) for name in names for each in counts]
        folder.begin(settings)
        with folder.held():
            left = [task for task in tasks if not folder.outcome(task)]
            if left:
                _run(folder, settings, pictures, left, files)
            told = folder.outcomes()
            write(out / "comparison.csv", table.table(told).encode())
        if as_json:
            click.echo(dumps({"seed": seed, "data": pictures.sha256, "results": [table.row(each) for each in told]}))
        else:
            click.echo("\n".join(table.lines(told)))


def _files(networks: list[str], given: dict[str, Path]) -> dict[str, Path]:
    """The weights that others have learnt, of each network that has some."""
    if PRETRAINED in networks and PRETRAINED not in given:
        from models.backbone import weights_file

        return given | {PRETRAINED: weights_file()}
    return given


def _task(network: str, photographs: int, epochs: int, files: dict[str, Path]) -> Task:
    if network in files:
        return Task(network, photographs, weights=sha256(files[network]))
    return Task(network, photographs, 0 if network == "hog" else epochs)


def _run(folder: Folder, settings: Settings, data: DataSet, left: list[Task], files: dict[str, Path]) -> None:
    from models.compare.run import run

    slow = [NETWORKS[name] for name in SLOW if any(task.network == name and task.epochs for task in left)]
    if slow:
        click.echo(TAKES_LONG.format(" and ".join(slow)), err=True)
    bars = Bars()

    def begun(task: Task) -> Tick:
        name = f"{left.index(task) + 1} of {len(left)}: {task.network}, {task.photographs or 'all'}"
        return lambda what, done, total: bars(f"{name}, {what.lower()}", done, total)

    run(folder, settings, data, left, files, begun)
    bars.close()
