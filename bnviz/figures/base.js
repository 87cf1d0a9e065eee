// The life of a figure: from a widget's model or a page's embedded data to finished draws.
//
// A figure module says
//
//     import { figure, surface, … } from "./base.js";
//     export default figure("NAME", ({ spec, arrays, stage, redraw }) => {
//       …make elements, append them to `stage`…
//       return { draw({ width }) { …set paths and texts… } };
//     });
//
// `base.py` puts these files together, for a page as well as for a notebook.

import { html } from "./draw.js";
export * from "./draw.js";
export * from "./controls.js";

/** base.css; filled in when the files are put together. */
const CSS = "";

/**
 * Define a figure.
 * @param {string} name as in Python and in `data-figure`
 * @param {(context: Context) => View} build makes the elements once; called again when the data
 *   is replaced and the view has no `update`
 * @returns {{render: Function}} an anywidget module; the same in a page
 *
 * @typedef {object} Context
 * @property {object} spec the figure's JSON: its own keys, and `alt`, `caption`
 * @property {Object<string, TypedArray & {shape: number[]}>} arrays the NumPy arrays, by name
 * @property {HTMLElement} stage where the figure puts its elements
 * @property {HTMLElement} root the `<figure>`
 * @property {boolean} page true in a page that is just being opened, where a figure may start to
 *   play by itself; false in a notebook
 * @property {() => void} redraw asks for one `draw` before the next paint
 *
 * @typedef {object} View
 * @property {(size: {width: number}) => void} draw draws for this many CSS pixels
 * @property {(data: {spec: object, arrays: object}) => void} [update] all data was replaced
 * @property {(content: object, buffers: DataView[]) => void} [message] live data arrived
 * @property {() => void} [destroy] stops timers and observers
 */
export function figure(name, build) {
  return { render: ({ model, el }) => mount(name, build, model, el) };
}

function mount(name, build, model, el) {
  const root = el.closest("figure.bnviz-figure") ?? frame(name, model.get("spec"), el);
  const stage = html("div", { class: "bnviz-stage", hidden: true });
  // JupyterLab takes arrow keys for itself, unless the element that has the focus says otherwise.
  stage.addEventListener("focusin", ({ target }) => {
    target.dataset.lmSuppressShortcuts = "true";
  });
  root.prepend(stage);

  const page = model.page === true;
  let view = null;
  let width = 0;
  let frameId = 0;
  let draws = 0;

  const read = () => ({ spec: model.get("spec"), arrays: unpack(model.get("data")) });
  const redraw = () => {
    frameId ||= requestAnimationFrame(draw);
  };
  function draw() {
    frameId = 0;
    if (!view || width <= 0) return;
    const started = performance.now();
    view.draw({ width });
    draws += 1;
    root.dataset.draws = draws;
    root.bnviz = { drawTime: performance.now() - started };
    if (draws === 1) takeOver();
  }
  function takeOver() {
    stage.hidden = false;
    root.classList.add("bnviz-live");
    root.dataset.ready = "";
  }
  function start() {
    view?.destroy?.();
    stage.replaceChildren();
    view = build({ ...read(), stage, root, redraw, page });
    redraw();
  }
  function replaced() {
    if (!view?.update) return start();
    view.update(read());
    redraw();
  }
  function message(content, buffers) {
    view?.message?.(content, buffers ?? []);
  }

  const observer = new ResizeObserver(([entry]) => {
    injectStyle(root);
    const next = Math.floor(entry.contentRect.width);
    if (next === width) return;
    width = next;
    redraw();
  });

  injectStyle(root);
  start();
  observer.observe(root);
  model.on("change:data", replaced);
  model.on("msg:custom", message);
  return () => {
    observer.disconnect();
    cancelAnimationFrame(frameId);
    model.off("change:data", replaced);
    model.off("msg:custom", message);
    view?.destroy?.();
  };
}

/** The `<figure>` that a page brings along and a widget has to make. */
function frame(name, spec, el) {
  const root = html("figure", { class: "bnviz-figure", "data-figure": name });
  if (spec.caption) root.append(html("figcaption", {}, spec.caption));
  el.append(root);
  return root;
}

/** base.css, once for the document (or for the shadow root that a host put us in). */
function injectStyle(root) {
  const tree = root.getRootNode();
  const place = tree instanceof ShadowRoot ? tree : document.head;
  if (place.querySelector("style[data-bnviz]")) return;
  place.append(html("style", { "data-bnviz": "" }, CSS));
}

// --- data ----------------------------------------------------------------------------------------

const TYPES = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/**
 * The named arrays out of the blob that `pack` in base.py made. Half floats become Float32Array.
 * @param {DataView|ArrayBuffer|Uint8Array} blob
 */
export function unpack(blob) {
  if (!blob || !blob.byteLength) return {};
  const buffer = ArrayBuffer.isView(blob)
    ? blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.byteLength)
    : blob;
  const headerLength = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerLength)));
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header)) {
    const length = shape.reduce((a, b) => a * b, 1);
    const array =
      dtype === "float16"
        ? Float32Array.from(new Uint16Array(buffer, offset, length), fromHalf)
        : new TYPES[dtype](buffer, offset, length);
    arrays[name] = Object.assign(array, { shape });
  }
  return arrays;
}

/** The number whose half-precision bits are `bits`. */
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
}

// --- in a page -----------------------------------------------------------------------------------

/**
 * Bring every embedded figure of the document to life that is not alive yet.
 * @param {Object<string, {render: Function}>} figures the figure modules, by name
 */
export function hydrate(figures) {
  const waiting = "figure.bnviz-figure[data-figure]:not([data-hydrated])";
  for (const root of document.querySelectorAll(waiting)) {
    const module = figures[root.dataset.figure];
    const spec = root.querySelector("script.bnviz-spec");
    const data = root.querySelector("script.bnviz-data");
    if (!module || !spec || !data) continue;
    root.dataset.hydrated = "";
    embedded(module, root, spec.textContent, data.textContent).catch((error) => {
      console.error(`bnviz: the figure ${root.dataset.figure} could not start`, error);
    });
  }
}

async function embedded(module, root, spec, data) {
  const page = document.readyState !== "complete";
  const model = pageModel({ spec: JSON.parse(spec), data: await inflate(data) }, page);
  await module.render({ model, el: root });
}

/** What a widget's model is to a figure, without a kernel. */
function pageModel(state, page) {
  const listeners = {};
  return {
    page,
    get: (key) => state[key],
    set(key, value) {
      state[key] = value;
      for (const listener of listeners[`change:${key}`] ?? []) listener();
    },
    on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
    off: (event, listener) => listeners[event]?.delete(listener),
    send() {},
    save_changes() {},
  };
}
