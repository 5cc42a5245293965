"""The networks that the line runs, by the TFLite interpreter; imports no training library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models import views
from models.head import Features, Head

Gray = NDArray[np.uint8]

COARSE = 8  # steps of a backbone: kernels differ by one a layer, and after so many layers by up to six


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the network says of one patch.

    scores      one probability a part number, float32, summing to 1 (a sigmoid p is given as (1 - p, p))
    embedding   what the network saw, in few numbers: float32, normalised to length 1
    """

    scores: NDArray[np.float32]
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What the network put out, in its own int8 steps: the same on every machine, or one step away."""

    score: NDArray[np.int8]
    embedding: NDArray[np.int8]

    def together(self) -> NDArray[np.int8]:
        """Score and embedding in one row."""
        return np.concatenate([self.score, self.embedding])


class Judge(Protocol):
    """Whatever judges a patch, and names the part numbers that its scores are of."""

    part_numbers: tuple[str, ...]

    def classify(self, patch: Gray) -> Prediction:
        """Scores and embedding of one patch, size×size uint8."""


class Classifier:
    """An int8 network with the signature outputs `score` and `embedding`, run on one thread.

    model         the .tflite file, or its bytes; its input is 1×size×size×1 int8 of scale 1/255 and zero point -128
    part_numbers  in the order of the scores. Raises ValueError when the network has another number of scores

    `size` is the side of the patches that it takes.
    """

    def __init__(self, model: bytes | Path, part_numbers: tuple[str, ...]) -> None:
        content = model if isinstance(model, bytes) else model.read_bytes()
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._run = self._interpreter.get_signature_runner()
        outputs = self._run.get_output_details()
        self._score, self._embedding = outputs["score"]["quantization"], outputs["embedding"]["quantization"]
        scores = int(outputs["score"]["shape"][-1])
        if max(2, scores) != len(part_numbers):
            raise ValueError(f"the network has {scores} scores, for {len(part_numbers)} part numbers")
        self._input, self.size = _asked(self._run)
        self.part_numbers = part_numbers

    def classify(self, patch: Gray) -> Prediction:
        """Scores and embedding of one patch, size×size uint8."""
        steps = self.steps(patch)
        score, embedding = _real(steps.score, self._score), _real(steps.embedding, self._embedding)
        scores = np.array([1.0 - score[0], score[0]], np.float32) if len(score) == 1 else score / score.sum()
        return Prediction(scores, embedding / max(float(np.linalg.norm(embedding)), 1e-12))

    def steps(self, patch: Gray) -> Steps:
        """The outputs as the network gives them."""
        outputs = self._run(**{self._input: (patch ^ 0x80).view(np.int8)[None, :, :, None]})
        return Steps(outputs["score"][0], outputs["embedding"][0])


class Backbone:
    """A pretrained int8 network without an opinion of its own, run on one thread.

    model  the .tflite file's bytes; input as a Classifier's, outputs `middle` and `late`
    """

    def __init__(self, model: bytes) -> None:
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._run = self._interpreter.get_signature_runner()
        outputs = self._run.get_output_details()
        self.features = sum(int(outputs[name]["shape"][-1]) for name in ("middle", "late"))
        self._input, self.size = _asked(self._run)

    def see(self, patches: list[Gray]) -> Features:
        """What the network sees in n patches, size×size uint8: n × features, in its own steps."""
        told = [self._run(**{self._input: (patch ^ 0x80).view(np.int8)[None, :, :, None]}) for patch in patches]
        return np.stack([np.concatenate([each["middle"][0], each["late"][0]]) for each in told])


class ViewsClassifier:
    """A pretrained backbone that looks at four quarter turns of a patch, and the head that learnt what it sees.

    part_numbers  in the order of the scores; where look-alikes were learnt, `OTHER` is the last

    Raises ValueError when the head has learnt from another backbone, or other part numbers.
    """

    def __init__(self, backbone: bytes, head: Head, part_numbers: tuple[str, ...]) -> None:
        self._backbone, self._head, self.part_numbers = Backbone(backbone), head, part_numbers
        if head.weights.shape != (self._backbone.features, len(part_numbers)):
            raise ValueError(f"the head is for {head.weights.shape} features and part numbers")
        self.size = self._backbone.size

    def classify(self, patch: Gray) -> Prediction:
        """Scores and embedding of one patch, size×size uint8."""
        features = self._backbone.see(views.judged(patch))
        return Prediction(self._head.scores(features).astype(np.float32), self._head.embedding(features))

    def steps(self, patch: Gray) -> Steps:
        """Scores in steps of 1/256, and what the backbone sees in the patch as it lies, in steps of `COARSE`."""
        features = self._backbone.see(views.judged(patch))
        scores = np.clip(np.rint(self._head.scores(features) * 256) - 128, -128, 127)
        return Steps(scores.astype(np.int8), np.rint(features[0] / COARSE).astype(np.int8))


def _asked(run: Any) -> tuple[str, int]:
    """What the only input of a network is called, and the side of the patch that it takes."""
    ((name, details),) = run.get_input_details().items()
    return name, int(details["shape"][1])


def _real(steps: NDArray[np.int8], quantization: tuple[float, int]) -> NDArray[np.float32]:
    scale, zero = quantization
    return np.asarray((steps.astype(np.float32) - zero) * np.float32(scale), np.float32)
