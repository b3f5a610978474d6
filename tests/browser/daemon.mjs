// A real daemon on a folder of its own, as a user would start it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const binary = process.env.POSTERIZARRD;
if (!binary) throw new Error('POSTERIZARRD must name the binary to test');

export class Daemon {
  /** Starts on a new folder; `prepare` may put files there first. */
  static async start({ prepare = async () => {}, options = [] } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'posterizarrd-browser-'));
    await prepare(folder);
    const daemon = new Daemon(folder, options);
    await daemon.up('127.0.0.1:0');
    return daemon;
  }

  constructor(folder, options) {
    this.folder = folder;
    this.options = options;
  }

  async up(bind) {
    // What characters there are is not to depend on the machine.
    const environment = {
      ...process.env,
      POSTERIZARRD_UPDATES_ENABLED: 'false',
      POSTERIZARRD_DRAWING_SYSTEM_FONTS: 'false',
    };
    for (const name of ['APP_HOST', 'APP_PORT', 'APP_DATA', 'APP_ROOT']) delete environment[name];
    const args = [
      '--data-dir',
      this.folder,
      '--app-dir',
      this.folder,
      '--bind',
      bind,
      '--log-format',
      'human',
      ...this.options,
    ];
    this.process = spawn(binary, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
    this.log = [];
    for await (const line of createInterface({ input: this.process.stderr })) {
      this.log.push(line);
      const url = /posterizarrd is up .*url=(http:\S+?)\/? /.exec(line)?.[1];
      if (url) {
        this.url = new URL(url).origin;
        this.process.stderr.resume();
        return;
      }
    }
    throw new Error(`the daemon did not come up:\n${this.log.join('\n')}`);
  }

  /** Ends it without a word, as a crash would. */
  async kill() {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  /** Comes back at the same address. */
  async again() {
    await this.up(new URL(this.url).host);
  }

  async post(path, body) {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A config.json with a login. */
export async function withLogin(folder) {
  const config = { WebUI: { basicAuthEnabled: true, basicAuthUsername: 'ada', basicAuthPassword: 'l0ve lace' } };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
}

// One pixel is a picture, too.
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A library with one poster. */
export async function withPoster(folder) {
  const assets = join(folder, 'assets');
  await mkdir(join(assets, 'Movies', 'Heat (1995) {tmdb-949}'), { recursive: true });
  await writeFile(join(assets, 'Movies', 'Heat (1995) {tmdb-949}', 'poster.jpg'), Buffer.from(PIXEL, 'base64'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ PrerequisitePart: { AssetPath: assets } }));
}

const CHOICES = [
  ['Title', 'Type', 'Rootfolder', 'LibraryName', 'Language', 'Fallback', 'TextTruncated', 'Download Source', 'Manual'],
  ['Heat', 'Movie', 'Heat (1995) {tmdb-949}', 'Movies', 'de', 'false', 'true', 'https://image.tmdb.org/a.jpg', 'false'],
  ['Dark', 'Show', 'Dark (2017)', 'TV', 'xx', 'false', 'false', 'false', 'false'],
];

/** The same library, of which the script chose pictures that need attention: one was cut off, another one is missing. */
export async function withChoices(folder) {
  await withPoster(folder);
  await mkdir(join(folder, 'Logs'), { recursive: true });
  const lines = CHOICES.map((values) => values.map((value) => `"${value}"`).join(';'));
  await writeFile(join(folder, 'Logs', 'ImageChoices.csv'), `${lines.join('\n')}\n`);
}

/** Title cards of so many shows with so many episodes; all are one file, linked. */
export async function withTitleCards(folder, shows, episodes) {
  const assets = join(folder, 'assets');
  const first = join(folder, 'card.png');
  await writeFile(first, Buffer.from(PIXEL, 'base64'));
  for (let show = 0; show < shows; show += 1) {
    const place = join(assets, 'TV', `Show ${String(show).padStart(3, '0')} (2000)`);
    await mkdir(place, { recursive: true });
    const names = Array.from({ length: episodes }, (_, index) => `S01E${String(index + 1).padStart(3, '0')}.jpg`);
    await Promise.all(names.map((name) => link(first, join(place, name))));
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify({ PrerequisitePart: { AssetPath: assets } }));
}

const TITLES = {
  'Movies/Heat (1995) {tmdb-949}': ['poster'],
  'Movies/Ronin (1998)': ['background'],
  'Movies/Élite (2018)': ['poster'],
  'TV/Dark (2017)': ['poster', 'background', 'Season01', 'S01E01', 'S01E02', 'S01E03', 'Season02', 'S02E01'],
  'TV/The Bear (2022)': ['poster', 'S01E03'],
};

/** A small library of movies and shows. */
export async function withTitles(folder) {
  const assets = join(folder, 'assets');
  for (const [title, files] of Object.entries(TITLES)) {
    await mkdir(join(assets, title), { recursive: true });
    for (const file of files) await writeFile(join(assets, title, `${file}.jpg`), Buffer.from(PIXEL, 'base64'));
  }
  await mkdir(join(folder, 'Logs'), { recursive: true });
  const dark = ['Dark', 'Show', 'Dark (2017)', 'TV', 'de', 'false', 'false', 'https://image.tmdb.org/d.jpg', 'false'];
  const lines = [CHOICES[0], dark].map((values) => values.map((value) => `"${value}"`).join(';'));
  await writeFile(join(folder, 'Logs', 'ImageChoices.csv'), `${lines.join('\n')}\n`);
  await writeFile(join(folder, 'config.json'), JSON.stringify({ PrerequisitePart: { AssetPath: assets } }));
}

/** A script that does nothing until it is stopped. */
export async function withSleepingScript(folder) {
  await writeFile(join(folder, 'Posterizarr.ps1'), 'sleep 600 & wait');
}
