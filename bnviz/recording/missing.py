"""Why something was not recorded, in words."""

from collections.abc import Iterator, Sequence

from torch import nn

from bnviz.recording.clock import Clock
from bnviz.recording.compiled import something_was_compiled
from bnviz.recording.place import Place
from bnviz.recording.store import Store

__all__ = ["missing", "why_empty"]

_HIDDEN = (
    "Compiled code does not notice hooks where torch.compile made it before the block, of this "
    "model or of others of its kind, or in one piece (fullgraph=True): give record the compiled "
    "model, or train inside of `with torch.compiler.set_stance('force_eager'):`"
)


def why_empty(model: nn.Module, places: Sequence[Place], clock: Clock) -> str:
    """Why nothing may have been recorded of a model.

    Args:
        model: what was to be recorded.
        places: its watched layers.
        clock: what it counted.
    """
    name = type(model).__name__
    if any(place.ran for place in places):
        kinds = "numbers or gradients" if any(place.gradients for place in places) else "numbers"
        return f"no watched layer of the {name} gave floating-point {kinds}"
    if clock.evals and not clock.recorded:
        passes = "the only pass" if clock.evals == 1 else f"all {clock.evals} passes"
        return f"{passes} of the {name} ran in eval mode"
    if any(place.strays for place in places):
        return (
            f"layers of the {name} ran, but not the {name} that was given; give record the "
            "module that your training loop calls, compiled if it is"
        )
    if clock.recorded:
        why = f"no watched layer of the {name} was seen to run"
    else:
        why = f"the {name} never ran in training mode while it was recorded"
    return f"{why}. {_HIDDEN}" if something_was_compiled() else why


def missing(
    model: nn.Module, places: Sequence[Place], clock: Clock, store: Store, *, named: bool
) -> Iterator[str]:
    """What to say at the end of a run.

    Args:
        model: what was recorded.
        places: its watched layers.
        clock: what it counted.
        store: what was recorded, and what was said of it already.
        named: whether somebody named these layers.
    """
    seen = any(place.ran or place.strays for place in places)
    if not (seen or clock.evals or store.notes) and something_was_compiled():
        yield f"nothing was recorded: {why_empty(model, places, clock)}"
    elif named and clock.recorded:
        recorded = {track.removesuffix(".grad") for track in store.tracks}
        watched = (place for place in places if not place.dropped)
        unseen = [place for place in watched if recorded.isdisjoint(place.labels)]
        if silent := ", ".join(p.name for p in unseen if not (p.ran or p.strays)):
            yield f"never ran, so not recorded: {silent}"
        if elsewhere := ", ".join(p.name for p in unseen if p.strays and not p.ran):
            yield (
                "ran in no step that was recorded (but in eval mode, outside of the model, or in "
                f"steps of a long run that are not kept), so not recorded: {elsewhere}"
            )
        if odd := ", ".join(place.name for place in unseen if place.ran):
            yield f"ran without floating-point numbers or gradients, so not recorded: {odd}"
