"""station/log/README.md names every file of the room, and every kind of event that the code leaves in a log."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import station

PACKAGE = Path(station.__file__).parent
ROOM = PACKAGE / "log"
DOCUMENT = (ROOM / "README.md").read_text("utf-8")
# who leaves an event or an act, or hands its kind on: the place of the kind among what they are called with
LEAVES = {"note": 0, "Note": 0, "event_row": 1, "act": 1, "_leave": 0, "_known_by_pin": 2}
# kinds that come from somebody above, or out of a store that was handed one
HANDED_ON = {
    ("accounts.py", "kind"),
    ("desk.py", "kind"),
    ("log/store.py", "kind"),
    ("loop.py", "notes[0].kind"),
    ("orders/store.py", "act"),
    ("simulation/disk.py", "kind"),
    ("witness.py", "act.kind"),
}
NO_KIND = {("shadow.py", "station.log"), ("web/studying.py", "session.person.name")}  # calls of other things so named
NO_KIND |= {("web/supervisor.py", "session.person.name"), ("telling/mqtt.py", "self._connected()")}

Found = tuple[str, str, str]  # file, what stands in the code, the kind; empty where the code there does not tell


def kinds() -> set[Found]:
    return {found for path in sorted(PACKAGE.rglob("*.py")) for found in left_in(path)}


def left_in(path: Path) -> Iterator[Found]:
    """Every kind that a module leaves."""
    file = path.relative_to(PACKAGE).as_posix()
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if ast.unparse(call.func) == "orders.say":  # of a placement: several acts, each a kind and a sentence
            within = [each for each in functions if call in ast.walk(each)]
            for pair in (node for each in within for node in ast.walk(each) if isinstance(node, ast.Tuple)):
                yield from told(file, within, pair.elts[0])
        elif name in LEAVES and len(call.args) > LEAVES[name]:
            yield from told(file, [each for each in functions if call in ast.walk(each)], call.args[LEAVES[name]])


def told(file: str, within: list[ast.FunctionDef], kind: ast.expr) -> Iterator[Found]:
    """What an expression says: a word, a constant of its module, or what its function sets it to."""
    if isinstance(kind, ast.Constant):
        yield file, repr(kind.value), str(kind.value)
    elif isinstance(kind, ast.IfExp):
        yield from told(file, within, kind.body)
        yield from told(file, within, kind.orelse)
    elif isinstance(kind, ast.Name) and isinstance(constant := constant_of(file, kind.id), str):
        yield file, kind.id, constant
    else:
        values = list(set_to(within, ast.unparse(kind)))
        for value in values:
            yield from told(file, within, value)
        if not values:
            yield file, ast.unparse(kind), ""


def constant_of(file: str, name: str) -> object:
    module = importlib.import_module("station." + file.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    return getattr(module, name, None)


def set_to(within: list[ast.FunctionDef], name: str) -> Iterator[ast.expr]:
    """What a function puts into a name of its own, and what it takes it to be where nobody says."""
    for function in within:
        arguments = function.args
        for argument, value in zip(reversed(arguments.args), reversed(arguments.defaults), strict=False):
            if argument.arg == name:
                yield value
        for node in (each for each in ast.walk(function) if isinstance(each, ast.Assign)):
            [target], value = node.targets, node.value
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            yield from (each for into, each in pairs if ast.unparse(into) == name)


def table(heading: str) -> dict[str, list[str]]:
    """The table that begins with this heading: names in its first column, each with the other cells of its row."""
    rows = DOCUMENT.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {name: rest for first, *rest in cells for name in re.findall(r"`([^`]+)`", first)}


def test_every_file_of_the_room_is_in_its_table_and_no_other() -> None:
    files = {path.name for path in ROOM.glob("*.py")} - {"__init__.py"}
    rooms = {f"{path.parent.name}/" for path in ROOM.glob("*/__init__.py")}
    assert set(table("file")) == files | rooms


def test_every_kind_of_event_is_in_its_table_and_no_other() -> None:
    left = {kind for _, _, kind in kinds() if kind}
    assert {"start", "fault", "hold", "calibration_resumed", "camera_changed", "act_of_former_log"} <= left
    assert left - set(table("kind")) == set(), "station/log/README.md does not tell of them"
    assert set(table("kind")) - left == set(), "nobody leaves them any more"


def test_wherever_the_code_does_not_tell_the_kind_somebody_else_does() -> None:
    assert {(file, words) for file, words, kind in kinds() if not kind} == HANDED_ON | NO_KIND


@pytest.mark.parametrize("kind", sorted(table("kind")))
def test_of_each_kind_is_said_what_it_tells_and_who_leaves_it(kind: str) -> None:
    tells, who = table("kind")[kind]
    assert tells
    assert who
