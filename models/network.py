"""The network of Hafizh et al., whole; and beside it a faster one, that tells parts apart no worse.

"Application of Convolutional Neural Networks for Binary Recognition Task of Two Similar Industrial Machining Parts",
Fig. 3:

    224×224×1 ─conv 8─pool─ 112×112×8 ─conv 16─pool─ 56×56×16 ─conv 32─pool─ 28×28×32 ─flatten─ 25088 ─dense─ score

Three blocks of convolution 3×3, stride 1, ReLU, with 8, 16 and 32 filters, each followed by max-pooling 2×2, stride 2.
Flatten gives 25088 = 28·28·32, so the padding is "same". Then a dense layer and one sigmoid unit; binary
cross-entropy, Adam with a learning rate of 0.001, 30 epochs, batches of 32.

The faster one is ours. Most of the paper's time goes into its first convolutions: not into their sums, but into the
many places that each is taken at. Here four pixels of a row are read as one place of four numbers, which costs nothing
and leaves a quarter of the places; two thin layers see edges, and three blocks such as the paper's follow:

    224×224×1 ─fours─ 224×56×4 ─conv 16, 3×1, every other row─ 112×56×16 ─conv 24─pool 2×1─ 56×56×24
    56×56×24 ─conv 32─pool─ 28×28×32 ─conv 48─pool─ 14×14×48 ─conv 64─pool─ 7×7×64 ─dense─ score

What it has learnt in the end is a running mean of its weights (Polyak and Juditsky, "Acceleration of Stochastic
Approximation by Averaging"): the last few batches, and which pictures were in them, weigh little then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Tensor = Any  # of Keras, which publishes no types

FILTERS = (8, 16, 32)
LEARNING_RATE = 0.001
EPOCHS = 30
BATCH = 32
# Ours; the paper does not say. 25088 × 64 weights are 1.6 MB as int8, most of the released file.
DENSE = 64
# Ours: how many pixels of a row the faster network reads as one place; the filters of its thin layers and its blocks.
FOUR, EDGES, FAST_FILTERS = 4, (16, 24), (32, 48, 64)
# Ours: what the running mean of its weights keeps at each batch; it reaches over some fifty of them.
AVERAGED = 0.98
# Ours, as the paper has no embedding: the last block is averaged to 7×7 places and turned into so many numbers.
SIDE, EMBEDDING = 7, 128


def paper(patch: Tensor) -> Tensor:
    """The paper's blocks: n × 224 × 224 × 1 to n × 28 × 28 × 32."""
    return _blocks(patch, FILTERS)


def fast(patch: Tensor) -> Tensor:
    """The faster network's edges and blocks: n × 224 × 224 × 1 to n × 7 × 7 × 64."""
    _, height, width, _ = patch.shape
    fours = layers.Reshape((height, width // FOUR, FOUR), name="fours")(patch)
    thin, thick = EDGES
    edges = layers.Conv2D(thin, (3, 1), strides=(2, 1), padding="same", activation="relu")(fours)
    edges = layers.Conv2D(thick, 3, padding="same", activation="relu")(edges)
    return _blocks(layers.MaxPooling2D((2, 1), name="edges")(edges), FAST_FILTERS)


NETWORKS: Mapping[str, Callable[[Tensor], Tensor]] = {"paper": paper, "fast": fast}


def network(part_numbers: int, size: int = 224, name: str = "paper") -> keras.Model:
    """Patches n × size × size × 1, float32 from 0 to 1, to scores; compiled.

    name  one of NETWORKS, on which the same dense layer follows; KeyError else

    Of two part numbers: n × 1, the probability of the second. Of more (ours): n × part_numbers, by softmax.
    """
    patch = keras.Input((size, size, 1), name="patch")
    dense = layers.Dense(DENSE, activation="relu")(layers.Flatten()(NETWORKS[name](patch)))
    return judging(patch, dense, part_numbers, AVERAGED if name == "fast" else None)


def judging(patch: Tensor, seen: Tensor, part_numbers: int, averaged: float | None = None) -> keras.Model:
    """The last layer on what is seen in a patch (n × d), as `network` tells its scores; compiled.

    averaged  what a running mean of the weights keeps at each batch; `settle` takes the mean up
    """
    two = part_numbers == 2
    layer = layers.Dense(1, activation="sigmoid") if two else layers.Dense(part_numbers, activation="softmax")
    score = layer(seen)
    model = keras.Model(patch, score)
    loss = keras.losses.BinaryCrossentropy() if two else keras.losses.SparseCategoricalCrossentropy()
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE, use_ema=averaged is not None, ema_momentum=averaged or 0.0), loss
    )
    return model


def settle(model: keras.Model) -> None:
    """What was learnt becomes the running mean of the weights, where the optimizer keeps one."""
    model.optimizer.finalize_variable_values(model.trainable_variables)


def in_bfloat16(model: keras.Model) -> keras.Model:
    """The same network with the same weights, compiled alike, that computes in bfloat16 as far as its last layer.

    Weights, what they are changed by, the last layer and the loss stay float32 (Micikevicius et al., "Mixed Precision
    Training"); bfloat16 has the range of float32, so that no gradient has to be scaled. What it has learnt goes back
    by `model.set_weights(twin.get_weights())`.
    """

    def lighter(layer: keras.Layer) -> keras.Layer:
        dtype = "float32" if layer is model.layers[-1] else "mixed_bfloat16"
        return type(layer).from_config(layer.get_config() | {"dtype": dtype})

    twin = keras.models.clone_model(model, clone_function=lighter)
    twin.set_weights(model.get_weights())
    twin.compile(type(model.optimizer).from_config(model.optimizer.get_config()), model.loss)
    return twin


def embedded(model: keras.Model, patches: Floats) -> keras.Model:
    """The trained network with a second output: patches to {"score", "embedding"}, n × EMBEDDING.

    patches  as the network takes them, EMBEDDING of them at the least

    The dense layer keeps only what tells the known part numbers apart, and an unknown part may look like either. The
    last block still knows what it sees: the embedding is its principal components over `patches`.
    """
    last = model.get_layer(f"block{len(FILTERS)}").output
    seen = layers.Flatten()(layers.AveragePooling2D(max(1, last.shape[1] // SIDE))(last))
    weights, bias = _components(keras.Model(model.input, seen).predict(patches, BATCH, verbose=0))
    layer = layers.Dense(EMBEDDING, name="embedding")
    embedding = layer(seen)
    layer.set_weights([weights, bias])
    return keras.Model(model.input, {"score": model.output, "embedding": embedding})


def _blocks(x: Tensor, filters: Iterable[int]) -> Tensor:
    for block, each in enumerate(filters, 1):
        x = layers.Conv2D(each, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2, name=f"block{block}")(x)
    return x


def _components(values: Floats) -> tuple[Floats, Floats]:
    """Weights (d × EMBEDDING) and bias that make principal components of values (n × d), each scaled to σ^½.

    Unscaled (σ), light and place outweigh the form; whitened (1), noise does. Half-way told unknown parts best.
    """
    mean = values.mean(axis=0, dtype=np.float64)
    # not from the covariance: d is larger than n, and d × d takes longer than all else
    _, singular, directions = np.linalg.svd(values - mean, full_matrices=False)
    variances = singular[:EMBEDDING] ** 2 / (len(values) - 1)
    weights = directions[:EMBEDDING].T / np.maximum(variances, 1e-6 * variances[0]) ** 0.25
    return weights.astype(np.float32), (-mean @ weights).astype(np.float32)
