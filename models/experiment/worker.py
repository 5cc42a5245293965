"""A process of its own for one experiment: `python -m models.experiment.worker FOLDER DATA NUMBER`.

Says on stdout how many epochs are learnt, one number a line. It ends when whoever holds its stdin ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread

from models.dataset import load
from models.experiment.folder import Folder
from models.experiment.pictures import take
from models.experiment.protocol import PROTOCOLS


def main(path: str, data_path: str, number: str) -> None:
    """Run one experiment of a series and leave what came out in its folder."""
    Thread(target=_end_with_the_parent, daemon=True).start()
    said = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no number of epochs
    folder, data = Folder(Path(path)), load(Path(data_path))
    settings = folder.settings()
    if data.sha256 != settings.data:
        raise SystemExit(f"{data_path} has changed since the experiments began; begin them anew in another folder")
    sides = PROTOCOLS[settings.protocol](data, settings.counts, settings.seed)
    train, test = (take(data, views, settings.size, settings.seed) for views in (sides.train, sides.test))
    from models.experiment.learn import learn  # takes seconds; what is amiss is said before

    checkpoint = folder.file(int(number), "checkpoint")
    outcome, network = learn(settings, int(number), train, test, checkpoint, lambda done: print(done, file=said))
    folder.finish(outcome, network)


def _end_with_the_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
