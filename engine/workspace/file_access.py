"""How the files and folders of workspaces are opened and read, and what their timestamps are worth."""

from __future__ import annotations

import os
from typing import Final

FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
"""A folder that can be listed."""
FOLDER_ITSELF_FLAGS: Final = FOLDER_FLAGS | os.O_NOFOLLOW
"""A folder, and not a link to one."""
PLACE_FLAGS: Final = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
"""A folder in which names are looked up; it need not be readable."""
READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
"""A file to read; nobody waits if it is a named pipe."""
SOURCE_FLAGS: Final = READ_FLAGS | os.O_NOFOLLOW
"""A file to read, and not a link to one."""
NEW_FILE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
"""A file to write that must not exist."""

FILE_PIECE_BYTES: Final = 1_048_576
"""How much of a file is read at a time."""
TIMESTAMP_LAG_NS: Final = 20_000_000
"""How far file timestamps may lag behind the clock."""
