"""A trained network becomes full int8, as the line runs it."""

from __future__ import annotations

import tempfile
import warnings

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.preprocess import Gray


def quantize(model: keras.Model, patches: Gray) -> bytes:
    """The network as a .tflite file, int8 from input to output; `patches` (n × size × size uint8) set its ranges.

    The input scale is exactly 1/255 and its zero point -128, so that a patch is prepared by `(gray ^ 0x80).view(int8)`:
    one picture, half black and half white, stretches the range to its ends, else what is brighter were clipped.
    """
    size = patches.shape[1]
    ends = np.zeros((size, size), np.uint8)
    ends[size // 2 :] = 255
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it asks for ranges that the representative pictures give
        model.export(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([unit(patch)[None]] for patch in (ends, *patches))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        return bytes(converter.convert())


def unit(patches: Gray) -> NDArray[np.float32]:
    """uint8 patches (… × size × size) as the network learns them: float32 from 0 to 1, with one channel."""
    return (patches.astype(np.float32) / np.float32(255.0))[..., None]
