// Two units' pre-activations as a cloud, one panel a network, a slider over the steps.

import {
  axis, checkbox, figure, formatInteger, formatNumber, html, leftRoom, linear, linePath, player,
  reducedMotion, resize, round, rule, select, set, stroke, surface, svg, toolbar,
} from "./base.js";

const GAP = 20; // between panels
const TOP = 26; // of the plot, below the name of its axis
const BOTTOM = 42; // below the plot, for its axis
const RIGHT = 10;
const LEVELS = 127; // as in drift.py
const MISSING = -128;
const CORNERS = 48; // of the ellipse
const INK = "var(--bnviz-text)";

export default figure("drift", ({ spec, arrays, stage, root, redraw }) => {
  const steps = arrays.steps;
  const last = steps.length - 1;
  let chosen = reducedMotion() ? last : 0;
  let zoomed = false;
  let marked = -1;

  const time = player({
    label: "Training step",
    max: last,
    value: chosen,
    duration: 7000,
    text: (i) => formatInteger(steps[i]),
    oninput(i) {
      chosen = i;
      redraw();
    },
  });
  const zoom = checkbox({
    label: "Zoom in on each cloud",
    onchange(on) {
      zoomed = on;
      redraw();
    },
  });
  const mark = select({
    label: "Mark with ×",
    options: [
      { value: "-1", text: "no images" },
      ...spec.classes.map((name, i) => ({ value: String(i), text: `images of class ${name}` })),
    ],
    onchange(value) {
      marked = Number(value);
      redraw();
    },
  });
  const panels = spec.styles.map((style, i) => makePanel(spec, arrays, style, i));
  const grid = html("div", {}, ...panels.map((panel) => panel.element));
  const note = html(
    "p",
    { class: "bnviz-note", hidden: true },
    "Zoomed in: now each panel and each step has axes of its own.",
  );
  stage.append(
    toolbar(time.element),
    toolbar(spec.classes.length ? mark.element : null, zoom.element),
    grid,
    note,
  );
  time.autoplay(root);

  return {
    draw({ width }) {
      const columns = Math.max(1, Math.min(panels.length, Math.floor((width + GAP) / 260)));
      const inner = Math.floor((width - GAP * (columns - 1)) / columns);
      grid.style.cssText =
        `display:grid;gap:14px ${GAP}px;grid-template-columns:repeat(${columns},minmax(0,1fr))`;
      note.hidden = !zoomed;
      for (const panel of panels) panel.draw({ width: inner, row: chosen, zoomed, marked });
    },
    destroy: () => time.destroy(),
  };
});

/** The elements of one network's panel, and what draws them for a row in time. */
function makePanel(spec, arrays, style, index) {
  const cloud = readCloud(arrays, index);
  const clipId = `bnviz-drift-${(makePanel.count = (makePanel.count ?? 0) + 1)}`;
  const clip = svg("rect");
  const across = svg("g");
  const up = svg("g");
  const origin = svg("g");
  const colour = `var(--bnviz-series-${style.color})`;
  const pen = { "stroke-linecap": "round", fill: "none" };
  const dots = svg("path", { stroke: colour, "stroke-width": 4.5, "stroke-opacity": 0.45, ...pen });
  const crosses = svg("path", { stroke: INK, "stroke-width": 1.6, ...pen });
  const outline = svg("path", { ...stroke(style), "stroke-width": 2 });
  const trail = svg("g", { stroke: INK, "stroke-width": 1.8, ...pen });
  const start = svg("circle", { r: 4, fill: "none", stroke: INK, "stroke-width": 1.5 });
  const mean = svg("path", { stroke: INK, "stroke-width": 2.2, ...pen });
  for (let row = 1; row < arrays.steps.length; row += 1) trail.append(svg("path"));
  const name = style.label || "The cloud";
  const drawing = surface(
    name,
    svg("defs", {}, svg("clipPath", { id: clipId }, clip)),
    across,
    up,
    svg("g", { "clip-path": `url(#${clipId})` },
      origin, dots, crosses, outline, trail, start, mean),
  );
  const rows = [0, 1].map(() => html("div", { class: "bnviz-line" }));
  const alarm = html("span", { class: "bnviz-alarm", hidden: true });
  const outside = html("p", { class: "bnviz-note", hidden: true });
  const key = svg(
    "svg",
    { width: 26, height: 10, "aria-hidden": "true" },
    svg("path", { d: "M0 5H26", "stroke-width": 2.5, ...stroke(style) }),
  );
  const heading = html("div", { class: "bnviz-key bnviz-panel-name" }, key, style.label);
  const element = html(
    "div",
    { style: "min-width:0" },
    style.label ? heading : null,
    drawing,
    ...rows,
    outside,
    alarm,
  );

  let framed = 0; // the width that the axes are drawn for; 0 when they are stale
  let plot = null;

  return {
    element,
    draw({ width, row, zoomed, marked }) {
      if (zoomed || framed !== width) frame(width, zoomed ? cloud.closeUp(row) : spec.range);
      framed = zoomed ? 0 : width;
      const { x, y, left, size } = plot;
      const px = (point) => [round(x(point[0])), round(y(point[1]))];
      const inside = ([h, v]) => h >= left && h <= left + size && v >= TOP && v <= TOP + size;
      let dotPath = "";
      let crossPath = "";
      let out = 0;
      for (let p = 0; p < cloud.count; p += 1) {
        const point = cloud.point(row, p);
        if (!point) continue;
        const at = px(point);
        if (!inside(at)) out += 1;
        else if (cloud.classOf(p) === marked) crossPath += cross(at, 3.5, true);
        else dotPath += `M${at[0]} ${at[1]}h0`;
      }
      set(dots, { d: dotPath });
      set(crosses, { d: crossPath });
      set(outline, { d: ellipse(cloud.mean(row), cloud.covariance(row), x, y) });
      drawTrail(trail, cloud, row, px);
      const [from, here] = [px(cloud.mean(0)), px(cloud.mean(row))];
      set(start, { cx: from[0] || 0, cy: from[1] || 0, visibility: from[0] == null ? "hidden" : null });
      set(mean, { d: here.some(Number.isNaN) ? "" : cross(here, 7) });
      writeNumbers(row, out);
    },
  };

  /** Axes and origin: what stays while the reader scrubs. */
  function frame(width, [rangeX, rangeY]) {
    const left = Math.max(46, leftRoom(linear(rangeY, [1, 0]), 5));
    const size = Math.max(80, Math.min(400, width - left - RIGHT));
    const x = linear(rangeX, [left, left + size]);
    const y = linear(rangeY, [TOP + size, TOP]);
    resize(drawing, width, TOP + size + BOTTOM);
    set(clip, { x: left, y: TOP, width: size, height: size });
    const count = size > 220 ? 5 : 4;
    axis(across, x, { at: TOP + size, count, grid: size, title: "pre-activation of unit 1" });
    axis(up, y, { side: "left", at: left, count, grid: size, title: "pre-activation of unit 2" });
    origin.replaceChildren(
      rule("bnviz-axis", [x(0), TOP, x(0), TOP + size]),
      rule("bnviz-axis", [left, y(0), left + size, y(0)]),
    );
    plot = { x, y, left, size };
  }
  function writeNumbers(row, out) {
    const centre = cloud.mean(row);
    const spread = cloud.std(row);
    const words = [0, 1].map((u) => `mean ${plain(centre[u])}, std ${plain(spread[u])}`);
    rows.forEach((line, u) => {
      line.textContent = `unit ${u + 1}: ${words[u]}`;
    });
    outside.textContent = out ? `outside the axes: ${out} of ${cloud.count} points` : "";
    outside.hidden = !out;
    const missing = cloud.missing(row);
    alarm.hidden = !missing;
    alarm.textContent = missing ? `${missing} of ${spec.points} points are NaN or infinite` : "";
    const step = formatInteger(arrays.steps[row]);
    set(drawing, { "aria-label": `${name}, step ${step}. Unit 1: ${words[0]}. Unit 2: ${words[1]}.` });
  }
}

/** The way of the mean up to a row; the older, the fainter. */
function drawTrail(trail, cloud, row, px) {
  [...trail.children].forEach((segment, i) => {
    const on = i < row;
    const [from, to] = on ? [px(cloud.mean(i)), px(cloud.mean(i + 1))] : [[], []];
    set(segment, {
      d: on ? linePath([from[0], to[0]], [from[1], to[1]]) : "",
      "stroke-opacity": on ? round(0.2 + (0.8 * (i + 1)) / row) : null,
    });
  });
}

/** `d` of + or × around a pixel. */
function cross([h, v], r, diagonal = false) {
  return diagonal
    ? `M${h - r} ${v - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`
    : `M${h - r} ${v}h${2 * r}M${h} ${v - r}v${2 * r}`;
}

/** `d` of the points one standard deviation from the mean: see `ellipse` in drift.py. */
function ellipse([mx, my], [xx, xy, yy], x, y) {
  const wide = Math.sqrt(xx);
  const slant = wide > 0 ? xy / wide : 0;
  const tall = Math.sqrt(Math.max(0, yy - slant ** 2));
  const [hs, vs] = [[], []];
  for (let i = 0; i <= CORNERS; i += 1) {
    const angle = (2 * Math.PI * i) / CORNERS;
    hs.push(x(mx + wide * Math.cos(angle)));
    vs.push(y(my + slant * Math.cos(angle) + tall * Math.sin(angle)));
  }
  return linePath(hs, vs);
}

/** A view of one network's part of the arrays that drift.py made. */
function readCloud(arrays, index) {
  const [, count, , rows] = arrays.points.shape;
  const two = (array, row, u) => array[(index * rows + row) * 2 + u];
  const level = (row, p, u) => arrays.points[((index * count + p) * 2 + u) * rows + row];
  const value = (row, p, u) =>
    two(arrays.centre, row, u) + (level(row, p, u) / LEVELS) * two(arrays.half, row, u);
  const covariance = (row) =>
    arrays.covariance.subarray((index * rows + row) * 3, (index * rows + row) * 3 + 3);
  const mean = (row) => [two(arrays.mean, row, 0), two(arrays.mean, row, 1)];
  return {
    count,
    mean,
    covariance,
    std: (row) => [Math.sqrt(covariance(row)[0]), Math.sqrt(covariance(row)[2])],
    missing: (row) => arrays.missing[index * rows + row],
    classOf: (p) => arrays.classes[p],
    /** Coordinates of a point, or null where one is NaN or infinite. */
    point: (row, p) =>
      level(row, p, 0) === MISSING || level(row, p, 1) === MISSING
        ? null
        : [value(row, p, 0), value(row, p, 1)],
    /** Ranges of both axes, equally long, around this one cloud. */
    closeUp(row) {
      const centre = [0, 1].map((u) => two(arrays.centre, row, u));
      const reach = 1.12 * Math.max(two(arrays.half, row, 0), two(arrays.half, row, 1));
      return centre.map((middle) => [middle - reach, middle + reach]);
    },
  };
}

/** A number for reading off: enough digits for a small one, none that are noise. */
function plain(number) {
  const size = Math.abs(number);
  if (!(size < 100)) return formatNumber(number);
  const text = number.toFixed(size < 0.1 ? 3 : 2);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}
