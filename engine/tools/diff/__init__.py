"""The engine of `apply_diff`: reads SEARCH/REPLACE blocks, finds their places and applies them to a text.

Pure functions over text: `applying.apply` is the whole of it. Source: S2, `apply_diff`.
"""
