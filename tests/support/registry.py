"""A stand-in for an image registry, with one image. Source: OCI Distribution Specification, pull."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from tests.support.containers import busybox_archive

_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIGURATION: Final = "application/vnd.docker.container.image.v1+json"
_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@asynccontextmanager
async def registry() -> AsyncIterator[str]:
    """Run the registry; yields the name of its image."""
    archive = busybox_archive()
    layer = gzip.compress(archive)
    configuration = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [_digest(archive)]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _described(configuration, _CONFIGURATION),
            "layers": [_described(layer, _LAYER)],
        }
    ).encode()
    blobs = {_digest(content): content for content in (layer, configuration, manifest)}

    async def version(_: web.Request) -> web.Response:
        return web.json_response({})

    async def manifests(request: web.Request) -> web.Response:
        reference = request.match_info["reference"]
        if reference not in ("latest", _digest(manifest)):
            unknown = {"code": "MANIFEST_UNKNOWN", "message": f"no {reference} here"}
            return web.json_response({"errors": [unknown]}, status=404)
        headers = {"Docker-Content-Digest": _digest(manifest), "Content-Type": _MANIFEST}
        return web.Response(body=manifest, headers=headers)

    async def blob(request: web.Request) -> web.Response:
        return web.Response(body=blobs[request.match_info["digest"]])

    app = web.Application()
    app.router.add_get("/v2/", version)
    app.router.add_get("/v2/small/manifests/{reference}", manifests)
    app.router.add_get("/v2/small/blobs/{digest}", blob)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}/small:latest"
    finally:
        await runner.cleanup()


def _described(content: bytes, kind: str) -> dict[str, object]:
    return {"mediaType": kind, "size": len(content), "digest": _digest(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
