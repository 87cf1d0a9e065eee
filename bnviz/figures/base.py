"""What every figure shares: one drawing code and four forms.

A figure is a small Python class and a JavaScript module of the same name. Python prepares the
data, JavaScript draws it, and this module brings both to where the reader is:

==========================  ====================================================================
where                       form
==========================  ====================================================================
a notebook with a kernel    ``figure.widget()``, an anywidget
a page, a file on disk      ``figure.to_html()``: the same JavaScript over embedded data
scripts off, print, GitHub  ``figure.picture()``, drawn by matplotlib, inside the same HTML
a screen reader             ``figure.alt``, a sentence computed from the data
==========================  ====================================================================

To add a figure NAME:

1. ``NAME.py``: a subclass of ``Figure`` with ``name = "NAME"``. Its ``__init__`` computes
   ``alt`` and ``caption`` (plain text), ``spec`` (a dict that JSON can hold) and ``arrays`` (named
   NumPy arrays; small dtypes make small pages) and gives them to ``super().__init__``. Its
   ``picture()`` draws the same data with matplotlib: start from ``new_picture``. Colours and
   dashes of several series come from ``series_styles(labels)``; put them into the spec, and
   JavaScript uses the same ones. A function ``NAME(…)`` makes the figure; import it in
   ``figures/__init__.py``.
2. ``NAME.js``, an ES module that imports from ``"./base.js"`` alone and ends in
   ``export default figure("NAME", build)``. ``build({ spec, arrays, stage, redraw })`` makes the
   elements once and returns ``{ draw({ width }) }``. Controls change the state and call
   ``redraw()``; ``draw`` then runs once before the next paint. draw.js has the elements, scales,
   axes and paths, controls.js the sliders, buttons and the player.

Nothing is registered anywhere: a NAME.js beside this file is a part of every page.
Only NumPy is needed to import a figure; matplotlib and anywidget are loaded where they are used.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import io
import json
import re
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from anywidget import AnyWidget
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

__all__ = ["Figure", "esm", "new_picture", "pack", "page_script", "series_styles"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_HERE = Path(__file__).parent
_SHARED = ("draw", "controls", "base")  # the JavaScript under all figures, in order of use


class Figure:
    """A figure in its four forms. Subclasses set ``name`` and implement ``picture``.

    Args:
        spec: what JavaScript needs besides the arrays; anything ``json`` can hold.
        arrays: named arrays; float16 arrives in JavaScript as Float32Array.
        alt: what a screen reader says instead of the drawing, computed from the data.
        caption: what to see, below the figure. Plain text.
    """

    name: ClassVar[str]

    def __init__(
        self,
        *,
        spec: Mapping[str, Any] | None = None,
        arrays: Mapping[str, np.ndarray] | None = None,
        alt: str,
        caption: str | None = None,
    ) -> None:
        self.spec = dict(spec or {})
        self.arrays = dict(arrays or {})
        self.alt = alt
        self.caption = caption or ""

    def picture(self) -> Picture:
        """The same data as a still matplotlib figure, readable in print."""
        raise NotImplementedError(f"{type(self).__name__} must implement picture()")

    def refresh(self) -> None:
        """Bring spec and arrays up to date, for figures of something that still changes."""

    def widget(self) -> AnyWidget:
        """The figure as an anywidget, to place in ipywidgets layouts."""
        self.refresh()
        return _widget_class(self.name)(spec=self.full_spec(), data=pack(self.arrays))

    def to_html(self, code: bool = True) -> str:
        """The figure for a page: data, picture, text alternative, caption.

        Args:
            code: also include the script of all figures, guarded against running twice. Leave it
                out where the page loads ``page_script()`` itself, once for all its figures.
        """
        self.refresh()
        data = base64.b64encode(_deflate(pack(self.arrays))).decode()
        width, height = _png_size(self._png)
        parts = [
            f'<figure class="bnviz-figure" data-figure="{self.name}">',
            f'<img class="bnviz-picture" alt="{html.escape(self.alt)}" '
            f'width="{width // 2}" height="{height // 2}" style="max-width:100%;height:auto" '
            f'src="data:image/png;base64,{base64.b64encode(self._png).decode()}">',
            f'<script type="application/json" class="bnviz-spec">{_script_json(self.full_spec())}'
            "</script>",
            f'<script type="text/plain" class="bnviz-data">{data}</script>',
        ]
        if self.caption:
            parts.append(f"<figcaption>{html.escape(self.caption)}</figcaption>")
        parts.append("</figure>")
        if code:
            parts.append(f"<script data-bnviz-code>{page_script()}</script>")
        return "\n".join(parts)

    def save_html(self, path: str | Path, title: str | None = None) -> Path:
        """Write one self-contained page that moves when opened from disk.

        Args:
            path: the file to write; its folder must exist.
            title: the page's title and heading; the figure's name otherwise.

        Returns:
            The path.
        """
        path = Path(path)
        title = title or self.name.replace("_", " ").capitalize()
        path.write_text(
            _PAGE.format(title=html.escape(title), body=self.to_html()), encoding="utf-8"
        )
        return path

    def show(self) -> None:
        """Display the figure: live in a notebook, as text elsewhere."""
        if "IPython" in sys.modules:
            from IPython.display import display

            display(self)
        else:
            print(self)

    def __repr__(self) -> str:
        return f"<bnviz figure {self.name}: {self.alt}>"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        if not in_kernel():
            return self._still_bundle(), {}
        view, metadata = view_of(self.widget())
        return self._still_bundle() | view, metadata

    def _still_bundle(self) -> dict[str, Any]:
        """The forms that need no kernel."""
        return {
            "text/plain": repr(self),
            "text/html": self.to_html(),
            "image/png": base64.b64encode(self._png).decode(),
        }

    def full_spec(self) -> dict[str, Any]:
        """The spec with what every figure has."""
        return {**self.spec, "alt": self.alt, "caption": self.caption}

    @functools.cached_property
    def _png(self) -> bytes:
        return _to_png(self.picture())

    def forget_picture(self) -> None:
        """Draw the picture again when it is next asked for."""
        self.__dict__.pop("_png", None)


# --- data ---------------------------------------------------------------------------------------


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Named arrays as one blob for ``unpack`` in base.js.

    The blob is the length of a JSON header (uint32), the header with dtype, shape and offset of
    each array, then the arrays, little-endian, each at a multiple of eight bytes.

    Raises:
        TypeError: a dtype that JavaScript has no typed array for, such as int64.

    >>> blob = pack({"steps": np.array([1, 2, 3], dtype=np.int32)})
    >>> int.from_bytes(blob[:4], "little") + 4 < len(blob)
    True
    """
    header, chunks, offset = {}, [], 0
    for name, array in arrays.items():
        if array.dtype.name not in _DTYPES:
            raise TypeError(
                f"array {name!r} has dtype {array.dtype}; JavaScript takes {', '.join(_DTYPES)}. "
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


_DTYPES = (
    *("uint8", "int8", "uint16", "int16", "uint32", "int32"),
    *("float16", "float32", "float64"),
)


def _deflate(blob: bytes) -> bytes:
    """Compressed for DecompressionStream("deflate"), by the way that suits the data better."""
    ways = []
    for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED):
        way = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
        ways.append(way.compress(blob) + way.flush())
    return min(ways, key=len)


def _script_json(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


# --- code ---------------------------------------------------------------------------------------


@functools.cache
def esm(name: str) -> str:
    """The ES module of one figure, for anywidget."""
    return f"{_library()}\nexport default {_figure_module(name)};\n"


@functools.cache
def page_script() -> str:
    """The classic script of all figures, for pages; it also works from ``file://``.

    It sets ``window.bnviz`` and brings to life every figure in the page: those there when it runs
    or when the page has loaded, and later ones by ``window.bnviz.hydrate()``. Running it again
    does just that.
    """
    names = sorted(path.stem for path in _HERE.rglob("*.js") if path.stem not in _SHARED)
    figures = ",\n".join(f"{json.dumps(name)}: {_figure_module(name)}" for name in names)
    code = f"{_library()}\nconst figures = {{\n{figures}\n}};"
    version = hashlib.sha256(code.encode()).hexdigest()[:12]
    return _PAGE_SCRIPT.replace("@version@", version).replace("@code@", code)


def _library() -> str:
    sources = {name: (_HERE / f"{name}.js").read_text(encoding="utf-8") for name in _SHARED}
    css = _compact_css((_HERE / "base.css").read_text(encoding="utf-8"))
    sources["base"] = sources["base"].replace('const CSS = "";', f"const CSS = {json.dumps(css)};")
    code = "\n".join(sources.values())
    names = re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", code, re.M)
    code = re.sub(r"^(?:import|export \*)[^;]*?from \"[^\"]*\";\n", "", code, flags=re.M)
    code = re.sub(r"^export ", "", code, flags=re.M)
    return f"const base = (() => {{\n{_compact(code)}\nreturn {{ {', '.join(names)} }};\n}})();"


def _figure_module(name: str) -> str:
    """NAME.js as an expression that yields its default export."""
    path = next(_HERE.rglob(f"{name}.js"))
    code = path.read_text(encoding="utf-8")
    imports = re.findall(r"^import \{([^}]*)\} from \"\./base\.js\";\n", code, re.M)
    code = re.sub(r"^import \{[^}]*\} from \"\./base\.js\";\n", "", code, flags=re.M)
    names = ", ".join(" ".join(i.split()).strip(" ,").replace(" as ", ": ") for i in imports)
    code, found = re.subn(r"^export default ", "const exported = ", code, flags=re.M)
    if found != 1 or re.search(r"^(?:import|export)\b", code, re.M):
        raise ValueError(
            f"{path.name} must import from ./base.js only and have one `export default`"
        )
    return f"(() => {{\nconst {{ {names} }} = base;\n{_compact(code)}\nreturn exported;\n}})()"


def _compact(code: str) -> str:
    """Without comment lines, blank lines and indentation: what a reader of the page can spare."""
    code = re.sub(r"^\s*/\*\*?.*?\*/\n", "", code, flags=re.M | re.S)
    lines = (line.strip() for line in code.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _compact_css(css: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.S)).strip()


_PAGE_SCRIPT = """\
(() => {
if (window.bnviz?.version !== "@version@") {
window.bnviz = (() => {
@code@
const hydrate = () => base.hydrate(figures);
return { version: "@version@", figures, hydrate };
})();
}
if (document.readyState === "loading")
document.addEventListener("DOMContentLoaded", () => window.bnviz.hydrate(), { once: true });
else window.bnviz.hydrate();
})();
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 960px; margin: 0 auto; padding: 12px; font: 14px/1.45 system-ui, sans-serif; }}
h1 {{ margin: 8px 0 0; font-size: 20px; }}
figure {{ margin: 1em 0; }}
</style>
<script>
(() => {{
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const follow = () => {{ root.dataset.theme = dark.matches ? "dark" : "light"; }};
dark.addEventListener("change", follow);
follow();
}})();
</script>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


# --- widget -------------------------------------------------------------------------------------


def in_kernel() -> bool:
    """True inside a Jupyter kernel, where widgets can talk to a front end."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def view_of(widget: AnyWidget) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook displays to show a widget, and its metadata: Colab needs some."""
    bundle, metadata = widget._repr_mimebundle_()
    return {WIDGET_VIEW: bundle[WIDGET_VIEW]}, metadata


@functools.cache
def _widget_class(name: str) -> type[AnyWidget]:
    import anywidget
    import traitlets

    attributes = {
        "__module__": __name__,
        "_esm": esm(name),
        "spec": traitlets.Dict().tag(sync=True),
        "data": traitlets.Bytes().tag(sync=True),
    }
    return type(f"{name.title().replace('_', '')}Widget", (anywidget.AnyWidget,), attributes)


# --- looks --------------------------------------------------------------------------------------

# Okabe & Ito's colours, as in base.css for light pages. A dash is the second cue.
_COLORS = ("#0072b2", "#d55e00", "#00805f", "#b0497f", "#8a6d00", "#4b5563")
_DASHES = ("", "6 3", "2 2", "9 3 2 3", "12 4", "4 2 1 2")


def series_styles(labels: Sequence[str]) -> list[dict[str, Any]]:
    """Colour and dash of each series, the same in every figure of the book.

    A label with "without" or "plain" is orange and dashed, one with "with BN" or "BN" is blue
    and solid; the others take the next free style.

    Returns:
        One dict a label: ``label``, ``color`` (index of ``--bnviz-series-…``), ``dash`` (an SVG
        dash array), ``hex`` (the colour on white, for matplotlib).

    >>> [style["color"] for style in series_styles(["without BN", "with BN"])]
    [1, 0]
    """
    wanted = []
    for label in labels:
        words = label.lower()
        if "without" in words or "plain" in words:
            wanted.append(1)
        elif re.search(r"\b(with )?bn\b|batch ?norm", words):
            wanted.append(0)
        else:
            wanted.append(None)
    chosen: list[int] = []
    for wish in wanted:
        free = [i for i in range(len(_COLORS)) if i not in chosen and i not in wanted]
        if wish is None or wish in chosen:
            wish = free[0] if free else len(chosen) % len(_COLORS)
        chosen.append(wish)
    return [
        {"label": label, "color": i, "dash": _DASHES[i], "hex": _COLORS[i]}
        for label, i in zip(labels, chosen, strict=True)
    ]


def line_style(style: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments for ``Axes.plot`` that look like ``stroke(style)`` in draw.js."""
    dash = [float(part) / 2 for part in style["dash"].split()]
    return {"color": style["hex"], "linestyle": (0, tuple(dash)) if dash else "solid"}


def new_picture(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float] = (7.2, 3.0), **kwargs: Any
) -> tuple[Picture, np.ndarray]:
    """An empty matplotlib figure in the book's style: white, quiet axes, no pyplot state.

    Args:
        rows: of the grid of axes.
        columns: of the grid of axes.
        size: width and height in inches; 7.2 fills the text column.
        kwargs: for ``Figure.subplots``, such as ``sharex``.

    Returns:
        The figure and its axes, always as an array of shape (rows, columns).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=size, layout="constrained", facecolor="white")
    FigureCanvasAgg(picture)
    axes = picture.subplots(rows, columns, squeeze=False, **kwargs)
    for ax in axes.flat:
        _quiet(ax)
    return picture, axes


def _quiet(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#8c959f")
    ax.tick_params(colors="#57606a", labelsize=8)
    ax.xaxis.label.set(color="#57606a", size=8.5)
    ax.yaxis.label.set(color="#57606a", size=8.5)


def _to_png(picture: Picture) -> bytes:
    """At two pixels a point of a 100 dpi screen, and with a palette: a third of the bytes."""
    from PIL import Image

    raw = io.BytesIO()
    picture.savefig(raw, format="png", dpi=200, facecolor="white")
    image = Image.open(raw).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    small = io.BytesIO()
    image.save(small, format="png", optimize=True)
    return small.getvalue()


def _png_size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
