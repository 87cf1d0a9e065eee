"""The JavaScript and the style of chosen figures, put together without a build step.

The sources are plain ES modules, which a browser does not load from disk, and anywidget takes one
module. So the modules that a figure needs are put into one script, in the order in which they need
each other. They share its scope, which lets a minifier see across them; a module of which a name is
taken already stands in a function of its own. For that a module keeps to a few forms:

* ``import { a, b } from "./other.js";`` at the start of a line, nothing else imported;
* ``export function``, ``export async function``, ``export class`` or ``export const`` before a
  single name; or ``export default`` in a figure's or a worker's own module, of which nothing else
  is imported;
* no indentation before what the whole module sees;
* ``import { work } from "./other.js?worker";`` brings a module as a function of a worker's scope,
  with all that it needs inside: its text makes a worker, also where nothing can be loaded.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

__all__ = ["esm", "figure_names", "page_script", "style"]

_GALLERY = Path(__file__).parent.parent / "gallery"
_KIT = Path(__file__).parent

_IMPORT = re.compile(r'^import \{(\s*\w+(?:,\s*\w+)*,?\s*)\} from "(\.[^"]*)";\n', re.M)
_WORKER = "?worker"
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.M)
_DECLARED = re.compile(r"^(?:async )?(?:function|const|let|class) (\w+|\{[^}]*\}|\[[^\]]*\])", re.M)


def figure_names() -> tuple[str, ...]:
    """The names of all figures: NAME/NAME.js in the gallery."""
    files = _GALLERY.glob("*/*.js")
    return tuple(sorted(path.stem for path in files if path.stem == path.parent.name))


@functools.cache
def esm(name: str, then: str | None = None) -> str:
    """The ES module of one figure, for anywidget, and of the one that it may reveal."""
    figures = {each: _source(each) for each in (name, then) if each is not None}
    if then is None:
        shown = _identifier(figures[name])
    else:
        shown = (
            f"{{ render: (host) => {_identifier(figures[name])}.render("
            f"{{ ...host, figures: {{ {_entries(figures)} }} }}) }}"
        )
    return f"{_modules([*figures.values()])}\nexport default {shown};\n"


def page_script(names: Collection[str]) -> str:
    """The classic script of some figures, for a page; it also works from ``file://``.

    It brings to life every figure in the page that it has the code for: those there when it runs
    or when the page has loaded, and later ones by ``window.bnviz.hydrate()``. Several such
    scripts on one page agree; running one again does no harm.

    Args:
        names: of figures, such as ``["curves"]``.

    Returns:
        The text of the script.

    Raises:
        ValueError: there is no such figure; the message lists those there are.
    """
    return _page_script(tuple(sorted(set(names))))


@functools.cache
def _page_script(names: tuple[str, ...]) -> str:
    figures = {name: _source(name) for name in names}
    life = _KIT / "life.js"
    code = _modules([life, *figures.values()])  # it comes first, so its names are free
    run = f"hydrate({{ {_entries(figures)} }})"
    version = hashlib.sha256(code.encode()).hexdigest()[:12]
    return f'(() => {{\nconst version = "{version}";\n{code}\n{run};\n}})();\n'


def style(names: Collection[str]) -> str:
    """The style sheet of some figures: kit.css and NAME.css."""
    paths = [_KIT / "kit.css", *(_source(name).with_suffix(".css") for name in sorted(set(names)))]
    css = "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.S)).strip()


def _entries(figures: Mapping[str, Path]) -> str:
    """In JavaScript: the modules of figures, by name."""
    return ", ".join(f"{json.dumps(name)}: {_identifier(path)}" for name, path in figures.items())


def _source(name: str) -> Path:
    path = _GALLERY / name / f"{name}.js"
    if not path.is_file():
        raise ValueError(f"there is no figure {name!r}; there are {', '.join(figure_names())}")
    return path


def _modules(entries: Sequence[Path]) -> str:
    """The code of these modules and all that they need, each after what it needs."""
    parts: list[str] = []
    taken: set[str] = set()
    apart: set[str] = set()  # modules in functions of their own
    for name, (path, code) in _in_order(entries).items():
        if code is None:
            parts.append(_as_worker(path))
            continue
        code, exports = _plain(path, code, apart)
        names = {each for found in _DECLARED.findall(code) for each in re.findall(r"\w+", found)}
        code = _compact(code)
        if names & taken:
            apart.add(name)
            shared = name if name in names else f"{{ {', '.join(exports)} }}"
            code = f"const {name} = (() => {{\n{code}\nreturn {shared};\n}})();"
        else:
            taken |= names
        parts.append(code)
    return "\n".join(parts)


def _in_order(entries: Sequence[Path]) -> dict[str, tuple[Path, str | None]]:
    """By name: the paths of all modules and their code, but that of a worker, none of theirs."""
    ordered: dict[str, tuple[Path, str | None]] = {}
    open_: list[Path] = []

    def visit(path: Path) -> None:
        if path in open_:
            circle = " → ".join(p.name for p in [*open_[open_.index(path) :], path])
            raise ValueError(f"modules import each other in a circle: {circle}")
        if _identifier(path) in ordered:
            return
        open_.append(path)
        code = path.read_text(encoding="utf-8")
        for _, target in _IMPORT.findall(code):
            other = _path(path, target)
            if target.endswith(_WORKER):
                ordered[_identifier(other, _WORKER)] = other, None
            else:
                visit(other)
        open_.pop()
        ordered[_identifier(path)] = path, code

    for entry in entries:
        visit(entry.resolve())
    return ordered


def _as_worker(path: Path) -> str:
    """A module and all that it needs in one function, whose text can be a worker's code."""
    body = f"{_modules([path])}\n{_identifier(path)}(scope);"
    return f"const {_identifier(path, _WORKER)} = (scope) => {{\n{body}\n}};"


def _plain(path: Path, code: str, apart: Collection[str]) -> tuple[str, list[str]]:
    """A module's code without imports and exports, and the names that it exports.

    What stands in the shared scope needs no import; what is exported by default gets the module's
    name.
    """

    def bring(match: re.Match[str]) -> str:
        kind = _WORKER if match[2].endswith(_WORKER) else ""
        other = _identifier(_path(path, match[2]), kind)
        if kind:
            return f"const {match[1].strip()} = {other};\n"
        return f"const {{{match[1]}}} = {other};\n" if other in apart else ""

    code = _IMPORT.sub(bring, code)
    exports = _EXPORT.findall(code)
    code = _EXPORT.sub("", code)
    code, defaults = re.subn(r"^export default ", f"const {_identifier(path)} = ", code, flags=re.M)
    if defaults > 1 or re.search(r"^(?:import|export)\b", code, re.M):
        raise ValueError(
            f'{path.name} must use `import {{ … }} from "./….js";`, `export` before a function, '
            "class or const, and at most one `export default`"
        )
    return code, exports


def _path(importing: Path, target: str) -> Path:
    return (importing.parent / target.removesuffix(_WORKER)).resolve()


def _identifier(path: Path, kind: str = "") -> str:
    return f"m_{path.parent.name}_{path.stem}{kind.replace('?', '_')}"


def _compact(code: str) -> str:
    """Without comment lines, blank lines and indentation: what a reader of the page can spare."""
    code = re.sub(r"/\*\* [^\n]*? \*/ ?", "", code)  # types in a line
    code = re.sub(r"^\s*/\*\*?.*?\*/\n", "", code, flags=re.M | re.S)
    lines = (line.strip() for line in code.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
