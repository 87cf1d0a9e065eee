// One unit's values for a small batch, normalized: drag a sample and all the others move too.

import { button, controlBar, fold, select, slider } from "../../kit/controls.js";
import { html, set, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { ruler } from "../../kit/text.js";
import { tidy } from "../../kit/words.js";
import { digitsOf, farthest, inWords, normalize, remark, scaled } from "./arithmetic.js";
import { makeFormulas } from "./formulas.js";
import { makeRows } from "./rows.js";
import { makeTable } from "./table.js";

const GRAIN = 5; // a drag is so much finer than a step of the slider

export default figure("mini_batch", ({ spec, stage, root, redraw }) => {
  const [low, high] = spec.range;
  const steps = Math.round((high - low) / spec.step);
  const has = (/** @type {string} */ name) => spec.controls.includes(name);

  let state = start();
  let batch = normalize(state);
  let before = batch; // before the reader's latest move
  let moved = ""; // what that move changes
  let chosen = farthest(batch); // the sample that the formulas are written out for
  let scale = 1; // of the distances, as the slider says
  let base = { pool: state.pool, scale }; // the samples that it scales

  function start() {
    return {
      pool: [...spec.values, ...spec.reserve], size: spec.values.length,
      eps: spec.eps, weight: spec.weight, bias: spec.bias,
    };
  }
  /**
   * Every change goes through here. `what` tells one move of the reader from the next.
   * @param {string} what
   * @param {Partial<import("./arithmetic.js").State>} change
   */
  function change(what, change) {
    if (what !== moved) before = batch;
    moved = what;
    state = { ...state, ...change };
    batch = normalize(state);
    if (before.rows[0].values.length !== state.size) before = batch;
    if (change.pool && what !== "scale") base = { pool: state.pool, scale };
    redraw();
  }
  /** @param {number} index */
  function choose(index) {
    if (index !== chosen) moved = "";
    chosen = index;
    redraw();
  }
  /**
   * @param {number} index
   * @param {number} value
   * @param {number} grain the value is rounded to a multiple of it
   */
  function moveSample(index, value, grain) {
    const inside = Math.min(high, Math.max(low, Math.round(value / grain) * grain));
    const pool = [...state.pool];
    pool[index] = Number(inside.toPrecision(12));
    chosen = index;
    change(`sample ${index}`, { pool });
  }

  const rows = makeRows(spec, ruler(root), {
    choose,
    move: (index, value) => moveSample(index, value, spec.step / GRAIN),
    release() {
      moved = "";
    },
  });
  const formulas = makeFormulas(spec.rows);
  const table = makeTable(spec.largest, spec.rows);
  const reading = html("span");
  const special = html("span", { role: "status" });
  const note = html("p", { class: "bnviz-note bnviz-batch-note" }, reading, special);

  const picker = select({
    label: "sample", options: ["1"], onchange: (value) => choose(Number(value) - 1),
  });
  const numbers = Array.from({ length: spec.largest }, (_, i) =>
    html("option", { value: i + 1 }, String(i + 1)),
  );
  const place = slider({
    label: "x of the sample", short: "x", min: 0, max: steps, value: 0, room: spec.digits + 2,
    text: () => tidy(state.pool[chosen], spec.digits),
    oninput: (position) => moveSample(chosen, low + position * spec.step, spec.step),
  });
  place.element.classList.add("bnviz-batch-place");
  const size = slider({
    label: "batch size m", short: "m", min: 1, max: spec.largest, value: state.size,
    oninput(value) {
      chosen = Math.min(chosen, value - 1);
      change("size", { size: value });
    },
  });
  const spread = slider({
    label: "scale of x", short: "scale", value: 0, room: 7,
    min: 3 * spec.scale[0], max: 3 * spec.scale[1],
    text: (position) => `×${roundAt(position)}`,
    oninput(position) {
      scale = roundAt(position);
      change("scale", { pool: scaled(base.pool, state.size, scale / base.scale) });
    },
  });
  const eps = slider({
    label: "ε", value: 3 * Math.log10(state.eps), room: 8,
    min: 3 * Math.min(-12, Math.floor(Math.log10(spec.eps))),
    max: 3 * Math.max(0, Math.ceil(Math.log10(spec.eps))),
    text: () => tidy(state.eps, 4),
    oninput: (position) => change("eps", { eps: roundAt(position) }),
  });
  eps.element.classList.add("bnviz-batch-eps");
  const weight = parameter("γ (weight)", "γ", "weight");
  const bias = parameter("β (bias)", "β", "bias");
  /**
   * A slider whose value may lie between its steps, until it is moved.
   * @param {string} label
   * @param {string} short
   * @param {"weight"|"bias"} key
   */
  function parameter(label, short, key) {
    return slider({
      label, short, step: 0.1, value: state[key], room: 4,
      min: Math.min(-3, Math.floor(spec[key])), max: Math.max(3, Math.ceil(spec[key])),
      text: () => tidy(state[key], 4),
      oninput: (value) => change(key, { [key]: value }),
    });
  }
  const same = button({
    label: "Make all equal",
    onclick: () => change("equal", { pool: state.pool.map(() => state.pool[chosen]) }),
  });
  const reset = button({
    label: "Reset",
    onclick() {
      state = start();
      batch = normalize(state);
      before = batch;
      moved = "";
      chosen = farthest(batch);
      scale = 1;
      base = { pool: state.pool, scale };
      size.value = state.size;
      spread.value = 0;
      eps.value = 3 * Math.log10(state.eps);
      weight.value = state.weight;
      bias.value = state.bias;
      redraw();
    },
  });

  // Each step of the algorithm has its numbers and its controls beside its axis.
  const sliders = [
    [has("size") && size, has("scale") && spread], [has("eps") && eps],
    [has("weight") && weight, has("bias") && bias],
  ];
  const parts = Array.from({ length: spec.rows }, (_, r) =>
    html(
      "div",
      { class: "bnviz-batch-part" },
      formulas.elements[r],
      ...sliders[r].map((control) => (control ? control.element : null)),
      r === 1 ? note : null,
    ),
  );
  const room = html("div", { class: "bnviz-room" }, rows.element);
  const style = `--bnviz-batch-rows:${spec.rows}`;
  stage.append(html("div", { class: "bnviz-batch", style }, room, ...parts));
  const buttons = html("span", { class: "bnviz-batch-buttons" }, has("sample") ? same : null, reset);
  stage.append(
    has("sample") ? controlBar(picker.element, place.element, buttons) : controlBar(buttons),
    fold("All samples as a table", table.element),
  );
  table.onopen(redraw);

  let listed = 0; // samples to choose from
  return {
    draw({ width, resized }) {
      if (resized) rows.frame(room.clientWidth || width, room.clientHeight);
      const digits = digitsOf(batch, spec.digits);
      rows.show(batch, before, chosen, digits);
      formulas.show(batch, chosen, state, digits);
      table.show(batch, chosen, digits);
      const text = remark(batch, state.weight);
      write(special, text);
      write(reading, text ? "" : `Sample ${chosen + 1} lies ${inWords(batch.rows[1].values[chosen])}.`);
      if (listed !== state.size) {
        listed = state.size;
        picker.input.replaceChildren(...numbers.slice(0, listed));
      }
      picker.input.value = String(chosen + 1);
      place.value = Math.round((state.pool[chosen] - low) / spec.step);
      const [x, hat, y] = batch.rows.map((row) => tidy(row.values[chosen], 4));
      set(place.input, { "aria-valuetext": `${x}, x̂ ${hat}${spec.rows > 2 ? `, y ${y}` : ""}` });
    },
  };
});

/**
 * 1, 2, 5, 10, … for the positions 0, 1, 2, 3, …, and 0.5, 0.2, 0.1, … below.
 * @param {number} position
 */
function roundAt(position) {
  const decade = Math.floor(position / 3);
  return Number(`${[1, 2, 5][position - 3 * decade]}e${decade}`);
}
