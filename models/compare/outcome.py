"""What is compared, what it was told, and what came out; and the names that people know the networks by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# quickest to learn first; on two cores each of the last two takes ten minutes an epoch and more
NETWORKS: Mapping[str, str] = {
    "hog": "HOG",
    "fast": "the faster network",
    "paper": "the paper's network",
    "efficientnet-lite0": "EfficientNet-Lite0",
    "mobilenet-v3-small": "MobileNetV3-small",
    "mobilenet-v2": "MobileNetV2",
    "resnet50": "ResNet50",
    "vgg16": "VGG16",
}
SLOW = ("resnet50", "vgg16")
PRETRAINED = "efficientnet-lite0"  # its weights can be installed; those of the others below come from a file alone
LOADED = (PRETRAINED, "mobilenet-v3-small", "mobilenet-v2", "resnet50", "vgg16")
PHOTOGRAPHS = (10, 30, 0)  # a part number; 0 is all


@dataclass(frozen=True, slots=True)
class Settings:
    """What all results of one folder have in common.

    data  SHA-256 of the data set
    """

    data: str
    seed: int = 0
    augmentation: str = "stage"


@dataclass(frozen=True, slots=True)
class Task:
    """One network, learnt from so many photographs.

    network      one of NETWORKS
    photographs  a part number, at the most; 0 is all
    epochs       that it learns from scratch; 0 where it does not: it was learnt by others, or has no epochs
    weights      SHA-256 of the file that it was learnt in by others; empty where it was not
    """

    network: str
    photographs: int
    epochs: int = 0
    weights: str = ""

    @property
    def learnt(self) -> str:
        """How, in words."""
        if self.weights:
            return "pretrained, frozen"
        return f"from scratch, {self.epochs} epoch{'s' * (self.epochs > 1)}" if self.epochs else "logistic regression"

    @property
    def name(self) -> str:
        """As a file is called that holds the result."""
        how = f"-e{self.epochs}" if self.epochs else f"-{self.weights[:8]}" if self.weights else ""
        return f"{self.network}{how}-{self.photographs or 'all'}"


@dataclass(frozen=True, slots=True)
class Figures:
    """On pictures that were not learnt; None is what nothing can be said of.

    tested, unknown  how many pictures were judged
    accuracy         share of the tested that are named rightly
    auc              of the score, where there are two part numbers
    distance_auroc   the probability that an unknown part lies farther from the known examples than a tested one
    score_auroc      the same that its largest score is lower
    """

    tested: int
    unknown: int
    accuracy: float
    auc: float | None
    distance_auroc: float | None
    score_auroc: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a task.

    learnt      how many pictures
    parameters  numbers in the network as it is run
    size        bytes of its int8 file, and of its head's where that is another
    time        of a picture, int8 on one thread, in those of the paper's network
    """

    task: Task
    learnt: int
    figures: Figures
    parameters: int
    size: int | None
    time: float | None
    made_with: Mapping[str, str] = field(default_factory=dict)
