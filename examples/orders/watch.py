"""Asks for a message over the WebSocket, with nothing but Python: `watch.py KEY NAME [BODY]` prints its items, or its reply."""

import base64, json, os, socket, sys

key, name, body = sys.argv[1], sys.argv[2], json.loads(sys.argv[3] if len(sys.argv) > 3 else "{}")
wire = socket.create_connection(("127.0.0.1", int(os.environ.get("PORT", "8080"))))
wire.sendall(
    f"GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    f"sec-websocket-key: {base64.b64encode(os.urandom(16)).decode()}\r\nx-api-key: {key}\r\n\r\n".encode()
)
stream = wire.makefile("rb")
assert b" 101 " in stream.readline(), "refused"
while stream.readline() != b"\r\n":
    pass


def send(frame):
    data, mask = json.dumps(frame).encode(), os.urandom(4)
    wire.sendall(bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big") + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))


send({"type": "request", "id": 1, "name": name, "body": body, "stream": True})
while True:
    length = stream.read(2)[1]
    length = int.from_bytes(stream.read({126: 2, 127: 8}[length]), "big") if length > 125 else length
    frame = json.loads(stream.read(length))
    if "body" in frame or "error" in frame:
        print(json.dumps(frame.get("body", frame.get("error"))))
    if frame["type"] in ("end", "error", "reply"):
        break
