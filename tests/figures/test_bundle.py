"""The code of figures, put together from plain modules."""

from __future__ import annotations

import re
import zlib

import pytest
from demo import DEMO_JS
from node import run_js

from bnviz.figures.kit import bundle
from bnviz.figures.kit.bundle import esm, figure_names, page_script, style


def modules_in(code: str) -> list[str]:
    return re.findall(r"^const (m_\w+) = (?:\(\(\) =>|\{ work\(scope\)) \{$", code, re.M)


def without_workers(code: str) -> str:
    """What stands in a worker is a script of its own."""
    return re.sub(r"(?<=\{ work\(scope\) \{\n).*?(?=\n\} \};$)", "", code, flags=re.M | re.S)


def test_a_page_carries_the_code_of_its_figures_alone():
    one, two = page_script(["curves"]), page_script(["curves", "mini_batch"])
    assert "m_curves_curves" in modules_in(one)
    assert not any("mini_batch" in module for module in modules_in(one))
    assert set(modules_in(two)) > set(modules_in(one))


@pytest.mark.parametrize("name", figure_names())
def test_every_module_stands_once_and_after_what_it_needs(name):
    code = without_workers(esm(name))
    modules = modules_in(code)
    assert len(modules) == len(set(modules))
    for at, module in enumerate(modules):
        body = re.split(r"\n\}(?:\)\(\)| \});", code.split(f"const {module} = ")[1])[0]
        assert set(re.findall(r"\} = (m_\w+);", body)) <= set(modules[:at])


def test_the_order_of_names_does_not_matter():
    assert page_script(["drift", "curves", "drift"]) == page_script(["curves", "drift"])


def test_code_can_stand_inside_a_script_element():
    assert not re.search(r"</script|<!--|<script", page_script(figure_names()), re.I)


def test_code_of_one_figure_is_small():
    for name in figure_names():
        most = 32_000 if name == "lab" else 20_000  # with its trainer
        assert len(zlib.compress(page_script([name]).encode(), 9)) <= most, name


def test_a_worker_brings_all_that_it_needs_inside(demo_folder):
    (demo_folder / "far.js").write_text("export const far = 7;\n")
    (demo_folder / "busy.js").write_text(
        'import { far } from "./far.js";\nexport default (scope) => scope.tell(far);\n'
    )
    (demo_folder / "demo.js").write_text('import { work } from "./busy.js?worker";\n' + DEMO_JS)
    code = esm("demo")
    inside = re.search(r"work\(scope\) \{\n(.*?)\n\} \};$", code, re.M | re.S)[1]
    assert [name.rsplit("_", 1)[-1] for name in modules_in(inside)] == ["far", "busy"]
    assert "far = 7" not in without_workers(code)
    call = f"({{ work(scope) {{ {inside} }} }}).work({{ tell: (x) => (told = x) }});"
    assert run_js(f"let told; {call} return told;") == 7


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
