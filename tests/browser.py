"""A page as a headless Chromium shows it: what it says on its console, and what became of its document."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=10000",
)
ASK = """
<script>
window.addEventListener("load", () => setTimeout(() => {
  const plots = {};
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    plots[plot.id] = {
      traces: plot.data.map(trace => ({name: trace.name || "", points: (trace.x || []).length})),
      bars: plot.querySelectorAll(".bars .point").length,
      width: plot.getBoundingClientRect().width,
    };
  }
  const seen = {plots, width: document.documentElement.scrollWidth, view: window.innerWidth};
  parent.postMessage(JSON.stringify(seen), "*");
}, 1000));
</script>
"""
"""Looks at the page from within and tells the page around it."""
AROUND = """<!DOCTYPE html>
<meta charset="utf-8"><link rel="icon" href="data:,">
<script>
addEventListener("message", message => {
  const said = document.createElement("pre");
  said.id = "asked";
  said.textContent = message.data;
  document.body.append(said);
});
</script>
<body style="margin: 0"><iframe src="looked-at.html" style="border: 0; width: WIDTHpx; height: 3000px"></iframe></body>
"""
"""A window as narrow as a phone's: Chromium's own is never narrower than 500 pixels."""


@dataclass
class Seen:
    """What a browser made of a page."""

    console: list[str]
    """Every line on the console."""
    plots: dict[str, Any]
    width: int
    """Of the document, in pixels; wider than `view` where the page itself has to be scrolled sideways."""
    view: int


def chromium() -> str:
    """The browser; the test is skipped where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("skipped: no Chromium")
    return found


def look(html: Path, folder: Path, *, width: int = 390) -> Seen:
    """Open a page in the width of a phone and look at it."""
    copy = html.read_text(encoding="utf-8").replace("</body>", f"{ASK}</body>")
    (folder / "looked-at.html").write_text(copy, encoding="utf-8")
    around = folder / "around.html"
    around.write_text(AROUND.replace("WIDTH", str(width)), encoding="utf-8")
    done = _run(folder, "--window-size=1200,3000", "--dump-dom", around.as_uri())
    asked = re.search(r'<pre id="asked">(.*?)</pre>', done.stdout, re.DOTALL)
    assert asked, f"the page was not looked at: {done.stderr[-2000:]}"
    seen = json.loads(unescape(asked[1]))
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Seen(console, seen["plots"], seen["width"], seen["view"])


def screenshot(html: Path, folder: Path, *, size: str = "500,3600") -> Path:
    """Keep a picture of a page beside it."""
    picture = folder / f"{html.stem}.png"
    _run(folder, f"--window-size={size}", f"--screenshot={picture}", html.as_uri())
    return picture


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    profile = folder / "browser"
    shutil.rmtree(profile, ignore_errors=True)
    line = [chromium(), *FLAGS, f"--user-data-dir={profile}", *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=True)
