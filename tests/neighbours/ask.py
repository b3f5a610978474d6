#!/usr/bin/env python3
"""Asks posterizarrd through a reverse proxy what browsers ask: ask.py PORT HOST PREFIX.

Connects to 127.0.0.1:PORT and speaks of HOST, as a browser does that knows the proxy by that name.
"""

import base64
import json
import os
import re
import socket
import sys
import time

PORT, HOST, PREFIX = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ORIGIN = f"http://{HOST}"
# An event stream's greeting, and a log's first lines, must not be held back by the proxy.
AT_ONCE = 2.0


def send(path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[socket.socket, bytes]:
    connection = socket.create_connection(("127.0.0.1", PORT), timeout=10)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            break
        received += piece
    return connection, received


def answer(path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, str, bytes]:
    connection, received = send(path, method, body, Connection="close", **headers)
    while piece := connection.recv(65536):
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1"), rest


def until(connection: socket.socket, received: bytes, wanted: bytes) -> float:
    began = time.monotonic()
    connection.settimeout(AT_ONCE)
    while wanted not in received:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            sys.exit(f"FAILED: nothing with {wanted!r} came within {AT_ONCE} s, but {received!r}")
        assert piece, f"the connection ended without {wanted!r}: {received!r}"
        received += piece
    return time.monotonic() - began


def check(what: str, holds: bool, seen: object) -> None:
    if not holds:
        sys.exit(f"FAILED: {what}: {seen}")
    print(f"  {what}")


status, head, _ = answer(PREFIX)
location = re.search(r"(?i)^location: *(\S+)", head, re.MULTILINE)
check(f"{PREFIX} leads to {PREFIX}/", status == 308 and location is not None and location[1].endswith(f"{PREFIX}/"), head)
status, head, page = answer(f"{PREFIX}/", Accept="text/html")
check("the web UI", status == 200 and b"<html" in page.lower() and PREFIX.encode() in page, (head, page[:200]))
status, head, _ = answer(f"{PREFIX}/api/status")
check("the status", status == 200, head)
_, _, body = answer("/api/status")
check("nothing outside of the prefix", b'"current_mode"' not in body, body[:200])

request = json.dumps({"kind": "poster", "title": "Heat"}).encode()
json_type = {"Content_Type": "application/json"}
status, head, body = answer(f"{PREFIX}/api/preview", "POST", request, Origin=ORIGIN, Sec_Fetch_Site="same-origin", **json_type)
check("a browser's own page may post", status == 200, (head, body[:200]))
status, head, body = answer(f"{PREFIX}/api/preview", "POST", request, Origin="http://evil.example", **json_type)
check("a foreign page may not", status == 403 and b"foreign_origin" in body, (head, body[:200]))

connection, received = send(f"{PREFIX}/api/events?types=heartbeat", Accept="text/event-stream")
check("the event stream", b" 200 " in received.split(b"\r\n")[0] and b"text/event-stream" in received, received)
took = until(connection, received, b"event: heartbeat")
print(f"  its first event after {took:.2f} s")
connection.close()

key = base64.b64encode(os.urandom(16)).decode()
connection, received = send(
    f"{PREFIX}/ws/logs?log_file=BackendServer.log&heartbeat=true",
    Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13", Sec_WebSocket_Key=key, Origin=ORIGIN,
)
check("the WebSocket", b" 101 " in received.split(b"\r\n")[0], received)
took = until(connection, received.partition(b"\r\n\r\n")[2], b"heartbeat")
print(f"  its first messages after {took:.2f} s")
connection.close()
_, received = send(
    f"{PREFIX}/ws/logs",
    Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13", Sec_WebSocket_Key=key, Origin="http://evil.example",
)
check("no WebSocket for a foreign page", b" 403 " in received.split(b"\r\n")[0], received)
