#!/usr/bin/env python3
"""How long an application of 1,000 handlers and 100 singletons takes to start, and what it holds when idle.

    benches/startup/measure.py                  build, measure 20 runs, fail beyond the limits
    benches/startup/measure.py --handlers 100   smaller
    benches/startup/measure.py --instructions   count the start under callgrind instead

From exec to ready, which is when `Bank::builder().build()` has answered: what `serve` does before it opens entrypoints.
Measured on tokio's current-thread runtime and on its default of one thread for each core.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from generate import CRATES, ROOT, Program, workspace  # noqa: E402

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
FOLDER = TARGET / "benches" / "startup"
OUT = TARGET / "benches" / "startup-target"
READY_MS = 2.0
IDLE_KB = 8 * 1024
RUNTIMES = ["current", "many"]


def build(handlers, singletons):
    program = Program(FOLDER, "partitura", CRATES, handlers, singletons)
    workspace(FOLDER, [program])
    environment = {**os.environ, "CARGO_TARGET_DIR": str(OUT)}
    command = ["cargo", "build", "--release", "--offline", "--quiet", "-p", program.name]
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"the program does not build:\n{done.stderr[-4000:]}")
    return OUT / "release" / program.name


def run(binary, runtime):
    """Milliseconds from exec to ready, and the resident memory then in kB."""
    begin = time.perf_counter()
    process = subprocess.Popen([binary, runtime], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    line = process.stdout.readline()
    ready = (time.perf_counter() - begin) * 1000
    if line.strip() != b"ready":
        sys.exit("the program did not start")
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    process.stdin.close()
    process.wait()
    process.stdout.close()
    return ready, int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def nothing(runs):
    """What it takes to start a process that does nothing: it belongs to the machine, not to the application."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        process = subprocess.Popen(["/bin/echo", "ready"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        times.append((time.perf_counter() - begin) * 1000)
        process.communicate()
    return statistics.median(times)


def instructions(binary, runtime):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(binary), runtime]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--handlers", type=int, default=1000)
    parser.add_argument("--singletons", type=int, default=100)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--instructions", action="store_true")
    options = parser.parse_args()
    binary = build(options.handlers, options.singletons)
    if options.instructions:
        for runtime in RUNTIMES:
            print(f"{runtime}: {instructions(binary, runtime):,} instructions")
        return
    errors = []
    print(f"a process that does nothing: {nothing(options.runs):.2f} ms")
    for runtime in RUNTIMES:
        run(binary, runtime)
        figures = [run(binary, runtime) for _ in range(options.runs)]
        ready = statistics.median(ready for ready, _ in figures)
        least = min(ready for ready, _ in figures)
        idle = statistics.median(idle for _, idle in figures)
        print(f"{runtime}: ready after {ready:.2f} ms (the fastest {least:.2f}), idle with {idle / 1024:.2f} MB")
        if ready > READY_MS:
            errors.append(f"{runtime}: ready after {ready:.2f} ms, at most {READY_MS}")
        if idle > IDLE_KB:
            errors.append(f"{runtime}: idle with {idle} kB, at most {IDLE_KB}")
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main()
