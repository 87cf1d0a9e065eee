"""From a chapter to a gradebook: what ``bnviz course`` does, on nbgrader.

``form`` reads exercises out of a notebook, ``assignment`` makes of them what students get;
``intake`` takes what they send, and ``rebuild`` puts it back on what they got; ``grade`` runs it
and writes the points; ``feedback``, ``export`` and ``report`` tell students, other systems and the
teacher of them.
"""

import sys

# jsonschema, on which nbformat stands, compiles a grammar of web addresses when it is imported: two
# to three seconds of each command and each submission. Without this module it does without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
