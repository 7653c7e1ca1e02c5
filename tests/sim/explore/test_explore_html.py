"""The report as a page, looked at in a real browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError
from biconvex.sim.explore.html import save_html
from biconvex.sim.explore.page import page_of
from biconvex.sim.hosts.javascript.node import find_node

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome", "microsoft-edge"))), None
)
TYPESCRIPT = """
export const add = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text }); } });
export const slow = internalAction({ args: {}, handler: async (ctx) => { await fetch("https://api.example.com/"); await ctx.runMutation(api.m.add, { text: "x" }); } });
export const later = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(3_600_000, internal.m.slow, {}); } });
export const fails = mutation({ args: {}, handler: async () => { throw new Error("<b>no good</b>"); } });
export const unused = query({ args: {}, handler: async () => null });
export const dangling = action({ args: {}, handler: async (ctx) => { void ctx.runMutation(api.m.add, { text: "lost" }); } });
"""
PYTHON = """
@mutation(args={"text": v.string()})
async def add(ctx, args): await ctx.db.insert("notes", {"text": args["text"]})

@internal_action(args={})
async def slow(ctx, args):
    await fetch("https://api.example.com/")
    await ctx.run_mutation(api.m.add, {"text": "x"})

@mutation(args={})
async def later(ctx, args): await ctx.scheduler.run_after(3_600_000, internal.m.slow, {})

@mutation(args={})
async def fails(ctx, args): raise Exception("<b>no good</b>")

@query(args={})
async def unused(ctx, args): return None

@action(args={})
async def dangling(ctx, args): ctx.run_mutation(api.m.add, {"text": "lost"})
"""
LOOK = """
const { chromium } = require(process.argv[1]);
(async () => {
  const browser = await chromium.launch({ executablePath: process.argv[2], args: ["--no-sandbox", "--disable-background-networking"] });
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const problems = [], requests = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => requests.push(new URL(request.url()).protocol));
  await page.goto("file://" + process.argv[3]);
  const text = (selector) => page.locator(selector).innerText();
  const seen = {
    title: await page.title(),
    failure: await text("#failure"),
    lanes: await page.locator(".lane span").allInnerTexts(),
    bold: await page.locator("#failure b").count(),
    findings: await text("#findings"),
    coverage: await text("#coverage"),
    wide: await page.locator('.lane:has-text("action functions") .bar').first().evaluate((bar) => bar.getBoundingClientRect().width),
    overflow: await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth),
    rows: await page.locator(".events tr:visible").count(),
  };
  await page.fill("#filter", "m:fails");
  seen.filtered = await page.locator(".events tr:visible").allInnerTexts();
  await browser.close();
  console.log(JSON.stringify({ ...seen, problems, requests }));
})();
"""


@pytest.fixture
def lived(backend: Any) -> Deployment:
    """A deployment that has lived for 85 minutes."""
    convex: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, seed=3)
    convex.outbound.on("GET", "https://api.example.com/", json={}, latency_ms=1_500_000)
    convex.mutation("m:later")
    convex.run_until_idle()
    convex.action("m:dangling")
    with pytest.raises(FunctionError):
        convex.mutation("m:fails")
    return convex


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium, Chrome or Edge on PATH")
def test_a_page_shows_what_happened_in_a_browser(lived: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    save_html(lived, file, title="An hour", failure="Uncaught Error: <b>no good</b>")
    arguments = [PACKAGES / "playwright-core", BROWSER, file]
    done = subprocess.run(
        [find_node().executable, "-e", LOOK, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["problems"], seen["requests"]) == ([], ["file:"])
    assert (seen["title"], seen["failure"], seen["bold"]) == (
        "An hour · Biconvex",
        "Uncaught Error: <b>no good</b>",
        0,
    )
    assert seen["lanes"] == ["action functions", "findings", "mutation functions", "outbound requests"]
    assert seen["wide"] > 200  # 25 minutes of 85
    assert "floating-promise" in seen["findings"]
    assert "m:unused\tnever" in seen["coverage"]
    assert not seen["overflow"]
    assert seen["rows"] == len(lived.trace)
    assert all("m:fails" in row for row in seen["filtered"])
    assert len(seen["filtered"]) == 3


def test_a_page_loads_nothing_from_elsewhere(lived: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    save_html(lived, file)
    text = file.read_text("utf-8")
    assert [word for word in ("<link", "src=", "@import", "url(") if word in text] == []


def test_lanes_have_no_more_bars_than_can_be_told_apart(backend: Any) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    for number in range(900):
        convex.mutation("m:add", {"text": str(number)})
        convex.advance(seconds=1)
    (lane,) = page_of(convex, "many").lanes
    assert len(lane.bars) <= 401
    assert sum(bar.count for bar in lane.bars) == 900


def test_a_deployment_in_which_nothing_happened_has_a_page(backend: Any, tmp_path: Path) -> None:
    save_html(backend(typescript=TYPESCRIPT, python=PYTHON), tmp_path / "report.html")
    assert "Nothing has run." in (tmp_path / "report.html").read_text("utf-8")
