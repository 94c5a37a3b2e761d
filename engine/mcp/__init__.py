"""MCP (Model Context Protocol) servers: their definitions, connections and calls."""
