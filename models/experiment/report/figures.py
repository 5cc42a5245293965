"""The paper's figures, numbered as there: 2 data, 6 ROC, 7 loss and accuracy, 8 accuracy over the experiments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from models.experiment.measures import auc, mean
from models.experiment.outcome import Epoch, Outcome
from models.svg import FAINT, INK, Chart, Point, box, whole, words

TEST, TRAIN = "#0b5cad", "#c2570c"  # told apart also by those who do not see red, and in gray
PALE_TEST, PALE_TRAIN = "#e3eefa", "#fbeadd"
PLAIN = ("#f6f6f6", FAINT)

Structure = Mapping[str, Mapping[str, int]]


def data_structure(structure: Structure, protocol: str) -> str:
    """Fig. 2: from photographs to what is learnt and what is tested."""
    draw = _copied_first if protocol == "paper" else _split_first
    about = "From photographs to the pictures that are learnt and tested"
    return whole(about, 630, 215, f'<g transform="translate(4 4)">{"".join(draw(structure))}</g>')


def _copied_first(structure: Structure) -> list[str]:
    together = {part: counts["train"] + counts["test"] for part, counts in structure.items()}
    return [
        _box(0, 60, "Photographs", _counts(structure, "originals"), *PLAIN),
        _box(220, 60, "and their copies", together, *PLAIN),
        _box(440, 0, "Learnt", _counts(structure, "train"), PALE_TRAIN, TRAIN),
        _box(440, 120, "Tested", _counts(structure, "test"), PALE_TEST, TEST),
        *(_arrow(*ends) for ends in ((182, 102, 220, 102), (402, 92, 440, 42), (402, 112, 440, 162))),
    ]


def _split_first(structure: Structure) -> list[str]:
    return [
        _box(0, 0, "Photographs", _counts(structure, "originals"), *PLAIN),
        _box(220, 0, "and their copies", _counts(structure, "train"), *PLAIN),
        _box(440, 0, "Learnt", _counts(structure, "train"), PALE_TRAIN, TRAIN),
        _box(0, 120, "Of other groups", _counts(structure, "test"), *PLAIN),
        _box(440, 120, "Tested", _counts(structure, "test"), PALE_TEST, TEST),
        *(_arrow(*ends) for ends in ((182, 42, 220, 42), (402, 42, 440, 42), (182, 162, 440, 162))),
    ]


def roc(outcomes: Sequence[Outcome]) -> str:
    """Fig. 6: of every experiment, beside the perfect classifier and the one that draws lots."""
    chart = Chart("ROC of each experiment", (-0.01, 1), (0, 1.02), "1 − specificity", "sensitivity", height=400)
    chart.line([(0, 0), (1, 1)], FAINT, 1.5, dashed=True)
    chart.line([(0, 0), (0, 1), (1, 1)], INK, 1.5, dashed=True)
    for outcome in outcomes:
        chart.line(outcome.roc, TEST, 1.2)
    area = mean([auc(outcome.roc) for outcome in outcomes])
    told = "–" if area is None else f"{area:.3f}"
    keys = ((TEST, f"this network, AUC {told} in the mean"), (INK, "perfect, 1"), (FAINT, "drawing lots, 0.5"))
    return chart.svg() + legend(*keys)


def losses(outcomes: Sequence[Outcome]) -> str:
    """Fig. 7, loss."""
    return _curves(outcomes, "loss", lambda epoch: epoch.loss, lambda epoch: epoch.test_loss, (0, 0.05))


def accuracies(outcomes: Sequence[Outcome]) -> str:
    """Fig. 7, accuracy."""
    return _curves(outcomes, "accuracy", lambda epoch: epoch.accuracy, lambda epoch: epoch.test_accuracy, (0.5, 1))


def over_experiments(outcomes: Sequence[Outcome]) -> str:
    """Fig. 8: the accuracy of each experiment, and their mean."""
    points = [(float(outcome.experiment), outcome.confusion.accuracy or 0.0) for outcome in outcomes]
    middle = mean([accuracy for _, accuracy in points]) or 0.0
    last = max(x for x, _ in points)
    low = _below(min(accuracy for _, accuracy in points))
    about = "Accuracy of each experiment"
    ends = (low, 1 + (1 - low) * 0.04)
    chart = Chart(about, (0.5, last + 0.5), ends, "experiment", "accuracy", height=400, counted=True)
    chart.line([(0.5, middle), (last + 0.5, middle)], FAINT, 1.5, dashed=True)
    chart.line(points, TEST, 1)
    chart.dots(points, TEST)
    return chart.svg() + legend((TEST, "each experiment"), (FAINT, f"their mean, {middle:.3f}"))


def legend(*keys: tuple[str, str]) -> str:
    """Colours and what they stand for."""
    told = "".join(f'<span><i style="background:{colour}"></i>{escape(name)}</span>' for colour, name in keys)
    return f'<p class="legend">{told}</p>'


def _curves(
    outcomes: Sequence[Outcome],
    name: str,
    train: Callable[[Epoch], float | None],
    test: Callable[[Epoch], float | None],
    ends: tuple[float, float],
) -> str:
    """Each experiment as a thin line, their mean as a thick one."""
    thick: list[tuple[str, list[Point]]] = []
    thin: list[tuple[str, list[Point]]] = []
    for colour, value in ((TRAIN, train), (TEST, test)):
        each = [[value(epoch) for epoch in outcome.epochs] for outcome in outcomes]
        thin += [(colour, _points(values)) for values in each]
        thick.append((colour, _points([mean(values) for values in zip(*each, strict=True)])))
    means = [y for _, points in thick for _, y in points]
    low, high = min([ends[0], *means]), max([ends[1], *means]) * 1.04
    epochs = max(2, len(outcomes[0].epochs))
    chart = Chart(f"{name} after each epoch", (1, epochs), (low, high), "epoch", name, counted=True)
    for colour, points in thin:
        chart.line(points, colour, 1, faint=True)
    for colour, points in thick:
        chart.line(points, colour, 2.2)
    return chart.svg() + legend((TRAIN, "learnt pictures"), (TEST, "test pictures"))


def _points(values: Sequence[float | None]) -> list[Point]:
    return [(float(n), value) for n, value in enumerate(values, 1) if value is not None]


def _below(least: float) -> float:
    """Where an axis begins that is to show differences: a round number below the least."""
    return min(0.9, int(least * 10 - 0.01) / 10)


def _counts(structure: Structure, name: str) -> dict[str, int]:
    return {part: counts[name] for part, counts in structure.items()}


def _box(x: int, y: int, name: str, counts: Mapping[str, int], fill: str, edge: str) -> str:
    lines = [words(x + 10, y + 22, name), words(x + 172, y + 22, f"{sum(counts.values())}", "end", bold=True)]
    for row, (part, count) in enumerate(counts.items()):
        lines += [words(x + 10, y + 46 + 20 * row, part), words(x + 172, y + 46 + 20 * row, f"{count}", "end")]
    return box(x, y, 182, 84, fill, edge) + "".join(lines)


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    head = f"M{to_x - 2},{to_y} l-8,-4 v8 z"
    return f'<path d="M{x},{y} L{to_x - 8},{to_y}" stroke="{FAINT}"/><path d="{head}" fill="{FAINT}"/>'
