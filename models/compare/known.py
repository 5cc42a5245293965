"""Networks that others have published, as Keras has them, made to take what every network here takes.

    patch 224×224×1, 0 to 1 ─three─ 224×224×3, as it wants its colours ─body─ 7×7×channels

Gray is the same in all three colours; `three` is a convolution 1×1 that says so in the network's own scale.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import applications, layers

from models.backbone import over_rings
from models.network import judging
from models.weights import WeightsError

# A network's averages over the batches that it has seen reach back a thousand batches in Keras: more than are learnt
# here, so that it would judge by what they were before it learnt.
MOMENTUM = 0.9


@dataclass(frozen=True, slots=True)
class Known:
    """A published network.

    make     by Keras, without its last layers
    middle   the layer whose output, 14×14, is taken as well when it is frozen
    scale    what gray from 0 to 1 is multiplied with
    minus    what is taken from each of the three channels then
    """

    make: Callable[..., keras.Model]
    middle: str
    scale: float = 2.0
    minus: tuple[float, float, float] = (1.0, 1.0, 1.0)


# Means of a million photographs, in gray levels of blue, green and red: the order in which these networks learnt them.
BLUE_GREEN_RED = (103.939, 116.779, 123.68)

KNOWN: Mapping[str, Known] = {
    "mobilenet-v3-small": Known(
        partial(applications.MobileNetV3Small, include_preprocessing=False), "expanded_conv_7_add"
    ),
    "mobilenet-v2": Known(applications.MobileNetV2, "block_12_add"),
    "resnet50": Known(applications.ResNet50, "conv4_block6_out", 255.0, BLUE_GREEN_RED),
    "vgg16": Known(applications.VGG16, "block4_pool", 255.0, BLUE_GREEN_RED),
}


def frozen(name: str, weights: Path, size: int = 224) -> keras.Model:
    """Patches to {"middle", "late"}, averages over rings, as those of `backbone.backbone`.

    weights  as Keras publishes them, "no_top". Raises WeightsError when they are others, OSError when unreadable
    """
    body = _body(name, size)
    _load(body, weights, name)
    taken = keras.Model(body.input, {"middle": body.get_layer(KNOWN[name].middle).output, "late": body.output})
    patch, seen = _seen(taken, name, size)
    return keras.Model(patch, {each: over_rings(seen[each], each) for each in ("middle", "late")})


def untaught(name: str, part_numbers: int, size: int = 224) -> keras.Model:
    """The network before it has learnt anything: patches to scores, as `network.network` tells them; compiled."""
    body = _body(name, size)
    for layer in body.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    patch, seen = _seen(body, name, size)
    return judging(patch, layers.GlobalAveragePooling2D(name="seen")(seen), part_numbers)


def embedded(model: keras.Model) -> keras.Model:
    """The same with a second output, "embedding": what it sees, averaged over all places."""
    return keras.Model(model.input, {"score": model.output, "embedding": model.get_layer("seen").output})


def _body(name: str, size: int) -> keras.Model:
    return KNOWN[name].make(include_top=False, weights=None, input_shape=(size, size, 3))


def _seen(body: keras.Model, name: str, size: int) -> tuple[Any, Any]:
    """The patch that goes in, and what comes out of the body."""
    patch = keras.Input((size, size, 1), name="patch")
    return patch, body(three(patch, KNOWN[name]))


def three(patch: Any, known: Known) -> Any:
    """Gray from 0 to 1, n × h × w × 1, in the three colours that a network wants."""
    layer = layers.Conv2D(3, 1, name="three", trainable=False)
    colours = layer(patch)
    layer.set_weights([np.full((1, 1, 1, 3), known.scale), -np.array(known.minus)])
    return colours


def _load(body: keras.Model, weights: Path, name: str) -> None:
    with weights.open("rb"):
        pass  # what cannot be read at all is told as such
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras only warns of what it finds no weights for
            body.load_weights(weights)
    except (OSError, ValueError, KeyError, UserWarning) as trouble:
        why = str(trouble).strip().split("\n")[0]
        told = f"{weights} does not hold the weights of {name} ({why})"
        raise WeightsError(f"{told}; name the file that Keras publishes without the top, *_no_top.h5") from trouble
