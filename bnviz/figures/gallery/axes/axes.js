// Which numbers of a block share their statistics: a norm and a number are chosen, its company is
// lit, and what normalizing makes of it is said.

import { choice, controlBar, select } from "../../kit/controls.js";
import { surface } from "../../kit/draw.js";
import { html, set, write } from "../../kit/elements.js";
import { onTheme } from "../../kit/ink.js";
import { figure } from "../../kit/life.js";
import { tidy } from "../../kit/words.js";
import { indexOf, normalize, numberAt } from "./arithmetic.js";
import { makeCells } from "./cells.js";

/** @typedef {{label: string, axes: number[], groups: number[], centered: boolean}} Norm */

const DEEPEST = 3; // standard deviations, of normalized values

export default figure("axes", ({ spec, arrays, stage, redraw }) => {
  /** @type {Norm[]} */
  const norms = spec.norms;
  /** @type {number[]} */
  const shape = spec.shape;
  /** @type {string[]} */
  const names = spec.names;
  const x = arrays.x;
  const most = Math.max(...Array.from(x, Math.abs)) || 1;

  let norm = spec.start;
  const groups = norms.map(({ groups: all }) => all[(all.length - 1) >> 1]);
  let chosen = numberAt(spec.at, shape);
  let after = false;
  let out = compute();

  function compute() {
    const { axes, centered } = norms[norm];
    return normalize(x, shape, { axes, centered, groups: groups[norm] }, spec.eps);
  }
  function changed() {
    out = compute();
    dress();
    redraw();
  }

  // --- what the reader chooses --------------------------------------------------------------------

  const which = choice({
    label: "norm", options: norms.map(({ label }) => label), value: norm,
    onchange(index) {
      norm = index;
      changed();
    },
  });
  const several = norms.map(({ label, groups: all }, i) =>
    all.length < 2 ? null : choice({
      label: "groups", options: all.map(String), value: all.indexOf(groups[i]),
      onchange(index) {
        groups[i] = all[index];
        changed();
      },
    }),
  );
  const values = choice({
    label: "values", options: ["before", "after"],
    onchange(index) {
      after = index === 1;
      redraw();
    },
  });
  const places = shape.map((size, axis) => {
    const numbers = Array.from({ length: size }, (_, k) => String(k + 1));
    return select({
      label: names[axis], options: numbers, value: String(spec.at[axis] + 1),
      onchange(value) {
        const at = indexOf(chosen, shape);
        at[axis] = Number(value) - 1;
        chosen = numberAt(at, shape);
        redraw();
      },
    });
  });
  const cells = makeCells({
    shape, names,
    onpick(i) {
      if (i === chosen) return;
      chosen = i;
      redraw();
    },
  });

  // --- what is read -------------------------------------------------------------------------------

  const said = surface(spec.alt); // the cells are a canvas; this says what they show
  set(said, { class: "bnviz-block-said", width: 1, height: 1 });
  const entry = (/** @type {string} */ name) => {
    const value = html("data");
    const term = html("dt", {}, name);
    return { term, value, element: html("div", {}, term, html("dd", {}, value)) };
  };
  const read = {
    over: entry("shared over"), count: entry("by numbers"), mean: entry("mean"), scale: entry(""),
    before: entry("chosen"), hat: entry("normalized"), sets: entry("sets in all"),
  };
  const list = html("dl", {}, ...Object.values(read).map((e) => e.element));

  /** What depends on the norm alone. */
  function dress() {
    const shown = several[norm] ?? several.find(Boolean); // its place is kept, nothing moves
    for (const control of several) {
      if (!control) continue;
      control.element.style.display = control === shown ? "" : "none";
      control.element.style.visibility = control === several[norm] ? "" : "hidden";
    }
    const { axes, centered } = norms[norm];
    const part = groups[norm] > 1 ? `${shape[1] / groups[norm]} of ` : "";
    const over = axes.map((axis) => (axis === 1 ? part : "") + spec.letters[axis]);
    write(read.over.value, over.join(", "));
    write(read.mean.term, centered ? "mean" : "mean (not used)");
    write(read.scale.term, centered ? "standard deviation" : "root mean square");
  }
  /**
   * @param {{value: HTMLDataElement}} slot
   * @param {number} number
   */
  function tell({ value }, number) {
    value.value = String(number);
    write(value, tidy(Math.abs(number) < 1e-12 ? 0 : number));
  }

  const room = html("div", { class: "bnviz-room" }, cells.element, said);
  stage.append(
    controlBar(which.element),
    controlBar(values.element, ...several.map((control) => control?.element ?? null)),
    html("div", { class: "bnviz-block" },
      html("div", { class: "bnviz-block-at", role: "group", "aria-label": "The chosen number" },
        ...places.map((control) => control.element)),
      room, list),
  );
  dress();
  const ignore = onTheme(redraw);

  return {
    draw({ resized }) {
      if (resized) cells.frame(Math.floor(room.clientWidth), Math.floor(room.clientHeight));
      const { keys, counts, means, scales, hat } = out;
      cells.draw(after ? hat : x, after ? DEEPEST : most, keys, chosen);
      const at = indexOf(chosen, shape);
      places.forEach(({ input }, axis) => {
        input.value = String(at[axis] + 1);
      });
      const key = keys[chosen];
      tell(read.count, counts[key]);
      tell(read.mean, means[key]);
      tell(read.scale, scales[key]);
      tell(read.before, x[chosen]);
      tell(read.hat, hat[chosen]);
      tell(read.sets, counts.length);
      const place = at.map((k, axis) => `${names[axis]} ${k + 1}`).join(", ");
      const text = Object.values(read).map((e) => `${e.term.textContent} ${e.value.textContent}`);
      set(said, { "aria-label": `${norms[norm].label}; ${place}: ${text.join(", ")}.` });
    },
    destroy: ignore,
  };
});
