// Small gray images as ink on the page: drawn on a canvas in the color of the text.

/** @typedef {import("./blob.js").Numbers} Numbers */

/**
 * The drawing context of a canvas that has so many CSS pixels and is sharp on every screen.
 * Resizing empties it.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function fitCanvas(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(density, density);
  return context;
}

/**
 * All images side by side on one canvas, each with a halo that sets it off from what it covers.
 * @param {Numbers} images bytes of shape (P, H, W), 0 for paper
 * @param {number} size pixels of the screen for one image
 * @param {string} ink a CSS color
 * @param {string} paper of the halo
 */
export function inkAtlas(images, size, ink, paper) {
  const [count, height, width] = images.shape;
  const cell = Math.round(size * (window.devicePixelRatio || 1));
  const pad = Math.max(1, Math.round(cell / 10));
  const whole = cell + 2 * pad;
  const columns = Math.ceil(Math.sqrt(count));
  const atlas = document.createElement("canvas");
  atlas.width = columns * whole;
  atlas.height = Math.ceil(count / columns) * whole;
  const context = /** @type {CanvasRenderingContext2D} */ (atlas.getContext("2d"));
  const inked = sheet(images, ink);
  const halo = sheet(images, paper);
  context.imageSmoothingEnabled = cell < 3 * Math.max(width, height);
  for (let i = 0; i < count; i += 1) {
    const [left, top] = [(i % columns) * whole, Math.floor(i / columns) * whole];
    for (let dx = 0; dx <= 2 * pad; dx += pad) {
      for (let dy = 0; dy <= 2 * pad; dy += pad) {
        context.drawImage(halo, 0, i * height, width, height, left + dx, top + dy, cell, cell);
      }
    }
    context.drawImage(inked, 0, i * height, width, height, left + pad, top + pad, cell, cell);
  }
  const shown = (size * whole) / cell;
  return {
    /**
     * Draw image i with its middle at x, y.
     * @param {CanvasRenderingContext2D} target
     * @param {number} i
     * @param {number} x
     * @param {number} y
     */
    draw(target, i, x, y) {
      const [left, top] = [(i % columns) * whole, Math.floor(i / columns) * whole];
      const [h, v] = [x - shown / 2, y - shown / 2];
      target.drawImage(atlas, left, top, whole, whole, h, v, shown, shown);
    },
  };
}

/**
 * Put one image, as it is, into a canvas; style it `image-rendering: pixelated`.
 * @param {HTMLCanvasElement} canvas
 * @param {Numbers} images
 * @param {number} i
 * @param {string} ink
 */
export function drawImage(canvas, images, i, ink) {
  const [, height, width] = images.shape;
  const one = Object.assign(images.subarray(i * height * width, (i + 1) * height * width), {
    shape: [1, height, width],
  });
  canvas.width = width;
  canvas.height = height;
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(sheet(one, ink), 0, 0);
}

/**
 * Images under each other, their gray as opacity of one color.
 * @param {Numbers} images
 * @param {string} color
 */
function sheet(images, color) {
  const [count, height, width] = images.shape;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = count * height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const data = context.createImageData(width, count * height);
  for (let k = 0; k < images.length; k += 1) data.data[4 * k + 3] = images[k];
  context.putImageData(data, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = color;
  context.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * What a color variable of the figure's style is here and now.
 * @param {Element} element
 * @param {string} name such as "text" for `--bnviz-text`
 */
export function color(element, name) {
  return getComputedStyle(element).getPropertyValue(`--bnviz-${name}`).trim();
}

/**
 * Call when the page changes between light and dark: what a canvas shows does not follow by itself.
 * @param {() => void} listener
 * @returns {() => void} stops it
 */
export function onTheme(listener) {
  const observer = new MutationObserver(listener);
  const attributeFilter = ["data-theme", "theme", "class", "data-jp-theme-light"];
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter });
  }
  return () => observer.disconnect();
}
