#!/usr/bin/env python3
"""Throughput and latency over a socket: ours, axum by hand, and other frameworks, in interleaved rounds.

    benches/http/load.py [ROUNDS] [SECONDS] [SERVER ..]

Needs wrk. Writes results/load.csv, one line for each round, and prints medians with their spread. With names of servers it asks those
alone, axum always among them, and writes no file. Everything runs on one
machine: the load takes a core from the server, and only the ratios within one run mean something."""

import csv
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5

if not shutil.which("wrk"):
    sys.exit("wrk is needed: apt-get install wrk")
subprocess.run(["cargo", "build", "--release", "-q", "-p", "bench-http"], cwd=root, check=True)
only = {"axum", *sys.argv[3:]} if len(sys.argv) > 3 else set()
if not only or only - {"partitura", "axum"}:
    subprocess.run(["cargo", "build", "--release", "-q"], cwd=here / "peers", check=True)

ours = root / "target/release/bench-http"
peers = here / "peers/target/release/peers"
servers = {
    "partitura": [ours, "serve", "ours"],
    "axum": [ours, "serve", "axum"],
    "actix-web": [peers, "actix-web"],
    "poem-openapi": [peers, "poem-openapi"],
    "summer-web": [peers, "summer-web"],
}
if only - servers.keys():
    sys.exit(f"there is no server {', '.join(sorted(only - servers.keys()))}: {', '.join(servers)}")
servers = {name: command for name, command in servers.items() if not only or name in only}
body = subprocess.run([ours, "body"], capture_output=True, text=True, check=True).stdout
script = pathlib.Path("/tmp") / "partitura-bench-post.lua"
script.write_text(f"wrk.method = 'POST'\nwrk.headers['content-type'] = 'application/json'\nwrk.body = [==[{body}]==]\n")
routes = {
    "text": ["/hello"],
    "path and query": ["/books/7?lang=de"],
    "1 KB JSON": ["/orders", "-s", str(script)],
}


def load(command, route):
    port = 18080
    server = subprocess.Popen([*map(str, command), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/hello", timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
        path, *more = routes[route]
        run = subprocess.run(
            ["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency", *more, f"http://127.0.0.1:{port}{path}"],
            capture_output=True, text=True, check=True)
    finally:
        server.terminate()
        server.wait()
    if "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        sys.exit(f"{command}: {run.stdout}")
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout).group(1))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", run.stdout).groups()
    return per_second, float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


lines = []
for round_ in range(rounds):
    for route in routes:
        for name, command in servers.items():
            per_second, p99 = load(command, route)
            lines.append((round_, route, name, per_second, p99))
            print(f"{round_ + 1}/{rounds} {route:<16} {name:<14} {per_second:>10.0f}/s  p99 {p99:>8.0f} us", file=sys.stderr)

if not only:
    results = here / "results"
    results.mkdir(exist_ok=True)
    with open(results / "load.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["round", "route", "server", "requests_per_second", "p99_us"])
        writer.writerows(lines)

print("| route | server | requests/s: share of axum, median (least to most) | p99: times axum's, median |")
print("|---|---|---|---|")
for route in routes:
    of = {name: [(rate, p99) for _, r, n, rate, p99 in lines if (r, n) == (route, name)] for name in servers}
    for name in servers:
        shares = sorted(own[0] / base[0] for own, base in zip(of[name], of["axum"]))
        p99 = statistics.median(own[1] / base[1] for own, base in zip(of[name], of["axum"]))
        rate = statistics.median(own[0] for own in of[name])
        print(f"| {route} | {name} | {statistics.median(shares):.3f} ({shares[0]:.3f} to {shares[-1]:.3f}), {rate:.0f}/s | {p99:.2f} |")
