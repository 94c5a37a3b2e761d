"""S4's typed messages on `/ws`: tasks, monitoring, processes and subscriptions. Source: S4."""
