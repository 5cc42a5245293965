"""The network of Hafizh et al., whole.

"Application of Convolutional Neural Networks for Binary Recognition Task of Two Similar Industrial Machining Parts",
Fig. 3:

    224×224×1 ─conv 8─pool─ 112×112×8 ─conv 16─pool─ 56×56×16 ─conv 32─pool─ 28×28×32 ─flatten─ 25088 ─dense─ score

Three blocks of convolution 3×3, stride 1, ReLU, with 8, 16 and 32 filters, each followed by max-pooling 2×2, stride 2.
Flatten gives 25088 = 28·28·32, so the padding is "same". Then a dense layer and one sigmoid unit; binary
cross-entropy, Adam with a learning rate of 0.001, 30 epochs, batches of 32.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FILTERS = (8, 16, 32)
LEARNING_RATE = 0.001
EPOCHS = 30
BATCH = 32
# Ours; the paper does not say. 25088 × 64 weights are 1.6 MB as int8, most of the released file.
DENSE = 64
# Ours, as the paper has no embedding: 28×28×32 is averaged to 7×7×32 and turned into so many numbers.
POOL, EMBEDDING = 4, 128


def network(part_numbers: int, size: int = 224) -> keras.Model:
    """Patches n × size × size × 1, float32 from 0 to 1, to scores; compiled.

    Of two part numbers: n × 1, the probability of the second. Of more (ours): n × part_numbers, by softmax.
    """
    patch = x = keras.Input((size, size, 1), name="patch")
    for block, filters in enumerate(FILTERS, 1):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2, name=f"block{block}")(x)
    x = layers.Dense(DENSE, activation="relu")(layers.Flatten()(x))
    two = part_numbers == 2
    score = layers.Dense(1, activation="sigmoid")(x) if two else layers.Dense(part_numbers, activation="softmax")(x)
    model = keras.Model(patch, score)
    loss = keras.losses.BinaryCrossentropy() if two else keras.losses.SparseCategoricalCrossentropy()
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss)
    return model


def embedded(model: keras.Model, patches: Floats) -> keras.Model:
    """The trained network with a second output: patches to {"score", "embedding"}, n × EMBEDDING.

    The dense layer keeps only what tells the known part numbers apart, and an unknown part may look like either. The
    last block still knows what it sees: the embedding is its principal components over `patches`.
    """
    seen = layers.Flatten()(layers.AveragePooling2D(POOL)(model.get_layer(f"block{len(FILTERS)}").output))
    weights, bias = _components(keras.Model(model.input, seen).predict(patches, BATCH, verbose=0))
    layer = layers.Dense(EMBEDDING, name="embedding")
    embedding = layer(seen)
    layer.set_weights([weights, bias])
    return keras.Model(model.input, {"score": model.output, "embedding": embedding})


def _components(values: Floats) -> tuple[Floats, Floats]:
    """Weights (d × EMBEDDING) and bias that make principal components of values (n × d), each scaled to σ^½.

    Unscaled (σ), light and place outweigh the form; whitened (1), noise does. Half-way told unknown parts best.
    """
    mean = values.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov(values.astype(np.float64), rowvar=False))
    kept = np.maximum(variances[-EMBEDDING:], 1e-6 * variances[-1])
    weights = directions[:, -EMBEDDING:] / kept**0.25
    return weights.astype(np.float32), (-mean @ weights).astype(np.float32)
