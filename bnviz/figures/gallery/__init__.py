"""The figures: a Python module, a JavaScript module and a style sheet of one name for each."""
