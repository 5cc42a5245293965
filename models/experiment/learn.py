"""One experiment: the paper's network learns, is tested after every epoch, and becomes int8.

Where it learns in bfloat16, a twin learns, and after every epoch the network itself, float32, takes over its weights,
is tested, and becomes int8 at the end.

All chance is drawn from the seed, the number of the experiment and the epoch, so that one that was interrupted goes on
as if it had not been.
"""

from __future__ import annotations

import platform
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import astuple
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from time import monotonic

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models.experiment.measures import confusion
from models.experiment.outcome import Epoch, Outcome, Settings
from models.experiment.pictures import Pictures
from models.kept import finite, write
from models.network import BATCH, in_bfloat16, network
from models.preprocess import Gray
from models.quantize import quantize, unit

RANGES = 256  # pictures, about, that set the ranges of the int8 network
LEAST = 1e-7  # probability; its logarithm is still a number

Scores = NDArray[np.float32]


def learn(
    settings: Settings, number: int, train: Pictures, test: Pictures, checkpoint: Path, tick: Callable[[int], None]
) -> tuple[Outcome, bytes]:
    """Run one experiment, or the rest of it from its checkpoint on; what it leaves, and its int8 network.

    tick  is called with the number of epochs that are learnt: at the beginning, and after each
    """
    model = _fresh(settings, number)
    learner = _ready(in_bfloat16(model) if settings.precision == "bfloat16" else model)
    begun = monotonic()
    epochs, seconds = _resume(learner, checkpoint)
    _hand_over(learner, model)
    tick(len(epochs))
    while len(epochs) < settings.epochs:
        loss, right = _epoch(learner, train, [settings.seed, number, len(epochs)])
        _hand_over(learner, model)
        epochs.append(Epoch(loss, right, *_tested(model, test)))
        write(checkpoint, _frozen(learner, epochs, seconds + monotonic() - begun))
        tick(len(epochs))
    tflite = quantize(keras.Model(model.input, {"score": model.output}), _some(train.pixels))
    outcome = Outcome(
        experiment=number,
        actual=tuple(test.labels.tolist()),
        scores=tuple(_scores(model, test.pixels).tolist()),
        int8_scores=tuple(_int8_scores(tflite, test.pixels).tolist()),
        epochs=tuple(epochs),
        seconds=seconds + monotonic() - begun,
        made_with=_versions() | {"precision": settings.precision},
    )
    return outcome, tflite


def _fresh(settings: Settings, number: int) -> keras.Model:
    """The network before it has learnt anything: other weights in each experiment."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0]))
    tf.config.experimental.enable_op_determinism()
    return network(2, settings.size, settings.network)


def _ready(model: keras.Model) -> keras.Model:
    """To learn, and to take up a checkpoint."""
    model.compile(model.optimizer, model.loss, metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


def _hand_over(learner: keras.Model, model: keras.Model) -> None:
    if learner is not model:
        model.set_weights(learner.get_weights())


def _epoch(model: keras.Model, train: Pictures, seed: Sequence[int]) -> tuple[float | None, float | None]:
    """Learn all pictures once; mean loss and accuracy meanwhile."""
    order = np.random.default_rng(seed).permutation(len(train.labels))
    total = np.zeros(2)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        labels = train.labels[chosen, None].astype(np.float32)
        told = model.train_on_batch(unit(train.pixels[chosen]), labels, return_dict=True)  # of this batch alone
        total += len(chosen) * np.array([told["loss"], told["accuracy"]])
    loss, right = (total / len(order)).tolist()
    return finite(loss), finite(right)


def _tested(model: keras.Model, test: Pictures) -> tuple[float | None, float | None]:
    """Mean loss and accuracy on the test pictures."""
    scores = _scores(model, test.pixels)
    return _loss(test.labels, scores), confusion(test.labels.tolist(), scores.tolist()).accuracy


def _loss(labels: NDArray[np.intp], scores: Scores) -> float | None:
    """Mean binary cross-entropy."""
    right = np.where(labels == 1, scores, 1.0 - scores.astype(np.float64))
    return finite(float(-np.log(np.clip(right, LEAST, 1.0)).mean()))


def _scores(model: keras.Model, pixels: Gray) -> Scores:
    parts = [model.predict_on_batch(unit(pixels[n : n + BATCH])) for n in range(0, len(pixels), BATCH)]
    return np.concatenate(parts)[:, 0]


def _int8_scores(tflite: bytes, pixels: Gray) -> Scores:
    interpreter = Interpreter(model_content=tflite, num_threads=1)
    run = interpreter.get_signature_runner()
    (name,) = run.get_input_details()
    scale, zero = run.get_output_details()["score"]["quantization"]
    steps = [run(**{name: (patch ^ 0x80).view(np.int8)[None, :, :, None]})["score"][0, 0] for patch in pixels]
    return np.asarray((np.array(steps, np.float32) - zero) * np.float32(scale), np.float32)


def _some(pixels: Gray) -> Gray:
    """Evenly out of all."""
    return pixels[:: max(1, len(pixels) // RANGES)]


def _state(model: keras.Model) -> list[keras.Variable]:
    """All that learning changes: weights, the optimizer's averages, and the state of layers that draw lots."""
    return [*model.variables, *model.optimizer.variables]


def _frozen(model: keras.Model, epochs: Sequence[Epoch], seconds: float) -> bytes:
    content = BytesIO()
    kept = {f"state{n}": np.asarray(variable) for n, variable in enumerate(_state(model))}
    kept |= {"epochs": np.array([astuple(epoch) for epoch in epochs], np.float64), "seconds": np.array(seconds)}
    np.savez(content, allow_pickle=False, **kept)
    return content.getvalue()


def _resume(model: keras.Model, checkpoint: Path) -> tuple[list[Epoch], float]:
    """Take up a checkpoint; without a whole one the experiment begins anew."""
    try:
        with np.load(checkpoint) as kept:
            state = [kept[f"state{n}"] for n in range(len(_state(model)))]
            epochs = [Epoch(*(finite(float(value)) for value in row)) for row in kept["epochs"]]
            seconds = float(kept["seconds"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return [], 0.0
    for variable, value in zip(_state(model), state, strict=True):
        variable.assign(value)
    return epochs, seconds


def _versions() -> dict[str, str]:
    told = {name: version(name) for name in ("keras", "numpy", "ai-edge-litert")}
    return told | {"tensorflow": tf.__version__, "machine": platform.machine()}
