"""The commands of `roocode` that are clients of a server: one module each, offered by entry points.

Data goes to the standard output, all else to the standard error. What agents, their commands and files say is
untrusted: it is printed by `plain_text` alone.
"""
