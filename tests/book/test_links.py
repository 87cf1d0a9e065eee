"""A chapter leads to a setting of the lab, and the lab takes it."""

from __future__ import annotations

from collections.abc import Callable

from visits import Visit


def test_a_link_from_a_chapter_opens_its_setting_in_the_lab(visit: Callable[..., Visit]) -> None:
    page = visit().open("chapters/05-gradients.html")
    page.get_by_role("link", name="Try it in the lab").click()
    page.wait_for_selector("figure.bnviz-lab[data-ready]")
    assert page.url.endswith("lab.html#lab?batchSize=2")
    batch = page.get_by_label("batch", exact=True)
    assert batch.evaluate("select => select.selectedOptions[0].text") == "2"
