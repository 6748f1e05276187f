"""An image registry on 127.0.0.1, which a node asks in place of the public one: what it does not serve is not there."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support import images

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


class Registry:
    """Serves images to pull, by tag and by digest; there is nothing to push to and nobody to log in."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, bytes]] = {}  # path → media type, content
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Answer, self._found))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self, image: images.Image) -> None:
        """Serve *image* from now on."""
        name, _, tag = image.reference.rpartition(":")
        blobs = ((_CONFIG, image.config), (_LAYER, image.layer))
        config, layer = ({"mediaType": kind, "size": len(blob), "digest": images.digest(blob)} for kind, blob in blobs)
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": [layer]}
        content = json.dumps(manifest).encode()
        for kind, blob in blobs:
            self._found[f"/v2/{name}/blobs/{images.digest(blob)}"] = (kind, blob)
        for reference in (images.digest(content), tag):
            self._found[f"/v2/{name}/manifests/{reference}"] = (_MANIFEST, content)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Answer while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Answer(http.server.BaseHTTPRequestHandler):
    """Answers one connection from *found*, which the registry may add to at any time."""

    def __init__(self, found: Mapping[str, tuple[str, bytes]], *connection: Any) -> None:
        self._found = found
        super().__init__(*connection)

    def do_GET(self) -> None:
        self.wfile.write(self._head())

    def do_HEAD(self) -> None:
        self._head()

    def log_message(self, *_: Any) -> None:
        pass

    def _head(self) -> bytes:
        """Send all but the content, and return that."""
        kind, content = self._found.get(self.path.partition("?")[0], ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", images.digest(content))
        self.end_headers()
        return content
