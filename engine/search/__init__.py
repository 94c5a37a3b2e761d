"""Semantic search over a workspace's files, with an embedding model that ships as a package.

`vocabulary.txt` is the word list of all-MiniLM-L6-v2 (Apache-2.0), which the weights' package leaves out.
"""
