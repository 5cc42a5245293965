"""The panel of the simulated bench: what a visitor of the demo can do to the station, and what to look for then."""

from __future__ import annotations

from dataclasses import dataclass

from station.simulation.showroom import ITSELF, Now
from station.web.sentences import N_


@dataclass(frozen=True, slots=True)
class Act:
    """A button.

    name  what the showroom calls it
    text  on the button
    done  what was done, and to look for; of a switch, when it was put on
    back  the same when it was put off
    """

    name: str
    text: str
    done: str
    back: str = ""


HAND = (
    Act(
        "1041-A",
        N_("Lay 1041-A"),
        N_("The part of the order was laid. Look for PASS: every gate let it through, and the record is on disk."),
    ),
    Act(
        "1041-B",
        N_("Lay 1041-B"),
        N_("The look-alike was laid. Look for REJECT: what it is, what is expected, and both pictures."),
    ),
    Act(
        "1042",
        N_("Lay the unknown part"),
        N_("A part was laid that the network has never seen. Look for REJECT: it is not taken for one of those known."),
    ),
    Act(
        "two",
        N_("Lay two at once"),
        N_("Two parts were laid. Look for UNSURE: no part passes beside another."),
    ),
    Act(
        "half",
        N_("Lay half a part"),
        N_("A part was laid half out of view. Look for UNSURE: what is not wholly seen does not pass."),
    ),
    Act(
        "hand",
        N_("Rest a hand"),
        N_("A hand rests on the stage. Look for UNSURE at the most: a hand is no part."),
    ),
    Act(
        "remove",
        N_("Take away"),
        N_("The stage was emptied. Look how the verdict goes with its part."),
    ),
)
SWITCHES = (
    Act(
        "unplugged",
        N_("Camera unplugged"),
        N_("The camera was unplugged. Look for the fault: no picture is made up, and the line reads reject."),
        N_("The camera is plugged in again. The station comes back by itself; what lies there has to be laid anew."),
    ),
    Act(
        "frozen",
        N_("Picture frozen"),
        N_("The camera repeats its last picture. Look for the fault: an old picture is never judged."),
        N_("The camera gives new pictures again. The station comes back by itself."),
    ),
    Act(
        "dim",
        N_("Lamp dimmed"),
        N_("The lamp is dimmed. Look at the mark of the light, then lay a part: UNSURE, and what to look at."),
        N_("The lamp has its light again. Lay a part."),
    ),
    Act(
        "blurred",
        N_("Out of focus"),
        N_("The lens was knocked out of focus. Lay a part and look for UNSURE: what is not sharp does not pass."),
        N_("The lens is in focus again. Lay a part."),
    ),
    Act(
        "full",
        N_("Disk full"),
        N_("The disk is full. Lay a part and look for the fault: no part passes that is not on record."),
        N_("There is room on the disk again. The station comes back by itself."),
    ),
)
ALONE = Act(
    ITSELF,
    N_("Runs by itself"),
    N_("The hand works by itself: it lays what the station asks for, then parts out of a muddled box."),
    N_("The hand waits for you."),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel at one moment. `told` is what was done last and what to look for, in English."""

    is_by_itself: bool
    wrong: frozenset[str]
    told: str
    hand: tuple[Act, ...] = HAND
    switches: tuple[Act, ...] = SWITCHES
    alone: Act = ALONE


def panel(room: Now) -> Panel:
    """The panel of a bench as it is."""
    act = next((act for act in (*HAND, *SWITCHES, ALONE) if act.name == room.last), ALONE)
    is_on = room.is_by_itself if act is ALONE else act.name in room.wrong
    told = act.back if act.back and not is_on else act.done
    return Panel(room.is_by_itself, room.wrong, told)
