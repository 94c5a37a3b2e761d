"""External agent programs, driven through the Agent Client Protocol. Source: docs/external-agents.md."""
