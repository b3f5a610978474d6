#!/usr/bin/env python3
"""Measures whole runs of the engine against a made-up home of forty thousand assets, and prints a Markdown table.

    cargo build --release && tests/tools/measure_runs.py target/release/posterizarrd [--port 34100] [--make 400]

1. A dry run in which none is there: every look-up of a first run and its memory, but no picture. The limits of providers
   are lifted for it; what their limits add is arithmetic.
2. A run in which all assets are there: time, memory, requests.
3. A run in which some are missing: pictures a second, memory, requests for an asset.

Source pictures are of full size (2000x3000, 3840x2160): the engine's own samples, so that nothing else is needed. The
home answers at once, but shares the machine's cores with the engine.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from mock_home import Home, World


def configuration(folder, port):
    on = {key: "true" for key in ("Posters", "BackgroundPosters", "SeasonPosters", "TitleCards", "LibraryFolders")}
    return {
        "ApiPart": {"PlexToken": "token", "tmdbtoken": "key", "FavProvider": "tmdb"},
        "PlexPart": {"UsePlex": "true", "PlexUrl": f"http://127.0.0.1:{port}", "LibstoExclude": []},
        "PrerequisitePart": {"AssetPath": str(folder / "assets"), "ManualAssetPath": str(folder / "manual"),
                             "UseBackgroundAsTitleCard": "false", "DisableHashValidation": "true", **on},
    }


def run(engine, folder, port, *arguments):
    """Seconds, CPU seconds, MiB at most and requests of a run."""
    home = f"http://127.0.0.1:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{home}/count", method="DELETE")).read()
    limits = ["--limits-tmdb-per-second", "1000"]
    command = [engine, "engine", "--data-dir", str(folder), "--providers-tmdb-url", f"{home}/3",
               "--providers-tmdb-image-url", f"{home}/t/p", *limits, *arguments]
    begun = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    problems = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    took = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"the run failed: {problems[-2000:]}")
    counts = json.load(urllib.request.urlopen(f"{home}/count"))
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, counts


def samples(engine, folder):
    """A poster and a wide picture, made by the engine."""
    (folder / "assets").mkdir(parents=True)
    config = configuration(folder, 1)
    (folder / "config.json").write_text(json.dumps(config))
    subprocess.run([engine, "engine", "--data-dir", str(folder), "-Testing"], check=True, stdout=subprocess.DEVNULL)
    made = sorted(folder.rglob("*.jpg"), key=lambda file: file.name)
    pick = lambda part: next(file for file in made if part in file.name.lower()).read_bytes()
    return pick("poster"), pick("titlecard")


def place(world, assets, poster, missing=lambda number: False):
    """Puts every asset in place, as links to one file."""
    model = assets / ".model"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_bytes(poster)
    count = 0
    for number, asset in enumerate(world.assets()):
        path = assets / f"{asset}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not missing(number) and not path.exists():
            # A file may have some ten thousand links.
            if number % 10_000 == 0:
                model.unlink()
                model.write_bytes(poster)
            os.link(model, path)
        count += 1
    model.unlink()
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", help="the binary")
    parser.add_argument("--port", type=int, default=34100)
    parser.add_argument("--movies", type=int, default=2000)
    parser.add_argument("--shows", type=int, default=400)
    parser.add_argument("--make", type=int, default=400, help="how many assets are missing in the last run")
    parser.add_argument("--no-dry-run", action="store_true", help="leave out 1, which takes minutes")
    given = parser.parse_args()
    engine = str(Path(given.engine).resolve())
    world = World(given.movies, given.shows, 5, 17)
    print("| what | figure |\n|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        poster, wide = samples(engine, folder / "samples")
        home = Home(given.port, world, poster, wide)
        threading.Thread(target=home.serve_forever, daemon=True).start()
        data = folder / "data"
        data.mkdir()
        (data / "config.json").write_text(json.dumps(configuration(data, given.port)))
        (data / "assets").mkdir()

        total = sum(1 for _ in world.assets())
        if not given.no_dry_run:
            took, cpu, memory, counts = run(engine, data, given.port, "-DryRun")
            print(f"| look-ups of a first run, {total} assets, nothing made | {took:.0f} s, {cpu:.0f} s CPU, {memory:.0f} MiB at most, "
                  f"{counts.get('plex', 0)} requests to Plex, {counts.get('tmdb', 0)} to TMDB "
                  f"({1000 * counts.get('tmdb', 0) / total:.0f} per 1,000 assets), {counts['at_once']} at once |")

        place(world, data / "assets", poster)
        took, cpu, memory, counts = run(engine, data, given.port)
        print(f"| second run, {total} assets, nothing to do | {took:.1f} s, {cpu:.1f} s CPU, {memory:.0f} MiB at most, "
              f"{counts.get('plex', 0)} requests to Plex, {counts.get('tmdb', 0)} to TMDB, {counts.get('pictures', 0)} pictures |")

        # Spread over the library, so that the kinds are mixed as they are in it.
        gone = [asset for number, asset in enumerate(world.assets()) if number % (total // given.make) == 0]
        for asset in gone:
            (data / "assets" / f"{asset}.jpg").unlink()
        took, cpu, memory, counts = run(engine, data, given.port)
        absent = [asset for asset in gone if not (data / "assets" / f"{asset}.jpg").is_file()]
        if absent:
            sys.exit(f"not made: {absent[:5]}")
        print(f"| run that makes {len(gone)} of {total} | {took:.1f} s, {cpu:.1f} s CPU, {memory:.0f} MiB at most, "
              f"{counts.get('tmdb', 0)} requests to TMDB, {counts.get('pictures', 0)} pictures fetched |")


if __name__ == "__main__":
    main()
