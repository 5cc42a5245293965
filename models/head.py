"""What follows a pretrained backbone: a linear head over its features, learnt in a second, in numpy alone.

    features, views × d int8 ──standardised──► ridge regression to +1 (this part number) or -1 (another)
                                   │                └─ averaged over the views, sharpened, softmax ──► scores
                                   └─ averaged over the views, whitened, made of length 1 ──► embedding

Whitened means: measured in what examples of one part number differ by among themselves. Light and place weigh little
then, and what no known example ever showed weighs much; that is what gives an unknown part away (P. C. Mahalanobis,
1936; shrunk, as there are fewer examples than features).

Ridge regression in place of logistic: where the features are more than the photographs it errs less, and its solution
is one system of equations, the same every time.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.views import JUDGED

Features = NDArray[np.int8 | np.float32]  # in steps of int8; the line has whole ones alone
Floats = NDArray[np.float64]
Labels = NDArray[np.intp]

PENALTY = 0.03  # share of the mean square length of an example; anything from 0.01 to 0.1 did as well
FLOOR = 0.1  # of the mean deviation; a feature that hardly ever changes shall not shout when it does
SHARPEST = 64.0
SHRINKAGE = 0.1  # share of the mean variance that every direction has; from 0.1 to 0.4 unknown parts were told alike
LEAST_AXIS = 0.02  # of that; along directions that vary less whitening changes nothing


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """From features to scores and embedding, for k part numbers.

    mean, deviation  d, of the features that were learnt, in steps of int8
    weights, bias    d × k and k, for standardised features
    sharpness        what makes probabilities out of the sums
    axes, shrunk     d × r directions of length 1 in which examples of one part number differ, float32, and r factors,
                     0 to 1, by which the embedding is shorter along each
    """

    mean: Floats
    deviation: Floats
    weights: Floats
    bias: Floats
    axes: NDArray[np.float32]
    shrunk: NDArray[np.float32]
    sharpness: float = 1.0

    def sums(self, features: Features) -> Floats:
        """… × views × d features to … × k sums, about +1 for the part number that it is and -1 for others."""
        return np.asarray(self._seen(features) @ self.weights + self.bias)

    def scores(self, features: Features) -> Floats:
        """… × views × d features to … × k probabilities that sum to 1."""
        return probabilities(self.sums(features), self.sharpness)

    def embedding(self, features: Features) -> NDArray[np.float32]:
        """… × views × d features to … × d, whitened, of length 1."""
        seen = self._seen(features)
        seen = seen - ((seen @ self.axes) * (1.0 - self.shrunk)) @ self.axes.T
        length = np.linalg.norm(seen, axis=-1, keepdims=True)
        return np.asarray(seen / np.maximum(length, 1e-12), np.float32)

    def _seen(self, features: Features) -> Floats:
        """Standardised, and averaged over the views: the sums of the views' average are the average of their sums."""
        return np.asarray((features.mean(axis=-2, dtype=np.float64) - self.mean) / self.deviation)


def fit(features: Features, labels: Labels, part_numbers: int) -> Head:
    """Learn a head from n × views × d features and n labels. Every part number weighs the same, however many it has.

    The views are those that `views.learnt` gives; the embedding is made for those of them that are judged.
    """
    n, views, d = features.shape
    flat = features.reshape(n * views, d).astype(np.float64)
    counts = np.bincount(labels, minlength=part_numbers)
    weight = np.repeat(1.0 / (part_numbers * views * counts[labels]), views)
    mean = weight @ flat
    spread = np.sqrt(weight @ (flat - mean) ** 2)
    deviation = (spread + FLOOR * spread.mean()) * np.sqrt(d)
    targets = np.repeat(np.where(labels[:, None] == np.arange(part_numbers), 1.0, -1.0), views, axis=0)
    bias = weight @ targets
    root = np.sqrt(weight)[:, None]
    weights = _ridge(root * (flat - mean) / deviation, root * (targets - bias))
    examples = (features[:, JUDGED].mean(axis=1, dtype=np.float64) - mean) / deviation
    return Head(mean, deviation, weights, bias, *_whitening(examples, labels))


def _whitening(examples: Floats, labels: Labels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Axes and factors of a `Head`: principal directions of n examples (× d) about the means of their labels."""
    n, d = examples.shape
    means = {label: examples[labels == label].mean(axis=0) for label in np.unique(labels)}
    about = examples - np.stack([means[label] for label in labels])
    gram = about @ about.T / n  # its eigenvalues are the variances, and it is smaller than the covariance
    level = SHRINKAGE * float(np.trace(gram)) / n
    variances, directions = np.linalg.eigh(gram)
    kept = variances > LEAST_AXIS * level
    if not level > 0 or not kept.any():  # every example is like the next
        return np.zeros((d, 0), np.float32), np.zeros(0, np.float32)
    axes = about.T @ directions[:, kept] / np.sqrt(n * variances[kept])
    return axes.astype(np.float32), np.sqrt(level / (variances[kept] + level)).astype(np.float32)


def _ridge(examples: Floats, targets: Floats) -> Floats:
    """The weights w (d × k) that minimise |examples w - targets|² + penalty |w|²; of both ways the smaller system."""
    n, d = examples.shape
    gram = examples @ examples.T if n < d else examples.T @ examples
    gram[np.diag_indices_from(gram)] += PENALTY * np.trace(gram) / n
    if n < d:
        return np.asarray(examples.T @ np.linalg.solve(gram, targets))
    return np.asarray(np.linalg.solve(gram, examples.T @ targets))


def sharpened(head: Head, sums: Floats, labels: Labels) -> Head:
    """The head with probabilities that fit sums (n × k) of examples that it had not learnt.

    Were all of them told apart, the likeliest sharpness would have no end. So each counts as right only by (n+1)/(n+2):
    J. Platt, "Probabilistic outputs for support vector machines", 1999.
    """
    n, k = sums.shape
    targets = np.full((n, k), 1.0 / ((n + 2) * (k - 1)))
    targets[np.arange(n), labels] = (n + 1) / (n + 2)
    candidates = np.geomspace(0.25, SHARPEST, 200)
    losses = [-(targets * np.log(np.maximum(probabilities(sums, each), 1e-12))).sum() for each in candidates]
    return replace(head, sharpness=float(candidates[int(np.argmin(losses))]))


def probabilities(sums: Floats, sharpness: float) -> Floats:
    """Softmax of … × k sums."""
    raised = np.exp(sharpness * (sums - sums.max(axis=-1, keepdims=True)))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def pack(head: Head) -> bytes:
    """A head as a file."""
    content = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in asdict(head).items()}
    np.savez(content, **arrays)
    return content.getvalue()


def unpack(content: bytes) -> Head:
    """A head out of its file. Raises KeyError or ValueError when it is none."""
    with np.load(io.BytesIO(content)) as file:
        arrays = {name: file[name] for name in ("mean", "deviation", "weights", "bias", "axes", "shrunk")}
        head = Head(**arrays, sharpness=float(file["sharpness"]))
    (d, k), r = head.weights.shape, len(head.shrunk)
    shapes = [each.shape for each in (head.mean, head.deviation, head.bias, head.axes, head.shrunk)]
    if shapes != [(d,), (d,), (k,), (d, r), (r,)]:
        raise ValueError("the parts of the head do not fit one another")
    return head
