// Accuracy or loss over training: medians and bands over seeds, and a cursor that reads them.

import {
  axis, bandPath, checkbox, figure, formatInteger, formatNumber, html, leftRoom, linear, linePath,
  log, resize, round, select, set, slider, stroke, surface, svg, tint, toolbar,
} from "./base.js";

const TOP = 28; // of the plot, below the name of its axis
const BOTTOM = 42; // below the plot, for its axis
const RIGHT = 18; // half of the last tick's number stands there

export default figure("curves", ({ spec, arrays, stage, redraw }) => {
  const cursorSteps = arrays.cursor;
  const series = spec.styles.map((style, i) => makeSeries(spec, arrays, style, i));
  let chosen = cursorSteps.length - 1;
  let logarithmic = false;
  let x = null;
  let y = null;
  let framed = 0; // the width that axes and lines are drawn for; 0 when they are stale

  const cursor = slider({
    label: "Step",
    min: 0,
    max: cursorSteps.length - 1,
    value: chosen,
    text: (i) => formatInteger(cursorSteps[i]),
    oninput: choose,
  });
  const scale = select({
    label: "Step axis",
    options: [
      { value: "linear", text: "linear" },
      { value: "log", text: "logarithmic" },
    ],
    onchange(value) {
      logarithmic = value === "log";
      renew();
    },
  });
  const each = checkbox({
    label: "Show each seed",
    onchange: renew,
  });
  const across = svg("g");
  const up = svg("g");
  const line = svg("line", { class: "bnviz-cursor" });
  const touch = svg("rect", { fill: "transparent", style: "cursor:ew-resize" });
  const clipId = `bnviz-curves-${(makeSeries.count = (makeSeries.count ?? 0) + 1)}`;
  const clip = svg("rect");
  const drawing = surface(
    spec.alt,
    svg("defs", {}, svg("clipPath", { id: clipId }, clip)),
    across,
    up,
    svg(
      "g",
      { "clip-path": `url(#${clipId})` },
      ...series.map((one) => one.band),
      ...series.flatMap((one) => one.threads),
      ...series.map((one) => one.line),
    ),
    line,
    ...series.map((one) => one.dot),
    touch,
  );
  const several = series.some((one) => one.threads.length > 1);
  const values = html("div", { "aria-live": "polite" }, ...series.map((one) => one.reading));
  const zero = html(
    "p",
    { class: "bnviz-note", hidden: true },
    "Step 0 has no place on a logarithmic axis.",
  );
  stage.append(
    toolbar(cursor.element, scale.element, several ? each.element : null),
    values,
    drawing,
    ...spec.notes.map((text) => html("p", { class: "bnviz-note" }, text)),
    zero,
  );

  const follow = (event) => {
    if (event.type === "pointerdown") touch.setPointerCapture(event.pointerId);
    else if (event.pointerType !== "mouse" && !event.buttons) return;
    const step = x.invert(event.clientX - drawing.getBoundingClientRect().left);
    cursor.value = nearest(cursorSteps, step);
    choose(cursor.value);
  };
  set(touch, { onpointerdown: follow, onpointermove: follow });

  function choose(index) {
    chosen = index;
    redraw();
  }
  function renew() {
    framed = 0;
    redraw();
  }
  /** Axes, lines and bands: what stays while the cursor moves. */
  function frame(width) {
    const height = Math.round(Math.min(330, Math.max(200, width * 0.45)));
    const base = TOP + height;
    y = linear(spec.range, [base, TOP]);
    const format = spec.y === "accuracy" ? (v) => `${Math.round(100 * v)} %` : y.format;
    const left = leftRoom(y, 5, format);
    const right = width - RIGHT;
    const steps = cursorSteps.length > 1 ? cursorSteps : [cursorSteps[0], cursorSteps[0] + 1];
    const positive = steps.find((step) => step > 0);
    const last = steps[steps.length - 1];
    const start = steps[0] < 0.1 * last ? 0 : steps[0]; // an axis that begins near 0 shows 0
    const domain = [logarithmic ? positive : start, last];
    x = (logarithmic ? log : linear)(domain, [left, right]);
    resize(drawing, width, base + BOTTOM);
    set(clip, { x: left, y: TOP - 2, width: right - left, height: height + 4 });
    set(touch, { x: left, y: TOP, width: right - left, height });
    axis(across, x, {
      at: base,
      ticks: logarithmic ? logTicks(domain) : x.ticks(width > 500 ? 6 : 4),
      format: formatInteger,
      grid: height,
      title: "training step",
    });
    axis(up, y, { side: "left", at: left, count: 5, grid: right - left, format, title: spec.title });
    zero.hidden = !(logarithmic && cursorSteps[0] === 0);
    for (const one of series) one.draw({ x, y, first: domain[0], seeds: each.input.checked });
  }

  return {
    draw({ width }) {
      if (framed !== width) frame(width);
      framed = width;
      const step = cursorSteps[chosen];
      const at = round(x(Math.max(step, x.domain[0])));
      set(line, { x1: at, x2: at, y1: y.range[1], y2: y.range[0] });
      for (const one of series) one.read(step, x, y);
    },
  };
});

/** The elements of one label, what draws them, and what reads them at a step. */
function makeSeries(spec, arrays, style, index) {
  const [steps, seeds, median, low, high, lost] = [
    "steps", "seeds", "median", "low", "high", "lost",
  ].map((name) => arrays[`${name}${index}`]);
  const [count, length] = seeds.shape;
  const thin = { ...stroke(style), "stroke-dasharray": null, "stroke-width": 1, "stroke-opacity": 0.7 };
  const band = svg("path", tint(style, 0.2));
  const line = svg("path", { ...stroke(style), "stroke-width": 2.4, "stroke-linejoin": "round" });
  const threads = Array.from({ length: count }, () => svg("path", thin));
  const dot = svg("circle", {
    r: 4.5,
    fill: `var(--bnviz-series-${style.color})`,
    stroke: "var(--bnviz-surface)",
    "stroke-width": 1.5,
  });
  const key = svg(
    "svg",
    { width: 30, height: 14, "aria-hidden": "true" },
    svg("rect", { x: 0, y: 1, width: 30, height: 12, ...tint(style) }),
    svg("path", { d: "M0 7H30", "stroke-width": 2.5, ...stroke(style) }),
  );
  const text = html("span");
  const alarm = html("span", { class: "bnviz-alarm", hidden: true });
  const reading = html(
    "div",
    { class: "bnviz-line" },
    key,
    style.label ? html("strong", {}, style.label) : null,
    text,
    alarm,
  );

  return {
    band,
    line,
    threads,
    dot,
    reading,
    draw({ x, y, first, seeds: shown }) {
      let start = 0; // a logarithmic axis leaves out step 0
      while (start < length && steps[start] < first) start += 1;
      const xs = Array.from(steps.subarray(start), x);
      const ys = (array, offset = 0) =>
        Array.from(array.subarray(offset + start, offset + length), y);
      set(line, { d: linePath(xs, ys(median)) });
      set(band, { d: count > 1 ? bandPath(xs, ys(low), ys(high)) : "" });
      threads.forEach((thread, seed) => {
        set(thread, { d: shown ? linePath(xs, ys(seeds, seed * length)) : "" });
      });
    },
    read(step, x, y) {
      const row = nearest(steps, step);
      const there = Number.isFinite(median[row]);
      const [cx, cy] = [round(x(steps[row])), round(y(median[row]))];
      const seen = there && Number.isFinite(cx) && cy <= y.range[0] + 1 && cy >= y.range[1] - 1;
      set(dot, { cx: seen ? cx : 0, cy: seen ? cy : 0, visibility: seen ? null : "hidden" });
      const parts = [];
      if (there && count === 1) parts.push(`${show(median[row])}, one seed`);
      else if (there) {
        const ends = `${show(low[row]).replace(" %", "")} to ${show(high[row])}`;
        parts.push(`median ${show(median[row])} (${ends}, ${count - lost[row]} seeds)`);
      }
      if (steps[row] !== step) parts.push(`(at step ${formatInteger(steps[row])})`);
      text.textContent = parts.join(" ");
      alarm.hidden = !lost[row];
      alarm.textContent = lost[row] ? `${lost[row]} of ${count} NaN or infinite` : "";
    },
  };

  function show(value) {
    return spec.y === "accuracy" ? `${(100 * value).toFixed(1)} %` : formatNumber(value);
  }
}

/** Powers of ten, and 2 and 5 times them where there is room. */
function logTicks([first, last]) {
  const factors = last / first < 300 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = 1; power <= last; power *= 10) {
    ticks.push(...factors.map((factor) => factor * power));
  }
  return ticks.filter((tick) => tick >= first && tick <= last);
}

/** The index of the value in ascending `steps` that is closest to `step`. */
function nearest(steps, step) {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (step - steps[middle] > steps[middle + 1] - step) low = middle + 1;
    else high = middle;
  }
  return low;
}
