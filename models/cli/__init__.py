"""The command `python -m models`. Each sub-command has its file; the training library is imported when one needs it."""

from __future__ import annotations

import click

from models.cli import ablate, compare, evaluate, experiment, quantize, release, sheet, train, trust
from models.words import check_text


class Commands(click.Group):
    """Looks at every word before anything is done: learning takes long, and a name is written at its end."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for each in args:
            check_text(each)
        return super().parse_args(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The network: learned, shrunk, judged, shipped.

    DATA is a folder with one sub-folder a part number, or with a manifest.csv whose columns are file, part_number,
    group and split (train, test, unknown, unused).

    Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 a file is in trouble.
    """


ROOMS = (train, experiment, compare, ablate, quantize, evaluate, trust, release, sheet)

for room in ROOMS:
    main.add_command(room.command)
