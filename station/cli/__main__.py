"""`python -m station.cli`: the command `station`, where it is not on the path."""

from station.cli import main

main()
