// Keeps the trainer at work: in a worker where the browser gives one, else in the page, a few
// milliseconds at a time. It rests while nobody looks.

import { work } from "./trainer/worker.js?worker";

/** @typedef {import("./trainer/worker.js").Report} Report */

/** @typedef {"slow"|"steady"|"fast"} Pace */

/**
 * How many steps are asked for at once, after so many; in how much time; when the next asking comes.
 * @type {Record<Pace, {
 *   most: (done: number) => number, milliseconds: number, next: (ask: () => void) => void,
 * }>}
 */
const PACES = {
  slow: { most: () => 1, milliseconds: 0, next: (ask) => setTimeout(ask, 250) },
  steady: { most: () => 1, milliseconds: 0, next: (ask) => requestAnimationFrame(ask) },
  // Much happens in the first steps.
  fast: { most: (done) => Math.max(2, done / 8), milliseconds: 32, next: (ask) => ask() },
};
const IN_PAGE = 7; // milliseconds at most where the page itself trains

/**
 * @param {object} options
 * @param {Element} options.seen it rests while this is out of sight
 * @param {(report: Report) => void} options.onreport
 * @param {(reason: string) => void} options.onfail nothing can be trained
 */
export function makeRunner({ seen, onreport, onfail }) {
  let playing = false;
  let visible = true;
  let busy = false; // an answer is still to come
  let waiting = false; // the next asking is
  let once = false; // one step was asked for while it was busy
  let run = 0; // reports of earlier networks are out of date
  let done = 0; // steps of these
  /** @type {Pace} */
  let pace = "fast";
  /** @type {Parameters<typeof build>[0]|null} the latest networks */
  let latest = null;
  let crew = hire();

  function hire() {
    const heard = (/** @type {any} */ message) => hear(message);
    try {
      return fromWorker(heard, () => {
        crew = fromPage(heard); // some hosts give a worker and then forbid its code
        run = 0;
        if (latest) build(latest);
      });
    } catch {
      return fromPage(heard);
    }
  }
  /** New networks. @param {{settings: any, pixels: ArrayLike<number>, labels: ArrayLike<number>}} message */
  function build(message) {
    latest = message;
    busy = true;
    run += 1;
    crew.tell(message);
  }
  function hear(/** @type {Report|{failed: string}} */ message) {
    if ("failed" in message) {
      busy = false;
      self.pause();
      onfail(message.failed);
      return;
    }
    if (message.run < run) return;
    busy = false;
    done = message.steps;
    onreport(message);
    if (once) self.step();
    if (!playing || waiting) return;
    waiting = true;
    PACES[pace].next(() => {
      waiting = false;
      ask();
    });
  }
  function ask() {
    if (busy || waiting || !playing || !visible || document.hidden) return;
    busy = true;
    const { most, milliseconds } = PACES[pace];
    crew.tell({ steps: most(done), milliseconds: crew.inPage ? Math.min(milliseconds, IN_PAGE) : milliseconds });
  }
  const look = () => ask();
  document.addEventListener("visibilitychange", look);
  const watcher = new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    ask();
  });
  watcher.observe(seen);

  const self = {
    get playing() {
      return playing;
    },
    build,
    /** @param {number} lr */
    set lr(lr) {
      if (latest) latest.settings.lr = lr;
      crew.tell({ lr });
    },
    /** @param {Pace} next */
    set pace(next) {
      pace = next;
    },
    play() {
      playing = true;
      ask();
    },
    pause() {
      playing = false;
    },
    /** One update. */
    step() {
      self.pause();
      once = busy;
      if (busy) return;
      busy = true;
      crew.tell({ steps: 1, milliseconds: 0 });
    },
    destroy() {
      self.pause();
      document.removeEventListener("visibilitychange", look);
      watcher.disconnect();
      crew.dismiss();
    },
  };
  return self;
}

/**
 * @param {(message: any) => void} hear
 * @param {() => void} onfail its code was refused
 */
function fromWorker(hear, onfail) {
  const url = URL.createObjectURL(new Blob([`(${work})(self)`], { type: "text/javascript" }));
  const worker = new Worker(url);
  let heard = false;
  worker.onmessage = ({ data }) => {
    heard = true;
    hear(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    if (heard) hear({ failed: event.message });
    else onfail();
  };
  return {
    inPage: false,
    tell: (/** @type {any} */ message) => worker.postMessage(message),
    dismiss() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

/** @param {(message: any) => void} hear */
function fromPage(hear) {
  /** @type {(event: {data: any}) => void} */
  let listener = () => {};
  work({
    addEventListener: (/** @type {string} */ _, /** @type {typeof listener} */ listen) => (listener = listen),
    postMessage: (/** @type {any} */ message) => setTimeout(hear, 0, message),
  });
  return {
    inPage: true,
    tell: (/** @type {any} */ data) => setTimeout(() => listener({ data })),
    dismiss() {},
  };
}
