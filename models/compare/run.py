"""The tasks of a comparison, one after the other; each is kept as soon as it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import tensorflow as tf

from models.classifier import Classifier
from models.compare import judge
from models.compare.folder import Folder
from models.compare.learn import learn, paper_int8, pretrained
from models.compare.outcome import Outcome, Settings, Task
from models.dataset import DataSet
from models.examples import Tick
from models.folds import few
from models.provenance import versions
from models.teach import gather
from models.train import repeatable

Begun = Callable[[Task], Tick]  # a task begins; what its steps are to be told to


def run(
    folder: Folder,
    settings: Settings,
    data: DataSet,
    tasks: Sequence[Task],
    weights: Mapping[str, Path],
    begun: Begun,
) -> None:
    """Do these tasks. `weights` has the files of the networks that others have learnt.

    Raises WeightsError before any begins, when a file holds another's; DataSetError when too few of a task's pictures
    show one whole part, or they have too few groups.
    """
    repeatable(settings.seed)
    for network in {task.network for task in tasks if task.weights}:
        pretrained(network, weights[network])
    paper = paper_int8(data.part_numbers)
    for task in tasks:
        folder.finish(_one(task, settings, data, weights.get(task.network), paper, begun(task)))


def _one(task: Task, settings: Settings, data: DataSet, weights: Path | None, paper: Classifier, tick: Tick) -> Outcome:
    pictures = data.of("train")
    chosen = few(pictures, task.photographs, settings.seed) if task.photographs else pictures
    found = gather(data, chosen, tick)
    learnt = learn(task, settings, data, found, weights, tick)
    patches, labels = judge.known(data, found.preparation)
    strange = judge.unknown(data, found.preparation)
    tested, others = (judge.judge(learnt.judge, learnt.references, each, tick) for each in (patches, strange))
    return Outcome(
        task=task,
        learnt=len(found.findings),
        figures=judge.figures(tested, labels, others),
        parameters=learnt.parameters,
        size=learnt.size,
        time=judge.time(learnt.judge, paper, patches[0]) if learnt.size else None,
        made_with=versions() | {"tensorflow": tf.__version__, "keras": keras.__version__},
    )
