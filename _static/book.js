// What a person with a keyboard, or with the book on disk, needs beyond the theme.

// From a file, the search page cannot read the pages it found; without their summaries it works.
// @ts-expect-error: it comes from a script of Sphinx
const options = typeof DOCUMENTATION_OPTIONS === "undefined" ? null : DOCUMENTATION_OPTIONS;
if (options && location.protocol === "file:") options.SHOW_SEARCH_SUMMARY = false;

// Paper is light, also where the screen is dark.
const page = document.documentElement;
let onScreen = page.dataset.theme;
addEventListener("beforeprint", () => {
  onScreen = page.dataset.theme;
  page.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  page.dataset.theme = onScreen;
});

/** Let the keyboard reach what scrolls sideways, and only that. */
function reachScrolling() {
  /** @type {NodeListOf<HTMLElement>} */
  const regions = document.querySelectorAll("main pre, main div.math, main .cell_output");
  for (const region of regions) {
    if (region.scrollWidth > region.clientWidth + 1) region.tabIndex = 0;
  }
}

addEventListener("load", reachScrolling);
addEventListener("resize", reachScrolling);

/** Let the reader see the claims of one stamp only. */
function filterClaims() {
  const bar = /** @type {HTMLElement|null} */ (document.querySelector(".claims-filter"));
  if (!bar) return;
  /** @type {NodeListOf<HTMLElement>} */
  const rows = document.querySelectorAll("table.claims tbody tr");
  const kinds = [...new Set([...rows].map((row) => row.dataset.stamp ?? ""))];
  for (const kind of ["", ...kinds]) {
    const button = document.createElement("button");
    const count = [...rows].filter((row) => !kind || row.dataset.stamp === kind).length;
    button.type = "button";
    button.textContent = `${kind ? kind.replace("-", " ") : "all"} (${count})`;
    button.setAttribute("aria-pressed", String(!kind));
    button.addEventListener("click", () => {
      for (const row of rows) row.hidden = Boolean(kind) && row.dataset.stamp !== kind;
      for (const other of bar.children) other.setAttribute("aria-pressed", String(other === button));
    });
    bar.append(button);
  }
  bar.hidden = false;
}

addEventListener("load", filterClaims);
