// One feature of a small batch, normalized: drag a sample and all the others move too.

import {
  axis, button, figure, formatNumber, html, label, linear, resize, round, set, slider, surface,
  svg, toolbar,
} from "./base.js";

const ROW = 108; // from one axis to the next
const TRACK = 38; // where the samples lie in a row, with the axis line below
const FLOOR = 54;
const HEIGHT = 2 * ROW + FLOOR + 22;
const SIDE = 14; // room for half a number at both ends

export default figure("mini_batch", ({ spec, stage, redraw }) => {
  const [smallest, largest] = spec.sizes;
  let state = start();
  let result = normalize(state);
  let before = result; // before the reader's latest move
  let moved = null; // what that move changes
  let chosen = farthest(result); // the sample that the formulas are written out for

  function start() {
    return {
      pool: [...spec.values, ...spec.reserve],
      size: spec.values.length,
      eps: spec.eps,
      weight: spec.weight,
      bias: spec.bias,
    };
  }
  /** Every change goes through here. `what` tells one move of the reader from the next. */
  function change(what, apply) {
    if (what !== moved) before = result;
    moved = what;
    apply(state);
    result = normalize(state);
    if (before.x.length !== result.x.length) before = result;
    redraw();
  }
  /** A sample is taken hold of. */
  function begin(index) {
    moved = null;
    chosen = index;
    redraw();
  }
  function moveSample(index, value) {
    const [low, high] = spec.range;
    const snapped = Math.round(value / spec.step) * spec.step;
    const next = Number(Math.min(high, Math.max(low, snapped)).toPrecision(12));
    chosen = index;
    change(`sample ${index}`, ({ pool }) => {
      pool[index] = next;
    });
  }

  const drawing = makeDrawing(spec, {
    value: (index) => state.pool[index],
    begin,
    move: moveSample,
  });
  const table = makeTable(spec, { begin, move: moveSample });
  const formulas = makeFormulas(spec.digits);
  const note = html("p", { class: "bnviz-note", role: "status" });

  const size = slider({
    label: "batch size", min: smallest, max: largest, value: state.size,
    oninput(value) {
      chosen = Math.min(chosen, value - 1);
      change("size", (s) => {
        s.size = value;
      });
    },
  });
  const eps = parameter("ε", "eps", {
    step: 0.25, min: Math.min(-5, Math.floor(Math.log10(spec.eps))),
    max: Math.max(0, Math.ceil(Math.log10(spec.eps))),
    place: Math.log10, read: (position) => Number((10 ** position).toPrecision(3)),
  });
  const affine = (key) => ({
    step: 0.1, min: Math.min(-3, Math.floor(spec[key])), max: Math.max(3, Math.ceil(spec[key])),
  });
  const weight = parameter("γ (weight)", "weight", affine("weight"));
  const bias = parameter("β (bias)", "bias", affine("bias"));
  /** A slider whose value may lie between its steps, until it is moved. */
  function parameter(name, key, { place = (v) => v, read = (v) => v, ...range }) {
    const control = slider({
      label: name, ...range, value: place(state[key]), text: () => tidy(state[key]),
      oninput: (position) =>
        change(key, (s) => {
          s[key] = read(position);
        }),
    });
    return {
      element: control.element,
      reset() {
        control.value = place(state[key]);
      },
    };
  }
  const same = button({
    label: "Make all equal",
    onclick: () => change("equal", ({ pool, size: n }) => pool.fill(pool[chosen], 0, n)),
  });
  const reset = button({
    label: "Reset",
    onclick() {
      state = start();
      result = normalize(state);
      before = result;
      chosen = farthest(result);
      redraw();
      size.value = state.size;
      for (const control of [eps, weight, bias]) control.reset();
    },
  });

  stage.append(
    html(
      "div",
      { class: "bnviz-mini-batch" },
      html("div", {}, drawing.element, formulas.element, note),
      html(
        "div",
        {},
        table.element,
        html("div", { class: "bnviz-sliders" }, ...[size, eps, weight, bias].map((c) => c.element)),
        toolbar(same, reset),
      ),
    ),
  );

  return {
    draw({ width }) {
      const beside = width >= 640;
      stage.firstChild.classList.toggle("bnviz-beside", beside);
      drawing.show(beside ? width - 316 : width, result, before, chosen, state);
      table.show(result, chosen);
      formulas.show(result, chosen, state);
      const text = remark(result, state);
      if (note.textContent !== text) note.textContent = text;
    },
  };
});

// --- arithmetic ----------------------------------------------------------------------------------

/**
 * Algorithm 1 of Ioffe & Szegedy. Counting from the first sample keeps the variance exact beside a
 * large mean, and exactly zero where all samples are equal.
 */
function normalize({ pool, size, eps, weight, bias }) {
  const x = pool.slice(0, size);
  const average = (values) => values.reduce((a, b) => a + b, 0) / size;
  const shift = x.map((v) => v - x[0]);
  const offset = average(shift);
  const deviation = shift.map((v) => v - offset);
  const variance = average(deviation.map((d) => d * d));
  const root = Math.sqrt(variance + eps);
  const hat = deviation.map((d) => zero(d / root));
  const y = hat.map((h) => zero(weight * h + bias));
  const mean = x[0] + offset;
  const std = Math.sqrt(variance);
  return {
    x, hat, y, mean, variance,
    rows: [
      { values: x, mean, std },
      { values: hat, mean: 0, std: std / root },
      { values: y, mean: bias, std: (Math.abs(weight) * std) / root },
    ],
  };
}

/** The sample farthest from the mean: the one to look at first. */
function farthest({ hat }) {
  const sizes = hat.map(Math.abs);
  return sizes.indexOf(Math.max(...sizes));
}

/** What is zero but for rounding reads as zero; normalized values are of the size of 1. */
function zero(value) {
  return Math.abs(value) < 1e-14 ? 0 : value;
}

/** What is special about this batch, in a sentence or two. */
function remark({ x, variance, rows }, { weight }) {
  const texts = [];
  const std = rows[1].std;
  if (variance === 0) {
    texts.push("All samples are equal: σ² = 0. Without ε this would be 0/0; with it, every x̂ is 0 and every y is β.");
  } else if (x.length === 2 && std > 0.995) {
    texts.push("With two samples, x̂ is −1 and 1 wherever they lie. All that is left is which one is larger.");
  } else if (std < 0.995) {
    texts.push(`Here ε is not small beside σ²: the standard deviation of x̂ is ${formatNumber(std)}, not 1.`);
  }
  if (weight === 0) texts.push("γ = 0: every y is β, whatever the samples are.");
  return texts.join(" ");
}

/** So many digits at most, and no zeros at the end. */
function tidy(value, digits = 4) {
  const size = Math.abs(value);
  if (size >= 1e12 || (size < 1e-3 && size > 0)) return formatNumber(value, digits);
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

// --- the three axes ------------------------------------------------------------------------------

function makeDrawing(spec, { value, begin, move }) {
  const inUnit = (v) => tidy(v, spec.digits);
  const names = ["x, in its own unit", "x̂, in standard deviations", "y = γ x̂ + β"];
  const samples = (make) => Array.from({ length: spec.sizes[1] }, make);
  const lines = samples(() => svg("path", { class: "bnviz-batch-line" }));
  const bundle = svg("g", {}, ...lines);
  const rows = names.map((name, r) => {
    const row = {
      band: svg("rect", { class: "bnviz-batch-band", y: r * ROW + 20, height: FLOOR - 20 }),
      mean: svg("line", { class: "bnviz-batch-mean", y1: r * ROW + 20, y2: r * ROW + FLOOR }),
      axis: svg("g"),
      name: label(name, { class: "bnviz-strong", x: 0, y: r * ROW + 12 }),
      numbers: label("", { class: "bnviz-title", y: r * ROW + 12, "text-anchor": "end" }),
      rings: samples(() => svg("circle", { class: "bnviz-batch-ring", cy: r * ROW + TRACK, r: 5 })),
      dots: samples(() => svg("circle", { class: "bnviz-batch-dot", cy: r * ROW + TRACK })),
    };
    row.marks = svg("g", {}, ...row.rings, ...row.dots);
    row.element = svg("g", {}, row.axis, row.name, row.numbers, row.marks);
    return row;
  });
  const number = label("", { class: "bnviz-batch-number", "text-anchor": "middle" });
  const touch = svg("rect", { fill: "transparent", y: 16, height: FLOOR - 12, style: "cursor:grab" });
  const element = surface(
    spec.alt,
    ...rows.map((row) => row.band),
    ...rows.map((row) => row.mean),
    bundle,
    ...rows.map((row) => row.element),
    number,
    touch,
  );

  let framed = ""; // the width and reach that the axes stand for
  let onTop = -1; // the sample whose marks are drawn above the others
  let scale = null;
  let size = 0;
  let grabbed = null;
  const pointer = (event) => event.clientX - element.getBoundingClientRect().left;
  set(touch, {
    onpointerdown(event) {
      const at = pointer(event);
      let near = 0;
      const distance = (i) => Math.abs(scale(value(i)) - at);
      for (let i = 1; i < size; i += 1) if (distance(i) < distance(near)) near = i;
      if (distance(near) > 28) return;
      touch.setPointerCapture(event.pointerId);
      grabbed = { index: near, offset: scale(value(near)) - at };
      begin(near);
    },
    onpointermove(event) {
      if (grabbed) move(grabbed.index, scale.invert(pointer(event) + grabbed.offset));
    },
    onpointerup: () => (grabbed = null),
    onpointercancel: () => (grabbed = null),
  });

  return {
    element,
    show(width, result, before, chosen, { weight, bias }) {
      const range = [SIDE, width - SIDE];
      const count = (digits) => Math.floor(width / (10 * digits + 6));
      let reach = 4;
      while ([...result.hat, ...result.y].some((v) => Math.abs(v) > reach)) reach *= 2;
      const inner = linear([-reach, reach], range);
      const scales = [linear(spec.range, range), inner, inner];
      [scale] = scales;
      size = result.x.length;

      if (framed !== `${width} ${reach}`) {
        framed = `${width} ${reach}`;
        resize(element, width, HEIGHT);
        set(touch, { x: 0, width });
        rows.forEach((row, r) => {
          const options = r ? { count: count(4) } : { count: count(spec.digits), format: inUnit };
          axis(row.axis, scales[r], { at: r * ROW + FLOOR, ...options });
          set(row.numbers, { x: width });
        });
      }
      rows.forEach((row, r) => {
        const { values, mean, std } = result.rows[r];
        const at = (v) => round(Math.min(width, Math.max(0, scales[r](v))));
        set(row.band, { x: at(mean - std), width: Math.max(0, at(mean + std) - at(mean - std)) });
        set(row.mean, { x1: at(mean), x2: at(mean) });
        row.numbers.textContent = `mean ${tidy(mean, r ? 3 : spec.digits)} · std ${tidy(std, 3)}`;
        const still = before.rows[r].values;
        row.dots.forEach((dot, i) => {
          const used = i < size;
          show(dot, used);
          show(row.rings[i], used && still[i] !== values[i]);
          if (!used) return;
          set(dot, { cx: at(values[i]), r: i === chosen ? 9 : r ? 5 : 7 });
          set(row.rings[i], { cx: at(still[i]) });
        });
      });
      lines.forEach((line, i) => {
        show(line, i < size);
        if (i >= size) return;
        const points = rows.map(
          (_, r) => `${round(scales[r](result.rows[r].values[i]))} ${r * ROW + TRACK}`,
        );
        set(line, { d: `M${points.join("L")}` });
      });
      if (onTop !== chosen) {
        for (const marks of [lines, ...rows.map((row) => row.dots)]) {
          marks[onTop]?.classList.remove("bnviz-batch-chosen");
          marks[chosen].classList.add("bnviz-batch-chosen");
          marks[chosen].parentNode.append(marks[chosen]);
        }
        onTop = chosen;
      }
      number.textContent = chosen + 1;
      set(number, { x: round(scale(result.x[chosen])), y: TRACK + 4 });
      const [x, hat, y] = result.rows;
      set(element, {
        "aria-label":
          `A batch of ${size} samples: mean ${inUnit(x.mean)}, standard deviation ${tidy(x.std)}. ` +
          `Normalized: standard deviation ${tidy(hat.std)}. With γ = ${tidy(weight)} and ` +
          `β = ${tidy(bias)}: mean ${tidy(y.mean)}, standard deviation ${tidy(y.std)}.`,
      });
    },
  };
}

function show(mark, visible) {
  set(mark, { display: visible ? null : "none" });
}

// --- the table, whose rows are the keyboard's way to the samples -----------------------------------

function makeTable(spec, { begin, move }) {
  const heads = ["sample", "x", "", "x̂", "y"];
  const body = html("tbody");
  const [low, high] = spec.range;
  const rows = Array.from({ length: spec.sizes[1] }, (_, i) => {
    const input = html("input", {
      type: "range", min: low, max: high, step: spec.step, "aria-label": `x of sample ${i + 1}`,
      oninput: () => move(i, Number(input.value)),
      onfocus: () => begin(i),
    });
    const cells = [0, 1, 2].map(() => html("data"));
    const row = html(
      "tr",
      { onclick: () => begin(i) },
      html("th", { scope: "row" }, String(i + 1)),
      html("td", { class: "bnviz-batch-slide" }, input),
      ...cells.map((cell) => html("td", {}, cell)),
    );
    return { row, input, cells };
  });
  const header = heads.map((text, i) => {
    if (i === 2) return null;
    return html("th", { scope: "col", colspan: i === 1 ? 2 : null }, text);
  });
  const element = html(
    "table",
    { class: "bnviz-batch-table", "aria-label": "The samples and their normalized values" },
    html("thead", {}, html("tr", {}, ...header)),
    body,
  );
  let size = 0;
  return {
    element,
    show(result, chosen) {
      if (size !== result.x.length) {
        size = result.x.length;
        body.replaceChildren(...rows.slice(0, size).map(({ row }) => row));
      }
      for (let i = 0; i < size; i += 1) {
        const { row, input, cells } = rows[i];
        const values = [result.x[i], result.hat[i], result.y[i]];
        row.classList.toggle("bnviz-batch-chosen", i === chosen);
        if (Number(input.value) !== values[0]) input.value = values[0];
        cells.forEach((cell, c) => {
          cell.value = values[c];
          cell.textContent = c ? fixed(values[c]) : tidy(values[0], spec.digits);
        });
        set(input, {
          "aria-valuetext": `${tidy(values[0], spec.digits)}, x̂ ${tidy(values[1])}, y ${tidy(values[2])}`,
        });
      }
    },
  };
}

/** Three decimals, so that the points of a column stand under each other. */
function fixed(value) {
  if (Math.abs(value) >= 100) return formatNumber(value);
  return value.toFixed(3).replace(/^-0\.000$/, "0.000").replace("-", "−");
}

// --- the formulas with their numbers -------------------------------------------------------------

function math(tag, ...children) {
  const node = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  node.append(...children);
  return node;
}
const name = (text) => math("mi", text);
const sign = (text) => math("mo", text);
const value = (number, digits) => {
  const text = tidy(number, digits);
  return text.startsWith("−") ? math("mrow", sign("−"), math("mn", text.slice(1))) : math("mn", text);
};
const bracket = (number, digits) =>
  number < 0
    ? math("mrow", sign("("), value(number, digits), sign(")"))
    : value(number, digits);
const fraction = (top, bottom) => math("mfrac", math("mrow", ...top), math("mrow", ...bottom));
const root = (...inside) => math("msqrt", math("mrow", ...inside));
const hat = () => math("mover", name("x"), sign("^"));

/** Four lines; each is a row of pieces that may wrap between them. */
function makeFormulas(digits) {
  const element = html("div", { class: "bnviz-batch-formulas" });
  const piece = (...children) => {
    const node = math("math", ...children);
    node.setAttribute("displaystyle", "true");
    return node;
  };
  return {
    element,
    show({ x, hat: hats, y, mean, variance }, i, { eps, weight, bias }) {
      const n = x.length;
      const k = () => math("mn", String(i + 1));
      const sub = (node) => math("msub", node, k());
      const sum = x.reduce((a, b) => a + b, 0);
      const plus = (number) => [sign(number < 0 ? "−" : "+"), value(Math.abs(number))];
      const lines = [
        [
          piece(name("μ"), sign("="), fraction([math("mn", "1")], [name("m")]), sign("∑"), math("msub", name("x"), name("i"))),
          piece(sign("="), fraction([value(sum, digits + 1)], [value(n)])),
          piece(sign("="), value(mean, digits)),
        ],
        [
          piece(
            math("msup", name("σ"), math("mn", "2")), sign("="),
            fraction([math("mn", "1")], [name("m")]), sign("∑"),
            math("msup", math("mrow", sign("("), math("msub", name("x"), name("i")), sign("−"), name("μ"), sign(")")), math("mn", "2")),
          ),
          piece(sign("="), fraction([value(variance * n)], [value(n)])),
          piece(sign("="), value(variance)),
        ],
        [
          piece(
            sub(hat()), sign("="),
            fraction(
              [sub(name("x")), sign("−"), name("μ")],
              [root(math("msup", name("σ"), math("mn", "2")), sign("+"), name("ε"))],
            ),
          ),
          piece(
            sign("="),
            fraction(
              [value(x[i], digits), sign("−"), bracket(mean, digits)],
              [root(value(variance), sign("+"), value(eps))],
            ),
          ),
          piece(sign("="), value(hats[i])),
        ],
        [
          piece(sub(name("y")), sign("="), name("γ"), sub(hat()), sign("+"), name("β")),
          piece(sign("="), value(weight), sign("·"), bracket(hats[i]), ...plus(bias)),
          piece(sign("="), value(y[i])),
        ],
      ];
      element.replaceChildren(...lines.map((pieces) => html("div", {}, ...pieces)));
    },
  };
}
