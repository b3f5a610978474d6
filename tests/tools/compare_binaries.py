#!/usr/bin/env python3
"""Compares two builds of the daemon, both up at once on copies of one data folder, and prints a Markdown table.

    tests/tools/compare_binaries.py BEFORE AFTER DATA_DIR [--rounds 5] [--seconds 3]

Request rates by `wrk -t1 -c8`, in turns, first one and then the other: what else the machine does meets both. Also memory at
rest and in the end, time from exec to the first answer, and acknowledgements of webhooks (each is a new title, so that each is stored).
DATA_DIR is copied; the log of a run in it should have some hundred lines. Ratios are after to before.
"""
import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

PATHS = [
    "/api", "/api/status", "/api/health", "/api/version", "/api/dashboard/all", "/api/assets/stats", "/api/assets/overview",
    "/api/logs/Scriptlog.log?tail=500", "/api/runtime-history", "/api/config",
]
WEBHOOKS = 200


class Daemon:
    def __init__(self, name, program, data):
        self.name, self.program, self.data = name, program, data

    def start(self):
        """Milliseconds from exec to the first answer."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "--data-dir", self.data, "--bind", f"127.0.0.1:{self.port}", "--webhooks-arr-delay", "1h"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                self.get("/api/health")
                return 1000 * (time.monotonic() - begun)
            except OSError:
                time.sleep(0.002)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.read()

    def settled(self):
        """Waits until the library is scanned."""
        while json.loads(self.get("/api/assets/stats"))["stats"]["posters"] == 0:
            time.sleep(0.1)

    def rate(self, path, seconds):
        said = subprocess.run(["wrk", "-t1", "-c8", f"-d{seconds}s", f"http://127.0.0.1:{self.port}{path}"], check=True,
                              capture_output=True, text=True).stdout
        if "Non-2xx" in said:
            raise SystemExit(f"{self.name} answers {path} with an error:\n{said}")
        return float(re.search(r"Requests/sec: *([\d.]+)", said)[1])

    def acknowledgement(self, first):
        """Median milliseconds."""
        times = []
        for number in range(first, first + WEBHOOKS):
            body = {"eventType": "Download", "movie": {"title": f"Movie {number}", "tmdbId": number, "year": 2024}, "movieFile": {"id": number}}
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/webhook/arr", json.dumps(body).encode(),
                                             {"Content-Type": "application/json"})
            begun = time.monotonic()
            urllib.request.urlopen(request, timeout=60).read()
            times.append(1000 * (time.monotonic() - begun))
        return statistics.median(times)

    def memory(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+)", status)[1]) / 1024


def row(what, before, after, unit, digits=0):
    """Medians, and the ratio of each round, lowest and highest in brackets."""
    ratios = sorted(b / a for a, b in zip(before, after))
    print(f"| {what} | {statistics.median(before):,.{digits}f} | {statistics.median(after):,.{digits}f} {unit} | "
          f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path(given.data).resolve().parent) as folder:
        pair = [Daemon(name, program, str(Path(folder, name))) for name, program in (("before", given.before), ("after", given.after))]
        for daemon in pair:
            shutil.copytree(given.data, daemon.data, symlinks=True)
            daemon.start()
            daemon.settled()
            daemon.stop()
        print("| what | before | after | ratio |\n|---|---|---|---|")
        starts = [[], []]
        for _ in range(given.rounds):
            for times, daemon in zip(starts, pair):
                times.append(daemon.start())
                daemon.stop()
        row("exec → first answer", *starts, "ms")
        for daemon in pair:
            daemon.start()
            daemon.settled()
        time.sleep(10)
        row("memory (RSS) at rest", *[[daemon.memory()] for daemon in pair], "MiB")
        for path in PATHS:
            row(f"`{path}`", *turns(pair, given.rounds, lambda daemon, _: daemon.rate(path, given.seconds)), "requests/s")
        acknowledged = turns(pair, given.rounds, lambda daemon, number: daemon.acknowledgement(1 + number * WEBHOOKS))
        row("webhook acknowledged, median", *acknowledged, "ms", 2)
        time.sleep(10)
        row("memory (RSS) after all that", *[[daemon.memory()] for daemon in pair], "MiB")
        for daemon in pair:
            daemon.stop()


def turns(pair, rounds, measure):
    """What is measured of both, round by round; who goes first takes turns, too."""
    found = [[], []]
    for number in range(rounds):
        for place in (0, 1) if number % 2 == 0 else (1, 0):
            found[place].append(measure(pair[place], number))
    return found


if __name__ == "__main__":
    main()
