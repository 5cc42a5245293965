"""What a run is told, beside its data."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from models.bound import ESCAPE

NETWORKS = ("auto", "transfer", "paper", "fast")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a bundle shall be made.

    name          of the bundle
    network       one of NETWORKS
    epochs        of the small networks
    augmentation  of the small networks
    photographs   a part number, at the most, that are learnt from; 0 is all
    escape        share of wrong parts that may pass as each part number
    other         look-alikes: a folder of pictures, or a part number whose unused pictures are taken; empty for none
    others        how many of them are learnt from, at the most; 0 is all
    dated         the day, YYYY-MM-DD, that the card tells with the bound
    data_made_by  the command that made the data set, if one did
    """

    name: str
    network: str = "auto"
    epochs: int = 30
    seed: int = 0
    augmentation: str = "stage"
    photographs: int = 0
    escape: float = ESCAPE
    other: str = ""
    others: int = 0
    dated: str = ""
    data_made_by: str = ""

    def command(self, folder: str) -> str:
        """What gives this bundle again, from the folder that holds the data set."""
        told = f"python -m models train {folder} --out BUNDLE --name {self.name} --network {self.network}"
        told += f" --epochs {self.epochs} --seed {self.seed} --augmentation {self.augmentation}"
        told += f" --photographs {self.photographs}" if self.photographs else ""
        told += f" --escape {self.escape}" if self.escape != ESCAPE else ""
        told += f" --other {shlex.quote(Path(self.other).name)}" if self.other else ""
        told += f" --others {self.others}" if self.others else ""
        told += f" --dated {self.dated}" if self.dated else ""
        return told + (f" --data-made-by {shlex.quote(self.data_made_by)}" if self.data_made_by else "")
