"""Everything that a verdict is made with. It is put in use together, never in part: that is why it is one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from calibration.profile import Profile
from models.bound import Bound
from models.bundle import Bundle
from models.preprocess import Preparation, prepare
from models.trust import distance
from station.bundles import name_of
from station.errors import BundleError
from station.recipe import Recipe
from station.types import Classifier, Gray


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What a station takes from a bundle, for one expected part number and one calibration.

    name         what a record names the network by: "name sha256:…"
    preparation  how a picture becomes a patch
    references   part number → embeddings of its known examples, n × dimensions, float32, each of length 1
    profile      the calibration, focus and clipping as patches of this preparation show them; None in a replay
    pictures     part number → PNG of a patch of it, for people: what the part looks like
    bounds       part number → what is known of the wrong parts that pass
    passed       share of held-back right parts that every gate lets through, of the bundle's card
    """

    name: str
    classifier: Classifier
    preparation: Preparation
    references: Mapping[str, NDArray[np.float32]]
    recipe: Recipe
    profile: Profile | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    passed: float = 0.95

    def see(self, patch: Gray) -> tuple[dict[str, float], dict[str, float]]:
        """Part number → score, and part number → distance to its known examples, of a patch, size × size uint8."""
        prediction = self.classifier.classify(patch)
        parts = self.classifier.part_numbers
        scores = dict(zip(parts, map(float, prediction.scores), strict=True))
        return scores, {part: distance(prediction.embedding, self.references[part]) for part in parts}

    def expecting(self, part_number: str) -> Model:
        """The same, where this part number is expected; none, where it is empty, and then nothing passes.

        Raises BundleError for one that the bundle does not know.
        """
        if part_number and part_number not in self.classifier.part_numbers:
            known = ", ".join(map(str, self.classifier.part_numbers))
            raise BundleError(
                f"The bundle in use knows {known}, not {part_number}; choose another order, or bring a bundle that "
                "knows it into use with `station model use`."
            )
        bundle = self.recipe.name.removeprefix(self.recipe.part_number).strip()
        recipe = replace(self.recipe, part_number=part_number, name=f"{part_number} {bundle}".strip())
        return replace(self, recipe=recipe)

    def under(self, profile: Profile | None) -> Model:
        """The same under another calibration, its focus and clipping as patches of this preparation show them."""
        return replace(self, profile=profile and seen_through(self.preparation, profile))

    @classmethod
    def of(cls, bundle: Bundle, expected: str, profile: Profile | None = None) -> Model:
        """The model that a bundle makes; `expected` is one of its part numbers, or empty while there is no order."""
        return cls(
            name=name_of(bundle),
            classifier=bundle.classifier(),
            preparation=bundle.preparation,
            references=bundle.references,
            recipe=recipe_of(bundle, expected),
            profile=profile and seen_through(bundle.preparation, profile),
            pictures=bundle.portraits(),
            bounds=bundle.bounds,
            passed=float(bundle.card.get("held_back", {}).get("right_passed", 0.95)),
        )


def recipe_of(bundle: Bundle, expected: str) -> Recipe:
    """What a bundle holds a part against, where `expected` is wanted."""
    return Recipe(
        part_number=expected,
        name=f"{expected} {bundle.name} {bundle.sha256[:12]}".strip(),
        score_thresholds=bundle.score_thresholds,
        distance_limits=bundle.distance_limits,
    )


def seen_through(preparation: Preparation, profile: Profile) -> Profile:
    """A calibration, its focus and clipping measured anew on the patch that this preparation cuts of its part."""
    return profile.seen_through(lambda stage: prepare(stage, preparation).pixels)
