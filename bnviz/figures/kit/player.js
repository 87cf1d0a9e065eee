// Playing through time: the button, the player that scrubs, and when a figure may start by itself.

import { slider } from "./controls.js";
import { html, set, svg } from "./elements.js";

/** True when the reader asked the system for less motion. */
export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

const PLAY = "M3 1.5v11l9-5.5z";
const PAUSE = "M2.5 1.5h3.5v11H2.5zM8 1.5h3.5v11H8z";
const SEEN = 0.6; // share of a figure that is in view before it starts by itself: laptops are low

/**
 * Start once when most of an element is in view; never where less motion is asked for, nor
 * when the reader has already touched it.
 * @param {Element} element
 * @param {() => void} start
 * @returns {() => void} gives it up
 */
export function whenSeen(element, start) {
  if (reducedMotion()) return () => {};
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.intersectionRatio >= SEEN)) return;
      stop();
      start();
    },
    { threshold: SEEN },
  );
  const stop = () => watcher.disconnect();
  watcher.observe(element);
  element.addEventListener("pointerdown", stop, { once: true });
  element.addEventListener("keydown", stop, { once: true });
  return stop;
}

/**
 * The button that plays and pauses.
 * @param {() => void} onclick
 */
export function playButton(onclick) {
  const icon = svg("path", { d: PLAY, fill: "currentColor" });
  const image = svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, icon);
  const element = html(
    "button",
    { type: "button", class: "bnviz-button bnviz-play", "aria-label": "Play", onclick },
    image,
  );
  return {
    element,
    /** @param {boolean} playing */
    show(playing) {
      set(icon, { d: playing ? PAUSE : PLAY });
      set(element, { "aria-label": playing ? "Pause" : "Play" });
    },
  };
}

/**
 * A play button and a slider over 0 … max. It plays once and stops at the end.
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.max
 * @param {number} [options.value]
 * @param {number} [options.duration] milliseconds from 0 to max
 * @param {(value: number) => string} [options.text]
 * @param {(value: number) => void} options.oninput
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
  const toggle = playButton(() => (frame ? pause() : play()));

  function pause() {
    cancelAnimationFrame(frame);
    frame = 0;
    toggle.show(false);
  }
  function play() {
    const end = Number(track.input.max);
    if (end < 1) return;
    const from = track.value >= end ? 0 : track.value;
    /** @type {number|null} */
    let started = null;
    toggle.show(true);
    const tick = (/** @type {number} */ now) => {
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

  let giveUp = () => {};
  return {
    element: html("div", { class: "bnviz-player" }, toggle.element, track.element),
    slider: track,
    play,
    pause,
    get playing() {
      return frame !== 0;
    },
    /**
     * Plays once when most of `element` is in view.
     * @param {Element} element
     */
    autoplay(element) {
      giveUp = whenSeen(element, play);
    },
    destroy() {
      giveUp();
      pause();
    },
  };
}
