"""Somebody answers for it by name, and what was measured becomes a profile."""

from __future__ import annotations

from calibration.geometry import Geometry
from calibration.measure import clipped, sharpness
from calibration.profile import UNFOLLOWED, Profile
from calibration.wizard import Adjust, Ask, Done, Steps, Work

FOLLOWED_AGAIN = "Fix marks at the edges of the stage, and undo to the golden parts."


def sign(work: Work) -> Steps:
    """Somebody answers for it by name."""
    facts = work.facts
    said = [facts[name] for name in ("fit", "check") if name in facts]
    if "scale" not in facts:
        said.append("No board was laid: whether the camera stands where it stood before is not known.")
    if not facts["is_followed"]:
        said.append(f"{UNFOLLOWED} {FOLLOWED_AGAIN}")
    text = " ".join([*said, "Sign with your name: the calibration is then active, and verification is asked for."])
    answer = yield Ask(text, wants="your name")
    while not answer.word.strip():
        answer = yield Adjust("A calibration needs a name: type yours.", wants="your name")
    return Done("sign", {"signed_by": answer.word.strip()}, said=f"Signed by {answer.word.strip()}.")


def profile_of(work: Work) -> Profile:
    """What the steps have measured, as a profile."""
    setup, facts, pictures = work.setup, work.facts, work.pictures
    patch, _ = setup.patch_of(pictures["part"], None)  # it is corrected
    found = facts.get("geometry")
    return Profile(
        camera=setup.camera,
        frame=setup.frame,
        made_at=setup.made_at,
        made_by=facts.get("signed_by", setup.made_by),
        region=setup.region,
        reduce=setup.reduce,
        empty=pictures["empty"],
        part=pictures["part"],
        noise=facts["noise"],
        sharpness=sharpness(patch),
        clipped=clipped(patch),
        is_simulated=setup.is_simulated,
        flat=work.flat,
        ground=pictures.get("ground") if work.flat else None,
        before=pictures.get("before"),
        settings=facts.get("settings", {}),
        asked=facts.get("asked", {}),
        geometry=found and Geometry(**found | {"tilt": tuple(found["tilt"])}),
        figures={name: float(value) for name, value in facts.items() if isinstance(value, int | float)},
        model=setup.model if "golden_distance" in facts else "",
    )
