"""S3's words: its REST interface below `/api`, and the events of its WebSocket."""
