// Native controls with names that a screen reader reads.

import { key, swatch } from "./draw.js";
import { html, newId, set, write } from "./elements.js";

/** @typedef {import("./draw.js").Style} Style */

/**
 * A range slider with its label and its value as text. The room for the text is kept, so that the
 * slider stays where it is while it is moved.
 * @param {object} options
 * @param {string} options.label
 * @param {string} [options.short] what stands there where the figure is narrow
 * @param {number} options.min
 * @param {number} options.max
 * @param {number|string} [options.step]
 * @param {number} options.value
 * @param {(value: number) => string} [options.text]
 * @param {number} [options.room] characters that the longest text has
 * @param {(value: number) => void} options.oninput
 */
export function slider({ label, short, min, max, step = 1, value, text = String, room, oninput }) {
  const input = html("input", { type: "range", min, max, step, value, "aria-label": label });
  const output = html("output", { class: "bnviz-value", "aria-hidden": "true" });
  const show = () => {
    write(output, text(Number(input.value)));
    input.setAttribute("aria-valuetext", output.textContent ?? "");
  };
  const keepRoom = () => {
    const ends = [Number(input.min), Number(input.max), Number(input.value)];
    const most = room ?? Math.max(...ends.map((end) => text(end).length));
    output.style.minWidth = `${most + 0.5}ch`;
  };
  onMoved(input, () => {
    oninput(Number(input.value));
    show(); // afterwards, so that `text` may tell the figure's state
  });
  show();
  keepRoom();
  const name = html("span", { class: "bnviz-label", "aria-hidden": "true" });
  if (short) {
    name.append(html("span", { class: "bnviz-long" }, label), html("span", { class: "bnviz-short" }, short));
  } else name.append(label);
  return {
    element: html("label", { class: "bnviz-control bnviz-slider" }, name, input, output),
    input,
    get value() {
      return Number(input.value);
    },
    /** Moves the thumb without calling `oninput`. */
    set value(next) {
      input.value = String(next);
      show();
    },
    /**
     * @param {number} low
     * @param {number} high
     */
    limit(low, high) {
      set(input, { min: low, max: high });
      keepRoom();
      show();
    },
  };
}

const SIDEWAYS = 6; // pixels from which on a finger drags the thumb

/**
 * Call back when a slider is moved. Under a finger the thumb jumps at once, before it is known
 * whether the finger will scroll the page: what it says counts when the finger has moved sideways or
 * is lifted, and is taken back when the page has taken the finger.
 * @param {HTMLInputElement} input
 * @param {() => void} moved
 */
function onMoved(input, moved) {
  /** @type {{x: number, value: string, counts: boolean}|null} */
  let finger = null;
  const counts = () => {
    if (!finger || finger.counts) return;
    finger.counts = true;
    if (input.value !== finger.value) moved();
  };
  input.addEventListener("pointerdown", ({ pointerType, clientX: x }) => {
    if (pointerType === "touch") finger = { x, value: input.value, counts: false };
  });
  input.addEventListener("pointermove", ({ clientX }) => {
    if (finger && Math.abs(clientX - finger.x) > SIDEWAYS) counts();
  });
  input.addEventListener("pointerup", () => {
    counts();
    finger = null;
  });
  input.addEventListener("pointercancel", () => {
    if (!finger) return;
    const { value, counts: told } = finger;
    finger = null;
    input.value = value;
    if (told) moved();
  });
  input.addEventListener("input", () => {
    if (!finger || finger.counts) moved();
  });
}

/**
 * A select box.
 * @param {object} options
 * @param {string} options.label
 * @param {Array<string|{value: string, text: string}>} options.options
 * @param {string} [options.value]
 * @param {(value: string) => void} options.onchange
 */
export function select({ label, options, value, onchange }) {
  const input = html("select", { "aria-label": label });
  for (const option of options) {
    const entry = typeof option === "string" ? { value: option, text: option } : option;
    const chosen = entry.value === value;
    input.append(html("option", { value: entry.value, selected: chosen }, entry.text));
  }
  input.addEventListener("change", () => onchange(input.value));
  const name = html("span", { class: "bnviz-label", "aria-hidden": "true" }, label);
  return { element: html("label", { class: "bnviz-control" }, name, input), input };
}

/**
 * A few options side by side, one of them chosen: for causes, and for answers.
 * @param {object} options
 * @param {string} options.label
 * @param {string[]} options.options their texts
 * @param {number} [options.value] index of the chosen one; -1 for none yet
 * @param {(index: number) => void} options.onchange
 */
export function choice({ label, options, value = 0, onchange }) {
  const name = newId("choice");
  const inputs = options.map((_, i) =>
    html("input", {
      type: "radio", class: "bnviz-cover", name, value: i, checked: i === value,
      onchange: () => onchange(i),
    }),
  );
  const entries = options.map((text, i) => html("label", {}, inputs[i], html("span", {}, text)));
  const id = newId("label");
  const element = html(
    "div",
    { class: "bnviz-control bnviz-choice", role: "radiogroup", "aria-labelledby": id },
    html("span", { class: "bnviz-label", id }, label),
    html("span", { class: "bnviz-options" }, ...entries),
  );
  return {
    element,
    inputs,
    get value() {
      return inputs.findIndex((input) => input.checked);
    },
    /** Chooses without calling `onchange`. */
    set value(index) {
      inputs.forEach((input, i) => {
        input.checked = i === index;
      });
    },
  };
}

/** @typedef {{name: string, values: string[]}} Cause what `causes.py` wrote into the spec */

/**
 * The controls of the causes that a reader may change; each combination is a cell of the data.
 * @param {Cause[]} causes
 * @param {number} cell the one to begin with
 * @param {(cell: number) => void} onchange
 */
export function causeControls(causes, cell, onchange) {
  const sizes = causes.map(({ values }) => values.length);
  const at = causes.map((_, i) => {
    const later = sizes.slice(i + 1).reduce((a, b) => a * b, 1);
    return Math.floor(cell / later) % sizes[i];
  });
  const controls = causes.map(({ name, values }, i) =>
    choice({
      label: name, options: values, value: at[i],
      onchange(index) {
        at[i] = index;
        onchange(at.reduce((whole, one, k) => whole * sizes[k] + one, 0));
      },
    }),
  );
  return controls.map((control) => control.element);
}

/**
 * A button.
 * @param {{label: string, onclick: () => void}} options
 */
export function button({ label, onclick }) {
  return html("button", { type: "button", class: "bnviz-button", onclick }, label);
}

/**
 * A checkbox with its label.
 * @param {{label: string, checked?: boolean, onchange: (on: boolean) => void}} options
 */
export function checkbox({ label, checked = false, onchange }) {
  const input = html("input", { type: "checkbox", checked });
  input.addEventListener("change", () => onchange(input.checked));
  return { element: html("label", { class: "bnviz-control bnviz-check" }, input, label), input };
}

/**
 * A row of controls.
 * @param {...(Node|null)} controls
 */
export function controlBar(...controls) {
  return html("div", { class: "bnviz-toolbar" }, ...controls);
}

/**
 * What is seldom needed, folded away at the end of a figure. Unfolded it adds to the stage's height,
 * and takes nothing from a room: what stands beside it keeps its own.
 * @param {string} name
 * @param {...(Node|null)} content
 */
export function fold(name, ...content) {
  let kept = false;
  const keep = (/** @type {boolean} */ now) => {
    kept = now;
    for (const other of element.parentElement?.children ?? []) {
      if (other === element || !(other instanceof HTMLElement)) continue;
      other.style.minHeight = kept ? `${other.offsetHeight}px` : "";
    }
  };
  const onclick = () => keep(!element.open);
  const ontoggle = () => {
    if (element.open === kept) return;
    // Not by a click: a browser unfolds where it finds a word. Heights are those of before.
    element.open = false;
    keep(!kept);
    element.open = kept;
  };
  const element = html("details", { class: "bnviz-fold", ontoggle }, html("summary", { onclick }, name), ...content);
  return element;
}

/**
 * What the lines and areas mean, outside the drawing so that it wraps on a phone.
 * @param {Style[]} styles `spec.styles`
 */
export function legend(styles) {
  const entries = styles.map((style) => key(swatch(style, { band: true }), style.label));
  return html("div", { class: "bnviz-legend" }, ...entries);
}
