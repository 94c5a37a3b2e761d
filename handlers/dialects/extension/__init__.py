"""S2's extension API over Socket.IO: its methods as acknowledged events, its events with their arguments."""
