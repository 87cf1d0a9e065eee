// Networks that train in the page, side by side on the same batches.

import { button, select, slider } from "../../kit/controls.js";
import { html, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { playButton, whenSeen } from "../../kit/player.js";
import { nearest } from "../../kit/scales.js";
import { fixed, tidy } from "../../kit/words.js";
import { asker } from "./asker.js";
import { makeHistory, toCsv } from "./history.js";
import { layers } from "./layers.js";
import { learned } from "./learned.js";
import { networkHead, sharedControls } from "./panel.js";
import { progress } from "./progress.js";
import { readRecorded } from "./recorded.js";
import { makeRunner } from "./runner.js";
import { changed, decode, encode, forTrainer, RATES, stylesOf } from "./settings.js";
import { NONE } from "./trainer/answers.js";

/** @typedef {import("./settings.js").Setting} Setting */
/** @typedef {import("./trainer/worker.js").Report} Report */

const ADDRESS = "#lab?"; // before the setting, in the address of the page
const SPOKEN = 700; // milliseconds between two descriptions for a screen reader

export default figure("lab", ({ spec, arrays, stage, root, redraw, page }) => {
  /** @type {Setting} */
  const usual = spec.setting;
  const addressed = page && !spec.controls; // a page has one lab that its address is about
  const asked = addressed && location.hash.startsWith(ADDRESS) ? location.hash.slice(ADDRESS.length) : "";
  let setting = decode(asked, usual);
  let history = makeHistory();
  /** @type {Report|null} */
  let report = null;
  /** @type {import("./trainer/data.js").Examples|null} of the test set, which the answers are seen for */
  let examples = null;
  let recorded = recordedOf(setting); // shown until it is trained
  let rest = spec.rest; // steps after which it pauses, once
  let failed = "";
  let described = 0;
  let framed = false;

  const runner = makeRunner({
    seen: root,
    onreport(next) {
      report = next;
      examples = next.shown ?? examples;
      if (next.looks.length) recorded = null;
      history.add(next);
      const over = next.looks.length > 0 && history.broken.every((at) => at !== null);
      if (over || next.steps >= (questions?.watched?.steps ?? Infinity)) questions?.tell();
      if (over || next.steps >= rest) run(false); // nothing is left to train, or to be seen
      if (next.steps >= rest) rest = Infinity;
      redraw();
    },
    onfail(reason) {
      failed = reason;
      play.show(false);
      questions?.tell();
      redraw();
    },
  });

  const play = playButton(() => run(!runner.playing));
  const step = button({ label: "Step", onclick: () => { run(false); runner.step(); } });
  const again = button({ label: "Restart", onclick: () => { recorded = null; start(setting); } });
  const pace = select({
    label: "pace",
    options: [
      { value: "slow", text: "slow motion" },
      { value: "steady", text: "1 a frame" },
      { value: "fast", text: "full speed" },
    ],
    value: "fast",
    onchange: (value) => {
      runner.pace = /** @type {import("./runner.js").Pace} */ (value);
    },
  });
  const rates = [...new Set([...RATES, setting.lr])].sort((a, b) => a - b);
  const rate = slider({
    label: "learning rate",
    short: "rate",
    min: 0,
    max: rates.length - 1,
    value: nearest(rates, setting.lr),
    room: 5,
    text: () => tidy(setting.lr, 2), // an address may ask for one between two of the slider's
    oninput(index) {
      setting = { ...setting, lr: rates[index] };
      runner.lr = setting.lr;
      questions?.moved();
      note();
      redraw();
    },
  });
  const counter = html("output", { class: "bnviz-lab-steps", "aria-label": "steps" });
  const address = html("a", { class: "bnviz-lab-link" }, "link to this");
  const numbers = button({ label: "CSV", onclick: download });
  numbers.setAttribute("aria-label", "The numbers of this run as CSV");
  const back = button({
    label: "Defaults",
    onclick() {
      start(usual, true);
      play.element.focus({ preventScroll: true }); // the button is gone
    },
  });
  back.classList.add("bnviz-lab-back");

  let mine = setting; // the reader's own, before an answer set the lab
  let put = setting; // what an answer set it to
  const questions = spec.questions.length ? asker(spec.questions, 0, {
    run(question) {
      if (setting !== put) mine = setting;
      // The seed stays: answers hold for others, too.
      start((put = { ...question.setting, seed: setting.seed }), true);
      rest = question.steps; // what the question asks about
    },
    back() {
      if (setting !== put || put === mine) return; // the reader has gone on, or nothing was put
      run(false);
      recorded = recordedOf(mine);
      start((put = mine));
    },
    shows: asks,
  }) : null;
  const shared = html("div", { class: "bnviz-lab-settings" });
  const more = button({ label: "More settings", onclick: () => unfold(more.ariaExpanded === "false") });
  more.classList.add("bnviz-lab-more"); // on a phone
  more.setAttribute("aria-expanded", "false");
  const heads = html("div", { class: "bnviz-lab-heads" });
  const inside = html("div", { class: "bnviz-room bnviz-lab-layers" });
  const beside = html("div", { class: "bnviz-room bnviz-lab-progress" });
  const answered = html("div", { class: "bnviz-room bnviz-lab-learned" });
  const body = html(
    "div", { class: "bnviz-lab-body" },
    html("div", { class: "bnviz-lab-left" }, heads, inside),
    html("div", { class: "bnviz-lab-side" }, beside, answered),
  );
  stage.append(
    ...(questions ? [questions.element] : []),
    html(
      "div", { class: "bnviz-lab-run" },
      play.element, ...(spec.controls ? [again] : [step, again, pace.element]),
      spec.controls?.includes("lr") === false ? null : rate.element,
      ...(spec.controls ? [shared, back] : []), counter,
    ),
    ...(spec.controls ? [] : [shared]),
    body,
  );
  let styles = stylesOf(setting.networks);
  let parts = arrange();
  start(setting);
  if (asked && arrives()) root.scrollIntoView(); // no heading has such a name
  const giveUp = page ? whenSeen(root, () => run(true)) : () => {};

  /** Makes what depends on the setting. */
  function arrange() {
    styles = stylesOf(setting.networks);
    const change = (/** @type {Partial<Setting>} */ part) => start({ ...setting, ...part }, true);
    const choose = spec.controls ? null : change;
    const columns = setting.networks.map((_, n) => networkHead(setting, n, styles[n], choose));
    const drawn = layers(styles, setting.depth);
    const charts = progress(styles);
    const picture = learned(styles, setting.data);
    const [first, ...others] = sharedControls(setting, spec.controls, change);
    shared.replaceChildren(...(spec.controls
      ? [first, ...others]
      : [first, more, ...others, numbers, ...(addressed ? [address] : []), back]));
    heads.replaceChildren(...columns.map(({ element }) => element));
    inside.replaceChildren(drawn.element);
    inside.style.minHeight = `${drawn.least}px`;
    beside.replaceChildren(...charts.elements);
    answered.replaceChildren(picture.element);
    framed = false;
    return { columns, drawn, charts, picture };
  }
  /** The settings of a phone add to the figure's height; the drawings keep theirs. @param {boolean} open */
  function unfold(open) {
    body.style.flex = open ? `1 0 ${body.offsetHeight}px` : "";
    more.setAttribute("aria-expanded", String(open));
    labelMore();
  }
  /** What is folded is not hidden: the button counts what differs from the page's own setting. */
  function labelMore() {
    const folded = changed(setting, usual).filter((key) => key !== "data"); // always in sight
    const closed = folded.length ? `More settings (${folded.length})` : "More settings";
    write(more, more.ariaExpanded === "true" ? "Fewer settings" : closed);
  }
  /** The run of a setting that is there before it is trained. @param {Setting} of */
  function recordedOf(of) {
    return encode(of, usual) ? null : readRecorded(arrays);
  }
  /** @param {boolean} on */
  function run(on) {
    giveUp();
    recorded = null;
    if (on) runner.play();
    else runner.pause();
    play.show(runner.playing);
    redraw();
  }
  /**
   * Begin anew with a setting.
   * @param {Setting} next
   * @param {boolean} [play] at once, too
   */
  function start(next, play = false) {
    const focus = /** @type {HTMLElement|null} */ (document.activeElement)?.getAttribute("aria-label");
    setting = next;
    rate.value = nearest(rates, setting.lr);
    history = makeHistory();
    report = null;
    examples = null;
    failed = "";
    questions?.moved();
    rest = questions?.watched?.steps ?? spec.rest;
    if (encode(setting, usual) || play) recorded = null;
    parts = arrange();
    if (focus) {
      const same = [...stage.querySelectorAll("select")].find((one) => one.ariaLabel === focus);
      same?.focus({ preventScroll: true }); // the control was made anew under the reader's hands
    }
    runner.build({ settings: forTrainer(setting), pixels: arrays.pixels, labels: arrays.labels });
    note();
    if (play) run(true);
    redraw();
  }
  /**
   * Whether a question is about the setting of now; its seed is the reader's.
   * @param {import("./asker.js").Question} question
   */
  function asks(question) {
    return encode({ ...setting, seed: question.setting.seed }, question.setting) === "";
  }
  /** What differs from the page's own setting stands in its address, and can be taken back. */
  function note() {
    labelMore();
    const query = encode(setting, usual);
    back.style.visibility = query ? "" : "hidden"; // its room is kept
    if (!addressed) return;
    address.setAttribute("href", `${ADDRESS}${query}`);
    if (!query && !location.hash.startsWith(ADDRESS)) return;
    window.history.replaceState(null, "", query ? `${ADDRESS}${query}` : location.href.split("#")[0]);
  }
  function download() {
    const text = toCsv(history, styles.map(({ label }) => label));
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    html("a", { href: url, download: "lab.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
  const followed = () => {
    if (!location.hash.startsWith(ADDRESS)) return;
    root.scrollIntoView();
    start(decode(location.hash.slice(ADDRESS.length), usual), true);
  };
  if (addressed) window.addEventListener("hashchange", followed);

  return {
    draw({ resized }) {
      const shown = recorded ?? { report, history };
      const { accuracies, looks, steps = 0 } = shown.report ?? {};
      write(counter, failed || (recorded ? "recorded" : `step ${fixed(steps)}`));
      root.dataset.steps = String(report?.steps ?? 0);
      parts.columns.forEach(({ show }, n) => show(accuracies?.[n], shown.history.broken[n] ?? null));
      if (resized || !framed) { // what was just written takes room of the drawings
        parts.drawn.frame(inside.clientWidth, inside.clientHeight);
        parts.charts.frame(beside.clientWidth, beside.clientHeight);
        parts.picture.frame(answered.clientWidth, answered.clientHeight);
        framed = true;
      }
      parts.drawn.draw(shown.history, looks?.length ? shown.report : null);
      parts.charts.draw(shown.history);
      const answers = shown.report?.answers.map((all, n) => // measured before it broke, perhaps
        shown.history.broken[n] == null ? all : all.map(() => NONE));
      parts.picture.draw(examples, answers);
      const now = performance.now();
      if (!runner.playing || now - described > SPOKEN) {
        described = now;
        const labels = styles.map(({ label }) => label);
        parts.drawn.describe(labels, shown.report);
        parts.charts.describe(labels, shown.history);
        parts.picture.describe(labels, examples, answers);
      }
    },
    destroy() {
      giveUp();
      window.removeEventListener("hashchange", followed);
      runner.destroy();
    },
  };
});

/** Whether a link was followed to this page: who opens it anew, or goes back to it, stands somewhere. */
function arrives() {
  const [way] = performance.getEntriesByType("navigation");
  return /** @type {PerformanceNavigationTiming|undefined} */ (way)?.type === "navigate";
}
