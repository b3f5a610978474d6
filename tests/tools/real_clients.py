#!/usr/bin/env python3
"""Reads a made-up home as the public clients of the real services read the real ones.

Mock servers and the engine are written by the same people, and could be wrong together. plexapi, tmdbsimple,
tvdb_v4_official and jellyfin-apiclient-python know nothing of either: where they find in a mock what they would find in
the real thing, it has the real thing's shape.

    pip install plexapi tmdbsimple tvdb_v4_official jellyfin-apiclient-python
    real_clients.py --plex http://127.0.0.1:34100 --plex-token token --tmdb http://127.0.0.1:34100/3 --tmdb-key key
    real_clients.py --jellyfin http://127.0.0.1:34501 --jellyfin-key KEY --tvdb http://127.0.0.1:34505/v4 --tvdb-key KEY

Each service whose address is given is read. `--change` also writes: it uploads a poster and takes a label off.
Ends with 0 when every client found what it needs, else it tells what is missing.
"""
import argparse
import sys
import traceback


class Findings:
    def __init__(self):
        self.good, self.bad = 0, []

    def check(self, holds, what):
        if holds:
            self.good += 1
        else:
            self.bad.append(what)
            print(f"DIFFERS: {what}")


def plex(given, found):
    from plexapi.server import PlexServer

    server = PlexServer(given.plex, given.plex_token)
    sections = server.library.sections()
    found.check(bool(sections), "plex: no libraries")
    for section in sections:
        if section.type not in ("movie", "show"):
            continue
        found.check(bool(section.locations), f"plex: library {section.title} has no folders")
        listed = section.all()
        found.check(len(listed) == section.totalSize, f"plex: {section.title} lists {len(listed)} of {section.totalSize}")
        for item in listed[: given.items]:
            item.reload()
            of = f"plex: {section.title}/{item.title}"
            found.check(item.type == section.type, f"{of} is a {item.type}")
            found.check(item.librarySectionID == section.key, f"{of}: library {item.librarySectionID}")
            found.check(all("://" in guid.id for guid in item.guids), f"{of}: ids {item.guids}")
            if section.type == "movie":
                found.check(all(part.file for part in item.iterParts()), f"{of}: a part without a file")
                continue
            seasons, episodes = item.seasons(), item.episodes()
            found.check(sum(len(season.episodes()) for season in seasons) == len(episodes), f"{of}: episodes by season")
            for episode in episodes[:5]:
                found.check(isinstance(episode.index, int) and isinstance(episode.parentIndex, int),
                            f"{of}: number of {episode.title}")
            if episodes:
                one = episodes[0]
                found.check(item.episode(season=one.parentIndex, episode=one.index).ratingKey == one.ratingKey,
                            f"{of}: an episode by its numbers")
    if given.change and given.poster:
        item = next(item for section in sections if section.type == "movie" for item in section.all())
        item.uploadPoster(filepath=given.poster)
        item.removeLabel("Overlay")
        found.good += 2


def tmdb(given, found):
    import tmdbsimple
    import tmdbsimple.base
    from requests import HTTPError

    tmdbsimple.API_KEY = given.tmdb_key
    # A token of version 4 goes into a header, as the engine sends it.
    tmdbsimple.USE_BEARER_AUTH = True
    # The client has its address built in.
    base = given.tmdb.rstrip("/")
    tmdbsimple.base.TMDB._get_complete_url = lambda _, path: f"{base}/{path}"
    for kind, client, numbers in (("movie", tmdbsimple.Movies, given.tmdb_movies), ("tv", tmdbsimple.TV, given.tmdb_shows)):
        for number in numbers:
            images = client(number).images(include_image_language="en,de,null")
            of = f"tmdb: {kind} {number}"
            for list_name in ("posters", "backdrops"):
                for image in images[list_name]:
                    found.check(image["file_path"].startswith("/"), f"{of}: path {image['file_path']}")
                    found.check(image["width"] > 0 and image["height"] > 0, f"{of}: size of {image['file_path']}")
                    found.check("iso_639_1" in image and "vote_average" in image, f"{of}: {sorted(image)}")
    for number in given.tmdb_shows[:3]:
        for client, kind in ((tmdbsimple.TV_Seasons(number, 1), "posters"), (tmdbsimple.TV_Episodes(number, 1, 1), "stills")):
            try:
                found.check(kind in client.images(), f"tmdb: {kind} of {number}")
            except HTTPError as error:
                # Not every show has a first season; the real one says so in the same way.
                found.check(error.response.status_code == 404, f"tmdb: {error}")


def tvdb(given, found):
    import tvdb_v4_official

    base = given.tvdb.rstrip("/")
    # The client has its address built in.
    original = tvdb_v4_official.Url.__init__

    def elsewhere(self):
        original(self)
        self.base_url = base + "/"

    tvdb_v4_official.Url.__init__ = elsewhere
    login = tvdb_v4_official.Auth.__init__
    tvdb_v4_official.Auth.__init__ = lambda self, url, *rest: login(self, f"{base}/login", *rest)
    client = tvdb_v4_official.TVDB(given.tvdb_key, given.tvdb_pin)
    for number in given.tvdb_movies:
        movie = client.get_movie_extended(number)
        found.check(movie["id"] == number and isinstance(movie.get("artworks"), list), f"tvdb: movie {number}")
    for number in given.tvdb_shows:
        series = client.get_series_extended(number)
        found.check(series["id"] == number, f"tvdb: series {number}")
        artworks = client.get_series_artworks(number, None).get("artworks") or []
        for artwork in artworks:
            found.check(artwork["image"].startswith("http") and isinstance(artwork["type"], int), f"tvdb: {artwork}")
        for season in (series.get("seasons") or [])[:2]:
            found.check({"id", "number", "type"} <= set(season), f"tvdb: season of {number}: {sorted(season)}")
            found.check(client.get_season_extended(season["id"])["id"] == season["id"], f"tvdb: season {season['id']}")
        episodes = client.get_series_episodes(number, page=0).get("episodes") or []
        for episode in episodes[:5]:
            found.check({"id", "seasonNumber", "number", "image"} <= set(episode), f"tvdb: {sorted(episode)}")


def jellyfin(given, found):
    from jellyfin_apiclient_python import JellyfinClient

    client = JellyfinClient()
    client.config.app("posterizarrd-tests", "1", "here", "here")
    client.config.data["auth.ssl"] = False
    client.authenticate({"Servers": [{"AccessToken": given.jellyfin_key, "address": given.jellyfin, "UserId": "x"}]},
                        discover=False)
    http = client.jellyfin
    folders = http._get("Library/VirtualFolders")
    found.check(bool(folders), "jellyfin: no libraries")
    for folder in folders:
        kinds = {"movies": "Movie", "tvshows": "Series"}.get(folder.get("CollectionType"))
        if not kinds:
            continue
        query = {"ParentId": folder["ItemId"], "IncludeItemTypes": kinds, "Recursive": True,
                 "Fields": "ProviderIds,Path", "StartIndex": 0, "Limit": 100}
        page = http._get("Items", query)
        found.check(isinstance(page["TotalRecordCount"], int), f"jellyfin: total of {folder['Name']}")
        for item in page["Items"][: given.items]:
            found.check({"Id", "Name", "Type", "ImageTags", "ProviderIds"} <= set(item), f"jellyfin: {sorted(item)}")
            if tag := (item.get("ImageTags") or {}).get("Primary"):
                address = http.artwork(item["Id"], "Primary", 400, ext="jpg")
                found.check(item["Id"] in address and bool(tag), f"jellyfin: {address}")
            if kinds == "Series":
                below = http._get("Items", {"ParentId": item["Id"], "IncludeItemTypes": "Episode", "Recursive": True})
                found.check(all("SeriesId" in episode for episode in below["Items"]), f"jellyfin: episodes of {item['Name']}")


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for service in ("plex", "tmdb", "tvdb", "jellyfin"):
        parser.add_argument(f"--{service}", metavar="URL")
    for secret in ("plex-token", "tmdb-key", "tvdb-key", "tvdb-pin", "jellyfin-key"):
        parser.add_argument(f"--{secret}", default="")
    for ids in ("tmdb-movies", "tmdb-shows", "tvdb-movies", "tvdb-shows"):
        parser.add_argument(f"--{ids}", type=numbers, default=[], metavar="ID,ID")
    parser.add_argument("--items", type=int, default=200, help="how many items of a library are looked at")
    parser.add_argument("--change", action="store_true", help="also upload and change")
    parser.add_argument("--poster", help="a JPEG to upload")
    given = parser.parse_args()
    found = Findings()
    for service in (plex, tmdb, tvdb, jellyfin):
        if not getattr(given, service.__name__):
            continue
        before = found.good
        try:
            service(given, found)
        except Exception as error:
            found.check(False, f"{service.__name__}: the client gave up: {error!r}")
            traceback.print_exc()
        print(f"{service.__name__}: {found.good - before} looks agree")
    print(f"{found.good} agree, {len(found.bad)} differ")
    sys.exit(1 if found.bad else 0)


if __name__ == "__main__":
    main()
