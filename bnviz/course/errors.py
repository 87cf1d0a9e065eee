"""Says in plain words what an error in a reader's function is likely to come from."""

import re
import traceback
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
        line = _last_line(error)
        if "math." not in line:
            told = "float(…) and int(…) take one number, and an array came: leave them out."
            return told if re.search(r"\b(float|int)\(", line) else None
        return (
            "A function of the module math takes one number at a time. Call it for each number, in "
            "a loop."
        )
    if isinstance(error, TypeError) and ("for ^:" in text or "'bitwise_xor'" in text):
        return "A power is written ** in Python, as in length**2."
    if isinstance(error, TypeError) and "'int' object is not iterable" in text:
        return "A loop of n rounds is written: for _ in range(n)."
    if isinstance(error, IndexError) and re.search(r"index -?\d+ is out .* with size 0", text):
        return "Nothing is in there to be taken. Ask first whether there is anything: `len(…)`."
    if isinstance(error, ValueError) and "truth value of an array" in text:
        return (
            "`if` asks one question, an array has many answers. `.any()` or `len(…)` asks one "
            "question of all; np.where chooses for each number."
        )
    if isinstance(error, ValueError) and "to unpack (expected" in text:
        return _unpacked(text, case)
    return _torch_words(error, text, case) or _shapes(text, case)


def _last_line(error: BaseException) -> str:
    """The line in which it happened; empty where that is not known."""
    frames = traceback.extract_tb(error.__traceback__)
    return (frames[-1].line or "") if frames else ""


def _unpacked(text: str, case: Mapping[str, object]) -> str | None:
    """Unpacking goes through the rows of an array; the columns may have been meant."""
    wanted = int(re.findall(r"expected (\d+)", text)[0])
    for name, value in case.items():
        if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == wanted:
            return f"Unpacking goes through the rows. {name}.T has the columns as its rows."
    return None


def _torch_words(error: BaseException, text: str, case: Mapping[str, object]) -> str | None:
    """A word of torch on a NumPy array, or a function of NumPy that is no method of its arrays."""
    name = next((name for name, value in case.items() if isinstance(value, np.ndarray)), "x")
    convert = f"Or begin with {name} = torch.from_numpy({name})."
    if isinstance(error, TypeError):
        for word, ours in ARGUMENTS.items():
            if f"keyword argument '{word}'" in text:
                return f"That is torch's word on a NumPy array, which says {ours}. {convert}"
        if re.search(r"must be Tensor, not (numpy\.)?ndarray|got \((numpy\.)?ndarray", text):
            return f"The arrays here are NumPy's: write the function of NumPy. {convert}"
    if isinstance(error, AttributeError) and "'numpy.ndarray' object has no attribute" in text:
        word = str(error.name)
        if callable(getattr(np, word, None)):
            return f"NumPy has it as a function: np.{word}(…)."
        if _is_torchs(word):
            return f"The arrays here are NumPy's: write the function of NumPy. {convert}"
    return None


def _is_torchs(method: str) -> bool:
    """Whether tensors have this method; where there is no torch, nobody takes it for theirs."""
    try:
        import torch
    except ImportError:
        return False
    return hasattr(torch.Tensor, method)


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
            "One number for each row does not fit the columns. Where each row has its own, "
            "keepdims=True keeps them a column; where each column has its own, take axis 0."
        )
    return None
