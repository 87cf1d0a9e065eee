"""Exercises and their checks.

``exercise`` says what an exercise is, ``exercises/`` holds them, a module for each chapter;
``check`` tries a reader's answer and reports, with the help of ``compare``.
"""
