// Native controls with names that a screen reader reads, and the player that scrubs through time.

import { html, set, stroke, svg, tint } from "./draw.js";

/**
 * A range slider with its label and its value as text.
 * @param {{label: string, min: number, max: number, step?: number|string, value: number,
 *   text?: (value: number) => string, oninput: (value: number) => void}} options
 * @returns {{element: HTMLElement, input: HTMLInputElement, value: number,
 *   limit: (min: number, max: number) => void}}
 */
export function slider({ label, min, max, step = 1, value, text = String, oninput }) {
  const input = html("input", { type: "range", min, max, step, value, "aria-label": label });
  const output = html("output", { class: "bnviz-value", "aria-hidden": "true" });
  const show = () => {
    output.textContent = text(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    oninput(Number(input.value));
    show(); // afterwards, so that `text` may tell the figure's state
  });
  show();
  const name = html("span", { class: "bnviz-label", "aria-hidden": "true" }, label);
  return {
    element: html("label", { class: "bnviz-control bnviz-slider" }, name, input, output),
    input,
    get value() {
      return Number(input.value);
    },
    /** Moves the thumb without calling `oninput`. */
    set value(next) {
      input.value = next;
      show();
    },
    limit(low, high) {
      set(input, { min: low, max: high });
      show();
    },
  };
}

/**
 * A select box.
 * @param {{label: string, options: Array<string|{value: string, text: string}>, value?: string,
 *   onchange: (value: string) => void}} options
 */
export function select({ label, options, value, onchange }) {
  const input = html("select", { "aria-label": label });
  for (const option of options) {
    const entry = typeof option === "string" ? { value: option, text: option } : option;
    const chosen = entry.value === value;
    input.append(html("option", { value: entry.value, selected: chosen }, entry.text));
  }
  input.addEventListener("change", () => onchange(input.value));
  const name = html("span", { class: "bnviz-label", "aria-hidden": "true" }, label);
  return { element: html("label", { class: "bnviz-control" }, name, input), input };
}

/** A button: `button({ label: "New batch", onclick })`. */
export function button({ label, onclick }) {
  return html("button", { type: "button", class: "bnviz-button", onclick }, label);
}

/** A checkbox with its label: `checkbox({ label, checked, onchange })`. */
export function checkbox({ label, checked = false, onchange }) {
  const input = html("input", { type: "checkbox", checked });
  input.addEventListener("change", () => onchange(input.checked));
  return { element: html("label", { class: "bnviz-control bnviz-check" }, input, label), input };
}

/** A row of controls. */
export function toolbar(...controls) {
  return html("div", { class: "bnviz-toolbar" }, ...controls);
}

/**
 * What the lines and areas mean, outside the drawing so that it wraps on a phone.
 * @param {Array<{label: string, color: number, dash: string}>} styles `spec.styles`
 */
export function legend(styles) {
  const entries = styles.map((style) =>
    html(
      "span",
      { class: "bnviz-key" },
      svg(
        "svg",
        { width: 30, height: 14, "aria-hidden": "true" },
        svg("rect", { x: 0, y: 1, width: 30, height: 12, ...tint(style) }),
        svg("path", { d: "M0 7H30", "stroke-width": 2.5, ...stroke(style) }),
      ),
      style.label,
    ),
  );
  return html("div", { class: "bnviz-legend" }, ...entries);
}

/** True when the reader asked the system for less motion. */
export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

const PLAY = "M3 1.5v11l9-5.5z";
const PAUSE = "M2.5 1.5h3.5v11H2.5zM8 1.5h3.5v11H8z";

/**
 * A play button and a slider over 0 … max. It plays once and stops at the end.
 * @param {{label: string, max: number, value?: number, duration?: number,
 *   text?: (value: number) => string, oninput: (value: number) => void}} options
 *   duration: milliseconds from 0 to max
 */
export function player({ label, max, value = 0, duration = 6000, text, oninput }) {
  let frame = 0;
  const track = slider({
    label,
    min: 0,
    max,
    value,
    text,
    oninput(next) {
      pause();
      oninput(next);
    },
  });
  const icon = svg("path", { d: PLAY, fill: "currentColor" });
  const image = svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" });
  image.append(icon);
  const toggle = html("button", {
    type: "button",
    class: "bnviz-button bnviz-play",
    "aria-label": "Play",
    onclick: () => (frame ? pause() : play()),
  });
  toggle.append(image);

  function show(playing) {
    set(icon, { d: playing ? PAUSE : PLAY });
    set(toggle, { "aria-label": playing ? "Pause" : "Play" });
  }
  function pause() {
    cancelAnimationFrame(frame);
    frame = 0;
    show(false);
  }
  function play() {
    const end = Number(track.input.max);
    if (end < 1) return;
    let from = track.value >= end ? 0 : track.value;
    let started = null;
    show(true);
    const tick = (now) => {
      started ??= now;
      const next = Math.min(end, Math.floor(from + ((now - started) / duration) * end));
      if (next !== track.value) {
        track.value = next;
        oninput(next);
      }
      if (next < end) frame = requestAnimationFrame(tick);
      else pause();
    };
    frame = requestAnimationFrame(tick);
  }

  let watcher = null;
  return {
    element: html("div", { class: "bnviz-player" }, toggle, track.element),
    slider: track,
    play,
    pause,
    get playing() {
      return frame !== 0;
    },
    /** Plays once when most of `element` comes into view, unless less motion is asked for. */
    autoplay(element) {
      if (reducedMotion() || typeof IntersectionObserver === "undefined") return;
      const stop = () => watcher?.disconnect();
      watcher = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          stop();
          play();
        },
        { threshold: 0.4 },
      );
      watcher.observe(element);
      element.addEventListener("pointerdown", stop, { once: true });
      element.addEventListener("keydown", stop, { once: true });
    },
    destroy() {
      watcher?.disconnect();
      pause();
    },
  };
}
