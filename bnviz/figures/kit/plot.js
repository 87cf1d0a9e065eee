// A drawing with two axes: marks that end at its edges, a cursor, and values that can be picked.

import { axis, leftRoom, resize, round, rule, surface } from "./draw.js";
import { newId, set, svg } from "./elements.js";
import { linear } from "./scales.js";

/** @typedef {import("./scales.js").Scale} Scale */

/**
 * One axis of a plot.
 * @typedef {object} Side
 * @property {number[]} domain the values at its ends
 * @property {(domain: number[], range: number[]) => Scale} [scale] `linear`, `log`, `sqrt`, …
 * @property {string} [title] its name, with the unit
 * @property {number} [count] of ticks, about
 * @property {number[]} [ticks]
 * @property {(value: number) => string} [format]
 * @property {boolean} [grid] lines across the plot; true when left out
 * @property {boolean} [bare] without line, ticks and numbers
 */

/**
 * Make a plot. Append to `marks` what ends at the plot's edges, to `over` what may stand out;
 * call `frame` before drawing and whenever size or axes change, then use `x` and `y`.
 * @param {object} options
 * @param {string} options.label what a screen reader says instead of the drawing
 */
export function plot({ label }) {
  const id = newId("clip");
  const clip = svg("rect");
  const across = svg("g", { class: "bnviz-axes" });
  const up = svg("g", { class: "bnviz-axes" });
  const marks = svg("g", { "clip-path": `url(#${id})` });
  const line = rule("bnviz-cursor", [0, 0, 0, 0]);
  const over = svg("g");
  const ground = svg("rect", { fill: "transparent", "pointer-events": "none" });
  const element = surface(
    label,
    svg("defs", {}, svg("clipPath", { id }, clip)),
    ...[across, up, marks, line, over, ground],
  );
  set(line, { visibility: "hidden" });

  const self = {
    element,
    marks,
    over,
    ground,
    x: linear([0, 1], [0, 1]),
    y: linear([0, 1], [1, 0]),

    /**
     * Lay out axes for this size.
     * @param {object} sizes
     * @param {number} sizes.width of the whole drawing, in pixels
     * @param {number} sizes.height
     * @param {Side} sizes.x
     * @param {Side} sizes.y
     * @param {number} [sizes.left] where the plot begins; left out, as its numbers need
     * @param {number} [sizes.right] room at the right, for labels at the ends of lines
     * @param {number} [sizes.top] where the plot begins; left out, below the y axis's title
     * @param {number} [sizes.lift] room between the lower end of y and the horizontal axis, for
     *   marks that stand at a value of x only
     */
    frame({ width, height, x, y, left, right = 14, top = y.title ? 24 : 8, lift = 0 }) {
      const base = Math.max(top + lift + 1, height - (x.bare ? 4 : x.title ? 40 : 22));
      self.y = (y.scale ?? linear)(y.domain, [base - lift, top]);
      const start = left ?? (y.bare ? 6 : leftRoom(self.y, y));
      self.x = (x.scale ?? linear)(x.domain, [start, Math.max(start + 1, width - right)]);
      const area = { x: start, y: top, width: self.x.range[1] - start, height: base - top };
      resize(element, width, Math.max(0, height));
      set(clip, { ...area, y: top - 1, height: area.height + 2 });
      set(ground, area);
      if (x.bare) across.replaceChildren();
      else axis(across, self.x, { ...x, at: base, grid: x.grid === false ? 0 : area.height });
      if (y.bare) up.replaceChildren();
      else {
        axis(up, self.y, { ...y, side: "left", at: start, grid: y.grid === false ? 0 : area.width });
      }
      return self;
    },

    /**
     * Set the upright line at a value, or take it away.
     * @param {number|null} value
     */
    cursor(value) {
      const at = value === null ? NaN : round(self.x(value));
      const [base, top] = self.y.range;
      set(line, { visibility: Number.isNaN(at) ? "hidden" : null });
      if (!Number.isNaN(at)) set(line, { x1: at, x2: at, y1: top, y2: base });
    },

    /** @param {string} text what a screen reader says now */
    describe(text) {
      if (element.getAttribute("aria-label") !== text) set(element, { "aria-label": text });
    },
  };

  return self;
}

/** @typedef {ReturnType<typeof plot>} Plot */

/**
 * Let the reader pick values of a plot: by a click, a tap or a drag.
 * @param {Plot} chart
 * @param {(x: number, y: number) => void} onpick
 * @param {"ew-resize"|"crosshair"|"pointer"} [pointer] how the mouse tells that
 */
export function pickFrom(chart, onpick, pointer = "ew-resize") {
  const { element, ground } = chart;
  set(ground, { "pointer-events": null, style: `cursor:${pointer}` });
  dragging(ground, {
    move(event) {
      const box = element.getBoundingClientRect();
      const scale = box.width / element.viewBox.baseVal.width || 1;
      const inside = (/** @type {number} */ pixel, /** @type {Scale} */ { range }) =>
        Math.min(Math.max(pixel / scale, Math.min(...range)), Math.max(...range));
      onpick(
        chart.x.invert(inside(event.clientX - box.left, chart.x)),
        chart.y.invert(inside(event.clientY - box.top, chart.y)),
      );
    },
  });
}

const SWIPE = 8; // pixels that a finger moves before it means to drag

/**
 * Tell a drag from a scroll. A mouse or pen picks at once and drags. A finger that taps picks where
 * it was; one that moves sideways drags; one that moves up or down scrolls the page and changes
 * nothing, unless the element has `touch-action: none`.
 * @param {Element} element
 * @param {{start?: (event: PointerEvent) => boolean|void, move: (event: PointerEvent) => void,
 *   end?: () => void}} handlers `start` may return false to leave the pointer alone
 */
export function dragging(element, { start, move, end }) {
  /** @type {{id: number, x: number, y: number, sure: boolean} | null} */
  let held = null;
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0 || held) return;
    if (start?.(event) === false) return;
    const free = getComputedStyle(element).touchAction === "none";
    held = {
      id: event.pointerId, x: event.clientX, y: event.clientY,
      sure: event.pointerType !== "touch" || free,
    };
    element.setPointerCapture(event.pointerId);
    if (held.sure) move(event);
  };
  const moved = (/** @type {PointerEvent} */ event) => {
    if (held?.id !== event.pointerId) return;
    held.sure ||= Math.abs(event.clientX - held.x) > SWIPE;
    if (held.sure) move(event);
  };
  const up = (/** @type {PointerEvent} */ event) => {
    if (held?.id !== event.pointerId) return;
    const tapped = !held.sure && Math.abs(event.clientY - held.y) <= SWIPE;
    held = null;
    if (tapped) move(event);
    end?.();
  };
  const cancel = (/** @type {PointerEvent} */ event) => {
    if (held?.id !== event.pointerId) return;
    held = null;
    end?.();
  };
  set(element, {
    onpointerdown: down, onpointermove: moved, onpointerup: up, onpointercancel: cancel,
  });
}
