"""Servers of the Model Context Protocol: named, started, asked, ended."""
