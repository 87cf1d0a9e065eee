"""Make digits.csv.gz and SHA256SUMS from scikit-learn's bundled copy of the digits.

Run by hand, `python data/prepare_digits.py`; the result is committed. Only this script needs
scikit-learn. Nothing in the file depends on when or where it is made: the gzip header carries
neither a time nor a name.
"""

import gzip
import hashlib
from pathlib import Path

from sklearn.datasets import load_digits

HERE = Path(__file__).resolve().parent
HEADER = [f"r{row}c{column}" for row in range(8) for column in range(8)] + ["label"]


def digits_csv() -> str:
    """All 1797 images, in scikit-learn's order, as CSV text with a header line."""
    bunch = load_digits()
    lines = [",".join(HEADER)]
    for pixels, label in zip(bunch.data.astype(int), bunch.target, strict=True):
        lines.append(",".join(map(str, [*pixels, label])))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files beside this script."""
    packed = gzip.compress(digits_csv().encode("ascii"), compresslevel=9, mtime=0)
    (HERE / "digits.csv.gz").write_bytes(packed)
    digest = hashlib.sha256(packed).hexdigest()
    (HERE / "SHA256SUMS").write_text(f"{digest}  digits.csv.gz\n", encoding="ascii")


if __name__ == "__main__":
    main()
