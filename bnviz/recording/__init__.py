"""What happens inside a network while it trains, watched and kept.

What is recorded: ``recording`` (to read), on the tables of ``track``, whose bins are those of
``histogram``; ``files`` saves, loads and merges. How: ``recorder`` hooks a model and counts steps,
``layers`` says what to watch, ``tap`` keeps the values of one layer, ``sampling`` which of them.
"""

from bnviz.recording.recording import Recording, RecordingError, load, merge

__all__ = ["Recording", "RecordingError", "load", "merge"]
