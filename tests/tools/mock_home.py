#!/usr/bin/env python3
"""A made-up home of any size: a Plex server and TMDB, which answer at once and from nothing but arithmetic.

    mock_home.py --port 34100 --movies 2000 --shows 400 --seasons 5 --episodes 17 --poster P.jpg --card C.jpg

Plex is at http://127.0.0.1:PORT (token `token`), TMDB at /3, its pictures at /t/p. `GET /count` tells how often each
kind of address was asked for, and how many requests there were at the same time at most; `DELETE /count` begins anew.
Standard library only. measure_runs.py measures runs of the engine against it.
"""
import argparse
import json
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

MOVIE, SHOW, SEASON, EPISODE = 1_000_000, 2_000_000, 3_000_000, 10_000_000


class World:
    """What there is. Keys are numbers: a show's season n has SEASON + show * 100 + n, and so on."""

    def __init__(self, movies, shows, seasons, episodes):
        self.movies, self.shows, self.seasons, self.episodes = movies, shows, seasons, episodes

    def assets(self):
        """Every asset's path, without extension."""
        for number in range(self.movies):
            folder = f"Movies/Movie {number:05} (2000)"
            yield from (f"{folder}/poster", f"{folder}/background")
        for show in range(self.shows):
            folder = f"Shows/Show {show:05} (2000)"
            yield from (f"{folder}/poster", f"{folder}/background")
            for season in range(1, self.seasons + 1):
                yield f"{folder}/Season{season:02}"
                yield from (f"{folder}/S{season:02}E{episode:02}" for episode in range(1, self.episodes + 1))

    def movie(self, number):
        key = MOVIE + number
        return {
            "ratingKey": str(key), "key": f"/library/metadata/{key}", "type": "movie", "title": f"Movie {number:05}",
            "year": 2000, "librarySectionID": 1, "thumb": f"/library/metadata/{key}/thumb/1",
            "art": f"/library/metadata/{key}/art/1", "Guid": [{"id": f"tmdb://{key}"}, {"id": f"imdb://tt{key}"}],
            "Label": [{"tag": "Seen"}],
            "Media": [{"videoResolution": "1080", "Part": [
                {"key": f"/library/parts/{key}", "file": f"/media/movies/Movie {number:05} (2000)/movie.mkv"}]}],
        }

    def show(self, number):
        key = SHOW + number
        return {
            "ratingKey": str(key), "key": f"/library/metadata/{key}/children", "type": "show",
            "title": f"Show {number:05}", "year": 2000, "librarySectionID": 2,
            "thumb": f"/library/metadata/{key}/thumb/1", "art": f"/library/metadata/{key}/art/1",
            "childCount": self.seasons, "leafCount": self.seasons * self.episodes,
            "Guid": [{"id": f"tmdb://{key}"}], "Location": [{"path": f"/media/shows/Show {number:05} (2000)"}],
        }

    def season(self, show, number):
        key = SEASON + show * 100 + number
        return {
            "ratingKey": str(key), "key": f"/library/metadata/{key}/children", "type": "season",
            "title": f"Season {number}", "index": number, "parentRatingKey": str(SHOW + show),
            "parentTitle": f"Show {show:05}", "librarySectionID": 2, "thumb": f"/library/metadata/{key}/thumb/1",
        }

    def episode(self, at):
        show, rest = divmod(at, self.seasons * self.episodes)
        season, number = rest // self.episodes + 1, rest % self.episodes + 1
        key = EPISODE + at
        return {
            "ratingKey": str(key), "key": f"/library/metadata/{key}", "type": "episode", "title": f"Part {number}",
            "index": number, "parentIndex": season, "parentRatingKey": str(SEASON + show * 100 + season),
            "parentTitle": f"Season {season}", "grandparentRatingKey": str(SHOW + show),
            "grandparentTitle": f"Show {show:05}", "librarySectionID": 2,
            "thumb": f"/library/metadata/{key}/thumb/1", "Media": [{"videoResolution": "1080"}],
        }

    def described(self, key):
        if MOVIE <= key < MOVIE + self.movies:
            return self.movie(key - MOVIE)
        if SHOW <= key < SHOW + self.shows:
            return self.show(key - SHOW)
        if SEASON <= key < SEASON + self.shows * 100:
            return self.season(*divmod(key - SEASON, 100))
        if EPISODE <= key < EPISODE + self.shows * self.seasons * self.episodes:
            return self.episode(key - EPISODE)
        return None

    def listing(self, section, kind):
        """How many entries a listing has, and how to make one of them."""
        if section == "1":
            return self.movies, self.movie
        if kind == "4":
            return self.shows * self.seasons * self.episodes, self.episode
        if kind == "3":
            return self.shows * self.seasons, lambda at: self.season(at // self.seasons, at % self.seasons + 1)
        return self.shows, self.show

    def plex(self, path, query):
        """The content of a MediaContainer; none where there is nothing."""
        if path in ("", "/", "/identity"):
            return {"size": 1, "machineIdentifier": "mock", "version": "1.41.0", "friendlyName": "mock",
                    "myPlexSigninState": "ok"}
        if path in ("/library", "/library/sections"):
            sections = [("1", "movie", "Movies", "/media/movies"), ("2", "show", "Shows", "/media/shows")]
            return {"size": 2, "Directory": [
                {"key": key, "type": kind, "title": title, "language": "en-US", "uuid": key, "agent": "tv.plex.agents",
                 "scanner": "Plex", "Location": [{"id": int(key), "path": folder}]}
                for key, kind, title, folder in sections]}
        if found := re.fullmatch(r"/library/sections/([12])/all", path):
            total, make = self.listing(found[1], query.get("type"))
            first = int(query.get("X-Plex-Container-Start", 0))
            last = min(total, first + int(query.get("X-Plex-Container-Size", total)))
            return {"size": max(0, last - first), "totalSize": total, "offset": first,
                    "librarySectionID": int(found[1]), "Metadata": [make(at) for at in range(first, last)]}
        if found := re.fullmatch(r"/library/metadata/([\d,]+)", path):
            entries = [entry for key in found[1].split(",") if (entry := self.described(int(key)))]
            return {"size": len(entries), "Metadata": entries} if entries else None
        if found := re.fullmatch(r"/library/metadata/(\d+)/(children|allLeaves)", path):
            key = int(found[1])
            if SHOW <= key < SHOW + self.shows and found[2] == "children":
                entries = [self.season(key - SHOW, number) for number in range(1, self.seasons + 1)]
            else:
                of_show = self.seasons * self.episodes
                show, season = (key - SHOW, 0) if key < SEASON else divmod(key - SEASON, 100)
                all_of_it = (self.episode(at) for at in range(show * of_show, (show + 1) * of_show))
                entries = [entry for entry in all_of_it if season in (0, entry["parentIndex"])]
            return {"size": len(entries), "totalSize": len(entries), "Metadata": entries}
        return None

    @staticmethod
    def tmdb(path):
        image = {"iso_639_1": None, "vote_average": 5.0, "vote_count": 9, "aspect_ratio": 1.0}
        name = path.removeprefix("/3/").removesuffix("/images").replace("/", "-")
        poster = [{**image, "file_path": f"/poster-{name}.jpg", "width": 2000, "height": 3000}]
        wide = [{**image, "file_path": f"/wide-{name}.jpg", "width": 3840, "height": 2160}]
        if path.endswith("/images"):
            return {"id": 1, "posters": poster, "backdrops": wide, "stills": wide, "logos": []}
        return {"id": 1, "name": name, "title": name, "success": True, "images": {"secure_base_url": "/t/p/"}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else an answer waits for the acknowledgement of its head.
    wbufsize = -1
    disable_nagle_algorithm = True

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def content(self, path, query):
        home = self.server
        if path.startswith("/3/"):
            home.counts["tmdb"] += 1
            return json.dumps(home.world.tmdb(path)).encode(), "application/json"
        if path.startswith("/t/p/"):
            home.counts["pictures"] += 1
            return home.wide if "/wide-" in path else home.poster, "image/jpeg"
        home.counts["plex"] += 1
        if re.fullmatch(r"/library/metadata/\d+/(thumb|art)/\d+", path):
            return home.poster, "image/jpeg"
        if query.get("X-Plex-Token", self.headers.get("X-Plex-Token")) != "token":
            return None
        container = home.world.plex(path, query)
        if container is None:
            return None
        if "json" in self.headers.get("Accept", ""):
            return json.dumps({"MediaContainer": container}).encode(), "application/json"
        return xml("MediaContainer", container).encode(), "application/xml"

    def do_GET(self):
        home, parts = self.server, urlsplit(self.path)
        if parts.path == "/count":
            return self.answer(200, json.dumps({**home.counts, "at_once": home.most}).encode())
        with home.lock:
            home.open += 1
            home.most = max(home.most, home.open)
        try:
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            # Official clients page by headers.
            query.update({key: value for key, value in self.headers.items() if key.startswith("X-Plex-Container")})
            found = self.content(unquote(parts.path), query)
            if found:
                self.answer(200, *found)
            else:
                self.answer(404, b"{}")
        finally:
            with home.lock:
                home.open -= 1

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.counts["uploads"] += 1
        self.answer(200, b"")

    do_PUT = do_POST

    def do_DELETE(self):
        self.server.counts.clear()
        self.server.most = 0
        self.answer(200, b"{}")

    def log_message(self, *_):
        pass


def xml(name, value):
    """Plex' XML: plain values are attributes, lists are children."""
    escape = lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    attributes = "".join(f' {key}="{escape(str(part))}"' for key, part in value.items() if not isinstance(part, list))
    children = "".join(xml(element(key, part), part) for key, parts in value.items() if isinstance(parts, list) for part in parts)
    return f"<{name}{attributes}>{children}</{name}>"


def element(key, part):
    if key != "Metadata":
        return key
    return "Directory" if part.get("type") in ("show", "season") else "Video"


class Home(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, world, poster, wide):
        super().__init__(("127.0.0.1", port), Handler)
        self.world, self.poster, self.wide = world, poster, wide
        self.counts, self.open, self.most, self.lock = Counter(), 0, 0, threading.Lock()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=34100)
    for name, number in (("movies", 20), ("shows", 5), ("seasons", 2), ("episodes", 8)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--poster", required=True, help="the JPEG that every poster is")
    parser.add_argument("--card", required=True, help="the JPEG that every background and still is")
    given = parser.parse_args()
    with open(given.poster, "rb") as poster, open(given.card, "rb") as card:
        pictures = poster.read(), card.read()
    Home(given.port, World(given.movies, given.shows, given.seasons, given.episodes), *pictures).serve_forever()


if __name__ == "__main__":
    main()
