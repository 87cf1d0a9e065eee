"""The code of figures, put together from plain modules."""

from __future__ import annotations

import re
import zlib

import pytest
from demo import DEMO_JS

from bnviz.figures.kit import bundle
from bnviz.figures.kit.bundle import esm, figure_names, page_script, style


def modules_in(code: str) -> list[str]:
    return re.findall(r"^const (m_\w+) = \(\(\) => \{$", code, re.M)


def test_a_page_carries_the_code_of_its_figures_alone():
    one, two = page_script(["curves"]), page_script(["curves", "mini_batch"])
    assert "m_curves_curves" in modules_in(one)
    assert not any("mini_batch" in module for module in modules_in(one))
    assert set(modules_in(two)) > set(modules_in(one))


@pytest.mark.parametrize("name", figure_names())
def test_every_module_stands_once_and_after_what_it_needs(name):
    code = esm(name)
    modules = modules_in(code)
    assert len(modules) == len(set(modules))
    for at, module in enumerate(modules):
        body = code.split(f"const {module} = (() => {{")[1].split("\n})();")[0]
        assert set(re.findall(r"\} = (m_\w+);", body)) <= set(modules[:at])


def test_the_order_of_names_does_not_matter():
    assert page_script(["drift", "curves", "drift"]) == page_script(["curves", "drift"])


def test_code_can_stand_inside_a_script_element():
    assert not re.search(r"</script|<!--|<script", page_script(figure_names()), re.I)


def test_code_of_one_figure_is_small():
    for name in figure_names():
        assert len(zlib.compress(page_script([name]).encode(), 9)) <= 20_000, name


def test_an_unknown_figure_is_refused_by_name():
    with pytest.raises(ValueError, match=r"no figure 'curve'; there are .*curves"):
        page_script(["curve"])


@pytest.mark.parametrize(
    "line",
    [
        'import x from "./x.js";',
        'import { x } from "https://example.org/x.js";',
        "export { x };",
        "export default 1;",
    ],
)
def test_a_module_in_another_form_is_refused(demo_folder, line):
    (demo_folder / "demo.js").write_text(f"{line}\n{DEMO_JS}")
    with pytest.raises(ValueError, match=r"demo\.js must use"):
        esm("demo")


def test_modules_that_need_each_other_are_refused(demo_folder):
    (demo_folder / "a.js").write_text('import { b } from "./b.js";\nexport const a = b;\n')
    (demo_folder / "b.js").write_text('import { a } from "./a.js";\nexport const b = a;\n')
    (demo_folder / "demo.js").write_text('import { a } from "./a.js";\n' + DEMO_JS)
    with pytest.raises(ValueError, match=r"circle: a\.js → b\.js → a\.js"):
        esm("demo")


def test_comments_and_types_are_left_out(demo_folder):
    code = esm("demo")
    assert "A line that grows" not in code
    assert "only drawing below" not in code
    assert "@type" not in code


def test_style_is_the_kits_and_the_figures_own(demo_folder):
    (demo_folder / "demo.css").write_text("/* ours */\n.demo {\n  color: red;\n}\n")
    css = style(["demo"])
    assert ".bnviz-stage" in css
    assert ".demo { color: red; }" in css
    assert "ours" not in css
    assert ".demo" not in style([])


def test_a_figure_may_have_a_folder(demo_folder):
    (demo_folder / "deep").mkdir()
    code = DEMO_JS.replace('"../kit/', '"../../kit/').replace("demo", "deep")
    (demo_folder / "deep" / "deep.js").write_text(code)
    (demo_folder / "deep" / "part.js").write_text("export const part = 1;\n")
    assert bundle.figure_names() == ("deep", "demo")
    assert "m_deep_deep" in modules_in(esm("deep"))


def test_a_module_gives_only_what_others_import(tmp_path):
    """What nobody takes, a minifier can then leave out."""
    one, other = tmp_path / "one.js", tmp_path / "other.js"
    other.write_text(
        "export const used = 1;\nexport const renamed = 2;\nexport const unused = 3;\n"
    )
    one.write_text(
        'import { used, renamed as mine } from "./other.js";\nexport const own = used;\n'
    )
    code = bundle._modules([one])
    assert "return { used, renamed };" in code and "return { own };" in code
    assert "return { used, renamed, unused };" in bundle._modules([one, other])
