"""All of S3's endpoints. Source: S3, "API Endpoints"."""

from __future__ import annotations

from typing import Final

from roocode_server.handlers.dialects.crogia.files import FILE_ENDPOINTS
from roocode_server.handlers.dialects.crogia.processes import PROCESS_ENDPOINTS
from roocode_server.handlers.dialects.crogia.sessions import SESSION_ENDPOINTS

ENDPOINTS: Final = (*SESSION_ENDPOINTS, *FILE_ENDPOINTS, *PROCESS_ENDPOINTS)
