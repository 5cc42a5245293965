"""How the line is told, one file a way; all behind `station.types.Signal`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from station.errors import SignalError
from station.types import Inspection, Signal, TriggerSource, Verdict


def word_of(inspection: Inspection) -> str:
    """What the line hears: PASS, or REJECT for anything else. Raises SignalError if there is no record of it."""
    if inspection.sequence < 1:
        raise SignalError("The verdict has no record, so the line is not told: keep the record first.")
    return "PASS" if inspection.verdict is Verdict.PASS else "REJECT"


class Several:
    """Tells each of several signals, in the order given, and passes only if all of them can be told.

    One that fails withdraws PASS on all the others, and the failure is raised. Put first those that the line
    acknowledges: the others then show PASS only after it did.
    """

    def __init__(self, signals: Sequence[Signal]) -> None:
        self._signals = tuple(signals)

    def open(self) -> None:
        """Open each. Those that could be opened stay so when another fails: they can still tell the fault."""
        self._tell(lambda signal: signal.open())

    def close(self) -> None:
        for signal in self._signals:
            signal.close()

    def beat(self, now: float) -> None:
        with self._all_or_none():
            self._tell(lambda signal: signal.beat(now))

    def busy(self) -> None:
        with self._all_or_none():
            self._tell(lambda signal: signal.busy())

    def send(self, inspection: Inspection) -> None:
        with self._all_or_none():
            for signal in self._signals:
                signal.send(inspection)

    def clear(self) -> None:
        self._tell(lambda signal: signal.clear())

    def fault(self, code: str) -> None:
        self._tell(lambda signal: signal.fault(code))

    def triggered(self) -> TriggerSource | None:
        with self._all_or_none():
            asked = [signal.triggered() for signal in self._signals]  # each: one that asks must not hide another
        return next((source for source in asked if source), None)

    def _tell(self, word: Callable[[Signal], None]) -> None:
        """Tell each, also when one of them fails; then raise what failed."""
        troubles = []
        for signal in self._signals:
            try:
                word(signal)
            except SignalError as trouble:
                troubles.append(trouble)
        if troubles:
            raise SignalError(" ".join(map(str, troubles))) from troubles[0]

    @contextmanager
    def _all_or_none(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            for signal in self._signals:
                with suppress(SignalError):
                    signal.clear()
            raise
