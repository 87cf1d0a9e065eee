// What happens inside a network while it trains: one layer large, the others small, one time.

import { choice, fold } from "../../kit/controls.js";
import { html, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { player, reducedMotion } from "../../kit/player.js";
import { nearest } from "../../kit/scales.js";
import { fixed, formatNumber } from "../../kit/words.js";
import { imageRow, readImages } from "./images.js";
import { HEIGHTS, histogram } from "./layer.js";
import { reading } from "./reading.js";
import { moments, readLiveRow, readRows, stepsOf } from "./rows.js";
import { strip } from "./strip.js";
import { timeline } from "./time.js";

/** @typedef {import("./rows.js").Panel & {images: number|null}} Panel */

const LEFT = 48; // of all plots: the play button stands there, and the slider lies over the time
const RIGHT = 14;
const IMAGES = [46, 82]; // height of a series' images, where there is little room and where much
const NARROW = 330; // pixels of width
const PLENTY = 330; // pixels of height

export default figure("distributions", ({ spec, arrays, stage, root, redraw, page }) => {
  let rows = readRows(spec, arrays);
  let accuracies = readAccuracies(spec, arrays);
  const playing = page && !spec.running && !reducedMotion();
  let following = spec.running;
  let times = moments(rows, spec.last);
  const rest = following || spec.start === null ? rows.length - 1 : nearest(times, spec.start);
  let chosen = playing ? 0 : Math.max(0, rest);
  let layer = spec.chosen;
  let heights = HEIGHTS[0];
  let unseen = true; // the strip was not yet scrolled to the layer
  let stale = true; // what is drawn does not fit the layer, the rows or the size

  const numbers = reading(spec.styles);
  const chart = histogram(spec.styles);
  const line = timeline({
    styles: spec.styles,
    accurate: spec.accurate,
    onpick(time) {
      play.pause();
      play.slider.value = nearest(times, time);
      choose(play.slider.value);
    },
  });
  const play = player({
    label: "Training step",
    max: Math.max(0, rows.length - 1),
    value: chosen,
    duration: 8000,
    text: (r) => (rows[r] ? stepsOf(rows, r, spec.last, fixed) : "–"),
    oninput: choose,
  });
  const empty = html("p", { class: "bnviz-note", hidden: rows.length > 0 }); // in their place
  const above = html("div", { class: "bnviz-room bnviz-now" }, chart.element);
  const below = html("div", { class: "bnviz-room bnviz-then" }, line.element);
  const options = fold(
    "Options",
    choice({
      label: "Heights of the bars",
      options: HEIGHTS,
      onchange(index) {
        heights = HEIGHTS[index];
        renew();
      },
    }).element,
  );
  const frame = html(
    "div",
    { class: "bnviz-layers" },
    html("div", { class: "bnviz-side bnviz-side-now" }, numbers.element, above),
    html("div", { class: "bnviz-side bnviz-side-then" }, play.element, below),
  );
  stage.append(empty, frame, options);
  let parts = arrange();
  if (playing) play.autoplay(root);

  /** Makes what depends on which layers and images there are. */
  function arrange() {
    layer = Math.max(0, Math.min(layer, spec.layers.length - 1));
    const minis = strip({
      styles: spec.styles,
      panels: spec.layers,
      bins: spec.bins,
      chosen: layer,
      onchange(next) {
        layer = next;
        renew();
      },
      onscroll: redraw,
    });
    if (spec.layers.length > 1) frame.before(minis.element);
    unseen = true;
    const images = [];
    for (const [s, style] of spec.styles.entries()) {
      const known = readImages(arrays, s);
      if (known) images.push({ ...imageRow(style, known), places: known.places });
    }
    for (const one of images) {
      chart.marks.append(one.row);
      chart.over.append(one.swatch);
    }
    return { minis, images };
  }
  /** @param {number} index */
  function choose(index) {
    chosen = index;
    following = spec.running && index >= rows.length - 1;
    redraw();
  }
  function renew() {
    stale = true;
    redraw();
  }
  function rowsChanged() {
    times = moments(rows, spec.last);
    play.slider.limit(0, Math.max(0, rows.length - 1));
    play.slider.value = chosen;
    renew();
  }
  /** @returns {Panel} */
  const panel = () => spec.layers[layer];

  /** Axes, percentiles and accuracy: what stays while the slider moves. */
  function layOut() {
    const width = above.clientWidth;
    const shown = panel();
    const images = shown.images === null ? [] : parts.images;
    const height = above.clientHeight;
    const one = IMAGES[Number(height > PLENTY)];
    numbers.frame(shown, width < NARROW);
    chart.frame(shown, spec.bins, heights, {
      width, height, left: LEFT, right: RIGHT, lift: images.length * one,
    });
    parts.images.forEach((image) => image.show(images.length > 0));
    images.forEach((image, i) =>
      image.frame({ scale: chart.x, panel: shown, top: chart.floor + i * one, height: one }),
    );
    const series = spec.styles.map((/** @type {any} */ _, /** @type {number} */ s) => s);
    line.frame(
      {
        panel: shown,
        times,
        ends: [times[0], Math.max(spec.last, times[0] + 1)],
        read: (s, p) => rows.map((row) => row.percentile(layer, s, p)),
        bad: rows.map((row) =>
          series.some((/** @type {number} */ s) => row.nonfinite(layer, s).some(Boolean)),
        ),
      },
      accuracies,
      { width: below.clientWidth, height: below.clientHeight, left: LEFT, right: RIGHT },
    );
    if (unseen) parts.minis.reveal(layer);
    unseen = false;
    parts.minis.look();
  }

  return {
    draw({ resized }) {
      empty.hidden = rows.length > 0;
      frame.style.visibility = rows.length ? "" : "hidden";
      if (!rows.length) {
        write(empty, spec.running ? "Waiting for the first training steps …" : spec.alt);
        return;
      }
      if (stale || resized) layOut();
      stale = false;
      const row = rows[chosen];
      const steps = stepsOf(rows, chosen, spec.last, fixed);
      chart.draw(spec.styles.map((/** @type {any} */ _, /** @type {number} */ s) => row.shares(layer, s)));
      const { images } = panel();
      if (images !== null) for (const one of parts.images) one.draw(one.places(images, times[chosen] - 1));
      numbers.draw(row, layer);
      parts.minis.draw(row);
      line.cursor(times[chosen], `step ${steps}`);
      chart.describe(inWords(panel(), spec.labels, row, layer, steps));
    },
    update(data) {
      const time = times[chosen] ?? 1;
      const name = spec.layers[layer]?.title;
      ({ spec, arrays } = data);
      layer = spec.layers.findIndex((/** @type {Panel} */ one) => one.title === name);
      if (layer < 0) layer = spec.chosen;
      rows = readRows(spec, arrays);
      accuracies = readAccuracies(spec, arrays);
      times = moments(rows, spec.last);
      chosen = Math.max(0, following ? rows.length - 1 : nearest(times, time));
      parts.minis.element.remove();
      for (const one of parts.images) {
        one.row.remove();
        one.swatch.remove();
      }
      parts = arrange();
      rowsChanged();
    },
    message(content, [buffer]) {
      if (content.kind !== "row" || content.layers !== spec.layers.length) return;
      const row = readLiveRow(spec, content, buffer);
      while (rows.length && rows[rows.length - 1].step >= row.step) rows.pop();
      rows.push(row);
      spec.last = content.last;
      for (const [s, steps, values] of content.accuracy ?? []) {
        accuracies[s].steps.push(...steps);
        accuracies[s].values.push(...values);
      }
      chosen = following ? rows.length - 1 : Math.min(chosen, rows.length - 1);
      rowsChanged();
    },
    destroy: () => play.destroy(),
  };
});

/**
 * The accuracy of each series over time; empty where a run has none.
 * @param {any} spec
 * @param {import("../../kit/blob.js").Arrays} arrays
 */
function readAccuracies(spec, arrays) {
  return spec.styles.map((/** @type {any} */ _, /** @type {number} */ s) => ({
    steps: Array.from(arrays[`accuracy.${s}.steps`] ?? []),
    values: Array.from(arrays[`accuracy.${s}.values`] ?? []),
  }));
}

/**
 * What the histogram says now, for a screen reader.
 * @param {Panel} panel
 * @param {string[]} labels
 * @param {import("./rows.js").Row} row
 * @param {number} layer
 * @param {string} steps
 */
function inWords(panel, labels, row, layer, steps) {
  const parts = labels.map((label, s) => {
    const bad = row.nonfinite(layer, s).some(Boolean) ? ", with values that are NaN or infinite" : "";
    return `${formatNumber(row.std(layer, s))} ${label}${bad}`.trim();
  });
  return `Histogram of ${panel.name} at step ${steps}: standard deviation ${parts.join(", ")}.`;
}
