"""One run, from a data set to a bundle; the same plan gives the same bytes again on the same kind of machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from models import auto, card, known, shrunk, small
from models.backbone import NAME, backbone, weights_file
from models.bundle import KNOWN, MODEL, REFERENCES, Bundle, pack
from models.classifier import Classifier
from models.dataset import OTHER, DataSet, DataSetError, Picture
from models.evaluate import figures, judge_all
from models.examples import Examples, Found, Tick
from models.examples import take as examples_of
from models.folds import few
from models.others import with_others
from models.plan import Plan
from models.provenance import by_group, described, versions
from models.quantize import variants
from models.samples import Samples, part_groups, take
from models.teach import bundle, gather, hashes, self_tests
from models.transfer import errors, see
from models.trust import Asked, Held, choose, distances, of_pictures
from models.weights import WeightsError, sha256

RANGES = 128  # patches, at the most, that set the ranges of the int8 backbone
THREADS = 2  # whatever the machine has: sums depend on how they are shared out


def train(data: DataSet, plan: Plan, tick: Tick, weights: Path | None = None) -> tuple[str, dict[str, bytes]]:
    """Learn, shrink to int8, choose thresholds; returns the card and the other files of a bundle.

    weights  of the pretrained backbone; None takes those of the installed package

    Raises DataSetError when whole parts are found in too few of the pictures, WeightsError without weights, ParityError
    when what was learnt gives scores that are no numbers.
    """
    repeatable(plan.seed)
    run = _Run(with_others(data, plan.other, plan.others, plan.seed) if plan.other else data, plan, tick)
    if plan.network in ("paper", "fast"):
        return run.from_scratch(auto.Choice(plan.network, "it was asked for"))
    try:
        return run.pretrained(weights or weights_file())
    except WeightsError as missing:
        if plan.network == "transfer" or weights is not None:
            raise
        return run.from_scratch(auto.Choice("fast", f"there is no other: {missing}"))


class _Run:
    """What the ways to a bundle share."""

    def __init__(self, data: DataSet, plan: Plan, tick: Tick) -> None:
        self._data, self._plan, self._tick = data, plan, tick
        self._asked = Asked(plan.escape, plan.dated)
        pictures = data.of("train")
        chosen = few(pictures, plan.photographs, plan.seed) if plan.photographs else pictures
        if plan.photographs:  # that is a number of each part number; look-alikes have their own
            chosen = [p for p in pictures if p.part_number == OTHER or p in set(chosen)]
        self._found = gather(data, chosen, tick)

    def pretrained(self, weights: Path) -> tuple[str, dict[str, bytes]]:
        """The pretrained backbone with a head, or what `auto` finds to be better."""
        examples = examples_of(self._data, self._found)
        self._tick("Shrinking the backbone to int8", 0, 1)
        ranges = examples.patches[:: -(-len(examples.patches) // RANGES)]
        files = variants(backbone(weights), ranges, ("float32", "int8"))
        runs, parts = files["int8"], len(self._data.names)
        features = see(runs, examples, self._tick)
        choice = auto.Choice("transfer", "it was asked for")
        if self._plan.network == "auto" and OTHER in self._data.names:
            choice = auto.Choice("transfer", "look-alikes were given, and only the pretrained network learns these")
        elif self._plan.network == "auto":
            wrong, judged = errors(features, examples, parts)
            choice = auto.choose(wrong, judged, self._samples(self._found.findings), examples, self._plan, self._tick)
        if choice.network != "transfer":
            return self.from_scratch(choice)
        told = self._told(choice) | {
            "backbone": {"name": NAME, "weights_sha256": sha256(weights)},
            "parity": shrunk.pretrained(files["float32"], runs, features, examples, parts, self._tick),
        }
        return bundle(self._data, self._found.preparation, examples, features, runs, told, self._asked)

    def from_scratch(self, choice: auto.Choice) -> tuple[str, dict[str, bytes]]:
        """A small network, with a fifth of the groups held back."""
        data, plan, tick = self._data, self._plan, self._tick
        if OTHER in data.names:
            raise DataSetError(
                [f"the network {choice.network} learns no look-alikes; leave them out, or take transfer"]
            )
        learnt, held = part_groups(self._found.findings, self._found.whole, plan.seed)
        samples = self._samples(learnt)
        model = small.learn(samples, len(data.part_numbers), choice.network, plan, tick)
        tick("Shrinking the network to int8", 0, 1)
        files = {MODEL: small.shrink(model, samples)}
        classifier = Classifier(files[MODEL], data.part_numbers)
        references = small.references(classifier, samples)
        files |= {REFERENCES: pack(references), KNOWN: known.pack(small.pictures(samples, data.part_numbers))}
        files |= self_tests(classifier, self._examples(learnt))
        tick("Choosing the thresholds", 0, 1)
        scores, embeddings, labels, turned = self._samples(held).judged(classifier, held)
        away = distances(embeddings, references.values())
        seen = Held(scores, away, labels, *of_pictures(turned))
        thresholds = choose(seen, data.part_numbers, self._asked)
        told = self._told(choice) | {
            "part_numbers": list(data.part_numbers),
            "preparation": asdict(self._found.preparation),
            **thresholds.told(),
            "parameters": small.parameters(plan),
            "parity": shrunk.from_scratch(model, files[MODEL], self._examples(held).patches),
            "data": described(data, learnt, held),
            "files": hashes(files),
        }
        judgements = [*judge_all(Bundle.of(card.dumps(told), files), data, held)]
        told["held_back"] = figures(judgements, data.part_numbers)
        told["held_back_by_group"] = by_group(held, judgements)
        return card.dumps(told), files

    def _samples(self, pictures: Iterable[Picture]) -> Samples:
        findings = {picture: self._found.findings[picture] for picture in pictures}
        return take(self._data, self._found.preparation, findings)

    def _examples(self, pictures: Iterable[Picture]) -> Examples:
        findings = {picture: self._found.findings[picture] for picture in pictures}
        return examples_of(self._data, Found(self._found.preparation, findings))

    def _told(self, choice: auto.Choice) -> dict[str, Any]:
        libraries = {"tensorflow": tf.__version__, "keras": keras.__version__}
        return {
            "name": self._plan.name,
            "made_by": self._plan.command(self._data.folder.resolve().name),
            "data_made_by": self._plan.data_made_by,
            "network": choice.network,
            "chosen_because": choice.why,
            "made_with": libraries | versions(),
        }


def repeatable(seed: int) -> None:
    """Whatever is drawn and summed from here on comes out the same again, on the same kind of machine."""
    keras.backend.clear_session()  # else layers get other names the second time, and the file other bytes
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
