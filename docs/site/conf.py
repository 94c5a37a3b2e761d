"""Sphinx's configuration of the site; `build.py` brings its pages together."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "roocode-server"
version = release = version_of("roocode-server")
extensions = ["myst_parser"]
nitpicky = True
myst_heading_anchors = 4

html_theme = "furo"
html_title = "roocode-server"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["style"]
html_css_files = ["tables.css"]
