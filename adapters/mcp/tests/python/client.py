"""The example todo, used as an agent's program would: by the official SDK of the protocol."""

import asyncio
import contextlib
import re
import subprocess
import sys

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

PROGRAM = sys.argv[1]


async def use(client: Client, way: str) -> None:
    """Lists, calls and reads; fails where something is not as it should be."""
    async with client:
        assert client.server_info.name == "Todo", client.server_info
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert "todo.AddTask" in tools and "todo.ChangeTask" not in tools, sorted(tools)
        add = tools["todo.AddTask"]
        assert add.title == "Add a task" and add.description.startswith("Adds a task."), add
        assert add.input_schema["type"] == "object" and add.output_schema["type"] == "object", add
        assert add.annotations.destructive_hint is False and add.annotations.read_only_hint is False, add
        assert tools["todo.ListTasks"].annotations.read_only_hint is True

        # The SDK itself compares structured content with the schema that was told.
        added = await client.call_tool("todo.AddTask", {"title": f"by {way}", "priority": "high"})
        assert not added.is_error and added.structured_content["title"] == f"by {way}", added
        listed = await client.call_tool("todo.ListTasks", {"priority": ["high"]})
        assert any(task["title"] == f"by {way}" for task in listed.structured_content["items"]), listed

        wrong = await client.call_tool("todo.AddTask", {"titel": "x"})
        assert wrong.is_error and "/title" in wrong.content[0].text, wrong
        facts = wrong.meta["partitura/error"]
        assert facts["kind"] == "invalid" and len(facts["trace_id"]) == 32, facts
        missing = await client.call_tool("todo.ShowTask", {"id": 4711})
        assert missing.is_error and missing.meta["partitura/error"]["kind"] == "not_found", missing
        try:
            await client.call_tool("todo.Nothing", {})
            raise AssertionError("a tool that is not there was called")
        except MCPError as error:
            assert error.error.code == -32004, error

        seen = []

        async def progress(done, total, message):
            seen.append((done, message))

        async def change():
            for number in range(3):
                await asyncio.sleep(0.3)
                await client.call_tool("todo.AddTask", {"title": f"change {number}"})

        watched, _ = await asyncio.gather(
            client.call_tool("todo.WatchTasks", {"most": 3}, progress_callback=progress), change()
        )
        assert [task["title"] for task in watched.structured_content["result"]] == [f"change {n}" for n in range(3)], watched
        for _ in range(50):
            if len(seen) == 3:
                break
            await asyncio.sleep(0.1)
        assert [done for done, _ in seen] == [1, 2, 3] and "change 0" in seen[0][1], seen

        resources = [str(resource.uri) for resource in (await client.list_resources()).resources]
        assert "partitura://messages/todo.AddTask" in resources, resources
        read = await client.read_resource("partitura://describe")
        assert '"todo.AddTask"' in read.contents[0].text
        version = client.protocol_version
    print(f"ok: {way}, protocol {version}")


@contextlib.contextmanager
def served():
    """The program with its server, and where that is."""
    flags = ["--set", "mcp.enabled=true", "--set", "http.port=0"]
    with subprocess.Popen([PROGRAM, "serve", *flags], stderr=subprocess.PIPE, text=True) as program:
        try:
            address = None
            for line in program.stderr:
                found = re.search(r"ready: http at (http://\S+)", line)
                address = found.group(1) if found else address
                if "ready: mcp at /mcp" in line:
                    break
            assert address, "it does not say where it listens"
            yield f"{address}/mcp"
        finally:
            program.terminate()
            assert program.wait(20) == 0, program.returncode


async def main() -> None:
    for mode in ["auto", "legacy"]:
        stdio = StdioServerParameters(command=PROGRAM, args=["mcp"])
        await use(Client(stdio, mode=mode), f"stdio, {mode}")
    with served() as url:
        for mode in ["auto", "legacy"]:
            await use(Client(url, mode=mode), f"http, {mode}")
        async with httpx2.AsyncClient() as web:
            refused = await web.post(url, json={}, headers={"origin": "http://evil.example"})
            assert refused.status_code == 403, refused
    print("ok: the program stops when it is told to")


asyncio.run(main())
