"""The words of the report: what was done, what it is worth, and what each figure shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADINGS = {
    "2": ("The pictures", "How many pictures there are, of each part number."),
    "II": (
        "The experiments",
        "PPV and NPV: of the pictures seen as the first or as the second part number, the share that is. Sensitivity "
        "and specificity: of the pictures that are, the share seen so. Spread is the standard deviation. The paper’s "
        "line is of its authors’ photographs, which are not public, and of their split.",
    ),
    "8": ("Accuracy of each experiment", "On the test pictures, after the last epoch. The axis does not begin at 0."),
    "6": (
        "ROC",
        "What is found of the first part number against what of the second is taken for it, for every threshold; one "
        "line an experiment.",
    ),
    "7": ("Loss and accuracy", "After each epoch; thin: one experiment, thick: their mean."),
    "5": ("Recognised pictures", "As the network sees them: whole, gray, squeezed into a square."),
}

NETWORKS = {"paper": "The network of Hafizh et al.", "fast": "The faster network beside that of Hafizh et al."}
PROCEDURE = (
    "{network} saw whole gray pictures of 224 × 224 pixels, and copies of them, turned, shifted, "
    "enlarged and darkened at random within the paper’s Table I. The pictures and their split are the same in every "
    "experiment; the first weights and the order of learning are others. It ends after the last epoch, not after the "
    "best: no experiment looks at the test pictures to decide anything. {precision}"
)
PRECISIONS = {
    "float32": "It learnt in float32.",
    "bfloat16": "It learnt in bfloat16, its weights kept in float32; what is tested is the network in float32.",
}


def about(told: Mapping[str, Any]) -> list[str]:
    """What was done and what it is worth, a paragraph each."""
    count = {name: sum(part[name] for part in told["structure"].values()) for name in ("originals", "test", "known")}
    said = _paper(count) if told["settings"]["protocol"] == "paper" else _honest(told["structure"], count)
    settings = told["settings"]
    words = {"network": NETWORKS[settings["network"]], "precision": PRECISIONS[settings["precision"]]}
    return [PROCEDURE.format(**words), said]


def _paper(count: Mapping[str, int]) -> str:
    return (
        f"These figures flatter. The {count['originals']} photographs were copied first and the pictures split after, "
        f"as the paper did, so that copies of one photograph stand on both sides: of {count['known']} of the "
        f"{count['test']} test pictures the network has learnt the photograph itself or another copy. It may know a "
        "picture again by a scratch, a shadow or its background, and need not tell the parts apart. What it does with "
        "a part, a session or a light that it has not seen, this does not say; the same command with "
        "--protocol honest does."
    )


def _honest(structure: Mapping[str, Mapping[str, int]], count: Mapping[str, int]) -> str:
    groups = " and ".join(f"{part['test_groups']} of {name}" for name, part in structure.items())
    return (
        f"The split was made first, by group: of no specimen or moment that is tested ({groups}) was a picture learnt. "
        f"Copies were made of the {count['originals']} photographs to learn from alone, and the {count['test']} test "
        "pictures are as they were photographed. How far this carries depends on the groups: where they are moments of "
        "one session, another session may still be harder."
    )
