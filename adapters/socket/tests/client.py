#!/usr/bin/env python3
"""Speaks to the socket of examples/counter: executes, streams, cancels. Usage: client.py PATH"""
import json, socket, struct, sys

line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
stream = line.makefile("rwb")

def say(**frame):
    text = json.dumps(frame).encode()
    stream.write(struct.pack(">I", len(text)) + text)
    stream.flush()

def hear():
    (length,) = struct.unpack(">I", stream.read(4))
    frame = json.loads(stream.read(length))
    if frame["type"] == "ping":
        say(type="pong")
        return hear()
    return frame

assert hear()["version"] == 1
say(type="request", id=1, name="counter.Add", body={"by": 2})
print(hear()["body"])
say(type="request", id=2, name="counter.Count", body={"to": 3}, stream=True, credit=8)
while (frame := hear())["type"] == "item":
    print(frame["body"])
say(type="request", id=3, name="counter.Wait", body={"millis": 60000})
say(type="cancel", id=3)
print(hear()["error"]["kind"])
