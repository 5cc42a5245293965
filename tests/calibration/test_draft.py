"""What was left in the middle is gone on with by the same camera, while the light is the same; else why not is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.draft import LASTS, Draft, Whose
from calibration.profile import Region
from calibration.wizard import Done

STEPS = ("halt", "clean", "baseline", "check")
NUR = Whose("usb:/dev/video0 640x360", Region(0, 0, 640, 360), STEPS, "2026-01-05T08:00:00.000000Z", "Nur", "bundle A")
LATER = replace(NUR, began_at="2026-01-05T11:30:00.000000Z", by="Tan")
DONE = [
    Done("halt", {"found_level": 80.0}, {"before": np.full((4, 6), 80, np.uint8)}, "The line is halted."),
    Done("clean"),
    Done("baseline", {"noise": 1.5}),
]


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    draft = Draft(tmp_path / "draft")
    draft.save(NUR, DONE)
    return draft


def test_it_is_gone_on_with_and_said_who_began_it_and_how_long_ago(draft: Draft) -> None:
    left = draft.load(LATER)
    assert [each.step for each in left.done] == ["halt", "clean", "baseline"]
    assert left.whose == NUR
    assert left.said == (
        "It goes on where it was left: Nur began it 3.5 hours ago. If the lamp was off meanwhile, "
        "let it warm up for five minutes first."
    )
    first = left.done[0]
    assert (first.facts, first.said) == (DONE[0].facts, DONE[0].said)
    assert (first.pictures["before"] == 80).all()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"began_at": "2026-01-05T12:00:01.000000Z"}, "began 4.0 hours ago is too old: after 4 hours the light is not"),
        ({"began_at": "2027-01-05T08:00:00.000000Z"}, "is too old"),
        ({"began_at": "2026-01-05T07:59:59.000000Z"}, "has a time that is still to come: the clock was wrong"),
        (
            {"camera": "usb:/dev/video0 1280x720"},
            "was with usb:/dev/video0 640x360, and the camera is usb:/dev/video0 1280x720",
        ),
        ({"region": Region(0, 0, 320, 360)}, "was of another part of the picture"),
        ({"steps": (*STEPS, "sign")}, "was of other steps"),
    ],
)
def test_what_is_too_old_or_of_something_else_is_begun_anew_in_so_many_words(
    draft: Draft, now: dict[str, Any], said: str
) -> None:
    left = draft.load(replace(LATER, **now))
    assert left.done == ()
    assert left.said.startswith("What Nur began")
    assert said in left.said
    assert left.said.endswith("All is done anew.")


def test_how_long_it_lasts_is_set_in_one_place(draft: Draft, tmp_path: Path) -> None:
    assert LASTS == 4 * 3600.0
    assert not Draft(tmp_path / "draft", lasts=3600.0).load(LATER).done


def test_what_another_bundle_has_judged_is_done_again_and_that_is_said(draft: Draft) -> None:
    left = draft.load(replace(LATER, judged="bundle B"))
    assert [each.step for each in left.done] == ["halt", "clean"]
    assert left.said.endswith("What another bundle has judged, or other parts, is done again.")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"whose": {"camera": "x"}, "done": []}'])
def test_half_a_draft_is_none_and_that_is_said(draft: Draft, tmp_path: Path, text: str) -> None:
    (tmp_path / "draft" / "draft.json").write_text(text)
    assert draft.found() is None
    left = draft.load(LATER)
    assert (left.done, left.said) == ((), "What was left in the middle cannot be read. All is done anew.")


def test_where_nothing_was_left_or_all_was_undone_nothing_is_said(draft: Draft) -> None:
    assert draft.found() == NUR
    draft.save(NUR, [])
    assert draft.load(LATER).said == ""
    draft.forget()
    assert draft.found() is None
    assert draft.load(LATER).said == ""
