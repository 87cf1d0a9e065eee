// One filter, slid over an image: a place is chosen, its window and its weighted sum are shown.

import { choice, controlBar, select } from "../../kit/controls.js";
import { surface } from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { dragging } from "../../kit/plot.js";
import { tidy } from "../../kit/words.js";
import { products, slide } from "./arithmetic.js";

const GAP = 1.4; // between two panels, in cells
const HEAD = 22; // pixels for their names

export default figure("convolution", ({ spec, arrays, stage, redraw }) => {
  const [count, height, width] = /** @type {number[]} */ (spec.shape);
  const [, side] = arrays.filters.shape;
  const edge = (side - 1) / 2; // zeros around the image
  /** @type {string[]} */
  const names = spec.filters;
  let [row, column] = /** @type {number[]} */ (spec.at);
  let filter = spec.start;
  let image = 0;

  const part = (/** @type {ArrayLike<number>} */ from, /** @type {number} */ i, /** @type {number} */ size) =>
    Array.from({ length: size }, (_, k) => from[i * size + k]);
  const pixels = () => part(arrays.images, image, height * width);
  const weights = () => part(arrays.filters, filter, side * side);
  const largest = (/** @type {ArrayLike<number>} */ all) => Math.max(...Array.from(all, Math.abs)) || 1;
  const most = {
    image: largest(arrays.images),
    // One scale for all images and filters: a map that is faint is faint.
    map: Math.max(...names.flatMap((_, f) => Array.from({ length: count }, (__, k) =>
      largest(slide(part(arrays.images, k, height * width), [height, width], part(arrays.filters, f, side * side))),
    ))),
  };

  // --- what the reader chooses --------------------------------------------------------------------

  const which = choice({
    label: "filter", options: names, value: filter,
    onchange(index) {
      filter = index;
      redraw();
    },
  });
  const numbers = (/** @type {number} */ size) => Array.from({ length: size }, (_, k) => String(k + 1));
  const images = select({
    label: "image", options: numbers(count), value: "1",
    onchange(value) {
      image = Number(value) - 1;
      redraw();
    },
  });
  const rows = select({
    label: "row", options: numbers(height), value: String(row + 1),
    onchange: (value) => move(Number(value) - 1, column),
  });
  const columns = select({
    label: "column", options: numbers(width), value: String(column + 1),
    onchange: (value) => move(row, Number(value) - 1),
  });
  /**
   * @param {number} toRow
   * @param {number} toColumn
   */
  function move(toRow, toColumn) {
    const [h, w] = [bound(toRow, height), bound(toColumn, width)];
    if (h === row && w === column) return;
    [row, column] = [h, w];
    redraw();
  }
  const bound = (/** @type {number} */ k, /** @type {number} */ size) =>
    Math.min(size - 1, Math.max(0, k));

  // --- the panels ---------------------------------------------------------------------------------

  const drawing = surface(spec.alt);
  set(drawing, { class: "bnviz-slide" });
  const panel = (/** @type {string} */ name, /** @type {number} */ high, /** @type {number} */ wide) => {
    const cells = Array.from({ length: high * wide }, () => svg("rect", { width: 0.94, height: 0.94 }));
    const ring = svg("rect", { class: "bnviz-slide-ring" });
    const title = svg("text", { class: "bnviz-slide-name" }, name);
    const scaled = svg("g", {}, ...cells, ring);
    cells.forEach((cell, i) => set(cell, { x: (i % wide) + 0.03, y: Math.floor(i / wide) + 0.03 }));
    const group = svg("g", {}, title, scaled);
    drawing.append(group);
    return {
      cells, ring, wide, high,
      /**
       * @param {number} left
       * @param {number} top
       * @param {number} size of a cell
       */
      place(left, top, size) {
        set(scaled, { transform: `translate(${left} ${top}) scale(${size})` });
        set(title, { x: left + (wide * size) / 2, y: top - 8 });
      },
      /**
       * @param {number[]} values
       * @param {number} deepest
       */
      show(values, deepest) {
        values.forEach((value, i) => {
          set(cells[i], {
            class: value < 0 ? "bnviz-slide-below" : "bnviz-slide-above",
            "fill-opacity": Math.min(1, 0.06 + (0.94 * Math.abs(value)) / deepest).toFixed(3),
          });
        });
      },
    };
  };
  const seen = panel("image", height + 2 * edge, width + 2 * edge);
  const kernel = panel("filter", side, side);
  const map = panel("map", height, width);
  const between = ["×", "="].map((sign) => {
    const text = svg("text", { class: "bnviz-slide-sign" }, sign);
    drawing.append(text);
    return text;
  });

  const frame = svg("rect", { class: "bnviz-slide-frame" }); // of the image; around it the zeros
  drawing.append(frame);
  let geometry = { left: 0, top: 0, size: 1, mapLeft: 0, mapTop: 0 };
  dragging(drawing, {
    move(event) {
      const box = drawing.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const { left, top, size, mapLeft, mapTop } = geometry;
      const cell = (/** @type {number} */ at) => Math.floor(at / size);
      if (x >= mapLeft - size / 2) move(cell(y - mapTop), cell(x - mapLeft));
      else if (x <= left + size * seen.wide) move(cell(y - top) - edge, cell(x - left) - edge);
    },
  });

  const sum = html("output", { class: "bnviz-slide-sum" });
  const room = html("div", { class: "bnviz-room" }, drawing);
  const places = controlBar(images.element, rows.element, columns.element);
  places.classList.add("bnviz-slide-places");
  stage.append(controlBar(which.element), places, room, sum);

  return {
    draw({ resized }) {
      if (resized) lay();
      const shape = [height, width];
      const sums = slide(pixels(), shape, weights());
      const terms = products(pixels(), shape, weights(), row, column);
      const padded = Array.from({ length: seen.wide * seen.high }, (_, i) => {
        const [h, w] = [Math.floor(i / seen.wide) - edge, (i % seen.wide) - edge];
        return h < 0 || w < 0 || h >= height || w >= width ? 0 : pixels()[h * width + w];
      });
      seen.show(padded, most.image);
      kernel.show(weights(), largest(weights()));
      map.show(sums, most.map);
      set(seen.ring, { x: column, y: row, width: side, height: side });
      set(kernel.ring, { x: 0, y: 0, width: side, height: side });
      set(map.ring, { x: column, y: row, width: 1, height: 1 });
      rows.input.value = String(row + 1);
      columns.input.value = String(column + 1);
      const value = tidy(sums[row * width + column]);
      const counted = terms.filter((term) => term !== 0);
      const shown = counted.map((term, i) =>
        i === 0 ? tidy(term) : term < 0 ? `− ${tidy(-term)}` : `+ ${tidy(term)}`);
      write(sum, counted.length > 1 ? `${shown.join(" ")} = ${value}` : `weighted sum ${value}`);
      set(drawing, {
        "aria-label": `Filter ${names[filter]}, image ${image + 1}, row ${row + 1}, column ` +
          `${column + 1}: weighted sum ${value}.`,
      });
    },
  };

  function lay() {
    const [wide, high] = [Math.floor(room.clientWidth), Math.floor(room.clientHeight)];
    set(drawing, { width: wide, height: high, viewBox: `0 0 ${wide} ${high}` });
    const across = seen.wide + kernel.wide + map.wide + 2 * GAP;
    const size = Math.min(30, wide / across, (high - HEAD) / seen.high);
    const left = (wide - across * size) / 2;
    const middle = HEAD + (seen.high * size) / 2;
    const lefts = [left, left + (seen.wide + GAP) * size, left + (seen.wide + kernel.wide + 2 * GAP) * size];
    const top = (/** @type {{high: number}} */ one) => middle - (one.high * size) / 2;
    [seen, kernel, map].forEach((one, i) => one.place(lefts[i], top(one), size));
    between.forEach((text, i) => set(text, { x: lefts[i + 1] - (GAP * size) / 2, y: middle + 6 }));
    geometry = { left, top: top(seen), size, mapLeft: lefts[2], mapTop: top(map) };
    set(frame, {
      x: left + edge * size, y: top(seen) + edge * size, width: width * size, height: height * size,
    });
  }
});
