"""A trained network becomes a file for the line: full int8; the other precisions beside it, to see what int8 costs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models.preprocess import Gray

# float32 as it was learnt · float16 weights · dynamic: int8 weights, float between the layers · int8, all of it
Precision = Literal["float32", "float16", "dynamic", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


def quantize(model: keras.Model, patches: Gray) -> bytes:
    """The network as a .tflite file, int8 from input to output; `patches` (n × size × size uint8) set its ranges.

    The input scale is exactly 1/255 and its zero point -128, so that a patch is prepared by `(gray ^ 0x80).view(int8)`:
    one picture, half black and half white, stretches the range to its ends, else what is brighter were clipped.
    """
    with _exported(model) as folder:
        return _shrunk(folder, "int8", patches)


def variants(model: keras.Model, patches: Gray, wanted: Iterable[Precision] = PRECISIONS) -> dict[Precision, bytes]:
    """The network as a .tflite file in each precision; `patches` (n × size × size uint8) set the ranges of int8."""
    with _exported(model) as folder:
        return {precision: _shrunk(folder, precision, patches) for precision in wanted}


def scores_as_learnt(model: keras.Model, patches: Gray) -> NDArray[np.float32]:
    """What a network that is not shrunk says of patches (n × size × size uint8): n × part numbers, probabilities.

    model  patches to scores, or to {"score", …}
    """
    out = model.predict(unit(patches), verbose=0)
    return probabilities(np.asarray(out["score"] if isinstance(out, dict) else out, np.float32))


class Runner:
    """Any of the variants, run on one thread: whole patches in, probabilities out, whatever lies between.

    model  the .tflite file; a network with several outputs calls its scores `score`
    """

    def __init__(self, model: bytes) -> None:
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._run = self._interpreter.get_signature_runner()
        ((self._input, self._takes),) = self._run.get_input_details().items()
        outputs = self._run.get_output_details()
        self._output = "score" if "score" in outputs else next(iter(outputs))
        self._scale, self._zero = outputs[self._output]["quantization"]

    def run(self, patch: Gray) -> NDArray[Any]:
        """What the network puts out for one patch (size × size uint8), in its own type: float32 or int8 steps."""
        own = (patch ^ 0x80).view(np.int8)[..., None] if self._takes["dtype"] == np.int8 else unit(patch)
        return np.asarray(self._run(**{self._input: own[None]})[self._output][0])

    def scores(self, patches: Gray) -> NDArray[np.float32]:
        """Probabilities of patches (n × size × size uint8): n × part numbers float32, as `probabilities` gives them."""
        out = np.stack([self.run(patch) for patch in patches])
        real = (out.astype(np.float32) - self._zero) * np.float32(self._scale) if out.dtype == np.int8 else out
        return probabilities(real.astype(np.float32))


def probabilities(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """One probability a part number, from n × scores as a network puts them out: a sigmoid p becomes (1 - p, p)."""
    return np.concatenate([1 - scores, scores], axis=1) if scores.shape[1] == 1 else scores


def unit(patches: Gray) -> NDArray[np.float32]:
    """uint8 patches (… × size × size) as the network learns them: float32 from 0 to 1, with one channel."""
    return (patches.astype(np.float32) / np.float32(255.0))[..., None]


@contextmanager
def _exported(model: keras.Model) -> Iterator[str]:
    """A folder that holds the network for a while, as converters read it.

    Not by `model.export`: it looks through every layer for tables to take along, and traces each on its way, which
    takes longer than all else; the file comes out the same to the last byte.
    """
    (patch,) = model.inputs
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serve", lambda patches: model(patches, training=False), [_asked(patch)])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        yield folder


def _asked(patch: Any) -> keras.InputSpec:
    """What the network takes, however many of them."""
    return keras.InputSpec(dtype=patch.dtype, shape=(None, *patch.shape[1:]), name=patch.name)


def _shrunk(folder: str, precision: Precision, patches: Gray) -> bytes:
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        converter.representative_dataset = lambda: (
            [unit(patch)[None]] for patch in (_ends(patches.shape[1]), *patches)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def _ends(size: int) -> Gray:
    """Half black and half white."""
    ends = np.zeros((size, size), np.uint8)
    ends[size // 2 :] = 255
    return ends
