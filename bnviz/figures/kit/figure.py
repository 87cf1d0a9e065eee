"""A figure: a value with four forms.

==========================  ====================================================================
where                       form
==========================  ====================================================================
a notebook with a kernel    ``figure.widget()``, an anywidget
a page, a file on disk      ``figure.to_html()``: the same JavaScript over embedded data
scripts off, print, GitHub  ``figure.picture()``, drawn by matplotlib, inside the same HTML
a screen reader             ``figure.alt``, sentences computed from the data
==========================  ====================================================================

One drawing code, NAME.js, serves the first two. Only NumPy is needed to make a figure; matplotlib
and anywidget are loaded where they are used.
"""

from __future__ import annotations

import base64
import functools
import html
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnviz.figures.kit import notebook
from bnviz.figures.kit.blob import deflate, pack
from bnviz.figures.kit.bundle import page_script, style
from bnviz.figures.kit.paper import png_size, to_png

if TYPE_CHECKING:
    from anywidget import AnyWidget
    from matplotlib.figure import Figure as Picture

__all__ = ["Figure"]

_DOING = re.compile(r"\{([^{}]*)\}")  # in a caption


class Figure:
    """A figure in its four forms.

    Args:
        name: of the JavaScript that draws it, ``gallery/NAME/NAME.js``.
        spec: what JavaScript needs besides the arrays; anything ``json`` can hold.
        arrays: named arrays; float16 arrives in JavaScript as Float32Array.
        alt: what a screen reader says instead of the drawing, computed from the data.
        caption: what to see, below the figure. Plain text; what stands in braces is what to do,
            or what the picture has not, and shows only where scripts are on:
            ``"{Drag a sample.} Line: the mean."``.
        height: pixels that controls and drawing take, where the figure is at least 640 pixels
            wide, and where it is narrower. The page keeps them free from the start.
        picture: draws the same data with matplotlib; called when it is first needed.
        still: HTML that stands in for the picture, where a picture would say less.
        then: another figure, which this one reveals; without scripts it is folded.
    """

    def __init__(
        self,
        name: str,
        *,
        spec: Mapping[str, Any] | None = None,
        arrays: Mapping[str, NDArray[Any]] | None = None,
        alt: str,
        caption: str = "",
        height: tuple[int, int],
        picture: Callable[[], Picture] | None = None,
        still: str | None = None,
        then: Figure | None = None,
    ) -> None:
        self.name = name
        self.spec = dict(spec or {})
        self.arrays = dict(arrays or {})
        self.alt, self.caption, self.height = alt, caption, height
        self.still, self.then = still, then
        self._draw_picture = picture

    def picture(self) -> Picture:
        """The same data as a still matplotlib figure, readable in print.

        Raises:
            TypeError: this kind of figure has none; it stands still as text.
        """
        if self._draw_picture is None:
            raise TypeError(f"the figure {self.name} has no picture: without scripts it is text")
        return self._draw_picture()

    def widget(self) -> AnyWidget:
        """The figure as an anywidget, to place in ipywidgets layouts."""
        spec, arrays = self.full_spec(), self.arrays
        if self.then is None:
            return notebook.widget(self.name, spec, pack(arrays))
        spec["then"] = {"name": self.then.name, "spec": self.then.full_spec()}
        arrays = {**arrays, "then": np.frombuffer(pack(self.then.arrays), dtype=np.uint8)}
        return notebook.widget(self.name, spec, pack(arrays), then=self.then.name)

    def to_html(self, code: bool = True) -> str:
        """The figure for a page: data, picture, text alternative, caption.

        Args:
            code: also include the style and the script that draw it. Leave them out where the
                page brings ``style(names)`` and ``page_script(names)`` for all its figures.
        """
        wide, narrow = self.height
        parts = [
            f'<figure class="bnviz-figure bnviz-{self.name}" data-figure="{self.name}" '
            f'style="--bnviz-wide:{wide}px;--bnviz-narrow:{narrow}px">',
            '<div class="bnviz-stage"></div>',
            self._still_html,
            f'<script type="application/json" class="bnviz-spec">{_script_json(self.full_spec())}'
            "</script>",
            f'<script type="text/plain" class="bnviz-data">{deflate(pack(self.arrays))}</script>',
        ]
        if self.then is not None:
            parts += [
                '<details class="bnviz-then"><summary>Show the figure</summary>',
                self.then.to_html(code=False),
                "</details>",
            ]
        if self.caption:
            parts.append(f"<figcaption>{_caption_html(self.caption)}</figcaption>")
        parts.append("</figure>")
        if code:
            names = [self.name] if self.then is None else [self.name, self.then.name]
            parts.insert(0, f"<style data-bnviz-code>{style(names)}</style>")
            parts.append(f"<script data-bnviz-code>{page_script(names)}</script>")
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
        page = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
        path.write_text(page.substitute(title=html.escape(title), body=self.to_html()), "utf-8")
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
        if not notebook.in_kernel():
            return self.still_bundle(), {}
        view, metadata = notebook.view_of(self.widget())
        return self.still_bundle() | view, metadata

    def still_bundle(self) -> dict[str, Any]:
        """What a notebook keeps for where there is no kernel; the picture is in the HTML."""
        return {"text/plain": repr(self), "text/html": self.to_html()}

    def full_spec(self) -> dict[str, Any]:
        """The spec with what every figure has."""
        caption = _DOING.sub(r"\1", self.caption)
        return {**self.spec, "alt": self.alt, "caption": caption, "height": self.height}

    @functools.cached_property
    def _still_html(self) -> str:
        still = self._picture_html() if self.still is None else self.still
        return f'<div class="bnviz-still">{still}</div>'

    def _picture_html(self) -> str:
        png = to_png(self.picture())
        width, height = png_size(png)
        # "dark-light" tells the book's theme that the picture suits both, so it adds no ground.
        return (
            f'<img class="dark-light" alt="{html.escape(self.alt)}" '
            f'width="{width // 2}" height="{height // 2}" '
            'style="max-width:max(100%,var(--bnviz-legible,0px));height:auto" '
            f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        )


def _caption_html(caption: str) -> str:
    """The caption; what stands in it in braces is for the figure that moves."""
    return _DOING.sub(r'<span class="bnviz-doing">\1</span>', html.escape(caption))


def _script_json(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
