"""What is stored for a task: its state, conversation, approvals, results and checkpoints."""
