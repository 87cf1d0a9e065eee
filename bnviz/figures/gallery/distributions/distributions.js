// The distributions inside a network over training: a panel a layer, a slider over the steps.

import {
  axis, bandPath, checkbox, figure, formatInteger, formatNumber, formatShare, html, label, leftRoom,
  legend, linePath, linear, log, player, reducedMotion, resize, round, rule, select, set, stepPath,
  stroke, surface, svg, tint, toolbar,
} from "./base.js";

const GAP = 18; // between panels
const TOP = 24; // of the histogram, below the name of its axis
const BARS = 116; // height of the histogram
const BASE = TOP + BARS;
const STRIP_TOP = BASE + 64;
const STRIP = 84; // height of the percentiles over time
const STRIP_BASE = STRIP_TOP + STRIP;
const HEIGHT = STRIP_BASE + 40;

const HINT =
  "Above: the histogram at the chosen step. Below: percentiles over time; click or drag there to " +
  "choose a step.";

export default figure("distributions", ({ spec, arrays, stage, root, redraw, page }) => {
  let rows = readRows(spec, arrays);
  let following = spec.running;
  const playing = page && !spec.running && !reducedMotion();
  let chosen = playing ? 0 : Math.max(0, rows.length - 1);
  let logarithmic = false;
  let first = 0; // the first layer of the page shown
  let panels = [];
  let framed = 0; // the width that axes and percentiles are drawn for; 0 when they are stale

  const time = player({
    label: "Training step",
    max: Math.max(0, rows.length - 1),
    value: chosen,
    text: (i) => (rows.length ? formatInteger(rows[i].step) : "–"),
    oninput: choose,
  });
  const scale = checkbox({
    label: "Logarithmic shares",
    onchange(on) {
      logarithmic = on;
      renew();
    },
  });
  const waiting = html("p", { class: "bnviz-note" }, "Waiting for the first training steps …");
  const grid = html("div", { class: "bnviz-panels" });
  const note = html(
    "p",
    { class: "bnviz-note" },
    "Values beyond the ends of an axis are counted in its outermost bars.",
  );
  const options = html("div", { class: "bnviz-toolbar" });
  const hint = html("p", { class: "bnviz-note" }, HINT);
  stage.append(toolbar(time.element), options, waiting, grid, note, hint);
  arrange();
  if (playing) time.autoplay(root);

  function choose(index) {
    chosen = index;
    following = spec.running && index >= rows.length - 1;
    redraw();
  }
  function renew() {
    framed = 0;
    redraw();
  }
  /** Makes the elements that depend on which layers there are. */
  function arrange() {
    panels = spec.layers
      .slice(first, first + spec.page)
      .map((layer, i) => makePanel(spec, layer, first + i, pick));
    grid.replaceChildren(...panels.map((panel) => panel.element));
    note.hidden = !spec.layers.some((layer) => layer.outside);
    const keys = spec.labels.some(Boolean) ? [legend(spec.styles)] : [];
    options.replaceChildren(...keys, scale.element, ...pageChoice());
  }
  function pageChoice() {
    const count = spec.layers.length;
    if (count <= spec.page) return [];
    const pages = [];
    for (let start = 0; start < count; start += spec.page) {
      const end = Math.min(count, start + spec.page);
      const names = end - start > 1 ? `${start + 1}–${end}` : `${end}`;
      pages.push({ value: String(start), text: `${names} of ${count}` });
    }
    const choice = select({
      label: "Layers",
      options: pages,
      value: String(first),
      onchange(value) {
        first = Number(value);
        arrange();
        renew();
        options.querySelector("select").focus();
      },
    });
    return [choice.element];
  }
  function pick(step) {
    time.pause();
    const index = nearest(rows, step);
    time.slider.value = index;
    choose(index);
  }
  function rowsChanged() {
    time.slider.limit(0, Math.max(0, rows.length - 1));
    time.slider.value = chosen;
    renew();
  }

  return {
    draw({ width }) {
      waiting.hidden = rows.length > 0;
      grid.hidden = hint.hidden = !rows.length;
      if (!rows.length) return;
      if (framed !== width) {
        const columns = columnsFor(panels.length, width);
        grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
        const inner = Math.floor((width - GAP * (columns - 1)) / columns);
        for (const panel of panels) panel.frame(rows, inner, logarithmic);
        framed = width;
      }
      for (const panel of panels) panel.step(rows[chosen]);
    },
    update(data) {
      const step = rows[chosen]?.step ?? 1;
      if (data.spec.layers.length !== spec.layers.length) first = 0;
      ({ spec } = data);
      rows = readRows(spec, data.arrays);
      chosen = Math.max(0, following ? rows.length - 1 : nearest(rows, step));
      arrange();
      rowsChanged();
    },
    message(content, [buffer]) {
      if (content.kind !== "row" || content.layers !== spec.layers.length) return;
      const row = readLiveRow(spec, content, buffer);
      while (rows.length && rows.at(-1).step >= row.step) rows.pop();
      rows.push(row);
      spec.last = content.last;
      chosen = following ? rows.length - 1 : Math.min(chosen, rows.length - 1);
      rowsChanged();
    },
    destroy: () => time.destroy(),
  };
});

// --- one layer -----------------------------------------------------------------------------------

let panelCount = 0;

/** Elements of one panel; `frame` draws what stays, `step` what changes with the slider. */
function makePanel(spec, layer, index, pick) {
  const clipId = `bnviz-clip-${(panelCount += 1)}`;
  const clip = svg("rect");
  const shareAxis = svg("g");
  const valueAxis = svg("g");
  const strip = svg("g");
  const cursor = rule("bnviz-cursor", [0, 0, 0, 0]);
  const peak = label("", { class: "bnviz-strong", "text-anchor": "end", y: TOP - 10 });
  const bars = spec.styles.map((style) =>
    svg("path", { "stroke-width": 1.6, ...stroke(style), ...tintOnly(style) }),
  );
  const touch = svg("rect", { fill: "transparent", style: "cursor: ew-resize" });
  const drawing = surface(
    layer.alt,
    svg("defs", {}, svg("clipPath", { id: clipId }, clip)),
    shareAxis,
    valueAxis,
    svg("g", { "clip-path": `url(#${clipId})` }, ...bars),
    peak,
    strip,
    cursor,
    touch,
  );
  const numbers = spec.styles.map((style) => numberLine(style, layer, spec.labels.length > 1));
  const element = html(
    "div",
    { class: "bnviz-panel", style: `grid-row: span ${numbers.length + 2}` },
    html("div", { class: "bnviz-panel-name", title: layer.name }, layer.name),
    ...numbers.map((line) => line.element),
    drawing,
  );

  let edges = [];
  let height = null;
  let time = null;

  const drag = (event) => {
    if (event.type === "pointerdown") touch.setPointerCapture(event.pointerId);
    else if (!event.buttons) return;
    pick(time.invert(event.clientX - drawing.getBoundingClientRect().left));
  };
  set(touch, { onpointerdown: drag, onpointermove: drag });

  return {
    element,
    frame(rows, width, logarithmic) {
      resize(drawing, width, HEIGHT);
      const right = width - 14;
      const percentile = linear(layer.span, [STRIP_BASE, STRIP_TOP]);
      // shares in per cent; on the logarithmic axis the lowest height that is stored is the floor
      const most = 100 * Math.max(layer.top, layer.ceiling);
      height = logarithmic
        ? log([most / spec.levels ** 2, most * 1.2], [BASE, TOP])
        : linear([0, 105 * layer.ceiling], [BASE, TOP]);
      const left = Math.max(leftRoom(percentile, 4), leftRoom(height, 4));

      const value = linear(layer.range, [left, right]);
      const barWidth = (right - left) / spec.bins;
      edges = Array.from({ length: spec.bins + 1 }, (_, b) => left + b * barWidth);
      time = linear([rows[0].step, Math.max(spec.last, rows[0].step + 1)], [left, right]);

      set(clip, { x: left, y: TOP, width: Math.max(0, right - left), height: BARS });
      set(peak, { x: right });
      const grid = right - left;
      axis(shareAxis, height, { side: "left", at: left, count: 4, grid, title: SHARE });
      axis(valueAxis, value, { at: BASE, count: width > 240 ? 6 : 4, title: layer.what });
      drawStrip(strip, { spec, layer, index, rows, time, y: percentile, left, width });
      set(touch, { x: left, y: STRIP_TOP - 6, width: Math.max(0, grid), height: STRIP + 12 });
    },
    step(row) {
      let highest = 0;
      spec.styles.forEach((_, s) => {
        const shares = row.shares(index, s);
        const most = Math.max(...shares);
        const tops = Array.from(shares, (share) => (share > 0 ? height(100 * share) : BASE));
        set(bars[s], { d: most > 0 ? stepPath(edges, tops, BASE) : "" });
        highest = Math.max(highest, most);
        numbers[s].show(row, index, s);
      });
      peak.textContent = height(100 * highest) < TOP - 1 ? `▲ up to ${formatShare(highest)}` : "";
      const x = round(time(row.step));
      set(cursor, { x1: x, x2: x, y1: STRIP_TOP - 6, y2: STRIP_BASE });
    },
  };
}

const SHARE = "share of values (%)";

/** The fill of `tint`, to stand beside a stroke. */
function tintOnly(style) {
  const { fill, "fill-opacity": opacity } = tint(style);
  return { fill, "fill-opacity": opacity };
}

/** The percentiles of every series over time, below the histogram. */
function drawStrip(group, { spec, layer, index, rows, time, y, left, width }) {
  const across = svg("g");
  const up = svg("g");
  const grid = width - 14 - left;
  const title = "15th, 50th, 85th percentile";
  axis(across, time, { at: STRIP_BASE, count: width > 240 ? 5 : 3, title: "training step" });
  axis(up, y, { side: "left", at: left, count: 4, grid, title });

  const xs = rows.map((row) => time(row.step));
  const marks = [];
  spec.styles.forEach((style, s) => {
    const [p15, p50, p85] = [0, 1, 2].map((p) =>
      rows.map((row) => y(row.percentile(index, s, p))),
    );
    const line = stroke(style);
    marks.push(
      svg("path", { d: bandPath(xs, p15, p85), ...tint(style, 0.14) }),
      svg("path", { d: linePath(xs, p15), "stroke-width": 1, ...line }),
      svg("path", { d: linePath(xs, p85), "stroke-width": 1, ...line }),
      svg("path", { d: linePath(xs, p50), "stroke-width": 2, ...line }),
    );
  });
  group.replaceChildren(across, up, ...marks, ...alarms({ spec, index, rows, xs, right: width - 14 }));
}

/** A red line along the time when values were NaN or infinite. */
function alarms({ spec, index, rows, xs, right }) {
  let d = "";
  rows.forEach((row, r) => {
    const bad = spec.styles.some((_, s) => row.nonfinite(index, s).some((count) => count > 0));
    if (bad) d += `M${round(xs[r])} ${STRIP_TOP}H${round(Math.max(xs[r + 1] ?? right, xs[r] + 1))}`;
  });
  if (!d) return [];
  return [
    svg("path", { d, class: "bnviz-alarm-mark" }),
    label("NaN or infinite", {
      x: right, y: STRIP_TOP + 15, "text-anchor": "end", class: "bnviz-alarm-text",
    }),
  ];
}

/** The numbers of one series in a panel: spread, shares, and loudly what is not a number. */
function numberLine(style, layer, several) {
  const key = svg(
    "svg",
    { width: 22, height: 10, role: "img", "aria-label": style.label || "recording" },
    svg("path", { d: "M0 5H22", "stroke-width": 2.5, ...stroke(style) }),
  );
  const texts = [0, 1, 2].map(() => html("span"));
  const text = html("span", { class: "bnviz-line-text" }, ...texts);
  const alarm = html("span", { class: "bnviz-alarm", hidden: true });
  return {
    element: html("div", { class: "bnviz-line" }, several ? key : null, text, alarm),
    show(row, index, s) {
      const std = row.std(index, s);
      const named = (name, share) => (Number.isNaN(share) ? "" : `${name} ${formatShare(share)}`);
      const spread = Number.isNaN(std) ? "no finite values" : `spread ${formatNumber(std)}`;
      const words = [spread, named(layer.off, row.off(index, s)), named("dead", row.dead(index, s))];
      texts.forEach((part, i) => {
        part.textContent = words[i];
      });
      const bad = ["NaN", "+inf", "−inf"].flatMap((name, i) => {
        const count = row.nonfinite(index, s)[i];
        return count ? [`${formatInteger(count)} ${name}`] : [];
      });
      alarm.hidden = !bad.length;
      alarm.textContent = bad.join(", ");
    },
  };
}

/** Panels side by side where each keeps 225 pixels, in rows of equal length where possible. */
function columnsFor(count, width) {
  const most = Math.max(1, Math.min(count, Math.floor((width + GAP) / (225 + GAP))));
  return Math.ceil(count / Math.ceil(count / most));
}

// --- rows in time --------------------------------------------------------------------------------

const NO_MEANING = 255;
const NONE = [0, 0, 0];

/**
 * The rows of the arrays that `encode` in encoding.py made.
 * @typedef {{step: number, shares: Function, percentile: Function, std: Function, off: Function,
 *   dead: Function, nonfinite: Function}} Row  methods of (layer, series)
 * @returns {Row[]}
 */
function readRows(spec, arrays) {
  const count = arrays.steps?.length ?? 0;
  const heights = Uint8Array.from(arrays.heights ?? []);
  for (let i = 0; i < heights.length; i += 1) {
    if (i % count) heights[i] += heights[i - 1]; // they come as differences in time
  }
  arrays = { ...arrays, heights };
  return Array.from({ length: count }, (_, r) =>
    makeRow(spec, arrays.steps[r], (name, i) => arrays[name]?.[i * count + r]),
  );
}

/** The index of the row that covers a training step. */
function nearest(rows, step) {
  const after = rows.findIndex((row) => row.step > step);
  return Math.max(0, (after < 0 ? rows.length : after) - 1);
}

/** One row as the kernel sends it while training runs: the same arrays, one value in time each. */
function readLiveRow(spec, content, buffer) {
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const size = spec.layers.length * spec.labels.length;
  let used = size * 4;
  const next = (length) => bytes.subarray(used, (used += length));
  const arrays = {
    std: new Float32Array(bytes.slice(0, used).buffer),
    percents: next(size * 3),
    off: next(size),
    dead: next(size),
    heights: next(size * spec.bins),
    nonfinite: content.nonfinite,
  };
  return makeRow(spec, content.step, (name, i) => arrays[name]?.[i]);
}

function makeRow(spec, step, read) {
  const series = spec.labels.length;
  const at = (l, s) => l * series + s;
  const share = (byte) => (byte === NO_MEANING ? NaN : byte / 250);
  return {
    step,
    shares(l, s) {
      const start = at(l, s) * spec.bins;
      const { top } = spec.layers[l];
      return Float32Array.from({ length: spec.bins }, (_, b) =>
        (read("heights", start + b) / spec.levels) ** 2 * top,
      );
    },
    percentile(l, s, p) {
      const byte = read("percents", at(l, s) * 3 + p);
      const [low, high] = spec.layers[l].span;
      return byte === NO_MEANING ? NaN : low + ((high - low) * byte) / 254;
    },
    std: (l, s) => read("std", at(l, s)) * spec.layers[l].stdScale[s],
    off: (l, s) => share(read("off", at(l, s))),
    dead: (l, s) => share(read("dead", at(l, s))),
    nonfinite: (l, s) => NONE.map((zero, i) => read("nonfinite", at(l, s) * 3 + i) ?? zero),
  };
}
