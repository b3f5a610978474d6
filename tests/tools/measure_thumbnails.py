#!/usr/bin/env python3
"""Measures thumbnails of pictures as JPEG and as WebP, made by a daemon of its own, and prints a Markdown table.

    tests/tools/measure_thumbnails.py target/release/posterizarrd PICTURE... [--port 34150] [--rounds 7]

Each round has a copy of its own, so that the picture is read, made 320 pixels wide and encoded; the time is that of the whole
request, the lowest of all rounds. JPEG and WebP take turns.
"""
import argparse
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path


def ask(url, accept):
    began = time.monotonic()
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept})) as answer:
        body = answer.read()
        assert answer.headers["content-type"] == accept, answer.headers["content-type"]
    return (time.monotonic() - began) * 1000, len(body)


def up(url):
    for _ in range(600):
        try:
            return urllib.request.urlopen(f"{url}/api/health/ready").read()
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the daemon did not come up")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--port", type=int, default=34150)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        assets = Path(folder) / "assets/Movies"
        for number, picture in enumerate(given.pictures):
            for turn in range(given.rounds):
                (assets / f"{number}-{turn}").mkdir(parents=True)
                shutil.copy(picture, assets / f"{number}-{turn}" / f"poster{picture.suffix}")
        address = f"127.0.0.1:{given.port}"
        daemon = subprocess.Popen([given.program, "--data-dir", folder, "--bind", address], stderr=subprocess.DEVNULL)
        try:
            up(f"http://{address}")
            print("| picture | JPEG | WebP |\n|---|---|---|")
            for number, picture in enumerate(given.pictures):
                best = {}
                for turn in range(given.rounds):
                    path = urllib.parse.quote(f"/poster_assets/Movies/{number}-{turn}/poster{picture.suffix}")
                    for kind in ("image/jpeg", "image/webp"):
                        took, size = ask(f"http://{address}/api/thumbnail?path={path}&w=320", kind)
                        best[kind] = (min(took, best.get(kind, (took, size))[0]), size)
                cells = [f"{size / 1000:.1f} KB, {took:.0f} ms" for took, size in best.values()]
                print(f"| {picture.name} | {' | '.join(cells)} |", flush=True)
        finally:
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
