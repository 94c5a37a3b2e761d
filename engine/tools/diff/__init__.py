"""The implementation of `apply_diff`: parses SEARCH/REPLACE blocks, locates them and applies them to a text.

Pure functions on text, with `applying.apply` as the entry point. Source: S2, `apply_diff`.
"""
