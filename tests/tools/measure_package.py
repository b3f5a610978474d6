#!/usr/bin/env python3
"""Measures a built program as it is delivered: measure_package.py BINARY

Sizes of the program, package, archive and image (deploy/release/build.sh, which needs mmdebstrap), time until it is up, and
memory when it is idle on an empty data folder. Prints a table; a quiet machine, please.
"""

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
STARTS = 11
IDLE_SECONDS = 20


def row(what: str, figure: str) -> None:
    print(f"| {what} | {figure} |", flush=True)


def mb(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


def start(binary: Path, folder: str) -> tuple[subprocess.Popen, float]:
    """Starts the daemon; gives it, and the milliseconds until it said that it is up."""
    environment = {"PATH": os.environ["PATH"], "HOME": folder}
    command = [binary, "--data-dir", f"{folder}/data", "--bind", "127.0.0.1:0", "--updates-enabled=false"]
    began = time.monotonic()
    daemon = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True)
    for line in daemon.stderr:
        if "posterizarrd is up" in line:
            return daemon, (time.monotonic() - began) * 1000
    sys.exit(f"{binary} ended before it was up")


def stop(daemon: subprocess.Popen) -> None:
    daemon.terminate()
    daemon.communicate()


def memory(pid: int) -> dict[str, int]:
    status = Path(f"/proc/{pid}/status").read_text()
    return {name: int(kib) // 1024 for name, kib in re.findall(r"^(VmRSS|RssFile|RssAnon):\s*(\d+) kB", status, re.MULTILINE)}


def main(given: str) -> None:
    with tempfile.TemporaryDirectory() as work:
        binary = Path(work) / "posterizarrd"
        shutil.copy(given, binary)
        subprocess.run(["strip", "--strip-unneeded", binary], check=True)
        print("| what | figure |\n|---|---|")
        row("program, stripped, with web UI, fonts, licences", mb(binary.stat().st_size))
        row("the same, gzip -9", mb(len(gzip.compress(binary.read_bytes(), 9))))
        subprocess.run([HERE / "deploy/release/build.sh", "0.0.0", f"{work}/out", binary], check=True, capture_output=True)
        for path in sorted(Path(f"{work}/out").iterdir()):
            if path.suffix not in {".json", ""}:
                row(f"`{path.name.replace('0.0.0', 'VERSION')}`", mb(path.stat().st_size))
        with tarfile.open(next(Path(f"{work}/out").glob("*.oci.tar"))) as image:
            manifest = json.load(image.extractfile("manifest.json"))
            layer = gzip.decompress(image.extractfile(manifest[0]["Layers"][0]).read())
        row("image, unpacked", mb(len(layer)))

        times = []
        for _ in range(STARTS):
            shutil.rmtree(f"{work}/data", ignore_errors=True)
            daemon, took = start(binary, work)
            stop(daemon)
            times.append(took)
        row(f"started until up, empty data folder, median and longest of {STARTS}", f"{statistics.median(times):.0f} and {max(times):.0f} ms")
        times = []
        for _ in range(STARTS):
            daemon, took = start(binary, work)
            stop(daemon)
            times.append(took)
        row("the same on a data folder that is there", f"{statistics.median(times):.0f} and {max(times):.0f} ms")
        daemon, _ = start(binary, work)
        time.sleep(IDLE_SECONDS)
        used = memory(daemon.pid)
        row(f"memory idle, {IDLE_SECONDS} s after the start", f"{used['VmRSS']} MiB, {used['RssFile']} of it the program's pages")
        stop(daemon)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
