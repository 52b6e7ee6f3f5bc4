"""Speaks with the WebSocket of `todo`: a request, two in flight, a stream, errors, events, a cancel, closes. Exits with 1 at the
first answer that is another than it should be."""

import argparse
import asyncio
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import websockets
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PATIENCE = 10


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f"FAILED: {what}\n  wanted: {wanted}\n  got:    {got}")
    print("ok:", what)


class Caller:
    """Frames in, frames out."""

    def __init__(self, socket):
        self.socket = socket

    async def say(self, **frame):
        await self.socket.send(json.dumps(frame))

    async def hear(self):
        return json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))

    async def until(self, *wanted):
        """The frames of these numbers, whatever the order: the last one of each."""
        last = {}
        while not all(number in last for number in wanted):
            frame = await self.hear()
            if frame["type"] in ("reply", "end", "error"):
                last[frame.get("id")] = frame
        return [last[number] for number in wanted]


async def talk(url):
    async with connect(url) as socket:
        caller = Caller(socket)
        hello = await caller.hear()
        same("hello", (hello["type"], hello["version"], hello["application"]), ("hello", 1, "Todo"))

        await caller.say(type="request", id=1, name="todo.AddTask", body={"title": "Buy milk"})
        added = await caller.hear()
        same("a request", (added["type"], added["id"], added["body"]["title"]), ("reply", 1, "Buy milk"))
        task = added["body"]["id"]

        await caller.say(type="request", id=2, name="todo.WatchTasks", body={"most": 2}, stream=True, credit=1)
        await caller.say(type="subscribe", id=3, pattern="tasks.#")
        # Nobody is told when a stream has begun.
        await asyncio.sleep(0.3)
        await caller.say(type="request", id=4, name="todo.FinishTask", body={"id": task})
        await caller.say(type="request", id=5, name="todo.ListTasks", body={})
        frames = {2: [], 3: [], 4: [], 5: []}
        while not all(frames.values()):
            frame = await caller.hear()
            frames[frame["id"]].append(frame)
        same("two in flight", (frames[4][0]["type"], frames[5][0]["type"]), ("reply", "reply"))
        item = frames[2][0]
        same("an item of a stream", (item["type"], item["body"]["id"], item["body"]["done"]), ("item", task, True))
        event = frames[3][0]
        same("an event", (event["type"], event["body"]["topic"], event["body"]["event"]["id"]), ("item", "tasks.finished", task))

        # One more, for which there is no credit yet: it waits, and others do not.
        await caller.say(type="request", id=6, name="todo.AddTask", body={"title": "Sleep"})
        frame = await caller.hear()
        same("no item without credit", (frame["id"], frame["type"]), (6, "reply"))
        await caller.say(type="credit", id=2, items=5)
        item, end = await caller.hear(), await caller.hear()
        same("the rest of the stream", (item["body"]["title"], end["type"], end["id"]), ("Sleep", "end", 2))

        await caller.say(type="request", id=7, name="todo.AddTask", body={"titel": "Sleep"})
        [error] = await caller.until(7)
        pointers = sorted(failure["pointer"] for failure in error["error"]["failures"])
        same("an error", (error["error"]["kind"], pointers), ("invalid", ["/titel", "/title"]))
        await caller.say(type="request", id=8, name="todo.ShowTask", body={"id": 4711})
        [error] = await caller.until(8)
        same("another", error["error"]["kind"], "not_found")
        await caller.say(type="subscribe", id=9, pattern="#")
        [error] = await caller.until(9)
        same("a subscription that is not allowed", error["error"]["code"], "PT0462")

        await caller.say(type="request", id=10, name="todo.WatchTasks", stream=True)
        await caller.say(type="cancel", id=10)
        await caller.say(type="cancel", id=3)
        both = await caller.until(10, 3)
        same("two cancels", [frame["error"]["kind"] for frame in both], ["cancelled", "cancelled"])

        # In pieces, and as bytes.
        text = json.dumps({"type": "request", "id": 11, "name": "todo.ListTasks"})
        await socket.send([text[:5], text[5:20], text[20:]])
        same("a message in pieces", (await caller.hear())["type"], "reply")
        await socket.send(text.encode())
        same("a binary message", (await caller.hear())["type"], "reply")
        await asyncio.wait_for(await socket.ping(), PATIENCE)
        print("ok: a ping of the protocol")

        await caller.say(type="goodbye")
        same("goodbye", (await caller.hear())["type"], "goodbye")
        await asyncio.wait_for(socket.wait_closed(), PATIENCE)
        same("closed after it", socket.close_code, 1000)

    async with connect(url) as socket:
        caller = Caller(socket)
        await caller.hear()
        try:
            await socket.send("x" * 1_000_000)
            while True:
                frame = await caller.hear()
                if frame["type"] == "error":
                    same("a frame that is too large", frame["error"]["code"], "PT0441")
        except ConnectionClosed:
            same("closed with it", socket.close_code, 1009)

    # As a browser says it: the protocol that we have is the one that is answered.
    async with connect(url, subprotocols=["partitura.v1", "bearer.abc"], origin=url.replace("ws", "http", 1).rsplit("/", 1)[0]) as socket:
        same("the subprotocol", socket.subprotocol, "partitura.v1")
    try:
        async with connect(url, origin="https://evil.example"):
            sys.exit("FAILED: a page of another origin was let in")
    except InvalidStatus as refused:
        problem = json.loads(refused.response.body)
        same("a page of another origin", (refused.response.status_code, problem["code"]), (403, "PT0460"))


def guide(url):
    """The JavaScript of the guide, as a browser would run it; Node has a WebSocket like a browser's."""
    text = (pathlib.Path(__file__).resolve().parents[4] / "docs/websocket.md").read_text()
    example = re.search(r"```js\n(function connect.*?)```", text, re.S)[1]
    same("the guide's example is short", len(example.splitlines()) <= 30, True)
    node = shutil.which("node")
    flags = [[], ["--experimental-websocket"]]
    works = lambda flag: not subprocess.run([node, *flag, "-e", "new WebSocket('ws://127.0.0.1:1').onerror = () => {}"], capture_output=True).returncode
    flag = next((flag for flag in flags if works(flag)), None) if node else None
    if flag is None:
        print("SKIPPED: no node with a WebSocket, so the guide's JavaScript was not run")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".mjs") as file:
        file.write(example + """
            const todo = await connect(process.argv[2], "abc");
            const { id } = await todo.execute("todo.AddTask", { title: "a" });
            const wrong = await todo.execute("todo.AddTask", { titel: "a" }).catch(error => error.failures.length);
            const event = new Promise(done => todo.subscribe("tasks.#", done));
            let items = 0;
            const stream = todo.stream("todo.WatchTasks", { most: 40 }, () => items++);
            await new Promise(done => setTimeout(done, 300));
            for (let n = 0; n < 39; n++) await todo.execute("todo.AddTask", { title: "b" });
            const { version } = await todo.execute("todo.FinishTask", { id });
            await stream;
            console.log(JSON.stringify([wrong, items, version, (await event).event.id === id]));
            process.exit(0);
        """)
        file.flush()
        ran = subprocess.run([node, *flag, file.name, url], capture_output=True, text=True, timeout=60)
    same("the guide's JavaScript", ran.stdout.strip() or ran.stderr, "[2,40,2,true]")


async def leave(url, server):
    """The server stops, and says so."""
    async with connect(url) as socket:
        caller = Caller(socket)
        await caller.hear()
        server.send_signal(signal.SIGTERM)
        same("a server that stops", (await caller.hear())["type"], "goodbye")
        await asyncio.wait_for(socket.wait_closed(), PATIENCE)
        same("goes away", socket.close_code, 1001)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url")
    parser.add_argument("command", nargs="*")
    told = parser.parse_args()
    if told.url:
        asyncio.run(talk(told.url))
        return
    server = subprocess.Popen(told.command, stderr=subprocess.PIPE, text=True)
    try:
        said = next((line for line in server.stderr if line.startswith("ready")), "nothing")
        found = re.search(r"http://([\d.:]+)", said)
        if not found:
            sys.exit(f"FAILED: the program did not start: {said}")
        url = f"ws://{found[1]}/ws"
        asyncio.run(talk(url))
        guide(url)
        asyncio.run(leave(url, server))
        same("its exit code", server.wait(PATIENCE), 0)
    finally:
        server.kill()
        server.wait()
    print(f"spoke by websockets {websockets.__version__}")


main()
