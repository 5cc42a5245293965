"""The TFLite interpreter that the line runs; imports no training library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


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


class Classifier:
    """An int8 network with the signature outputs `score` and `embedding`, run on one thread.

    model         the .tflite file, or its bytes; its input is 1×size×size×1 int8 of scale 1/255 and zero point -128
    part_numbers  in the order of the scores. Raises ValueError when the network has another number of scores
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
        (self._input,) = self._run.get_input_details()
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


def _real(steps: NDArray[np.int8], quantization: tuple[float, int]) -> NDArray[np.float32]:
    scale, zero = quantization
    return np.asarray((steps.astype(np.float32) - zero) * np.float32(scale), np.float32)
