"""What int8 has changed in a bundle's network, on pictures that neither network has learnt; for the card.

A network learnt from scratch is held against itself. A pretrained backbone decides nothing: there two heads are held
against each other, one learnt from what the backbone sees in float32, one from what it sees in int8, both cross-fitted.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models import views
from models.examples import Examples, Tick
from models.folds import few
from models.head import Features
from models.parity import compare
from models.preprocess import Gray
from models.quantize import Runner, scores_as_learnt, unit
from models.transfer import held_scores

PICTURES = 400  # at the most: in float32 the backbone takes three times as long, and every picture has twelve views


def from_scratch(model: keras.Model, shrunk: bytes, patches: Gray) -> dict[str, Any]:
    """Parity of a small network as it was learnt with its int8 file.

    patches  n × size × size uint8, one at the least, that were held back

    Raises ParityError when a score is no number.
    """
    parity = compare(scores_as_learnt(model, patches), Runner(shrunk).scores(patches))
    return parity.told() | {"on": "the pictures held back from training"}


def pretrained(
    learnt: bytes, shrunk: bytes, features: Features, examples: Examples, part_numbers: int, tick: Tick
) -> dict[str, Any]:
    """Parity of heads over a backbone in float32 and over the same in int8, cross-fitted by groups.

    learnt, shrunk  the backbone in float32 and in int8, .tflite
    features        n × views × d, what the int8 one sees in n examples; those that are whole are compared

    Raises DataSetError when the groups do not let any be held back, ParityError when a score is no number.
    """
    chosen = _spread(examples, part_numbers)
    own = examples.of(chosen)
    seen = AsLearnt(learnt, shrunk).see_all(own, tick)
    scores = [held_scores(each, own, part_numbers) for each in (seen, features[chosen])]
    which = "the training pictures" if len(chosen) == examples.whole.sum() else "a spread of the training pictures"
    on = f"{which}, {len(chosen)} of {examples.whole.sum()}, judged by heads that learnt from other groups"
    return compare(*scores).told() | {"on": on}


class AsLearnt:
    """A pretrained backbone in float32, run on one thread, which tells what it sees in the steps of its int8 equal.

    Not rounded and not clipped, but in the same steps: a head weighs a feature by how far it strays from its mean.
    """

    def __init__(self, learnt: bytes, shrunk: bytes) -> None:
        steps = Interpreter(model_content=shrunk).get_signature_runner().get_output_details()
        self._steps = {name: steps[name]["quantization"] for name in ("middle", "late")}
        self._interpreter = Interpreter(model_content=learnt, num_threads=1)
        self._run = self._interpreter.get_signature_runner()
        (self._input,) = self._run.get_input_details()

    def see(self, patch: Gray) -> NDArray[np.float32]:
        """What the network sees in a patch, size × size uint8: one number a feature, float32."""
        told = self._run(**{self._input: unit(patch)[None]})
        seen = [told[name][0] / scale + zero for name, (scale, zero) in self._steps.items()]
        return np.concatenate(seen).astype(np.float32)

    def see_all(self, examples: Examples, tick: Tick) -> Features:
        """What it sees in all learnt views of n examples: n × views × d."""
        seen = []
        for done, patch in enumerate(examples.patches, 1):
            seen.append([self.see(view) for view in views.learnt(patch)])
            tick("Looking again, in float32", done, len(examples.patches))
        return np.array(seen, np.float32)


def _spread(examples: Examples, part_numbers: int) -> NDArray[np.intp]:
    """Indices of those that are whole, of each part number at the most its share of PICTURES, from all its groups."""
    whole = [picture for picture, is_whole in zip(examples.pictures, examples.whole, strict=True) if is_whole]
    kept = set(few(whole, max(2, PICTURES // part_numbers), seed=0))
    return np.array([index for index, picture in enumerate(examples.pictures) if picture in kept])
