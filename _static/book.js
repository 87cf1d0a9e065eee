// What a person with a keyboard, or with the book on disk, needs beyond the theme.

// From a file, the search page cannot read the pages it found; without their summaries it works.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

/** Let the keyboard reach what scrolls sideways, and only that. */
function reachScrolling() {
  for (const region of document.querySelectorAll("main pre, main div.math, main .cell_output")) {
    if (region.scrollWidth > region.clientWidth + 1) region.tabIndex = 0;
  }
}

addEventListener("load", reachScrolling);
addEventListener("resize", reachScrolling);
