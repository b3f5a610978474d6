#!/usr/bin/env python3
"""The list of all parts (SBOM, CycloneDX 1.5): sbom.py PROGRAM VERSION DEBIAN_PACKAGES FILE.

Crates are those that Cargo links into PROGRAM for the machine and the C library that it was built for, web packages those that
web/package-lock.json does not call development tools. DEBIAN_PACKAGES is a file with the names of .deb archives, one a line; /dev/null gives the program's own list.
"""

import json
import struct
import subprocess
import sys
from pathlib import Path


def target(program: Path) -> str:
    """Cargo's name for what a program was built for: machine and segments of its ELF head; one without a loader is musl's."""
    with program.open("rb") as file:
        head = file.read(64)
        machine = {62: "x86_64", 183: "aarch64"}[int.from_bytes(head[18:20], "little")]
        (start,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(start)
        segments = file.read(size * count)
    kinds = [struct.unpack_from("<I", segments, size * number)[0] for number in range(count)]
    interpreter = 3
    return f"{machine}-unknown-linux-{'gnu' if interpreter in kinds else 'musl'}"


def crates(target: str) -> list[dict]:
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    known = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    packages = {package["id"]: package for package in known["packages"]}
    needs = {
        node["id"]: [part["pkg"] for part in node["deps"] if any(kind["kind"] is None for kind in part["dep_kinds"])]
        for node in known["resolve"]["nodes"]
    }
    found, todo = set(), [known["resolve"]["root"]]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += needs[name]
    return [
        component("cargo", packages[name]["name"], packages[name]["version"], packages[name]["license"])
        for name in found
        if packages[name]["source"]
    ]


def web_packages() -> list[dict]:
    packages = json.loads(Path("web/package-lock.json").read_text())["packages"]
    return [
        component("npm", path.rpartition("node_modules/")[2], package["version"], package.get("license"))
        for path, package in packages.items()
        if path and not package.get("dev")
    ]


def debian_packages(archives: list[str]) -> list[dict]:
    split = [name.rsplit("_", 2)[:2] for name in archives]
    # These are fetched with the others, but nothing of them is in the image.
    return [
        component("deb", f"debian/{name}", version.replace("%3a", ":"), None)
        for name, version in split
        if name not in ("debconf", "openssl", "libssl3")
    ]


def component(kind: str, name: str, version: str | None, licence: str | None) -> dict:
    versioned = f"@{version}" if version else ""
    part = {"type": "library", "name": name, "purl": f"pkg:{kind}/{name.replace('@', '%40')}{versioned}"}
    if version:
        part["version"] = version
    if licence:
        part["licenses"] = [{"expression": licence.replace("/", " OR ")}]
    return part


def main(program: str, version: str, archives: str, file: str) -> None:
    parts = crates(target(Path(program))) + web_packages() + debian_packages(Path(archives).read_text().split())
    parts.sort(key=lambda part: part["purl"])
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "posterizarrd", "version": version}},
        "components": parts,
    }
    Path(file).write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
