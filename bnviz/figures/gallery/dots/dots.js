// Every seed a dot, by condition. The reader follows one seed through all of them.

import { causeControls, controlBar, slider } from "../../kit/controls.js";
import { key } from "../../kit/draw.js";
import { html, svg } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { reducedMotion } from "../../kit/player.js";
import { ruler } from "../../kit/text.js";
import { columnsView } from "./columns.js";
import { conditionAt, widestApart } from "./results.js";
import { rowsView } from "./rows.js";
import { dotMark } from "./swarm.js";

/** @typedef {{name: string, log: boolean, percent: boolean, ends: number[]}} Axis */
/** @typedef {Axis & {order: number[], places: number[]}} Across */

/**
 * What `dots()` wrote.
 * @typedef {object} Spec
 * @property {string[]} series
 * @property {string[]} conditions
 * @property {string[][]} keys styles, by series and condition
 * @property {Axis} value
 * @property {Across} [across] the axis of conditions, where they are numbers
 * @property {import("../../kit/controls.js").Cause[]} causes
 * @property {{cell: number, at: number|null}} start
 * @property {Array<{name: string, value: number}>} marks
 * @property {string[]} seeds to follow; none where dots are something else
 * @property {string} lost
 * @property {string[]} alts
 */

const MOVES = 350; // milliseconds in which dots go to another choice

export default figure("dots", ({ spec: given, arrays, stage, root, redraw }) => {
  /** @type {Spec} */
  const spec = given;
  const { across, seeds, conditions } = spec;
  let cell = spec.start.cell;
  let seed = -1; // the one that is followed
  let hovered = -1;
  let condition = across ? conditionAt(spec.start.at, across) ?? widestApart(arrays, across.order) : -1;
  let stale = true;
  let moving = 0; // when dots began to move

  const view = across
    ? columnsView(spec, across, arrays, ruler(root))
    : rowsView(spec, arrays, ruler(root));
  const causes = causeControls(spec.causes, cell, (next) => {
    cell = next;
    stale = true;
    moving = reducedMotion() ? 0 : performance.now();
    redraw();
  });
  const several = seeds.length > 1;
  const seedSlider = slider({
    label: "follow one seed", min: 0, max: seeds.length, value: 0,
    text: (i) => (i === 0 ? "off" : `seed ${seeds[i - 1]}`),
    room: Math.max(3, ...seeds.map((name) => name.length + 5)),
    oninput(i) {
      seed = i - 1;
      renew();
    },
  });
  const conditionSlider = across && conditions.length > 1 && slider({
    label: across.name, min: 0, max: conditions.length - 1,
    value: across.order.indexOf(condition),
    text: (i) => conditions[across.order[i]],
    room: Math.max(...conditions.map((name) => name.length)),
    oninput(i) {
      condition = across.order[i];
      renew();
    },
  });

  const room = html("div", { class: "bnviz-room" }, view.element);
  if (causes.length) stage.append(controlBar(...causes));
  if (!across && spec.series.length > 1) stage.append(legend(spec));
  if (view.readings.length) stage.append(html("div", {}, ...view.readings));
  stage.append(room);
  const controls = [conditionSlider && conditionSlider.element, several ? seedSlider.element : null];
  const hint = several ? html("span", { class: "bnviz-dots-hint" }, "or click a dot") : null;
  if (controls.some(Boolean)) stage.append(controlBar(...controls.map((one) => one || null), hint));

  function renew() {
    view.describe(seed, cell);
    redraw();
  }

  // A click or tap chooses; a swipe that scrolls is none. The mouse alone shows what it is over.
  const find = (/** @type {PointerEvent|MouseEvent} */ event) => {
    const box = view.element.getBoundingClientRect();
    return view.at(event.clientX - box.left, event.clientY - box.top);
  };
  view.element.addEventListener("click", (event) => {
    const found = find(event);
    hovered = -1;
    if (several) {
      seed = found.seed === seed ? -1 : found.seed;
      seedSlider.value = seed + 1;
    }
    if (across && found.condition >= 0) {
      condition = found.condition;
      if (conditionSlider) conditionSlider.value = across.order.indexOf(condition);
    }
    renew();
  });
  view.element.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    hover(several ? find(event).seed : -1);
  });
  view.element.addEventListener("pointerleave", () => hover(-1));
  /** @param {number} next */
  function hover(next) {
    if (next === hovered) return;
    hovered = next;
    view.element.style.cursor = next >= 0 ? "pointer" : "";
    redraw();
  }

  return {
    draw({ width, resized }) {
      if (stale || resized) {
        view.frame(width, room.clientHeight, cell);
        view.describe(seed, cell);
      }
      stale = false;
      const share = moving ? Math.min(1, (performance.now() - moving) / MOVES) : 1;
      view.draw(ease(share), hovered >= 0 ? hovered : seed, condition);
      if (share < 1) redraw();
      else moving = 0;
    },
  };
});

/** @param {number} share */
function ease(share) {
  return 1 - (1 - share) ** 3;
}

/**
 * Which form and color belongs to which series.
 * @param {Spec} spec
 */
function legend({ series, keys }) {
  const entries = series.map((text, s) => key(mark(keys[s][0]), text));
  return html("div", { class: "bnviz-legend" }, ...entries);
}

/**
 * A dot beside a name.
 * @param {string} style
 */
function mark(style) {
  return svg(
    "svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true", class: "bnviz-swatch" },
    svg("path", dotMark(style, 4.5)),
  );
}
