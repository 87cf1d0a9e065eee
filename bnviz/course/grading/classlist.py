"""A class list: a table of students as CSV, however a program has written it."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

__all__ = ["by_column", "read_class_list", "student_in"]

#: Columns by which a student may be known, in this order.
_KNOWN_BY = ("id", "student", "student_id", "sis login id", "username", "id number", "email")
_NEEDED = f"A class list needs a column with one of the names {', '.join(_KNOWN_BY)}"


def read_class_list(path: Path) -> list[dict[str, str]]:
    """The rows that name a student, by the names of their columns.

    Args:
        path: CSV with a header; separated by commas, semicolons or tabs, in UTF-8 or as Excel
            writes it on Windows.

    Raises:
        ValueError: no column names students, or no row does.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:  # as Excel on Windows writes it
        text = data.decode("cp1252", errors="replace")
    first = text.split("\n")[0]
    delimiter = max(",;\t", key=first.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip() for name in table.fieldnames or [] if name]
    if not any(name.casefold() in _KNOWN_BY for name in columns):
        raise ValueError(f"{path.name} has the columns {', '.join(columns) or 'none'}. {_NEEDED}.")
    rows = [{k.strip(): (v or "").strip() for k, v in row.items() if k} for row in table]
    naming = [row for row in rows if _name_in(row)]  # Canvas' second line has points, and no name
    if not naming:
        raise ValueError(f"{path.name} has the columns of a class list, and no student in them.")
    return naming


def student_in(row: Mapping[str, str]) -> str:
    """Under which name a row of a class list hands in.

    >>> student_in({"Student": "Lovelace, Ada", "SIS Login ID": "ada"})
    'ada'

    Raises:
        ValueError: no column of the list names a student.
    """
    if name := _name_in(row):
        return name
    raise ValueError(f"{_NEEDED}; this one has {', '.join(row)}.")


def by_column(row: Mapping[str, str]) -> dict[str, str]:
    """A row by the names of its columns, whatever their case."""
    return {key.strip().casefold(): value for key, value in row.items()}


def _name_in(row: Mapping[str, str]) -> str:
    values = by_column(row)
    if "sis login id" in values:  # Canvas' “Student” is a name to read, its “ID” Canvas' own
        return values["sis login id"]
    return next((values[key] for key in _KNOWN_BY if values.get(key)), "")
