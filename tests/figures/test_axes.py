"""`axes`: what shares its statistics, against torch's norms in float64, and in the page."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import torch
from browser import after_draw, assert_fits, axe_findings, boxes, draws, touch
from node import run_js
from PIL import Image
from torch import nn

from bnviz.figures import Over, axes
from bnviz.figures.gallery.axes.arithmetic import normalize

BLOCK = np.random.default_rng(0).normal(3, 2, (4, 6, 5, 3))
EPS = 1e-3  # so large that leaving it out is seen
NORMS = {
    "batch": (0, 2, 3),
    "layer": (1, 2, 3),
    "places": (1,),
    "instance": (2, 3),
    "group": Over((1, 2, 3), groups=(1, 2, 6)),
    "RMS": Over((1, 2, 3), centered=False),
}


def figure(**options):
    return axes(BLOCK, NORMS, **{"at": (1, 2, 3, 0), "eps": EPS} | options)


def torch_norms() -> dict[tuple[str, int], nn.Module]:
    """What each label, with so many groups, is in torch."""
    return {
        ("batch", 1): nn.BatchNorm2d(6, eps=EPS, affine=False),
        ("layer", 1): nn.LayerNorm((6, 5, 3), eps=EPS),
        ("instance", 1): nn.InstanceNorm2d(6, eps=EPS),
        ("group", 1): nn.GroupNorm(1, 6, eps=EPS),
        ("group", 2): nn.GroupNorm(2, 6, eps=EPS),
        ("group", 6): nn.GroupNorm(6, 6, eps=EPS),
        ("RMS", 1): nn.RMSNorm((6, 5, 3), eps=EPS),
    }


def expected(label: str, groups: int) -> np.ndarray:
    """The block as torch normalizes it, in float64."""
    x = torch.from_numpy(BLOCK)
    if label == "places":  # over C alone, at each place: what layer norm means for sequences
        last = nn.LayerNorm(6, eps=EPS).double()(x.permute(0, 2, 3, 1))
        return last.permute(0, 3, 1, 2).detach().numpy()
    return torch_norms()[label, groups].double()(x).detach().numpy()


CASES = [*torch_norms(), ("places", 1)]


def over_of(label: str) -> Over:
    norm = NORMS[label]
    return norm if isinstance(norm, Over) else Over(norm)


# --- the arithmetic -------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "groups"), CASES)
def test_python_normalizes_as_torch_does(label, groups):
    out = normalize(BLOCK, over_of(label), EPS, groups)
    np.testing.assert_allclose(out.hat, expected(label, groups), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("label", "groups"), CASES)
def test_the_page_normalizes_as_torch_does(label, groups):
    over = over_of(label)
    found = run_js(
        "const out = normalize(inputs[0], inputs[1], inputs[2], inputs[3]);"
        "return { ...out, keys: Array.from(out.keys), hat: Array.from(out.hat) };",
        BLOCK.ravel().tolist(), BLOCK.shape, over.spec() | {"groups": groups}, EPS,
        normalize="gallery/axes/arithmetic.js",
    )  # fmt: skip
    ours = normalize(BLOCK, over, EPS, groups)
    keys = np.array(found["keys"]).reshape(BLOCK.shape)
    np.testing.assert_array_equal(keys, ours.keys)
    np.testing.assert_array_equal(np.bincount(keys.ravel()), found["counts"])
    np.testing.assert_allclose(np.array(found["means"])[keys], ours.mean, rtol=1e-12)
    np.testing.assert_allclose(np.array(found["scales"])[keys], ours.scale, rtol=1e-12)
    hat = np.reshape(found["hat"], BLOCK.shape)
    np.testing.assert_allclose(hat, expected(label, groups), rtol=1e-11, atol=1e-11)


def test_a_fully_connected_block_has_images_and_units():
    x = BLOCK[:, :, 0, 0]
    hat = normalize(x, Over((0,)), EPS).hat
    oracle = nn.BatchNorm1d(6, eps=EPS, affine=False).double()(torch.from_numpy(x))
    np.testing.assert_allclose(hat, oracle.numpy(), rtol=1e-12)
    assert "4 images and 6 units" in axes(x, {"batch": (0,)}).alt


# --- without a browser ----------------------------------------------------------------------------


def test_alternative_has_a_line_for_each_norm_and_number_of_groups():
    first, *lines = figure().alt.splitlines()
    assert first.startswith("Numbers of 4 images, 6 channels, 5 rows and 3 columns.")
    assert "image 2, channel 3, row 4, column 1" in first
    assert [line.split(":")[0] for line in lines] == [
        "batch", "layer", "places", "instance", "group, 1 group", "group, 2 groups",
        "group, 6 groups", "RMS",
    ]  # fmt: skip
    assert lines[0].startswith("batch: 60 numbers share mean")
    assert "root mean square" in lines[-1]


@pytest.mark.parametrize(
    ("block", "norms", "options", "words"),
    [
        (BLOCK[0, 0, 0], {"batch": (0,)}, {}, "give (N, C), (N, C, L) or (N, C, H, W)"),
        (np.zeros((17, 2)), {"batch": (0,)}, {}, "at most 16 images"),
        (np.full((2, 2), np.nan), {"batch": (0,)}, {}, "NaN or infinity"),
        (BLOCK, {}, {}, "got no norms"),
        (BLOCK, {"batch": (0, 4)}, {}, "the block has no axis 4"),
        (BLOCK, {"group": Over((1, 2, 3), groups=4)}, {}, "6 channels cannot be divided into 4"),
        (BLOCK, NORMS, {"start": "none"}, "the norms are batch, layer"),
        (BLOCK, NORMS, {"at": (0, 0, 5, 0)}, "at is (0, 0, 5, 0)"),
        (BLOCK, NORMS, {"names": ("image",)}, "1 name for the 4 axes"),
        (BLOCK, NORMS, {"eps": 0.0}, "eps is 0.0"),
    ],
)
def test_what_does_not_fit_is_refused_with_help(block, norms, options, words):
    with pytest.raises(ValueError) as caught:
        axes(block, norms, **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"axes": ()}, "axes are different numbers"),
        ({"axes": (1, 1)}, "axes are different numbers"),
        ({"axes": (2, 3), "groups": 2}, "groups divide the channels"),
        ({"axes": (1,), "groups": 0}, "groups are numbers from 1 on"),
    ],
)
def test_a_norm_that_cannot_be_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Over(**arguments)


def test_norms_that_are_no_mapping_are_refused():
    with pytest.raises(TypeError, match="give {label: axes}"):
        axes(BLOCK, [(0, 2, 3)])


def test_picture_shows_how_many_share_with_each_norm():
    titles = [ax.get_title() for ax in figure().picture().axes if ax.get_visible()]
    assert titles[:4] == [
        "batch: 60 numbers", "layer: 90 numbers", "places: 6 numbers", "instance: 15 numbers",
    ]  # fmt: skip


# --- in a browser ---------------------------------------------------------------------------------


def read(page) -> dict[str, float | str]:
    """What stands beside the block, by name, in full precision where it is a number."""
    return page.eval_on_selector_all(
        ".bnviz-block dl > div",
        """(all) => Object.fromEntries(all.map((row) => {
            const data = row.querySelector("data");
            return [row.querySelector("dt").textContent,
                data.hasAttribute("value") ? Number(data.value) : data.textContent];
        }))""",
    )


def choose(page, name: str) -> None:
    after_draw(page, lambda: page.get_by_role("radio", name=name, exact=True).check(force=True))


def test_the_chosen_number_is_read_before_and_after(open_figure):
    page = open_figure(figure())
    at = (1, 2, 3, 0)
    for label, groups in (("batch", 1), ("instance", 1), ("places", 1), ("group", 2)):
        choose(page, label) if label != "batch" else None
        out = normalize(BLOCK, over_of(label), EPS, groups)
        found = read(page)
        assert found["by numbers"] == np.count_nonzero(out.keys == out.keys[at])
        assert found["sets in all"] == len(np.unique(out.keys))
        np.testing.assert_allclose(
            [found["mean"], found["standard deviation"], found["normalized"]],
            [out.mean[at], out.scale[at], out.hat[at]], rtol=1e-11,
        )  # fmt: skip
        assert found["chosen"] == BLOCK[at]


def test_groups_are_offered_with_their_norm_only_and_keep_their_place(open_figure):
    page = open_figure(figure())
    control = page.get_by_role("radiogroup", name="groups")
    before = boxes(page, ".bnviz-control")
    assert not control.is_visible()
    choose(page, "group")
    assert control.is_visible() and boxes(page, ".bnviz-control") == before
    assert read(page)["shared over"] == "3 of C, H, W"
    choose(page, "6")
    assert read(page)["by numbers"] == 15


def test_groups_from_one_to_all_lead_from_layer_norm_to_instance_norm(open_figure):
    page = open_figure(figure())
    for norm, groups in (("layer", "1"), ("instance", "6")):
        choose(page, norm)
        alone = read(page)
        choose(page, "group")
        choose(page, groups)
        assert read(page)["normalized"] == pytest.approx(alone["normalized"], rel=1e-12)
        assert read(page)["by numbers"] == alone["by numbers"]


def test_a_select_box_moves_to_another_number(open_figure):
    page = open_figure(figure())
    after_draw(page, lambda: page.get_by_label("channel", exact=True).select_option("6"))
    assert read(page)["chosen"] == BLOCK[1, 5, 3, 0]
    assert "channel 6" in page.locator("svg[role=img]").get_attribute("aria-label")


def picked(page) -> tuple[int, ...]:
    names = ("image", "channel", "row", "column")
    return tuple(int(page.get_by_label(n, exact=True).input_value()) - 1 for n in names)


def test_a_tap_picks_the_number_under_the_finger(open_figure):
    page = open_figure(figure(), has_touch=True)
    [[left, top, width, height]] = boxes(page, ".bnviz-block-canvas")
    after_draw(page, lambda: touch(page, [(left + width * 0.5, top + height - 6)]))
    at = picked(page)
    assert at[0] == 3 and at[2] == 4  # the last row of the last image
    assert read(page)["chosen"] == BLOCK[at]


def test_images_of_one_channel_lie_side_by_side(open_figure):
    page = open_figure(axes(BLOCK[:, :1], {"instance": (2, 3)}), width=360, has_touch=True)
    [[left, top, width, _]] = boxes(page, ".bnviz-block-canvas")
    after_draw(page, lambda: touch(page, [(left + width - 20, top + 60)]))
    at = picked(page)
    assert at[:2] == (3, 0)
    assert read(page)["chosen"] == BLOCK[at]


def test_a_swipe_over_the_block_changes_nothing(open_figure):
    page = open_figure(figure(), has_touch=True)
    [[left, top, *_]] = boxes(page, ".bnviz-block-canvas")
    before = draws(page), picked(page)
    touch(page, [(left + 200, top + 200 - 12 * k) for k in range(10)])
    assert (draws(page), picked(page)) == before


def pixels(page) -> np.ndarray:
    address = page.eval_on_selector(".bnviz-block-canvas", "(canvas) => canvas.toDataURL()")
    picture = base64.b64decode(address.partition(",")[2])
    return np.array(Image.open(io.BytesIO(picture)).convert("RGBA")).ravel()


def test_another_norm_lights_other_cells_and_after_shows_other_values(open_figure):
    page = open_figure(figure())
    batch = pixels(page)
    choose(page, "layer")
    layer = pixels(page)
    assert np.count_nonzero(batch != layer) > 0.1 * len(batch) / 4
    choose(page, "after")
    assert np.count_nonzero(pixels(page) != layer) > 1000


def test_values_that_a_user_names_are_text(open_figure):
    page = open_figure(axes(BLOCK, {"<b>mine</b>": (0,)}, names=("<i>n</i>", "c", "h", "w")))
    assert page.locator("figure b, figure i").count() == 0


@pytest.mark.parametrize("block", [BLOCK, BLOCK[..., 0], BLOCK[:, :, 0, 0]])
def test_the_figure_fits(block, open_figure):
    norms = NORMS if block.ndim == 4 else {"batch": (0,), "layer": (1,)}
    assert_fits(open_figure, axes(block, norms))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(scheme, open_figure):
    assert axe_findings(open_figure(figure(), color_scheme=scheme)) == []
