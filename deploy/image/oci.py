#!/usr/bin/env python3
"""Packs a folder as a container image: oci.py ROOT VERSION ARCHITECTURE ARCHIVE.

The archive is an OCI image layout (https://github.com/opencontainers/image-spec) with one layer, and has Docker's
`manifest.json` beside it, so that every `docker load` takes it. Docker's health check is a field that OCI leaves to others.
"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
from datetime import datetime, timezone
from pathlib import Path

EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
NOBODY = 65534
# Not /assetsbackup and /manualassets of Posterizarr's own image: they are used where they are mounted, and where they are
# not, folders in /config, which last longer than an anonymous volume.
VOLUMES = ["/config", "/assets"]
SECOND = 1_000_000_000


def layer(root: Path) -> bytes:
    """The folder as a tar file whose bytes depend on nothing but its content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            entry = tar.gettarinfo(path, name)
            entry.mtime = EPOCH
            entry.uname = entry.gname = ""
            entry.uid = entry.gid = NOBODY if f"/{name}" in VOLUMES else 0
            if entry.isreg():
                with path.open("rb") as file:
                    tar.addfile(entry, file)
            else:
                tar.addfile(entry)
    return buffer.getvalue()


def config(version: str, architecture: str, diff_id: str) -> dict:
    created = datetime.fromtimestamp(EPOCH, timezone.utc).isoformat().replace("+00:00", "Z")
    environment = {
        "PATH": "/usr/local/bin:/usr/bin",
        # Says that this is a container, for those who run it without Docker.
        "POSTERIZARR_NON_ROOT": "TRUE",
        # Neither the user nor a writable root matters.
        "HOME": "/tmp",
        "UMASK": "0002",
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    }
    return {
        "created": created,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": f"{NOBODY}:{NOBODY}",
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "Entrypoint": ["/usr/bin/tini", "--", "/usr/local/bin/posterizarrd"],
            "WorkingDir": "/config",
            "ExposedPorts": {"8000/tcp": {}},
            "Volumes": {volume: {} for volume in VOLUMES},
            "StopSignal": "SIGTERM",
            "Healthcheck": {
                "Test": ["CMD", "/usr/local/bin/posterizarrd", "healthcheck"],
                "Interval": 30 * SECOND,
                "Timeout": 6 * SECOND,
                "StartPeriod": 15 * SECOND,
            },
            "Labels": {
                "org.opencontainers.image.title": "posterizarrd",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "MIT",
                "org.opencontainers.image.description": "Artwork for Plex, Jellyfin and Emby libraries",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": created, "created_by": "deploy/image/build.sh"}],
    }


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def main(root: str, version: str, architecture: str, archive: str) -> None:
    files: dict[str, bytes] = {}

    def blob(data: bytes, media_type: str) -> dict:
        files["blobs/" + digest(data).replace(":", "/")] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data)}

    plain = layer(Path(root))
    packed = gzip.compress(plain, compresslevel=int(os.environ.get("COMPRESSION_LEVEL", "9")), mtime=0)
    layer_blob = blob(packed, "application/vnd.oci.image.layer.v1.tar+gzip")
    config_blob = blob(as_json(config(version, architecture, digest(plain))), "application/vnd.oci.image.config.v1+json")
    manifest_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": manifest_type, "config": config_blob, "layers": [layer_blob]}
    entry = blob(as_json(manifest), manifest_type)
    entry["annotations"] = {
        "org.opencontainers.image.ref.name": version,
        "io.containerd.image.name": f"docker.io/library/posterizarrd:{version}",
    }
    entry["platform"] = {"os": "linux", "architecture": architecture}
    files["index.json"] = as_json({"schemaVersion": 2, "manifests": [entry]})
    files["oci-layout"] = as_json({"imageLayoutVersion": "1.0.0"})
    paths = {name: "blobs/" + part["digest"].replace(":", "/") for name, part in (("config", config_blob), ("layer", layer_blob))}
    files["manifest.json"] = as_json(
        [{"Config": paths["config"], "RepoTags": [f"posterizarrd:{version}"], "Layers": [paths["layer"]]}]
    )
    with tarfile.open(archive, "w") as tar:
        for name, data in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), EPOCH, 0o644
            tar.addfile(info, io.BytesIO(data))
    print(archive)
    print(f"layer: {len(plain)} bytes, packed {len(packed)}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
