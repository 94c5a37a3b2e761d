"""Search by meaning: what a workspace's files say, as vectors of a model that ships in a package.

`vocabulary.txt` is the word list of all-MiniLM-L6-v2 (Apache-2.0), which the weights' package leaves out.
"""
