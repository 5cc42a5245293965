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
from keras import layers

FILTERS = (8, 16, 32)
LEARNING_RATE = 0.001
EPOCHS = 30
BATCH = 32
# Ours; the paper does not say. 25088 × 64 weights are 1.6 MB as int8, nine tenths of the released file.
DENSE = 64


def network(part_numbers: int, size: int = 224) -> keras.Model:
    """Patches n × size × size × 1, float32 from 0 to 1, to {"score", "embedding"}; compiled.

    score      n × 1, the probability of the second of two part numbers; of more (ours), n × part_numbers by softmax
    embedding  n × DENSE, the dense layer before it
    """
    picture = keras.Input((size, size, 1), name="patch")
    x = picture
    for filters in FILTERS:
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    embedding = layers.Dense(DENSE, activation="relu", name="embedding")(layers.Flatten()(x))
    two = part_numbers == 2
    units, activation = (1, "sigmoid") if two else (part_numbers, "softmax")
    score = layers.Dense(units, activation=activation, name="score")(embedding)
    model = keras.Model(picture, {"score": score, "embedding": embedding})
    loss = keras.losses.BinaryCrossentropy() if two else keras.losses.SparseCategoricalCrossentropy()
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss={"score": loss, "embedding": None})
    return model
