// A small home: a Plex server with a library of movies and one of shows, and TMDB, which has a picture of everything.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** The last one has characters that the font of a new installation lacks: it cannot be made. */
const MOVIES = ['Heat', 'Ronin', 'Collateral', '影武者'];
/** TMDB has no picture of this one. */
const UNKNOWN = 'Collateral';
const SHOW = 'Dark';
const EPISODES = 2;

const KEYS = { movie: 100, show: 200, season: 300, episode: 400 };

const movie = (title, at) => ({
  ratingKey: `${KEYS.movie + at}`,
  key: `/library/metadata/${KEYS.movie + at}`,
  type: 'movie',
  title,
  year: 1995 + at,
  librarySectionID: 1,
  Guid: [{ id: `tmdb://${KEYS.movie + at}` }],
  Media: [
    { videoResolution: '1080', Part: [{ key: '/file', file: `/media/movies/${title} (${1995 + at})/movie.mkv` }] },
  ],
});

const show = {
  ratingKey: `${KEYS.show}`,
  key: `/library/metadata/${KEYS.show}/children`,
  type: 'show',
  title: SHOW,
  year: 2017,
  librarySectionID: 2,
  childCount: 1,
  leafCount: EPISODES,
  Guid: [{ id: `tmdb://${KEYS.show}` }],
  Location: [{ path: `/media/shows/${SHOW} (2017)` }],
};

const season = {
  ratingKey: `${KEYS.season}`,
  key: `/library/metadata/${KEYS.season}/children`,
  type: 'season',
  title: 'Season 1',
  index: 1,
  parentRatingKey: `${KEYS.show}`,
  parentTitle: SHOW,
  librarySectionID: 2,
};

const episode = (at) => ({
  ratingKey: `${KEYS.episode + at}`,
  key: `/library/metadata/${KEYS.episode + at}`,
  type: 'episode',
  title: `Secret ${at}`,
  index: at,
  parentIndex: 1,
  parentRatingKey: `${KEYS.season}`,
  parentTitle: 'Season 1',
  grandparentRatingKey: `${KEYS.show}`,
  grandparentTitle: SHOW,
  librarySectionID: 2,
  Media: [{ videoResolution: '1080' }],
});

const movies = MOVIES.map(movie);
const episodes = Array.from({ length: EPISODES }, (_, at) => episode(at + 1));
const everything = [...movies, show, season, ...episodes];

const SECTIONS = [
  { key: '1', type: 'movie', title: 'Movies', Location: [{ id: 1, path: '/media/movies' }] },
  { key: '2', type: 'show', title: 'Shows', Location: [{ id: 2, path: '/media/shows' }] },
];

function listing(section, type) {
  if (section === '1') return movies;
  return { 3: [season], 4: episodes }[type] ?? [show];
}

/** What Plex has at a path; none where there is nothing. */
function plex(path, query) {
  if (path === '/' || path === '/identity') return { machineIdentifier: 'home', version: '1.41.0' };
  if (path === '/library/sections') return { size: SECTIONS.length, Directory: SECTIONS };
  const all = /^\/library\/sections\/([12])\/all$/.exec(path);
  if (all) {
    const entries = listing(all[1], query.get('type'));
    const first = Number(query.get('X-Plex-Container-Start') ?? 0);
    const part = entries.slice(first, first + Number(query.get('X-Plex-Container-Size') ?? entries.length));
    return { size: part.length, totalSize: entries.length, offset: first, Metadata: part };
  }
  const below = /^\/library\/metadata\/(\d+)\/(children|allLeaves)$/.exec(path);
  if (below) {
    const entries = below[2] === 'children' && Number(below[1]) === KEYS.show ? [season] : episodes;
    return { size: entries.length, totalSize: entries.length, Metadata: entries };
  }
  const one = /^\/library\/metadata\/([\d,]+)$/.exec(path);
  const found = everything.filter(({ ratingKey }) => one?.[1].split(',').includes(ratingKey));
  return found.length ? { size: found.length, Metadata: found } : undefined;
}

/** What TMDB says at a path below its version. */
function tmdb(path, query) {
  const searched = /^\/search\/(movie|tv)$/.exec(path);
  if (searched) {
    const named = (title) => title.toLowerCase() === query.get('query')?.toLowerCase();
    const found = searched[1] === 'movie' ? movies : [show];
    const results = found.filter(({ title }) => named(title));
    return { results: results.map(({ ratingKey, title }) => ({ id: Number(ratingKey), title })) };
  }
  if (!path.endsWith('/images')) return { id: 1, success: true };
  const id = Number(/^\/\w+\/(\d+)/.exec(path)?.[1]);
  if (id === KEYS.movie + MOVIES.indexOf(UNKNOWN)) return { id, posters: [], backdrops: [], stills: [], logos: [] };
  const picture = (name, width, height) => [
    { file_path: `/${name}-${id}.jpg`, width, height, iso_639_1: null, vote_average: 5, vote_count: 9 },
  ];
  const wide = picture('wide', 3840, 2160);
  return { id, posters: picture('poster', 2000, 3000), backdrops: wide, stills: wide, logos: [] };
}

async function size(request) {
  let bytes = 0;
  for await (const part of request) bytes += part.length;
  return bytes;
}

/** Plex' XML: plain values are attributes, lists are children. */
function xml(name, value) {
  const quoted = (text) => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
  const entries = Object.entries(value);
  const plain = entries.filter(([, part]) => !Array.isArray(part)).map(([key, part]) => ` ${key}="${quoted(part)}"`);
  const children = entries
    .filter(([, part]) => Array.isArray(part))
    .flatMap(([key, parts]) => parts.map((part) => xml(element(key, part), part)));
  return `<${name}${plain.join('')}>${children.join('')}</${name}>`;
}

function element(key, { type }) {
  if (key !== 'Metadata') return key;
  return type === 'show' || type === 'season' ? 'Directory' : 'Video';
}

export class Home {
  static async start() {
    const home = new Home();
    /** How many bytes came as the poster of an item, by its title. */
    home.posters = new Map();
    home.server = createServer((request, response) => home.answer(request, response));
    home.server.listen(0, '127.0.0.1');
    await once(home.server, 'listening');
    home.url = `http://127.0.0.1:${home.server.address().port}`;
    return home;
  }

  /** What a daemon must be told to ask this TMDB. */
  get options() {
    const tmdb = ['--providers-tmdb-url', `${this.url}/3`, '--providers-tmdb-image-url', `${this.url}/t/p`];
    return [...tmdb, '--fetch-allow-private'];
  }

  /** Tells a new daemon of this home, as its user would. */
  async furnish(daemon) {
    await this.draw(daemon);
    const response = await daemon.post('/api/config?mode=merge', { config: this.settings });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Has a daemon draw the pictures that TMDB has. */
  async draw(daemon) {
    const draw = async (kind) => {
      const response = await daemon.post('/api/preview', { kind, title: 'A picture' });
      return Buffer.from(await response.arrayBuffer());
    };
    this.pictures = { poster: await draw('poster'), wide: await draw('background') };
  }

  get settings() {
    return {
      UsePlex: 'true',
      PlexUrl: this.url,
      PlexToken: 'token',
      tmdbtoken: 'a.read.token',
      Posters: 'true',
      SeasonPosters: 'true',
      BackgroundPosters: 'false',
      TitleCards: 'true',
    };
  }

  /** From now on pictures come only when they are let go. */
  hold() {
    this.held = new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  async answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    const json = (value) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    if (pathname.startsWith('/3/')) return json(tmdb(pathname.slice(2), searchParams));
    if (pathname.startsWith('/t/p/')) {
      await this.held;
      response.setHeader('content-type', 'image/jpeg');
      return response.end(this.pictures[pathname.includes('/wide-') ? 'wide' : 'poster']);
    }
    for (const name of ['X-Plex-Container-Start', 'X-Plex-Container-Size']) {
      const value = request.headers[name.toLowerCase()];
      if (value) searchParams.set(name, value);
    }
    const known = searchParams.get('X-Plex-Token') ?? request.headers['x-plex-token'];
    if (known !== 'token') return response.writeHead(401).end();
    const given = /^\/library\/metadata\/(\d+)\/posters$/.exec(pathname);
    if (given && request.method === 'POST') {
      this.posters.set(everything.find(({ ratingKey }) => ratingKey === given[1])?.title, await size(request));
      return response.end();
    }
    const container = plex(pathname.replace(/(.)\/$/, '$1'), searchParams);
    if (!container) return response.writeHead(404).end();
    if (request.headers.accept?.includes('json')) return json({ MediaContainer: container });
    response.setHeader('content-type', 'application/xml');
    return response.end(xml('MediaContainer', container));
  }

  async stop() {
    this.letGo?.();
    this.server.close();
    this.server.closeAllConnections();
  }
}
