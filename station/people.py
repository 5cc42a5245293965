"""People, what they may do, and how long somebody waits who does not know the PIN. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FREE = 3  # wrong PINs in a row until somebody has to wait: gloves slip
FIRST_WAIT, LONGEST_WAIT = 30.0, 900.0  # seconds
SHORTEST_PIN, LONGEST_PIN = 4, 12  # digits: the sign-in is a keypad
LONGEST_NAME = 40
SHORTEST_BADGE, LONGEST_BADGE = 8, 64  # characters


class Role(StrEnum):
    """What somebody is here for."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    TECHNICIAN = "technician"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. Who has left is not enabled any more, and stays: records name them.

    is_machine  signs in by token alone
    changes     how often role, PIN or badge were changed: who signed in before signs in anew
    """

    name: str
    role: Role
    is_enabled: bool = True
    is_machine: bool = False
    changes: int = 0


def wait(failures: int) -> float:
    """Seconds until the next try, after so many wrong PINs in a row: none at first, then twice as long each time."""
    beyond = failures - FREE
    return 0.0 if beyond < 0 else min(FIRST_WAIT * 2.0 ** min(beyond, 16), LONGEST_WAIT)


def fit_name(name: str) -> str:
    """The name as it is kept. Raises ValueError, a sentence."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(f"A name has 1 to {LONGEST_NAME} letters that can be printed.")
    return name


def fit_pin(pin: str) -> str:
    """The PIN, if it may be one. Raises ValueError, a sentence that does not repeat it."""
    if not (SHORTEST_PIN <= len(pin) <= LONGEST_PIN and pin.isascii() and pin.isdigit()):
        raise ValueError(f"A PIN has {SHORTEST_PIN} to {LONGEST_PIN} digits and nothing else.")
    if len(set(pin)) == 1:
        raise ValueError("A PIN of one digit repeated is the first that anybody tries; take another.")
    return pin


def fit_badge(code: str) -> str:
    """What the scanner reads off a badge, if it may open the station by itself. Raises ValueError, a sentence.

    A badge has no PIN beside it: what is short, or runs of one character, is guessed sooner or later.
    """
    code = code.strip()
    is_fit = SHORTEST_BADGE <= len(code) <= LONGEST_BADGE and code.isprintable() and len(set(code)) > 3
    if not is_fit:
        raise ValueError(
            f"A badge has {SHORTEST_BADGE} to {LONGEST_BADGE} characters, four of them different: whoever knows its "
            "code comes in, so let it be random."
        )
    return code
