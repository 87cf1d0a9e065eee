// The block as cells: a map for each image (from above) and channel (from the left), on a canvas.
// Where there is one channel, the images lie side by side instead: so they fit a phone.

import { html } from "../../kit/elements.js";
import { color, fitCanvas } from "../../kit/ink.js";
import { dragging } from "../../kit/plot.js";
import { indexOf, numberAt } from "./arithmetic.js";

const GAP = 0.7; // between two maps, in cells
const LEFT = 22; // room for the images' numbers
const TOP = 34; // and for the channels'
const SMALL = 0.46; // of a cell that does not share
const FAINT = 0.08; // the least that is seen of a number

/**
 * @param {object} options
 * @param {number[]} options.shape of the block
 * @param {string[]} options.names of its axes
 * @param {(i: number) => void} options.onpick a number is tapped, or dragged to
 */
export function makeCells({ shape, names, onpick }) {
  const lying = shape[1] === 1 && shape[0] > 1;
  const [across, down] = lying ? [0, 1] : [1, 0]; // the axes whose maps lie side by side, and below
  const [rows, columns] = [1, 1, ...shape.slice(2)].slice(-2);
  const canvas = html("canvas", { class: "bnviz-block-canvas", "aria-hidden": "true" });
  /** @type {CanvasRenderingContext2D} */
  let context;
  let size = 10; // of a cell, in pixels
  let left = LEFT;
  let width = 0;
  let height = 0;

  const corner = (/** @type {number[]} */ at) => {
    const [h, w] = [0, 0, ...at.slice(2)].slice(-2);
    return [
      left + size * (at[across] * (columns + GAP) + w), TOP + size * (at[down] * (rows + GAP) + h),
    ];
  };
  /** @param {PointerEvent} event */
  function pick(event) {
    const box = canvas.getBoundingClientRect();
    const place = (/** @type {number} */ pixel, /** @type {number} */ one, /** @type {number} */ count) => {
      const cells = pixel / size;
      const map = Math.min(count - 1, Math.max(0, Math.floor((cells + GAP / 2) / (one + GAP))));
      return [map, Math.min(one - 1, Math.max(0, Math.floor(cells - map * (one + GAP))))];
    };
    const [a, w] = place(event.clientX - box.left - left, columns, shape[across]);
    const [d, h] = place(event.clientY - box.top - TOP, rows, shape[down]);
    const at = [0, 0, ...[h, w].slice(4 - shape.length)];
    [at[across], at[down]] = [a, d];
    onpick(numberAt(at, shape));
  }
  dragging(canvas, { move: pick });

  return {
    element: canvas,
    /**
     * @param {number} w pixels of the canvas
     * @param {number} h
     */
    frame(w, h) {
      [width, height] = [w, h];
      context = fitCanvas(canvas, width, height);
      const wide = shape[across] * (columns + GAP) - GAP;
      const high = shape[down] * (rows + GAP) - GAP;
      size = Math.max(2, Math.min(40, (width - LEFT - 2) / wide, (height - TOP - 2) / high));
      left = Math.max(LEFT, Math.floor((width - size * wide) / 2));
    },
    /**
     * @param {ArrayLike<number>} values what the cells show
     * @param {number} most the value that is drawn the deepest
     * @param {Int32Array} keys equal where two share their statistics
     * @param {number} chosen
     */
    draw(values, most, keys, chosen) {
      const [ink, below, share, muted, surface] = ["text", "b", "c", "muted", "surface"].map((name) =>
        color(canvas, name),
      );
      context.clearRect(0, 0, width, height);
      heads(muted);
      for (let i = 0; i < values.length; i += 1) {
        const [x, y] = corner(indexOf(i, shape));
        const full = keys[i] === keys[chosen];
        const side = full ? Math.max(1, size - 1) : SMALL * size;
        const edge = (size - side) / 2;
        if (full) {
          context.globalAlpha = 0.34;
          context.fillStyle = share;
          context.fillRect(x, y, size, size);
        }
        context.globalAlpha = Math.min(1, FAINT + (1 - FAINT) * (Math.abs(values[i]) / most));
        context.fillStyle = values[i] < 0 ? below : ink;
        context.fillRect(x + edge, y + edge, side, side);
      }
      context.globalAlpha = 1;
      const [x, y] = corner(indexOf(chosen, shape));
      for (const [line, stroke] of /** @type {[number, string][]} */ ([[5, surface], [2.5, ink]])) {
        context.lineWidth = line;
        context.strokeStyle = stroke;
        context.strokeRect(x - 1.5, y - 1.5, size + 3, size + 3);
      }
    },
  };

  /** @param {string} muted */
  function heads(muted) {
    context.fillStyle = muted;
    context.globalAlpha = 1;
    context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
    context.textAlign = "left";
    context.fillText(`${names[across]} →`, left, 12);
    context.textAlign = "center";
    const middle = (/** @type {number} */ one) => (size * one) / 2;
    for (let k = 0; k < shape[across]; k += 1) {
      context.fillText(String(k + 1), left + size * k * (columns + GAP) + middle(columns), TOP - 7);
    }
    if (lying) return;
    for (let k = 0; k < shape[down]; k += 1) {
      context.fillText(String(k + 1), left - 12, TOP + size * k * (rows + GAP) + middle(rows) + 4);
    }
  }
}
