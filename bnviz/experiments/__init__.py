"""What the chapters measure: one module a chapter, or a folder where a chapter asks several things.

Pure functions of seeds and settings. They return named tuples of arrays, by label where there are
several conditions, and know nothing of figures. A seed decides the split of the data (or the data),
the initial weights and the order of the batches, so that runs of one seed differ in the condition
alone. The defaults are small: what a chapter shows takes seconds. Run them with other seeds and
settings; where a docstring says "holds" or "stops", this was done.

``tests/experiments/`` repeats the headline of each on seeds that no chapter uses.
"""
