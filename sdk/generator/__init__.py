"""Makes the typed parts of the clients from the server's OpenAPI and AsyncAPI documents.

`documents` reads the two documents into operations, shapes and events; the other modules write them down in a
language. No existing generator writes what the clients need: data classes with Python's names for the wire's,
a method for each operation with its route, a class for each event, and a blocking twin of the asynchronous
client.
"""
