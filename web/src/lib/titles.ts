/** Titles of the library: the folders of movies, shows and collections, with their posters. */
import { body, client, request } from '../api/client';
import { ALL, caption, type Picture } from './library';

export interface Title {
  /** `Movies/Heat (1995)`, below the asset folder. */
  path: string;
  library: string;
  name: string;
  /** How many pictures and folders are in it. */
  items: number;
  poster: Picture | undefined;
}

/** All titles, by name. */
export async function titles(signal: AbortSignal): Promise<Title[]> {
  const [libraries, posters] = await Promise.all([folders('', signal), postersByFolder(signal)]);
  const inside = await Promise.all(libraries.map((library) => folders(library.path, signal)));
  const all = libraries.flatMap((library, at) =>
    (inside[at] ?? []).map(({ path, item_count }) => ({
      path,
      library: library.name,
      name: titleOf(path),
      items: item_count,
      poster: posters.get(path),
    })),
  );
  return all.sort((one, other) => compareNames(one.name, other.name));
}

const ORDER = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

async function folders(path: string, signal: AbortSignal) {
  const { items } = body(await client.GET('/api/folder-view/browse', { params: { query: { path } }, signal }));
  return items.filter((item) => item.type === 'folder');
}

async function postersByFolder(signal: AbortSignal): Promise<Map<string, Picture>> {
  const { images } = body(await client.GET('/api/gallery', { params: { query: { limit: ALL } }, signal }));
  return new Map(images.map((image) => [image.path.slice(0, image.path.lastIndexOf('/')), image]));
}

/** The title of a folder, without the ids in its name. */
export function titleOf(path: string): string {
  return caption(`${path}/poster.jpg`).title;
}

/** Whether a name comes before another one, as people look for them. */
export function compareNames(one: string, other: string): number {
  return ORDER.compare(sortName(one), sortName(other));
}

/** The name without the article that nobody looks for. */
function sortName(name: string): string {
  return name.replace(/^(the|a|an)\s+/i, '');
}

export const LETTERS = [...'#ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** The letter under which a name is found; `#` for all that begin with none. */
export function letterOf(name: string): string {
  const first = sortName(name).normalize('NFD').charAt(0).toUpperCase();
  return /[A-Z]/.test(first) ? first : '#';
}

/** Where each letter begins in names that are in their order. */
export function firstOfLetters(names: readonly string[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const letter = letterOf(name);
    if (!first.has(letter)) first.set(letter, index);
  }
  return first;
}

export function linkTo(path: string, query = ''): string {
  return `/library/title/${path.split('/').map(encodeURIComponent).join('/')}${query}`;
}

/** What of a title there is: the pictures of its folder, as they belong together. */
export interface Parts {
  poster: Picture | undefined;
  background: Picture | undefined;
  seasons: { number: number; poster: Picture | undefined; cards: Picture[] }[];
  /** Pictures of no known kind. */
  others: Picture[];
}

const KINDS = ['posters', 'backgrounds', 'seasons', 'titlecards'] as const;

/** All pictures in the folder of a title. */
export async function picturesOf(path: string, signal: AbortSignal): Promise<Picture[]> {
  const folder = path.split('/').map(encodeURIComponent).join('/');
  const lists = await Promise.all(
    KINDS.map((kind) =>
      request<{ images: Picture[] }>('GET', `/api/assets-folder-images/${kind}/${folder}`, { signal }),
    ),
  );
  // Of a folder whose name begins like another one's, only its own.
  return lists.flatMap(({ images }) => images).filter((image) => image.path.startsWith(`${path}/`));
}

export function partsOf(pictures: readonly Picture[]): Parts {
  const parts: Parts = { poster: undefined, background: undefined, seasons: [], others: [] };
  const season = (number: number) => {
    const known = parts.seasons.find((one) => one.number === number);
    if (known) return known;
    const added = { number, poster: undefined, cards: [] as Picture[] };
    parts.seasons.push(added);
    return added as Parts['seasons'][number];
  };
  for (const picture of pictures) {
    const file = picture.path.slice(picture.path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
    const ofSeason = /^season(\d+)$/i.exec(file);
    const card = /^s(\d+)e\d+$/i.exec(file);
    if (/^poster$/i.test(file)) parts.poster = picture;
    else if (/^(background|fanart)$/i.test(file)) parts.background = picture;
    else if (ofSeason) season(Number(ofSeason[1])).poster = picture;
    else if (card) season(Number(card[1])).cards.push(picture);
    else parts.others.push(picture);
  }
  parts.seasons.sort((one, other) => one.number - other.number);
  for (const { cards } of parts.seasons) cards.sort((one, other) => ORDER.compare(one.path, other.path));
  return parts;
}

/** In the order in which the page shows them. */
export function inOrder({ poster, background, seasons, others }: Parts): Picture[] {
  const ofSeasons = seasons.flatMap((season) => [season.poster, ...season.cards]);
  return [poster, background, ...ofSeasons, ...others].filter((picture) => picture !== undefined);
}
