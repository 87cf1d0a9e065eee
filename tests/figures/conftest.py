"""Fixtures of the figures' tests."""

from demo import demo_folder  # the folder of a test is on its path

__all__ = ["demo_folder"]
