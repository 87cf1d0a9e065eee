// All layers small: a strip of buttons, each with its histogram now. One of them is chosen.

import { swatch, stroke, tint } from "../../kit/draw.js";
import { html, newId, set, svg, write } from "../../kit/elements.js";
import { formatNumber, shorten, withoutCommonEnd } from "../../kit/words.js";
import { barsPath, heightScale } from "./layer.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Panel} Panel */

const WIDTH = 100; // units of a small drawing, stretched to the button
const HEIGHT = 30;
const SMALL = 120; // pixels of a button in which names are small
const LETTERS = [6.2, 5.5]; // pixels of a name's letters, and where they are small
const EDGES = 20; // pixels of a button around its name, and between buttons
const AHEAD = 2; // layers that are drawn before they come into view
const SERIES = 2; // so many standard deviations have room, and no more

/**
 * @param {object} options
 * @param {Style[]} options.styles
 * @param {Panel[]} options.panels
 * @param {number} options.bins
 * @param {number} options.chosen
 * @param {(layer: number) => void} options.onchange
 * @param {() => void} options.onscroll others come into view
 */
export function strip({ styles, panels, bins, chosen, onchange, onscroll }) {
  const name = newId("layer");
  const edges = Array.from({ length: bins + 1 }, (_, b) => (WIDTH * b) / bins);
  const short = withoutCommonEnd(panels.map((panel) => panel.name));
  const minis = panels.map((panel, l) => {
    const input = html("input", {
      type: "radio", class: "bnviz-cover", name, value: l, checked: l === chosen,
      "aria-label": panel.name, onchange: () => onchange(l),
    });
    return mini(styles, panel, short[l], input, edges);
  });
  const element = html(
    "div",
    { class: "bnviz-strip", role: "radiogroup", "aria-label": "Layer" },
    ...minis.map((one) => one.element),
  );
  element.addEventListener("scroll", () => {
    look();
    onscroll();
  });
  let [first, last] = [0, minis.length];
  let shown = 0; // letters of the names

  /** Which layers are in view; read when the strip scrolls or changes its size. */
  function look() {
    const { scrollLeft, clientWidth, scrollWidth } = element;
    const one = scrollWidth / minis.length || 1;
    const letters = Math.max(6, Math.floor((one - EDGES) / LETTERS[Number(one < SMALL)]));
    if (letters !== shown) minis.forEach((mini) => mini.name(letters));
    shown = letters;
    first = Math.max(0, Math.floor(scrollLeft / one) - AHEAD);
    last = Math.min(minis.length, Math.ceil((scrollLeft + clientWidth) / one) + AHEAD);
  }

  return {
    element,
    look,
    /** Scroll, in the strip alone, until a layer is all in view. */
    reveal(/** @type {number} */ layer) {
      const { offsetLeft, offsetWidth } = minis[layer].element;
      const last = element.clientWidth - offsetWidth;
      const left = offsetLeft - element.offsetLeft;
      element.scrollLeft = Math.min(Math.max(element.scrollLeft, left - last), left);
    },
    /** @param {Row} row */
    draw(row) {
      for (let l = first; l < last; l += 1) minis[l].draw(row, l);
    },
  };
}

/**
 * @param {Style[]} styles
 * @param {Panel} panel
 * @param {string} called its name in the strip
 * @param {HTMLInputElement} input
 * @param {number[]} edges
 */
function mini(styles, panel, called, input, edges) {
  const y = heightScale("square root", panel, [HEIGHT, 1]);
  const bars = styles.map((style) =>
    svg("path", {
      ...stroke(style), ...tint(style, 0.25), "stroke-dasharray": null, "stroke-width": 1.2,
      "vector-effect": "non-scaling-stroke",
    }),
  );
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "bnviz-mini",
      "aria-hidden": "true",
    },
    ...bars,
  );
  const name = html("span", { class: "bnviz-mini-name" });
  const numbers = styles.length > SERIES ? [] : styles.map(() => html("span"));
  const parts = numbers.map((number, s) =>
    html("span", { class: "bnviz-mini-number" }, swatch(styles[s]), number),
  );
  const element = html(
    "label",
    { title: panel.title },
    input,
    html(
      "span",
      { class: "bnviz-mini-card", "aria-hidden": "true" },
      name,
      drawing,
      html("span", { class: "bnviz-mini-numbers" }, ...parts),
    ),
  );
  return {
    element,
    /** @param {number} letters that it has room for */
    name: (letters) => write(name, shorten(called, letters)),
    /**
     * @param {Row} row
     * @param {number} l
     */
    draw(row, l) {
      bars.forEach((bar, s) => set(bar, { d: barsPath(row.shares(l, s), edges, y, HEIGHT) }));
      numbers.forEach((number, s) => {
        const std = row.std(l, s);
        const bad = Number.isNaN(std) && row.nonfinite(l, s).some(Boolean);
        write(number, bad ? "NaN" : formatNumber(std, 2));
        number.classList.toggle("bnviz-mini-alarm", bad);
      });
    },
  };
}
