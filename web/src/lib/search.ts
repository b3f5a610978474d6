/** Searching in lists that the browser has. */

/** Whether a text has all the words that are looked for: in any order, whatever their case and accents. */
export function matcher(wanted: string): (text: string) => boolean {
  const words = plain(wanted).split(/\s+/).filter(Boolean);
  return (text) => {
    const hay = plain(text);
    return words.every((word) => hay.includes(word));
  };
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** As files of season posters are called: names, not texts. */
const SEASON = 'Season';

/** What is looked for, with episodes and seasons as files have them: `dark s1e3` is `dark S01E03`, `s2` is `Season02`. */
export function asFiles(wanted: string): string {
  return wanted
    .replace(/\bs(\d{1,3})\s*·?\s*e(\d{1,4})\b/gi, (_, season, episode) => `S${two(season)}E${two(episode)}`)
    .replace(/\b(?:s|season\s*)(\d{1,3})\b/gi, (_, season) => SEASON + two(season));
}

function two(number: string): string {
  return number.replace(/^0+(?=\d)/, '').padStart(2, '0');
}
