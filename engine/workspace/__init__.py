"""A session's files, accessed by descriptor so that no path leads out of the workspace."""
