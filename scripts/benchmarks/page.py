"""Size, time to open, time to search and frame rate of reports in headless Chromium.

python scripts/benchmarks/page.py RUN/report.html … [--query WORDS]
"""

import argparse
import shutil
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

# Turn the wheel in and out over the middle of the map for some milliseconds; return the number of frames drawn.
ZOOM = """(milliseconds) => new Promise((done) => {
    let frames = 0;
    const draw = TextMap.prototype.draw;
    TextMap.prototype.draw = function () { draw.call(this); frames++; };
    const canvas = document.querySelector("canvas");
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true, cancelable: true };
    const start = performance.now();
    const turn = (now) => {
        if (now - start > milliseconds) return done(frames);
        const deltaY = Math.floor((now - start) / 500) % 2 ? 30 : -30;
        canvas.dispatchEvent(new WheelEvent("wheel", { deltaY, ...at }));
        requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
})"""
ZOOM_SECONDS = 3


def main() -> None:
    """Print a row of a table for each report."""
    parser = argparse.ArgumentParser(description="Measure reports in headless Chromium.")
    parser.add_argument("reports", type=Path, nargs="+", metavar="REPORT.html")
    parser.add_argument("--query", default="graph neural network", help="what to search for")
    args = parser.parse_args()
    print("| report | MB | open, s | first search, s | found | next search, s | frames/s, zooming |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for path in args.reports:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            print(f"| {path.parent.name} | {' | '.join(measure(page, path, args.query))} |")
            page.close()


def measure(page: Page, path: Path, query: str) -> list[str]:
    """Return the cells of a report's row."""
    started = time.perf_counter()
    page.goto(path.resolve().as_uri())
    page.wait_for_selector("html.ready")
    opened = time.perf_counter() - started
    first, found = search(page, query)
    page.keyboard.press("Escape")
    second, _ = search(page, query.split()[0])
    page.keyboard.press("Escape")
    rate = page.evaluate(ZOOM, 1000 * ZOOM_SECONDS) / ZOOM_SECONDS
    size = path.stat().st_size / 1e6
    return [f"{size:.2f}", f"{opened:.2f}", f"{first:.2f}", found, f"{second:.2f}", f"{rate:.0f}"]


def search(page: Page, query: str) -> tuple[float, str]:
    """Return the time until a query has its answer, and the answer."""
    started = time.perf_counter()
    page.locator("input[type=search]").first.fill(query)
    found = page.locator(".found").first
    expect(found).to_contain_text(" of ", timeout=120_000)
    return time.perf_counter() - started, (found.text_content() or "").partition(" of ")[0]


if __name__ == "__main__":
    main()
