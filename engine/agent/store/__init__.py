"""What a task keeps: its state, conversation, approvals, results and checkpoints."""
