"""The event server on which programs run autonomous coding agents, under one name: `roocode_server`.

In the repository the packages lie at the top, and this folder has links to them; a wheel has the packages in
their place (`pyproject.toml`, docs/architecture.md). Arrows run down: server → handlers → engine → models.
"""
