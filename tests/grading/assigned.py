"""Which assignment the tests of this folder use."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "08-test-time"
