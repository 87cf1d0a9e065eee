"""Says in plain words what an error in a reader's function is likely to come from."""

import re
from collections.abc import Mapping

import numpy as np

__all__ = ["likely_cause"]

# torch's names of arguments, and NumPy's.
ARGUMENTS = {"dim": "axis", "keepdim": "keepdims", "unbiased": "ddof", "correction": "ddof"}


def likely_cause(error: BaseException, case: Mapping[str, object]) -> str | None:
    """What to change after this error, where one can tell; ``case`` has the arguments by name."""
    text = str(error)
    if isinstance(error, NameError) and re.search(r"'(np|torch)'", text):
        return "Run the cell “Imports” at the top of the chapter first."
    if isinstance(error, AttributeError) and "'erf'" in text:
        return "NumPy has no erf. Python's module math has one; it takes one number at a time."
    if isinstance(error, TypeError) and "converted to Python scalar" in text:
        return (
            "A function of the module math takes one number at a time. Call it for each number, in "
            "a loop."
        )
    if isinstance(error, TypeError) and "for ^:" in text:
        return "A power is written ** in Python, as in length**2."
    if isinstance(error, TypeError) and "'int' object is not iterable" in text:
        return "A loop of n rounds is written: for _ in range(n)."
    if isinstance(error, ValueError) and "truth value of an array" in text:
        return (
            "`if` asks one question, an array has many answers. np.where chooses for each number."
        )
    if isinstance(error, ValueError) and "to unpack (expected" in text:
        return _unpacked(text, case)
    return _torch_words(error, text) or _shapes(text, case)


def _unpacked(text: str, case: Mapping[str, object]) -> str | None:
    """Unpacking goes through the rows of an array; the columns may have been meant."""
    wanted = int(re.findall(r"expected (\d+)", text)[0])
    for name, value in case.items():
        if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == wanted:
            return f"Unpacking goes through the rows. {name}.T has the columns as its rows."
    return None


def _torch_words(error: BaseException, text: str) -> str | None:
    """A word of torch on a NumPy array."""
    convert = "Or begin with x = torch.from_numpy(x)."
    if isinstance(error, TypeError):
        for word, ours in ARGUMENTS.items():
            if f"keyword argument '{word}'" in text:
                return f"That is torch's word on a NumPy array, which says {ours}. {convert}"
    needs_tensor = isinstance(error, TypeError) and re.search(
        r"must be Tensor, not (numpy\.)?ndarray|got \((numpy\.)?ndarray", text
    )
    if needs_tensor or (
        isinstance(error, AttributeError) and "'numpy.ndarray' object has no attribute" in text
    ):
        return f"The arrays here are NumPy's: write the function of NumPy. {convert}"
    return None


def _shapes(text: str, case: Mapping[str, object]) -> str | None:
    """One number for each row, where NumPy lines up with the columns."""
    by_torch = re.search(r"size of tensor a \((\d+)\) must match .* tensor b \((\d+)\)", text)
    if by_torch:
        lengths = {int(length) for length in by_torch.groups()}
    elif "could not be broadcast" in text:
        lengths = {int(length) for length in re.findall(r"\((\d+),\)", text)}
    else:
        return None
    arrays = {name: value for name, value in case.items() if isinstance(value, np.ndarray)}
    for table in arrays.values():
        if table.ndim != 2 or len(table) not in lengths:
            continue
        for name, value in arrays.items():
            if value.shape == (len(table),) != table.shape[1:]:
                return (
                    f"{name} has one number for each row, and NumPy lines it up with the columns. "
                    f"{name}[:, None] makes it a column."
                )
        return (
            "One number for each row does not fit the columns. Take it down the rows, one for each "
            "column: axis 0."
        )
    return None
