"""How long a guesser waits, and what may be a name or a PIN."""

from __future__ import annotations

from itertools import pairwise

import pytest

from station.people import FREE, LONGEST_WAIT, fit_name, fit_pin, wait


def test_the_first_wrong_pins_cost_nothing_and_then_each_costs_twice_the_last() -> None:
    assert [wait(failures) for failures in range(FREE)] == [0.0] * FREE
    waits = [wait(failures) for failures in range(FREE, FREE + 4)]
    assert all(later == 2 * earlier for earlier, later in pairwise(waits))
    assert wait(10_000) == LONGEST_WAIT


@pytest.mark.parametrize("pin", ["123", "1" * 13, "12a4", "１２３４", "1111", "", "12 34"])
def test_what_is_no_pin_is_refused_without_repeating_it(pin: str) -> None:
    with pytest.raises(ValueError, match="PIN") as refusal:
        fit_pin(pin)
    assert not pin or pin not in str(refusal.value)


def test_a_name_is_kept_without_stray_spaces() -> None:
    assert fit_name("  Siti   Aminah ") == "Siti Aminah"


@pytest.mark.parametrize("name", ["", " ", "a" * 41, "a\x00b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        fit_name(name)
