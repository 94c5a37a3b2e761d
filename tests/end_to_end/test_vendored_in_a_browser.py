"""The libraries that pages load when they are needed work under the dashboard's policy."""

from __future__ import annotations

import pytest

from tests.support.browser import Page
from tests.support.server import ServerProcess


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


EDITOR = """
(async () => {
  const { EditorView, EditorState, lineNumbers, python, MergeView } =
    await import("./static/vendor/codemirror/codemirror.js");
  const { nonce } = await import("./static/dashboard/styles.js");
  const styles = EditorView.cspNonce.of(nonce);
  const side = { doc: "x = 1", extensions: [lineNumbers(), python(), styles] };
  const view = new EditorView({ ...side, parent: document.body });
  new MergeView({ a: side, b: { ...side, doc: "x = 2" }, parent: document.body });
  return getComputedStyle(view.dom).display;
})()
"""
TERMINAL = """
(async () => {
  const { Terminal } = await import("./static/vendor/@xterm/xterm/xterm.js");
  const { FitAddon } = await import("./static/vendor/@xterm/addon-fit/addon-fit.js");
  const { withStyles } = await import("./static/dashboard/styles.js");
  const place = document.body.appendChild(document.createElement("div"));
  const terminal = new Terminal();
  terminal.loadAddon(new FitAddon());
  withStyles(() => terminal.open(place));
  await new Promise((resolve) => terminal.write("\\x1b[31mred\\x1b[0m", resolve));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const red = [...place.querySelectorAll("span")].find((one) => one.innerText === "red");
  return getComputedStyle(red).color;
})()
"""
CHART = """
(async () => {
  const { default: Chart } = await import("./static/vendor/uplot/uplot.js");
  const options = { width: 300, height: 100, series: [{}, { stroke: "red" }] };
  return new Chart(options, [[1, 2], [3, 4]], document.body).root.querySelector("canvas").tagName;
})()
"""
MARKDOWN = """
(async () => {
  const { marked } = await import("./static/vendor/marked/marked.js");
  const { default: purify } = await import("./static/vendor/dompurify/dompurify.js");
  return purify.sanitize(marked.parse("**bold** [link](javascript:alert(1))"));
})()
"""
COLOURS = """
(async () => {
  const { default: highlight } = await import("./static/vendor/@highlightjs/cdn-assets/highlight.js");
  return highlight.highlight("def f(): pass", { language: "python" }).value;
})()
"""


@pytest.mark.parametrize(
    ("work", "result"),
    [
        (EDITOR, "flex"),
        (TERMINAL, "rgb(204, 0, 0)"),
        (CHART, "CANVAS"),
        (MARKDOWN, "<p><strong>bold</strong> <a>link</a></p>\n"),
        (COLOURS, '<span class="hljs-keyword">def</span> <span class="hljs-title function_">f</span>'),
    ],
    ids=["editor", "terminal", "chart", "markdown", "colours"],
)
async def test_a_library_works_within_the_page_s_policy(
    server: ServerProcess, page: Page, work: str, result: str
) -> None:
    await page.open(server.url)
    await page.shows("Password")
    found = await page.evaluate(work)
    assert found == result or found.startswith(result)
    assert page.complaints == []


async def test_what_bears_no_nonce_is_no_style_of_the_page(server: ServerProcess, page: Page) -> None:
    await page.open(server.url)
    await page.shows("Password")
    await page.evaluate(
        "document.head.append(Object.assign(document.createElement('style'), "
        "{ textContent: 'body { opacity: 0 }' }))"
    )
    assert await page.evaluate("getComputedStyle(document.body).opacity") == "1"
    assert "Content Security Policy" in page.complaints[0]
