"""What several browser tests of figures do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from bnviz.figures import Figure

#: The widest figures that a reader of 1280 and of 360 pixels sees, and how tall they may be there.
SIZES = ((936, 640), (360, 684))


def draws(page: Page) -> int:
    """How often the page's first figure was drawn."""
    return int(page.get_attribute("figure.bnviz-figure", "data-draws"))


def after_draw(page: Page, act: Callable[[], Any]) -> None:
    """Do something, and wait until the figure was drawn again for it.

    First for what was before: a size that changed is noticed in one frame and drawn in the next.
    """
    page.evaluate(
        """async () => {
            for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame);
        }"""
    )
    before = draws(page)
    act()
    page.wait_for_function(f"Number(document.querySelector('figure').dataset.draws) > {before}")


def move(page: Page, label: str, value: float) -> None:
    """Put a slider to a value, as a hand would, and wait until it is drawn."""
    after_draw(
        page,
        lambda: page.get_by_label(label, exact=True).evaluate(
            "(input, value) => { input.value = value;"
            " input.dispatchEvent(new Event('input', { bubbles: true })); }",
            value,
        ),
    )


def height(page: Page) -> float:
    """Of the whole figure, with its caption."""
    return page.locator("figure.bnviz-figure").first.bounding_box()["height"]


def boxes(page: Page, selector: str) -> list[list[float]]:
    """Left, top, width and height of all such elements: where they are as long as nothing moves."""
    found: list[list[float]] = page.eval_on_selector_all(
        selector,
        "all => all.map((e) => { const b = e.getBoundingClientRect();"
        " return [b.x, b.y, b.width, b.height]; })",
    )
    return found


def touch(page: Page, points: list[tuple[float, float]]) -> None:
    """A finger goes down, along the points and up, as the browser itself sees it.

    It is over when the page no longer scrolls: a tap before would only hold it.
    """
    session = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(points):
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(30)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(60)
    page.evaluate(
        """async () => {
            for (let still = 0, before = NaN; still < 12; before = scrollY) {
                await new Promise(requestAnimationFrame);
                still = scrollY === before ? still + 1 : 0;
            }
        }"""
    )


def add_output(page: Page, html: str) -> None:
    """What a notebook front end does: outputs arrive one by one, each with the code."""
    page.evaluate(
        """(html) => {
            const output = document.createElement("div");
            output.innerHTML = html;
            for (const old of output.querySelectorAll("script")) {
              const script = document.createElement("script");
              for (const { name, value } of old.attributes) script.setAttribute(name, value);
              script.textContent = old.textContent;
              old.replaceWith(script);
            }
            document.body.append(output);
        }""",
        html,
    )


def wait_for_figures(page: Page, count: int) -> None:
    page.wait_for_function(
        f"document.querySelectorAll('figure[data-ready]').length === {count}", timeout=5_000
    )


def axe_findings(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:160]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def assert_fits(open_figure: Callable[..., Page], figure: Figure) -> None:
    """The whole figure is seen at once at 1280 and at 360 pixels, and nothing is cut sideways."""
    for width, most in SIZES:
        page = open_figure(figure, width=width)
        assert height(page) <= most, f"{height(page)} pixels tall at {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        cut = page.evaluate(  # in one go: a figure that plays makes its texts anew
            """() => [...document.querySelectorAll("figure svg[role=img] text")].filter((text) => {
                const box = text.getBoundingClientRect();
                const room = text.closest("figure").getBoundingClientRect();
                return box.width && (box.left < room.left - 1 || box.right > room.right + 1);
            }).map((text) => text.textContent)""",
        )
        assert cut == []


def plot_share(page: Page) -> float:
    """How much of the first drawing's width its horizontal axis takes."""
    share: float = page.eval_on_selector(
        "svg[role=img]",
        """(drawing) => {
            const rules = [...drawing.querySelectorAll(".bnviz-axes .bnviz-axis")];
            const axis = Math.max(...rules.map((rule) => rule.getBoundingClientRect().width));
            return axis / drawing.getBoundingClientRect().width;
        }""",
    )
    return share


def choosing_takes(page: Page) -> float:
    """Milliseconds, p95, from choosing a cause until it is drawn: handler and first draw.

    Every choice comes five times; its quickest time is the one that nothing else disturbed.
    """
    rounds = page.evaluate("""async () => {
        const figure = document.querySelector("figure");
        const inputs = [...figure.querySelectorAll("input[type=radio]")];
        const rounds = [];
        for (let i = 0; i < 5 * inputs.length; i += 1) {
            const input = inputs[(i + 1) % inputs.length];
            const started = performance.now();
            input.click();
            const handler = performance.now() - started;
            const draws = figure.dataset.draws;
            while (figure.dataset.draws === draws) await new Promise(requestAnimationFrame);
            (rounds[Math.floor(i / inputs.length)] ??= []).push(handler + figure.bnviz.drawTime);
            await new Promise((resolve) => setTimeout(resolve, 400)); // until all has moved
        }
        return rounds;
    }""")
    return float(np.percentile(np.min(rounds, axis=0), 95))
