"""What the station says itself, for the catalogues: English, with a {hole} wherever it puts in a name or a number.

A test takes every sentence out of the modules that say them and finds it here.
"""

from __future__ import annotations


def N_(english: str) -> str:  # noqa: N802 - gettext's name for a text that is only marked
    """A text that is looked up later."""
    return english


SENTENCES: tuple[str, ...] = (N_("This is {seen}; expected is {part}."),)
