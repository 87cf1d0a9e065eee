"""From a chapter to a gradebook: what ``bnviz course`` does, on nbgrader.

``form`` reads exercises out of a notebook, ``assignment`` makes of them what students get;
``intake`` takes what they send, and ``rebuild`` puts it back on what they got; ``grade`` runs it
and writes the points; ``feedback``, ``export`` and ``report`` tell students, other systems and the
teacher of them.
"""
