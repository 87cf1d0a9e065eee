// Two units as a cloud of images, one panel a network, a slider over the steps of training.

import { choice, select, slider } from "../../kit/controls.js";
import { swatch } from "../../kit/draw.js";
import { html, write } from "../../kit/elements.js";
import { color, drawImage, onTheme } from "../../kit/ink.js";
import { figure } from "../../kit/life.js";
import { player, reducedMotion } from "../../kit/player.js";
import { fixed } from "../../kit/words.js";
import { plain } from "./clouds.js";
import { makePanel } from "./panel.js";

const STACKED = 480; // pixels below which panels stand under each other

export default figure("drift", ({ spec, arrays, stage, root, redraw, page }) => {
  const last = arrays.steps.length - 1;
  const playing = page && !reducedMotion();
  const state = { row: playing ? 0 : last, mode: 0, marked: -1, followed: 0 };
  let kept = 0; // the image that is followed when the mouse points at none
  let stale = false; // the colors of the page changed

  const time = player({
    label: spec.time,
    max: last,
    value: state.row,
    duration: 7000,
    text: (i) => fixed(arrays.steps[i]),
    oninput: (i) => change({ row: i }),
  });
  const panels = spec.networks.map((/** @type {any} */ network) => makePanel(spec, arrays, network));
  const beside = makeBeside({
    spec, arrays, state,
    onmark: (marked, followed) => {
      kept = followed;
      change({ marked, followed });
    },
    onfollow: (followed) => {
      kept = followed;
      change({ followed });
    },
  });
  const explanations = spec.notes.map((/** @type {string} */ text) =>
    html("p", { class: "bnviz-note" }, text),
  );
  const modes = spec.notes.length
    ? choice({
        label: "normalize by",
        options: ["these images", "running averages"],
        onchange: (mode) => change({ mode }),
      })
    : null;
  stage.append(html("div", { class: "bnviz-drift-time" }, time.element));
  if (modes) {
    stage.append(
      html("div", { class: "bnviz-drift-modes" }, modes.element,
        html("div", { class: "bnviz-drift-notes" }, ...explanations)),
    );
  }
  const grid = html(
    "div",
    { class: "bnviz-drift-panels", style: `--bnviz-panels:${Math.min(3, panels.length)}` },
    ...panels.map((/** @type {Panel} */ panel) => panel.element),
  );
  stage.append(html("div", { class: "bnviz-drift-main" }, grid, beside.element));
  for (const panel of panels) watch(panel);
  if (playing) time.autoplay(root);
  const ignore = onTheme(() => {
    stale = true;
    redraw();
  });

  /** @param {Partial<typeof state>} next */
  function change(next) {
    Object.assign(state, next);
    redraw();
  }

  /**
   * The image under the mouse is shown; a click or a tap keeps it.
   * @param {Panel} panel
   */
  function watch(panel) {
    const point = (/** @type {MouseEvent} */ event) => panel.at(event.clientX, event.clientY);
    panel.surface.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (event.pointerType !== "mouse") return;
      const found = point(event);
      panel.surface.style.cursor = found < 0 ? "" : "pointer";
      if (state.followed !== (found < 0 ? kept : found)) change({ followed: found < 0 ? kept : found });
    });
    panel.surface.addEventListener("pointerleave", () => {
      if (state.followed !== kept) change({ followed: kept });
    });
    panel.surface.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const found = point(event);
      if (found < 0) return;
      kept = found;
      change({ followed: found });
    });
  }

  return {
    draw({ width, resized }) {
      if (resized) {
        panels.forEach((/** @type {Panel} */ panel, /** @type {number} */ i) =>
          panel.frame({ titled: width >= STACKED || i === panels.length - 1 }),
        );
      } else if (stale) for (const panel of panels) panel.tint();
      if (resized || stale) beside.tint();
      stale = false;
      for (const panel of panels) panel.draw(state);
      explanations.forEach((/** @type {HTMLElement} */ note, /** @type {number} */ i) => {
        note.style.visibility = i === state.mode ? "visible" : "hidden";
      });
      beside.draw(panels.map((/** @type {Panel} */ panel) => panel.value(state)));
    },
    destroy() {
      time.destroy();
      ignore();
    },
  };
});

/** @typedef {ReturnType<typeof makePanel>} Panel */

/**
 * What stands beside the panels: which images are marked, and the one that is followed, large.
 * @param {{spec: any, arrays: import("../../kit/blob.js").Arrays,
 *   state: {marked: number, followed: number},
 *   onmark: (marked: number, followed: number) => void, onfollow: (followed: number) => void}} options
 */
function makeBeside({ spec, arrays, state, onmark, onfollow }) {
  const every = Array.from(arrays.classes, (_, p) => p);
  /** @type {number[]} those that the slider goes through */
  let among = every;
  const images = arrays.images;
  const canvas = images ? html("canvas", { class: "bnviz-drift-image", "aria-hidden": "true" }) : null;
  const name = html("strong", {});
  const values = spec.networks.map((/** @type {any} */ network) =>
    html("span", { class: "bnviz-drift-value" }),
  );
  const mark = select({
    label: "highlight",
    options: [
      { value: "-1", text: "all images" },
      ...spec.classes.map((/** @type {string} */ text, /** @type {number} */ i) => ({
        value: String(i), text: `images of ${text}`,
      })),
    ],
    onchange(value) {
      among = every.filter((p) => value === "-1" || arrays.classes[p] === Number(value));
      const followed = among.includes(state.followed) ? state.followed : among[0];
      step.limit(0, among.length - 1);
      step.value = among.indexOf(followed);
      onmark(Number(value), followed);
    },
  });
  const step = slider({
    label: "image", min: 0, max: every.length - 1, value: state.followed,
    text: (i) => `${among[i] + 1}`,
    oninput: (i) => onfollow(among[i]),
  });
  let shown = -1;

  return {
    element: html(
      "div",
      { class: "bnviz-drift-beside" },
      spec.classes.length ? mark.element : null,
      canvas,
      html(
        "div",
        { class: "bnviz-drift-what" },
        name,
        ...spec.networks.map((/** @type {any} */ network, /** @type {number} */ i) =>
          html("div", { class: "bnviz-key" }, swatch(network), values[i]),
        ),
      ),
      step.element,
    ),
    tint() {
      shown = -1;
    },
    /** @param {number[][]} points of the followed image, by network */
    draw(points) {
      const { followed } = state;
      const what = spec.classes[arrays.classes[followed]] ?? `image ${followed + 1}`;
      if (shown !== followed && canvas && images) {
        drawImage(canvas, images, followed, color(canvas, "text"));
      }
      shown = followed;
      write(name, what);
      const texts = points.map(([x, y]) => `${plain(x)}, ${plain(y)}`);
      texts.forEach((text, i) => write(values[i], text));
      const place = among.indexOf(followed);
      if (place >= 0 && step.value !== place) step.value = place;
      const said = spec.networks.map(
        (/** @type {any} */ network, /** @type {number} */ i) => `${network.label} ${texts[i]}`,
      );
      step.input.setAttribute("aria-valuetext", `${what}: ${said.join("; ")}`);
    },
  };
}
