"""The command `station`: what takes a while beside a station that runs gives way before it loads anything."""

import sys

from station import gentle

GENTLE = {"log", "forward", "teach"}


def main() -> None:
    """Run `station ARGUMENTS`."""
    if GENTLE & set(sys.argv[1:2]):
        gentle.give_way()
    from station import cli  # only now: loading is half the work of a search

    cli.main()


if __name__ == "__main__":
    main()
