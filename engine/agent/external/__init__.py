"""Agent programs of others, spoken to over the Agent Client Protocol. Source: docs/external-agents.md."""
