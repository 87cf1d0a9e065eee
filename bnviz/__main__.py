"""``python -m bnviz course …``: the same as ``bnviz course …``."""

import sys

from bnviz.course.cli import main

if __name__ == "__main__":
    sys.exit(main())
