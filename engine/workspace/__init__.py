"""A session's files, reached by descriptor so that no path leads out of the workspace."""
