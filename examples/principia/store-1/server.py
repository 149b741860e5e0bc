"""The store: `python3 server.py DATA-DIRECTORY ADDRESS PORT`.

    GET    /BUCKET        all keys and values of a bucket, as a JSON object
    GET    /BUCKET/KEY    the value, or 404
    PUT    /BUCKET/KEY    keeps the body as the value
    DELETE /BUCKET/KEY    forgets it

Every request may be made twice without harm, so that whoever got no answer asks again.
"""

import contextlib
import json
import os
import signal
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

directory, address, port = sys.argv[1:]
LARGEST = 1_000_000


class Data:
    """The file. One thread at a time: its answers take microseconds, its writes as long as the disk needs."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # A write is on disk when it returns, also when the power goes right afterwards.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS entry (bucket TEXT, key TEXT, value TEXT, PRIMARY KEY (bucket, key))"
        )

    def run(self, sql, *values):
        with self.lock:
            return self.connection.execute(sql, values).fetchall()


class Handler(BaseHTTPRequestHandler):
    timeout = 30

    def do_GET(self):
        bucket, key = self.place()
        if key is None:
            rows = data.run("SELECT key, value FROM entry WHERE bucket = ? ORDER BY key", bucket)
            return self.answer(200, json.dumps(dict(rows)))
        rows = data.run("SELECT value FROM entry WHERE bucket = ? AND key = ?", bucket, key)
        return self.answer(200, rows[0][0]) if rows else self.answer(404)

    def do_PUT(self):
        bucket, key = self.place()
        length = int(self.headers.get("Content-Length", 0))
        if key is None or length > LARGEST:
            return self.answer(400)
        body = self.rfile.read(length)
        if len(body) < length:
            return None  # the client is gone, and half a value is none
        data.run("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", bucket, key, body.decode())
        return self.answer(204)

    def do_DELETE(self):
        bucket, key = self.place()
        if key is None:
            return self.answer(400)
        data.run("DELETE FROM entry WHERE bucket = ? AND key = ?", bucket, key)
        return self.answer(204)

    def place(self):
        bucket, slash, key = self.path.lstrip("/").partition("/")
        return unquote(bucket), unquote(key) if slash and key else None

    def answer(self, status, body=""):
        text = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    # Requests under way are answered before the process ends.
    daemon_threads = False
    # Whoever comes in a crowd waits rather than being turned away.
    request_queue_size = 128


data = Data(os.path.join(directory, "store.sqlite"))
try:
    server = Server((address, int(port)), Handler)
except OSError as error:
    sys.exit(f"cannot serve on {address}:{port}: {error}")
# Shutting down waits for the loop that runs in this very thread, so that somebody else has to ask for it.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
# The hooks take this file as the word that the store answers.
pid_file = os.path.join(directory, "pid")
with open(f"{pid_file}.new", "w") as file:
    file.write(f"{os.getpid()}\n")
os.rename(f"{pid_file}.new", pid_file)
with contextlib.closing(data.connection):
    server.serve_forever(poll_interval=0.05)
    server.server_close()
