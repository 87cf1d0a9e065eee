"""Every page once more in Firefox, over WebDriver BiDi: what opens from disk works there, too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import firefox as firefox_finder  # scripts/ is on the path of the tests, see pyproject.toml
import npm
import pytest
from visits import PAGES, ROOT

PUPPETEER = "24.33.0"
#: What Firefox says of a formula of which it has read a part so far. `test_pages` holds that all
#: formulas are whole.
HALF_READ = "Incorrect number of children"


@pytest.mark.browser
def test_every_page_works_in_firefox(book):
    path = firefox_finder.find()
    if path is None:
        pytest.fail(firefox_finder.MISSING)
    package = npm.install("puppeteer-core", PUPPETEER, ROOT / "_build" / "npm")
    driver = package / "lib" / "esm" / "puppeteer" / "puppeteer-core.js"
    script = Path(__file__).with_name("firefox.mjs")
    urls = [(book / page).as_uri() for page in PAGES]
    told = subprocess.run(
        ["node", script, driver, path, *urls],
        capture_output=True, text=True, timeout=900, env=npm.environment(),
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    pages = {Path(page["url"]).stem: page for page in json.loads(told.stdout)}
    assert pages["intro"]["figures"] > 3
    for name in ("intro", "lab"):
        assert pages[name]["steps"] > 20
    for page in pages.values():
        complaints = [said for said in page["complaints"] if HALF_READ not in said]
        assert not complaints, f"{page['url']}: {complaints}"
        assert not page["requests"], f"{page['url']}: {page['requests']}"
