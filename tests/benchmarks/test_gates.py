"""What the gates cost, beside the network that they guard."""

from statistics import median
from time import thread_time

from models.preprocess import prepare
from station.assembly import EXPECTED, Demo
from station.loop import against, examine
from station.recipe import decide
from station.trigger import glance
from tests.benchmarks.conftest import next_frame

ROUNDS = 200


def test_all_gates_together_cost_at_most_0_3_of_an_inference(demo: Demo) -> None:
    """In the thread's own time: finding and cutting the part, which the network needs too, is not theirs.

    The small picture of the stage is that of the trigger, which has looked whether the part still lies there.
    """
    demo.bench.lay(demo.bench.choose(EXPECTED))
    model = demo.station.model
    assert model.profile
    found = []
    for _ in range(ROUNDS):
        frame = next_frame(demo)
        glance(frame, model.profile)
        patch = prepare(model.profile.region.crop(frame.gray()), model.preparation)
        _, evidence = examine(model, frame, moved=False, verified=True)
        begun = thread_time()
        model.classifier.classify(patch.pixels)
        alone = thread_time()
        model.see(patch.pixels)
        against(model.profile, frame, patch)
        decide(model.recipe, evidence)
        found.append((thread_time() - alone) / (alone - begun) - 1)
    print(f"\nall gates, in inferences more than the network alone: {median(found):.2f}")
    assert median(found) <= 0.3
