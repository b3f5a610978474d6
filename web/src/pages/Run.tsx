/** Starting runs, and ending them. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { body, client } from '../api/client';
import type { Mode } from '../api/types';
import { Badge, Card, Page } from '../components/basics';
import { ask } from '../components/dialog';
import { TextField } from '../components/fields';
import { RunButtons, RunProgress, removeRunningFile, runTitle, useBusy } from '../components/run';
import { tell } from '../components/toast';
import { modeName } from '../lib/words';
import { refreshStatus, status } from '../live/state';
import { ManualRun } from './run/ManualRun';
import { TestImages } from './run/TestImages';

interface Choice {
  mode: Mode;
  what: string;
  needs: string;
  /** Asked before it starts. */
  question?: ComponentChildren;
}

const TESTING: Choice = {
  mode: 'testing',
  what: 'Makes sample pictures with your overlays, fonts and text settings. Nothing in the library changes.',
  needs: 'nothing; works offline',
};

const LIBRARY_RUNS: readonly Choice[] = [
  {
    mode: 'normal',
    what: 'Looks through the whole library and makes every picture that is missing.',
    needs: 'a media server and provider keys in the settings',
  },
  {
    mode: 'backup',
    what: 'Downloads all artwork of your Plex libraries to the backup folder.',
    needs: 'Plex, and space: every picture is stored once more',
    question:
      'All artwork that Plex shows at present is downloaded to the backup folder. That can take hours and many gigabytes.',
  },
  {
    mode: 'syncjelly',
    what: 'Copies the artwork of Plex to Jellyfin.',
    needs: 'Plex and Jellyfin with libraries of the same names',
    question: 'Artwork in Jellyfin that differs from Plex is replaced by that of Plex. Libraries are matched by name.',
  },
  {
    mode: 'syncemby',
    what: 'Copies the artwork of Plex to Emby.',
    needs: 'Plex and Emby with libraries of the same names',
    question: 'Artwork in Emby that differs from Plex is replaced by that of Plex. Libraries are matched by name.',
  },
];

export default function Run() {
  const known = status.value;
  return (
    <Page title="Run">
      {known?.running && (
        <Card title={runTitle(known)} aside={<Badge tone="accent">running</Badge>}>
          <RunProgress of={known} />
          <RunButtons of={known} />
        </Card>
      )}
      {known && !known.runner.available && (
        <div class="notice tone-bad">No run can start: {known.runner.reason ?? 'no runner was found'}</div>
      )}
      <div class="cards small">
        {LIBRARY_RUNS.map((choice) => (
          <Card title={modeName(choice.mode)} key={choice.mode}>
            <Start of={choice} />
          </Card>
        ))}
      </div>
      <Card title={modeName(TESTING.mode)} aside={<Link href="/library/test">All test images</Link>}>
        <div class="testing">
          <div class="stack">
            <Start of={TESTING} />
          </div>
          <TestImages />
        </div>
      </Card>
      <ManualRun />
      <div class="cards">
        <Reset />
        <Card title="The script says it is running already?">
          <p>
            After a crash of the machine a marker may be left that keeps the script from starting. The daemon removes
            such a marker by itself before a run when no Posterizarr lives; here it can be done by hand.
          </p>
          <div class="row">
            <button type="button" class="button" disabled={!known?.running_file_exists} onClick={removeRunningFile}>
              Remove the running file
            </button>
            {known && !known.running_file_exists && <span class="muted small-text">There is none.</span>}
          </div>
        </Card>
      </div>
    </Page>
  );
}

function Start({ of }: { of: Choice }) {
  const busy = useBusy();
  async function start() {
    const title = `Start ${modeName(of.mode)}?`;
    if (of.question && !(await ask({ title, text: of.question, confirm: 'Start' }))) return;
    const params = { path: { mode: of.mode } };
    await tell(client.POST('/api/run/{mode}', { params }).then(body), (started) => started.message);
    await refreshStatus().catch(() => {});
  }
  const able = status.value?.runner.modes?.includes(of.mode) ?? true;
  return (
    <>
      <p>{of.what}</p>
      <p class="muted small-text">
        Needs {of.needs}
        {able ? '.' : '; and PowerShell with the poster script, because the built-in engine cannot do it yet.'}
      </p>
      <div class="foot">
        <button
          type="button"
          class={able ? 'button primary' : 'button'}
          disabled={!able || busy.on || status.value?.running}
          onClick={() => busy.while(start())}
        >
          Start {modeName(of.mode)}
        </button>
      </div>
    </>
  );
}

function Reset() {
  const [library, setLibrary] = useState('');
  const busy = useBusy();
  async function reset(event: Event) {
    event.preventDefault();
    const sure = await ask({
      title: `Reset all posters of “${library}”?`,
      text: 'Plex shows its own pictures again for this library. The files in the asset folder stay.',
      confirm: 'Reset posters',
      danger: true,
    });
    if (!sure) return;
    await tell(client.POST('/api/reset-posters', { body: { library } }).then(body), (started) => started.message);
    await refreshStatus().catch(() => {});
  }
  return (
    <Card title="Reset the posters of a Plex library">
      <form class="stack" onSubmit={(event) => busy.while(reset(event))}>
        <TextField label="Library" help="Its name, as Plex shows it." value={library} onValue={setLibrary} required />
        <div>
          <button type="submit" class="button danger" disabled={busy.on || !library.trim() || status.value?.running}>
            Reset posters
          </button>
        </div>
      </form>
      <p class="muted small-text">
        How it went is told under <Link href="/history">History</Link>.
      </p>
    </Card>
  );
}
