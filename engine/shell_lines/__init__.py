"""Analysis of shell command lines before they run."""
