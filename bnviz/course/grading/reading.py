"""Reads a notebook from bytes, whatever a browser, an editor or a mail program made of it."""

import json
from typing import cast

import nbformat
from nbformat import NotebookNode

__all__ = ["Damaged", "Unreadable", "decoded", "read_notebook"]

# What is sent in place of a notebook, by its first bytes.
NOT_NOTEBOOKS = {
    b"%PDF": "is a PDF",
    b"<!doctype": "is a web page that was saved, not the notebook behind it",
    b"<html": "is a web page that was saved, not the notebook behind it",
    b"PK": "is a zip file, or a document of an office program",
    b"\x89PNG": "is a picture",
    b"\xff\xd8\xff": "is a picture",
}
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Unreadable(ValueError):  # noqa: N818 - reads as what happened
    """No notebook can be made of these bytes; the message says why, as the end of a sentence."""


class Damaged(Unreadable):
    """It was a notebook, and is not whole."""


def read_notebook(data: bytes) -> NotebookNode:
    """Read a notebook of any format from 1 to 4.5.

    The result is a notebook of format 4. It may break the rules of the format (cells without ids,
    fields of another program): whoever uses it takes what is needed.

    Args:
        data: the file's bytes: UTF-8 with or without a byte order mark, UTF-16, or an old encoding
            of Windows.

    Returns:
        The notebook; each cell has a type, a source with Unix line endings, and metadata.

    Raises:
        Unreadable: it is empty, cut off, or something else than a notebook.

    >>> read_notebook(b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x"]}]}').cells
    [{'cell_type': 'code', 'source': 'x', 'metadata': {}}]
    >>> read_notebook(b"%PDF-1.7")
    Traceback (most recent call last):
    bnviz.course.grading.reading.Unreadable: is a PDF
    """
    content = _content(decoded(data))
    try:
        if not isinstance(content.get("nbformat"), int):
            content["nbformat"] = 4 if isinstance(content.get("cells"), list) else 3
        if content["nbformat"] != 4:
            # Other formats have other fields, which only their own reader knows.
            content = nbformat.convert(nbformat.reader.reads(json.dumps(content)), 4)
        notebook = cast(NotebookNode, nbformat.from_dict(content))
        notebook.cells = [_cell(cell) for cell in notebook.cells if isinstance(cell, NotebookNode)]
    except Exception as error:  # whatever a strange file breaks in the converters
        raise Unreadable(f"is of a notebook format that could not be converted: {error}") from error
    if not isinstance(notebook.get("metadata"), dict):
        notebook.metadata = NotebookNode()
    return notebook


def decoded(data: bytes) -> str:
    """The text of a file, whatever its encoding.

    Raises:
        Unreadable: it has none.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable("is empty")
    for start, what in NOT_NOTEBOOKS.items():
        if data.lstrip()[: len(start)].lower() == start.lower():
            raise Unreadable(what)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _content(text: str) -> dict[str, object]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not text.lstrip().startswith("{"):
            raise Unreadable("is not a notebook: those begin with {") from error
        whole = text.rstrip()
        if not whole.endswith("}") or getattr(error, "pos", 0) >= len(whole):
            raise Damaged(f"is cut off after {len(text):,} characters") from error
        raise Damaged(f"is damaged: {error}") from error
    if isinstance(content, dict):
        if isinstance(content.get("cells"), list) or isinstance(content.get("worksheets"), list):
            return content
        raise Unreadable("has the form of a notebook (JSON), but no cells")
    raise Unreadable("is not a notebook: those begin with {")


def _cell(cell: NotebookNode) -> NotebookNode:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(str(line) for line in source)
    cell.source = str(source or "").replace("\r\n", "\n").replace("\r", "\n")
    if cell.get("cell_type") not in ("code", "markdown"):
        cell.cell_type = "raw"
    if not isinstance(cell.get("metadata"), dict):
        cell.metadata = NotebookNode()
    return cell
