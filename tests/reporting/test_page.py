"""The page in a real browser: search, lists, map, selection, print; by pointer, finger and keyboard."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from textssl.reporting.context import ReportContext
from textssl.reporting.html import write_html
from textssl.reporting.sections.registry import make_report
from textssl.reporting.settings import ReportingSettings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
api = pytest.importorskip("playwright.sync_api", reason="install the extra test: playwright drives the browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")

ATTACK = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> \u2028 & \" ' {{ 7 * 7 }}"
SUBJECTS = ("apple fruit", "motor car", "violin sonata")
TEXTS = [f"{subject} number {i}" for i in range(60) for subject in SUBJECTS] + ["between all", "odd one out"]
LABELS = np.array([0, 1, 2] * 60 + [-1, -1])
# Each group is a square of 60 points in a corner of the map of its own; the two other texts lie in the fourth.
CORNERS = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])


def report(texts=TEXTS, **settings):
    places = np.arange(len(TEXTS)) // 3
    xy = CORNERS[LABELS] + np.column_stack([places % 8, places // 8]) / 8
    columns = {
        "cluster": LABELS,
        "probability": np.where(LABELS < 0, 0, 0.4 + places / 200),
        "second_cluster": np.where(LABELS < 0, -1, (LABELS + 1) % 3),
        "second_probability": np.where(LABELS < 0, 0, 0.3 - places / 400),
        "x": xy[:, 0].astype(np.float32),
        "y": xy[:, 1].astype(np.float32),
        "novelty": places / 7,
        "level_1": LABELS + 1,
    }
    others = pa.table(
        {
            "source": ["Paris" if row % 2 else "Rome" for row in range(len(TEXTS))],
            ATTACK: [ATTACK if row % 4 else "harmless" for row in range(len(TEXTS))],
            "identifier": [f"id {row}" for row in range(len(TEXTS))],
        }
    )
    embeddings = np.eye(4, dtype=np.float32)[LABELS] + 0.01 * np.random.default_rng(0).normal(size=(len(TEXTS), 4))
    return make_report(
        ReportContext(
            "letters.csv",
            texts,
            columns,
            embeddings,
            ReportingSettings(**settings),
            others=others,
            notes=["a note"],
            metrics={"acc": 0.5},
            tables={"choice": [{"clusters": 3, "gap": 0.5}]},
        )
    )


@pytest.fixture(scope="module")
def browser():
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens a report; nothing may go to the console, ask the reader, or leave the file."""
    contexts, wrong = [], []

    def show(shown=None, **options):
        options = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | options
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        path = tmp_path / "a page & <b>more</b> #1.html"
        write_html(shown or report(), path)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: wrong.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        page.wait_for_selector("html.ready")
        return page

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DARK = {"color_scheme": "dark"}


def search(page, query):
    page.get_by_label("Search all texts").fill(query)
    found = page.get_by_role("status").filter(has_text=" texts")
    api.expect(found).to_be_visible()
    return found.text_content()


def texts_of(page, place):
    return page.locator(f"{place} .text").all_text_contents()


def group(page, id):
    return page.locator(f"#clusters-{id}")


def place_of(page, row):
    """Return where the text of a row is drawn on the map, in pixels of the canvas."""
    width, height = (page.locator("canvas").bounding_box()[side] for side in ("width", "height"))
    x, y = CORNERS[LABELS[row]] + np.array([row // 3 % 8, row // 3 // 8]) / 8
    low, high = CORNERS.min(), 10 + 7 / 8
    side, middle = min(width, height) - 40, (low + high) / 2
    return {"x": width / 2 + side * (x - middle) / high, "y": height / 2 - side * (y - middle) / high}


def in_view(page, locator):
    box, size = locator.bounding_box(), page.viewport_size
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def test_search_reads_every_text_and_ranks_them(show):
    page = show(report(map_points=10))
    assert search(page, "sonata numb 57") == "1 of 182 texts in 1 group"
    assert texts_of(page, ".matches") == ["violin sonata number 57"]
    assert search(page, "SÓNATA") == "60 of 182 texts in 1 group"
    assert search(page, "number 1") == "33 of 182 texts in 3 groups"
    assert all(re.search(r"number 1\d?$", text) for text in texts_of(page, ".matches"))
    assert {text[-2:] for text in texts_of(page, ".matches")[:3]} == {" 1"}
    assert search(page, "onata") == "60 of 182 texts in 1 group"
    assert search(page, "sonota") == "60 of 182 texts with similar words in 1 group"
    for words_of_the_page in ("typical", "probability", "row"):
        assert search(page, words_of_the_page).startswith("0 of")
    page.keyboard.press("Escape")
    api.expect(page.locator(".matches")).to_be_hidden()
    assert page.locator("details.group:visible").count() == 4


def test_texts_without_spaces_are_found(show):
    texts = [*TEXTS[:-2], "基金市场投资报告", "图书馆的市场"]
    page = show(report(texts))
    assert search(page, "市场").startswith("2 of")
    assert search(page, "市场投资").startswith("1 of")
    assert page.locator(".matches mark").all_text_contents() == ["市", "场", "投", "资"]


def test_a_hit_opens_its_group_and_marks_its_text(show):
    page = show()
    search(page, "car number 33")
    before = page.locator("canvas").screenshot()
    page.locator(".matches .text").first.click()
    api.expect(group(page, 1)).to_have_attribute("open", "")
    card = group(page, 1).locator(".card")
    api.expect(card.locator("p")).to_have_text("motor car number 33")
    assert "row 100" in card.text_content()
    assert "violin" in card.locator(".about button").text_content()
    assert re.search(r"sourceRome", card.text_content())
    assert "identifier" not in card.text_content()
    assert page.locator("canvas").screenshot() != before


def test_all_texts_of_a_group_can_be_reached_and_sorted(show):
    page = show()
    group(page, 0).locator("summary").click()
    inside = group(page, 0)
    api.expect(inside.locator(".pager")).to_have_text("‹Page  of 3›")
    reached = texts_of(page, "#clusters-0")
    for _ in range(2):
        inside.get_by_label("Next page").click()
        reached += texts_of(page, "#clusters-0")
    assert sorted(reached) == sorted(TEXTS[::3][:60])
    assert inside.get_by_label("Next page").is_disabled()
    sort = inside.get_by_label("Sort by")
    sort.select_option("Input order")
    assert texts_of(page, "#clusters-0") == TEXTS[::3][:20]
    inside.get_by_label("Page", exact=True).fill("3")
    inside.get_by_label("Page", exact=True).press("Enter")
    assert texts_of(page, "#clusters-0") == TEXTS[::3][40:60]
    sort.select_option("Least certain first")
    assert texts_of(page, "#clusters-0")[0] == "apple fruit number 0"
    sort.select_option("novelty, highest first")
    assert texts_of(page, "#clusters-0")[0] == "apple fruit number 59"
    sort.select_option("Closest second choice first")
    assert texts_of(page, "#clusters-0")[0] == "apple fruit number 0"


def test_a_chosen_text_leaves_its_list_at_its_page(show):
    page = show()
    group(page, 0).locator("summary").click()
    group(page, 0).get_by_label("Next page").click()
    before = texts_of(page, "#clusters-0")
    group(page, 0).get_by_text(before[7], exact=True).click()
    api.expect(group(page, 0).locator(".card p")).to_have_text(before[7])
    assert texts_of(page, "#clusters-0") == before
    assert in_view(page, group(page, 0).locator(".card"))
    page.locator("canvas").click(position={"x": 340, "y": 300})  # no text is there
    api.expect(page.locator("details[open]")).to_have_count(0)


def test_texts_in_no_group_have_an_entry(show):
    page = show()
    rest = group(page, -1)
    assert rest.locator("summary").text_content().split() == ["In", "no", "cluster", "21.1%"]
    rest.locator("summary").click()
    api.expect(rest.locator(".text")).to_have_count(2)
    assert sorted(texts_of(page, "#clusters--1")) == ["between all", "odd one out"]


def test_the_first_line_is_the_result(show):
    page = show()
    assert page.title() == page.locator("h1").text_content() == "letters.csv"
    assert page.locator("h1 + *").text_content() == "182 texts in 3 clusters, 2 (1.1%) in none of them."
    api.expect(page.get_by_text("a note")).to_be_hidden()
    page.get_by_text("1 note on this result").click()
    api.expect(page.get_by_text("a note")).to_be_visible()


def test_a_click_on_the_map_opens_a_group(show):
    page = show()
    page.locator("canvas").click(position=place_of(page, 100))
    api.expect(group(page, 1)).to_have_attribute("open", "")
    api.expect(group(page, 1).locator(".card p")).to_have_text("motor car number 33")


def test_hovering_finds_only_what_matches(show):
    page = show()
    canvas, tip = page.locator("canvas"), page.locator(".tip span")
    canvas.hover(position=place_of(page, 100))
    api.expect(tip).to_have_text("motor car number 33")
    search(page, "car number 34")
    canvas.hover(position=place_of(page, 2))
    api.expect(page.locator(".tip")).to_be_hidden()
    canvas.hover(position=place_of(page, 100))
    api.expect(tip).to_have_text("motor car number 34")


def test_zoom_and_pan(show):
    page = show()
    canvas, tip = page.locator("canvas"), page.locator(".tip span")
    at = place_of(page, 100)
    canvas.hover(position=at)
    page.mouse.wheel(0, -1000)
    api.expect(canvas).to_have_class("zoomed")
    canvas.hover(position={"x": at["x"] + 1, "y": at["y"]})
    api.expect(tip).to_have_text("motor car number 33")
    page.mouse.down()
    page.mouse.move(*(page.locator("canvas").bounding_box()[side] + 200 for side in ("x", "y")), steps=3)
    page.mouse.up()
    api.expect(page.locator("details[open]")).to_have_count(0)  # dragging is no click
    page.get_by_label("Show the whole map").click()
    api.expect(canvas).not_to_have_class("zoomed")
    canvas.hover(position=at)
    api.expect(tip).to_have_text("motor car number 33")


def test_a_lasso_selects(show):
    page = show()
    page.get_by_text("Lasso").click()
    box, first, last = page.locator("canvas").bounding_box(), place_of(page, 2), place_of(page, 2 + 3 * 15)
    left, right = (box["x"] + place["x"] for place in (first, last))
    bottom, top = (box["y"] + place["y"] for place in (first, last))
    page.mouse.move(left - 5, bottom + 5)
    page.mouse.down()
    for x, y in [(right + 5, bottom + 5), (right + 5, top - 5), (left - 5, top - 5)]:
        page.mouse.move(x, y)
    page.mouse.up()
    api.expect(page.locator(".found")).to_have_text("16 of 182 texts in 1 group")
    assert sorted(texts_of(page, ".matches")) == sorted(TEXTS[2:48:3])
    page.get_by_label("Remove selection").click()
    api.expect(page.locator(".matches")).to_be_hidden()


def test_the_map_by_keyboard(show):
    page = show()
    page.get_by_label("Search all texts").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "CANVAS"
    for key in ("+", "+", "+", *["ArrowLeft", "ArrowDown"] * 15):
        page.keyboard.press(key)
    api.expect(page.locator(".spoken")).to_contain_text("apple fruit number")
    page.keyboard.press("s")
    api.expect(page.locator(".found")).to_have_text("60 of 182 texts in 1 group")
    page.keyboard.press("Enter")
    api.expect(group(page, 0)).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    page.locator("canvas").focus()
    page.keyboard.press("0")
    page.keyboard.press("s")
    api.expect(page.locator(".found")).to_have_text("182 of 182 texts in 4 groups")


def test_columns_colour_filter_and_count(show):
    page = show()
    before = page.locator("canvas").screenshot()
    offered = page.get_by_label("Colour by").locator("option").all_text_contents()
    assert offered[:4] == ["clusters", "probability", "novelty", "source"]
    assert len(offered) == 5  # not the numbers of groups, nor what differs in every text
    page.get_by_label("Colour by").select_option("source")
    assert page.locator("canvas").screenshot() != before
    legend = page.locator(".legend")
    assert legend.locator("button").all_text_contents() == ["Paris91", "Rome91"]
    legend.get_by_text("Rome").click()
    api.expect(page.locator(".found")).to_have_text("91 of 182 texts in 4 groups")
    assert [group(page, id).locator(".count").text_content() for id in (0, 1, 2, -1)] == ["30", "30", "30", "1"]
    search(page, "sonata")
    api.expect(page.locator(".found")).to_have_text("30 of 182 texts in 1 group")
    group(page, 2).locator("summary").click()
    api.expect(group(page, 2).locator(".shares li")).to_have_text(["Rome30"])
    page.get_by_label("Remove source: Rome").click()
    api.expect(page.locator(".found")).to_have_text("60 of 182 texts in 1 group")
    page.get_by_label("Colour by").select_option("novelty")
    assert legend.text_content() == "08.57"


def test_a_sample_is_called_one(show):
    page = show(report(page_texts=50))
    assert "A sample of 50 texts" in page.locator("figcaption").text_content()
    api.expect(page.get_by_text("This page has a random sample of 50 of the 182 texts.")).to_be_visible()
    assert search(page, "number").endswith("of a sample of 50 texts in 3 groups")
    assert len(set(texts_of(page, ".matches"))) == 20


def test_without_a_map(show):
    page = show(report(map_points=0))
    assert page.locator("canvas").count() == 0
    assert search(page, "sonata") == "60 of 182 texts in 1 group"
    page.locator(".matches .text").first.click()
    api.expect(group(page, 2).locator(".card")).to_be_visible()


def test_on_a_phone_the_group_that_was_opened_is_on_screen(show):
    page = show(**PHONE)
    for id in (0, 1, 2):
        group(page, id).locator("summary").tap()
        api.expect(group(page, id)).to_have_attribute("open", "")
        page.wait_for_timeout(100)
        assert in_view(page, group(page, id).locator("summary"))
    page.locator("canvas").tap(position=place_of(page, 100))
    api.expect(group(page, 1).locator(".card p")).to_have_text("motor car number 33")
    page.wait_for_timeout(100)
    assert in_view(page, group(page, 1).locator("summary"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("options", [{}, PHONE, DARK], ids=["desktop", "phone", "dark"])
def test_axe_finds_nothing(show, options):
    from axe_playwright_python.sync_playwright import Axe

    page = show(**options)
    page.get_by_text("1 note on this result").click()
    page.get_by_label("Colour by").select_option("source")
    search(page, "number")
    group(page, 2).locator("summary").click()
    group(page, 2).locator(".text").first.click()
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_hostile_texts_stay_text(show):
    hostile = report([f"{ATTACK} {row}" for row in range(len(TEXTS))])
    section = hostile.sections["clusters"]
    groups = [replace(group, name=f"{ATTACK} {group.id}", keywords=[ATTACK]) for group in section.content.groups]
    section = replace(section, content=replace(section.content, groups=groups))
    page = show(replace(hostile, title=ATTACK, notes=[ATTACK], sections={**hostile.sections, "clusters": section}))
    assert page.title().startswith("</script><script>alert(1)</script><!-- <img src=x")
    group(page, 0).locator("summary").click()
    api.expect(group(page, 0).locator(".text").first).to_contain_text("</script><script>alert(1)</script>")
    search(page, "script alert 1")
    assert page.locator(".matches mark").first.text_content() == "script"
    page.get_by_label("Colour by").select_option(index=4)
    page.locator(".legend button").first.click()
    page.locator(".matches .text").first.click()
    page.locator("canvas").hover(position=place_of(page, 100))
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 3


@pytest.mark.parametrize("options", [{}, DARK], ids=["light", "dark"])
def test_print_keeps_names_colours_and_typical_texts(show, options):
    page = show(**options)
    group(page, 1).locator("summary").click()
    page.emulate_media(media="print")
    for id in (0, 1, 2):
        typical = group(page, id).locator(".typical li")
        assert typical.count() == 5
        assert all(typical.nth(i).bounding_box()["height"] > 10 for i in range(5))
        dot = group(page, id).locator("summary .dot")
        assert dot.evaluate("dot => getComputedStyle(dot).printColorAdjust") == "exact"
    for left_out in (".tools", ".keys", ".browse"):
        assert not page.locator(left_out).first.is_visible()
    assert len(page.pdf()) > 20_000


def test_the_page_reads_without_scripts(browser, tmp_path):
    write_html(report(), tmp_path / "page.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert not page.locator("input").first.is_visible()
    group(page, 0).locator("summary").click()
    assert group(page, 0).locator(".typical li:visible").count() == 5
    context.close()
