"""Sentences with a little `code` and *emphasis*, as pieces that Python and JavaScript set alike."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

__all__ = ["Text", "read", "to_html", "to_plain"]

#: Pieces of a sentence: how each is set ("", "code" or "em"), and its characters.
Text = list[tuple[str, str]]

_WRAPPED = re.compile(r"[ \t\r\n]+")  # spaces that hold a number and its sign together stay
_MARKED = re.compile(r"`([^`]+)`|(?<![\w*])\*(\S|\S[^*]*\S)\*(?![\w*])")


def read(text: str) -> Text:
    """Take a sentence apart. A star is no emphasis where it may mean "times".

    >>> read("Is `var` *biased*, or 2 * 3 * 4?")
    [('', 'Is '), ('code', 'var'), ('', ' '), ('em', 'biased'), ('', ', or 2 * 3 * 4?')]
    """
    text = _WRAPPED.sub(" ", text).strip()
    pieces: Text = []
    end = 0
    for match in _MARKED.finditer(text):
        pieces.append(("", text[end : match.start()]))
        pieces.append(("code", match[1]) if match[1] else ("em", match[2]))
        end = match.end()
    pieces.append(("", text[end:]))
    return [piece for piece in pieces if piece[1]]


def to_plain(text: Iterable[tuple[str, str]]) -> str:
    """The characters alone.

    >>> to_plain(read("Is it *biased*?"))
    'Is it biased?'
    """
    return "".join(characters for _, characters in text)


def to_html(text: Iterable[tuple[str, str]]) -> str:
    """For a page; nothing of what the sentence says becomes a tag.

    >>> to_html(read("Is *μ* < `x.mean()`?"))
    'Is <em>μ</em> &lt; <code>x.mean()</code>?'
    """
    return "".join(
        f"<{tag}>{html.escape(characters)}</{tag}>" if tag else html.escape(characters)
        for tag, characters in text
    )
