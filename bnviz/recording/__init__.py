"""What happens inside a network while it trains, watched and kept.

To read: ``recording`` publishes what a ``store`` of tables holds, one ``track`` for each layer,
whose bins are those of ``histogram``; ``rows`` reads the tables, ``files`` keeps them on disk,
``summary`` puts them into words, ``closed`` makes recordings of files and of others.

To record: ``recorder`` sets the hooks, ``passes`` follows the passes and steps of the training
between them and fills the tables, its ``clock`` counts; ``arguments`` are checked, ``notes`` told,
and ``missing`` knows why something was not recorded.
``layers`` says which modules to watch and where their units are (``layouts``: of those that do not
know it themselves). A ``place`` is one of them, ``taps`` makes its taps, a ``tap`` keeps its values
(``sampling`` says which, ``tensors`` how to get at them), ``binning`` brings them into the tables,
``dead`` judges units, ``updates`` measures weights; ``threads`` knows whose pass runs. What PyTorch
does to models is known to ``tracing``, ``compiled``, ``copies``, ``hooks``, and ``coverage``,
which finds activations that no hook sees.
"""

from bnviz.recording.closed import load, merge
from bnviz.recording.recording import Recording, RecordingError

__all__ = ["Recording", "RecordingError", "load", "merge"]
