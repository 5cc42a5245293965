"""The line that the bench belongs to: the far end of the signal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from station.errors import SignalError
from station.simulation.bench import Bench
from station.types import Inspection, TriggerSource, Verdict

KEPT = 10_000  # messages: a line of the bench may run for days, and each holds its inspection


@dataclass(frozen=True, slots=True)
class Message:
    """What the line was told: `word` is PASS, REJECT, BUSY, CLEAR, FAULT, OPEN or CLOSE; `detail` a code or reason."""

    at: float
    word: str
    detail: str = ""
    inspection: Inspection | None = None


class SimulatedLine:
    """The other end of the signal: a listener like a PLC, that keeps what it was told last.

    messages      the newest `KEPT`, oldest first
    broken        True: the cable is cut; every method but `close` raises SignalError, and the line reads reject
    acknowledges  False: the line does not acknowledge verdicts
    """

    def __init__(self, bench: Bench) -> None:
        self._clock = bench.clock
        self.broken, self.acknowledges = False, True
        self.messages: list[Message] = []
        self.last_beat: float | None = None
        self._asserted = False
        self._requests: deque[TriggerSource] = deque()

    @property
    def asserts_pass(self) -> bool:
        """Whether the line reads PASS now."""
        return self._asserted and not self.broken

    def request(self, source: TriggerSource = TriggerSource.GPIO) -> None:
        """The line asks for an inspection."""
        self._requests.append(source)

    def open(self) -> None:
        self._tell("OPEN")

    def close(self) -> None:
        self._asserted = False
        if not self.broken:
            self._tell("CLOSE")

    def beat(self, now: float) -> None:
        self._reach()
        self.last_beat = now

    def busy(self) -> None:
        self._tell("BUSY")

    def send(self, inspection: Inspection) -> None:
        word = "PASS" if inspection.verdict is Verdict.PASS else "REJECT"
        self._tell(word, inspection.reason.value, inspection)
        if not self.acknowledges:
            self._asserted = False
            raise SignalError("The line did not acknowledge the verdict: look at its controller.")
        self._asserted = word == "PASS"

    def clear(self) -> None:
        self._tell("CLEAR")

    def fault(self, code: str) -> None:
        self._tell("FAULT", code)

    def triggered(self) -> TriggerSource | None:
        self._reach()
        return self._requests.popleft() if self._requests else None

    def _tell(self, word: str, detail: str = "", inspection: Inspection | None = None) -> None:
        """Every message withdraws PASS; `send` alone asserts it again."""
        self._asserted = False
        self._reach()
        self.messages.append(Message(self._clock.monotonic(), word, detail, inspection))
        del self.messages[:-KEPT]

    def _reach(self) -> None:
        if self.broken:
            raise SignalError("The line cannot be reached: look at its cable.")
