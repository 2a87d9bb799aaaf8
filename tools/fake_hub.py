"""A small stand-in for the Hugging Face Hub on this machine's loopback, for the Hub's own client to talk to.

Speaks as much of the Hub's HTTP interface as opening and publishing a model needs: repository information,
files with their headers, creating, uploading (regular and large files), committing and tagging. Faults can be
switched on. Standard library only; knows nothing of models.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

LARGE = (".safetensors", ".png", ".bin")  # kept as large files, as the Hub's .gitattributes do
TOKEN = "hf_onlyforthistest"
OWNER = "someone"


@dataclass
class Repo:
    """A repository: commits as (id, files), newest last, and what its branches and tags point to."""

    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    private: bool = False

    def commit(self, files: dict[str, bytes]) -> str:
        """A new commit on "main" with these files added to the newest one's; its id."""
        merged = (self.commits[-1][1] if self.commits else {}) | files
        text = json.dumps([len(self.commits), {k: _sha256(v) for k, v in sorted(merged.items())}])
        name = hashlib.sha1(text.encode()).hexdigest()
        self.commits.append((name, merged))
        self.names["main"] = name
        return name

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit that a branch, a tag or an id names."""
        wanted = self.names.get(revision, revision)
        return next((commit for commit in self.commits if commit[0] == wanted), None)


@dataclass
class Fault:
    """What goes wrong with requests of one kind: an error status, silence, or once half a file.

    `only`: with requests of which this is the last part of the path, not with others.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    half: bool = False
    only: str = ""


class FakeHub:
    """The Hub's state. `faults` are by kind of request ("info", "head", "get", "create", "commit" ...)."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}  # uploaded, by SHA-256
        self.faults: dict[str, Fault] = {}
        self.sizes: dict[tuple[str, str], int | None] = {}  # (repo, path) -> a size that is told instead
        self.requests: list[tuple[str, str]] = []  # (kind, path of the request)
        self.url = ""
        self.closing = Event()  # ends what is silent

    def put(self, repo: str, files: dict[str, bytes]) -> str:
        """Add files to a repository, made where there is none; the commit's id."""
        return self.repos.setdefault(repo, Repo()).commit(files)

    def asked(self, kind: str) -> list[str]:
        """The paths of all requests of a kind so far."""
        return [path for found, path in self.requests if found == kind]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _etag(path: str, content: bytes) -> str:
    """SHA-256 of a large file, the id that git gives a small one."""
    if path.endswith(LARGE):
        return _sha256(content)
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


ID = r"(?P<repo>[^/]+/[^/]+?)"
ROUTES: list[tuple[str, str, str]] = [
    ("GET", rf"/api/models/{ID}(?:/revision/(?P<revision>.+))?", "info"),
    ("HEAD", rf"/{ID}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "head"),
    ("GET", rf"/{ID}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "get"),
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "validate"),
    ("POST", rf"/api/models/{ID}/preupload/(?P<revision>.+)", "preupload"),
    ("POST", rf"/{ID}\.git/info/lfs/objects/batch", "batch"),
    ("PUT", r"/large/(?P<path>[0-9a-f]{64})", "upload"),
    ("POST", rf"/api/models/{ID}/commit/(?P<revision>.+)", "commit"),
    ("POST", rf"/api/models/{ID}/tag/(?P<revision>.+)", "tag"),
]
WRITES = {"create", "preupload", "batch", "commit", "tag"}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; the hub is set by `running_hub`."""

    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Find the kind of request, and answer it or do what its fault says."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        place = self.path.split("?")[0]
        for method, pattern, kind in ROUTES:
            found = re.fullmatch(pattern, place)
            if method == self.command and found:
                self.hub.requests.append((kind, place))
                self._answer(kind, {k: v or "" for k, v in found.groupdict().items()}, body)
                return
        self.hub.requests.append(("unknown", f"{self.command} {place}"))
        self._error(404, "")

    do_HEAD = do_POST = do_PUT = do_GET

    def _answer(self, kind: str, names: dict[str, str], body: bytes) -> None:
        fault = self.hub.faults.get(kind, Fault())
        if not self.path.split("?")[0].endswith(fault.only):
            fault = Fault()
        if fault.silent:
            self.hub.closing.wait()
            self.close_connection = True
            return
        if fault.status:
            self._send(fault.status, b"", fault.headers)
            return
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if kind in WRITES and not known:
            self._error(401, "")
            return
        repo = self.hub.repos.get(names.get("repo", ""))
        if "repo" in names and (repo is None or (repo.private and not known)):
            self._error(404 if known else 401, "RepoNotFound")
            return
        answers: dict[str, Callable[[dict[str, str], bytes], None]] = {
            "info": self._info,
            "head": self._file,
            "get": self._file,
            "create": self._create,
            "validate": lambda _, __: self._json({"errors": [], "warnings": []}),
            "preupload": self._preupload,
            "batch": self._batch,
            "upload": self._upload,
            "commit": self._commit,
            "tag": self._tag,
        }
        answers[kind](names, body)

    # -- reading

    def _info(self, names: dict[str, str], body: bytes) -> None:
        repo = names["repo"]
        found = self.hub.repos[repo].at(names["revision"] or "main")
        if found is None:
            self._error(404, "RevisionNotFound")
            return
        siblings = []
        for path, content in found[1].items():
            row: dict[str, Any] = {"rfilename": path, "blobId": _etag(path, content)}
            row["size"] = self.hub.sizes.get((repo, path), len(content))
            if path.endswith(LARGE):
                row["lfs"] = {"sha256": _sha256(content), "size": len(content), "pointerSize": 134}
            siblings.append(row)
        private = self.hub.repos[repo].private
        self._json({"id": repo, "sha": found[0], "private": private, "siblings": siblings, "tags": []})

    def _file(self, names: dict[str, str], body: bytes) -> None:
        found = self.hub.repos[names["repo"]].at(names["revision"])
        if found is None or names["path"] not in found[1]:
            self._error(404, "RevisionNotFound" if found is None else "EntryNotFound")
            return
        content, etag = found[1][names["path"]], _etag(names["path"], found[1][names["path"]])
        headers = {"X-Repo-Commit": found[0], "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        if names["path"].endswith(LARGE):
            headers |= {"X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{etag}"'}
        first = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if first:
            content = content[int(first[1]) :]
        self._send(206 if first else 200, content, headers)

    # -- writing

    def _create(self, names: dict[str, str], body: bytes) -> None:
        asked = json.loads(body)
        repo = f"{asked['organization'] or OWNER}/{asked['name']}"
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        there = repo in self.hub.repos
        if not there:
            self.hub.repos[repo] = Repo(private=private)
            self.hub.repos[repo].commit({".gitattributes": b""})
        self._json({"url": f"{self.hub.url}/{repo}", "name": repo, "id": repo}, 409 if there else 200)

    def _preupload(self, names: dict[str, str], body: bytes) -> None:
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for file in json.loads(body)["files"]
        ]
        self._json({"files": files})

    def _batch(self, names: dict[str, str], body: bytes) -> None:
        rows = [
            {
                "oid": o["oid"],
                "size": o["size"],
                "actions": {"upload": {"href": f"{self.hub.url}/large/{o['oid']}"}},
            }
            for o in json.loads(body)["objects"]
        ]
        self._json({"transfer": "basic", "objects": rows})

    def _upload(self, names: dict[str, str], body: bytes) -> None:
        good = _sha256(body) == names["path"]
        if good:
            self.hub.large[names["path"]] = body
        self._send(200 if good else 400, b"", {})

    def _commit(self, names: dict[str, str], body: bytes) -> None:
        files = {}
        for line in body.decode().splitlines():
            row = json.loads(line)
            value = row["value"]
            if row["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif row["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
        commit = self.hub.put(names["repo"], files)
        self._json({"commitUrl": f"{self.hub.url}/{names['repo']}/commit/{commit}", "commitOid": commit})

    def _tag(self, names: dict[str, str], body: bytes) -> None:
        repo, tag = self.hub.repos[names["repo"]], json.loads(body)["tag"]
        there = tag in repo.names
        if not there:
            repo.names[tag] = repo.names[names["revision"]]
        self._json({}, 409 if there else 200)

    # -- sending

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str) -> None:
        self._send(status, b"", {"X-Error-Code": code} if code else {})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if "ETag" in headers and self.hub.faults.get("get", Fault()).half:
            del self.hub.faults["get"]  # once
            content, self.close_connection = content[: len(content) // 2], True
        self.wfile.write(content)


@contextmanager
def running_hub() -> Iterator[FakeHub]:
    """A hub that answers at its `url` until the block ends."""
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
