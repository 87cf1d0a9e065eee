"""Named arrays as one block of bytes, which ``blob.js`` takes apart again."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DTYPES", "deflate", "pack"]

#: What JavaScript has typed arrays for; half floats become Float32Array there.
DTYPES = (
    *("uint8", "int8", "uint16", "int16", "uint32", "int32"),
    *("float16", "float32", "float64"),
)


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Put named arrays into one blob.

    The blob is the length of a JSON header (uint32), the header with dtype, shape and offset of
    each array, then the arrays, little-endian, each at a multiple of eight bytes.

    Args:
        arrays: by name, of the dtypes in :data:`DTYPES`.

    Returns:
        The blob.

    Raises:
        TypeError: a dtype that JavaScript has no typed array for, such as int64.

    >>> blob = pack({"steps": np.array([1, 2, 3], dtype=np.int32)})
    >>> int.from_bytes(blob[:4], "little") + 4 < len(blob)
    True
    """
    header: dict[str, dict[str, Any]] = {}
    chunks, offset = [], 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(
                f"array {name!r} has dtype {array.dtype}; JavaScript takes {', '.join(DTYPES)}. "
                "Convert it first, for example with .astype(np.float32)."
            )
        raw = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        header[name] = {"dtype": array.dtype.name, "shape": array.shape, "offset": offset}
        chunks.append(raw + bytes(-len(raw) % 8))
        offset += len(chunks[-1])
    # Offsets count from the blob's start, and their digits are part of the header's length:
    # leave room for them and fill up with spaces.
    room = len(json.dumps(header)) + 12 * len(header)
    room += -(room + 4) % 8
    for entry in header.values():
        entry["offset"] += room + 4
    text = json.dumps(header).encode().ljust(room)
    return room.to_bytes(4, "little") + text + b"".join(chunks)


def deflate(blob: bytes) -> str:
    """Compress a blob for a page: zlib, by the way that suits the data better, as base64."""
    ways = []
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED):
        way = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
        ways.append(way.compress(blob) + way.flush())
    return base64.b64encode(min(ways, key=len)).decode()
