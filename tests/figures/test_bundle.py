"""The code of figures, put together from plain modules."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from demo import DEMO_JS
from node import run_js

from bnviz.figures.kit import bundle
from bnviz.figures.kit.bundle import esm, figure_names, page_script, style


def exported_by(*entries: Path) -> list[Any]:
    """What modules export by default, as Node finds it in one script with all that they need."""
    names = ", ".join(bundle._identifier(entry.resolve()) for entry in entries)
    code = f"{bundle._modules(entries)}\nexport default [{names}];"
    load = "(await import(`data:text/javascript,${encodeURIComponent(inputs[0])}`)).default"
    return run_js(f"return {load};", code)


def write(folder: Path, **modules: str) -> Path:
    """Make modules; the path of the first."""
    for name, code in modules.items():
        (folder / f"{name}.js").write_text(f"{code}\n")
    return folder / f"{next(iter(modules))}.js"


def test_a_page_carries_the_code_of_its_figures_alone():
    one, two = page_script(["curves"]), page_script(["curves", "mini_batch"])
    assert "const m_curves_curves = " in one and "const m_curves_curves = " in two
    assert "m_mini_batch_mini_batch" not in one and "const m_mini_batch_mini_batch = " in two


@pytest.mark.parametrize("names", [*([name] for name in figure_names()), figure_names()])
def test_every_module_stands_once_and_after_what_it_needs(names):
    """Else Node would miss a name, or find it taken."""
    assert exported_by(*map(bundle._source, names)) == [{}] * len(names)  # functions are no JSON


def test_the_order_of_names_does_not_matter():
    assert page_script(["drift", "curves", "drift"]) == page_script(["curves", "drift"])


def test_code_can_stand_inside_a_script_element():
    assert not re.search(r"</script|<!--|<script", page_script(figure_names()), re.I)


def test_code_of_one_figure_is_small():
    for name in figure_names():
        most = 34_500 if name == "lab" else 20_000  # with its trainer
        assert len(zlib.compress(page_script([name]).encode(), 9)) <= most, name


def test_a_worker_brings_all_that_it_needs_inside(tmp_path):
    main = write(
        tmp_path,
        main='import { work } from "./busy.js?worker";\n'
        "const far = 1;\nexport default [far, String(work)];",
        busy='import { far } from "./far.js";\nexport default (scope) => scope.tell(far);',
        far="export const far = 7;",
    )
    ((far, work),) = exported_by(main)
    assert far == 1
    call = f"({work})({{ tell: (x) => (told = x) }});"
    assert run_js(f"let told; {call} return told;") == 7


def test_an_unknown_figure_is_refused_by_name():
    with pytest.raises(ValueError, match=r"no figure 'curve'; there are .*curves"):
        page_script(["curve"])


@pytest.mark.parametrize(
    "line",
    [
        'import x from "./x.js";',
        'import { x } from "https://example.org/x.js";',
        'import { x as y } from "./x.js";',
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


def test_each_folder_is_a_figure_and_its_parts_are_none(demo_folder):
    (demo_folder / "part.js").write_text("export const part = 1;\n")
    assert bundle.figure_names() == ("demo",)
    with pytest.raises(ValueError, match="no figure 'part'; there are demo"):
        esm("part")


def test_no_module_hides_what_the_browser_calls_by_that_name(chromium):
    """Modules share a scope: one that calls something `history` would take it from all others."""
    declared = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.M)
    modules = Path(bundle.__file__).parents[1].rglob("*.js")
    names = {name for path in modules for name in declared.findall(path.read_text("utf-8"))}
    assert len(names) > 300
    page = chromium.new_page()
    assert page.evaluate("(names) => names.filter((name) => name in window)", list(names)) == []
    page.close()


def test_modules_may_use_the_same_names(tmp_path):
    main = write(
        tmp_path,
        main='import { size } from "./one.js";\nimport { both, twice } from "./two.js";\n'
        "const SIZE = 4;\nexport default [SIZE, size, twice(), both];",
        one="const SIZE = 1;\nexport const size = SIZE;",
        two='import { size } from "./three.js";\n'
        "export function twice() {\n  return 2 * size;\n}\nexport const both = [size, size];",
        three="const [SIZE, MORE] = [2, 0];\nexport const size = SIZE + MORE;",
    )
    assert exported_by(main) == [[4, 1, 4, [2, 2]]]
