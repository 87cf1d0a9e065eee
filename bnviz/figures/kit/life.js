// The life of a figure: from a widget's model or a page's embedded data to finished draws.
//
// A figure module says
//
//     import { figure } from "../kit/life.js";
//     export default figure("NAME", ({ spec, arrays, stage, redraw }) => {
//       …make elements, append them to `stage`…
//       return { draw({ width }) { …set paths and texts… } };
//     });
//
// `bundle.py` puts these files together, for a page as well as for a notebook.

import { inflate, unpack } from "./blob.js";
import { html } from "./elements.js";

/** @typedef {import("./blob.js").Arrays} Arrays */

/**
 * What a figure is made of.
 * @typedef {object} Context
 * @property {any} spec the figure's JSON: its own keys, and `alt`, `caption`, `height`
 * @property {Arrays} arrays the NumPy arrays, by name
 * @property {HTMLElement} stage where the figure puts its elements: a column as high as the figure
 *   says, in which an element of class `bnviz-room` gets what the others leave
 * @property {HTMLElement} root the `<figure>`
 * @property {boolean} page true in a page that is just being opened, where a figure may start to
 *   play by itself; false in a notebook
 * @property {() => void} redraw asks for one `draw` before the next paint
 * @property {HTMLElement|null} then holds the figure that this one may reveal
 */

/**
 * What a figure does.
 * @typedef {object} View
 * @property {(size: {width: number, resized: boolean}) => void} draw draws for this many CSS
 *   pixels; `resized` where the stage or a room of it is not as large as at the last draw
 * @property {(data: {spec: any, arrays: Arrays}) => void} [update] all data was replaced
 * @property {(content: any, buffers: DataView[]) => void} [message] live data arrived
 * @property {() => void} [destroy] stops timers and observers
 */

/**
 * A widget's model, or what stands for it in a page.
 * @typedef {object} Model
 * @property {boolean} [page]
 * @property {(key: string) => any} get
 * @property {(event: string, listener: (...args: any[]) => void) => void} on
 * @property {(event: string, listener: (...args: any[]) => void) => void} off
 */

/** @typedef {{model: Model, el: HTMLElement, figures?: Object<string, Module>}} Host */
/** @typedef {{render: (host: Host) => () => void}} Module */

/**
 * Define a figure.
 * @param {string} name as in Python and in `data-figure`
 * @param {(context: Context) => View} build makes the elements once; called again when the data
 *   is replaced and the view has no `update`
 * @returns {Module} an anywidget module; the same in a page
 */
export function figure(name, build) {
  return { render: (host) => mount(name, build, host) };
}

/**
 * @param {string} name
 * @param {(context: Context) => View} build
 * @param {Host} host
 */
function mount(name, build, { model, el, figures }) {
  /** @type {HTMLElement} */
  const root = el.matches("figure.bnviz-figure") ? el : frame(name, model.get("spec"), el);
  /** @type {HTMLElement} */
  const stage = root.querySelector(".bnviz-stage") ?? html("div");
  // JupyterLab takes arrow keys for itself, unless the element that has the focus says otherwise.
  stage.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement) target.dataset.lmSuppressShortcuts = "true";
  });

  const nested = nest(model, root, figures);

  const page = model.page === true;
  /** @type {View|null} */
  let view = null;
  let width = 0;
  let resized = true;
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
    view.draw({ width, resized });
    resized = false;
    draws += 1;
    root.dataset.draws = String(draws);
    Object.assign(root, { bnviz: { drawTime: performance.now() - started } });
    if (draws === 1) root.dataset.ready = "";
  }
  function start() {
    view?.destroy?.();
    stage.replaceChildren();
    view = build({ ...read(), stage, root, redraw, page, then: nested?.element ?? null });
    observer.disconnect();
    for (const element of [stage, ...stage.querySelectorAll(".bnviz-room")]) {
      observer.observe(element);
    }
    resized = true;
    redraw();
  }
  function replaced() {
    if (!view?.update) return start();
    view.update(read());
    redraw();
  }
  function message(/** @type {any} */ content, /** @type {DataView[]|undefined} */ buffers) {
    view?.message?.(content, buffers ?? []);
  }

  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      if (target === stage) width = Math.floor(contentRect.width);
    }
    resized = true;
    redraw();
  });

  root.classList.add("bnviz-live");
  start();
  model.on("change:data", replaced);
  model.on("msg:custom", message);
  return () => {
    observer.disconnect();
    cancelAnimationFrame(frameId);
    model.off("change:data", replaced);
    model.off("msg:custom", message);
    nested?.stop();
    view?.destroy?.();
  };
}

/**
 * The `<figure>` that a page brings along and a widget has to make.
 * @param {string} name
 * @param {{caption: string, height: [number, number]}} spec
 * @param {HTMLElement} el
 */
function frame(name, { caption, height: [wide, narrow] }, el) {
  const root = html(
    "figure",
    {
      class: `bnviz-figure bnviz-${name}`,
      "data-figure": name,
      style: `--bnviz-wide:${wide}px;--bnviz-narrow:${narrow}px`,
    },
    html("div", { class: "bnviz-stage" }),
    caption ? html("figcaption", {}, caption) : null,
  );
  el.append(root);
  return root;
}

/**
 * The figure that this one may reveal: in a page it stands there, folded, and comes to life by
 * itself; in a notebook it is made.
 * @param {Model} model
 * @param {HTMLElement} root
 * @param {Object<string, Module>} [figures]
 */
function nest(model, root, figures) {
  const element = html("div", { class: "bnviz-then" });
  const folded = root.querySelector(":scope > .bnviz-then");
  const inPage = folded?.querySelector("figure");
  if (inPage) {
    element.append(inPage);
    folded?.remove();
    return { element, stop() {} };
  }
  const then = model.get("spec").then;
  if (!then || !figures) return null;
  const state = { spec: then.spec, data: unpack(model.get("data")).then };
  return { element, stop: figures[then.name].render({ model: pageModel(state, false), el: element }) };
}

// --- in a page -----------------------------------------------------------------------------------

/**
 * Bring every embedded figure of the document to life that is not alive yet; now, when the page
 * has loaded, and whenever `window.bnviz.hydrate()` is called.
 * @param {Object<string, Module>} figures the figure modules, by name
 */
export function hydrate(figures) {
  const shared = /** @type {any} */ (window);
  const known = { ...shared.bnviz?.figures, ...figures };
  const run = () => {
    const waiting = "figure.bnviz-figure[data-figure]:not([data-hydrated])";
    for (const root of document.querySelectorAll(waiting)) wake(/** @type {any} */ (root), known);
  };
  shared.bnviz = { figures: known, hydrate: run };
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", run, { once: true });
  } else run();
}

/**
 * @param {HTMLElement} root
 * @param {Object<string, Module>} figures
 */
function wake(root, figures) {
  const module = figures[root.dataset.figure ?? ""];
  const spec = root.querySelector("script.bnviz-spec")?.textContent;
  const data = root.querySelector("script.bnviz-data")?.textContent;
  if (!module || spec == null || data == null) return;
  root.dataset.hydrated = "";
  embedded(module, root, spec, data).catch((error) => {
    root.classList.remove("bnviz-live");
    root.classList.add("bnviz-failed"); // its picture is shown
    console.error(`bnviz: the figure ${root.dataset.figure} could not start`, error);
  });
}

/**
 * @param {Module} module
 * @param {HTMLElement} root
 * @param {string} spec
 * @param {string} data
 */
async function embedded(module, root, spec, data) {
  // What is revealed later does not start to play before.
  const page = document.readyState !== "complete" && !root.closest(".bnviz-then");
  const state = { spec: JSON.parse(spec), data: await inflate(data) };
  module.render({ model: pageModel(state, page), el: root });
}

/**
 * What a widget's model is to a figure, without a kernel.
 * @param {Object<string, any>} state
 * @param {boolean} page
 * @returns {Model}
 */
function pageModel(state, page) {
  return { page, get: (key) => state[key], on() {}, off() {} }; // its data does not change
}
