/** Any log of the script or the daemon: live, filtered, searched. */
import { ArrowDown, ChevronDown, ChevronUp, Download, LifeBuoy, Pause, Play } from 'lucide-preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation, useParams } from 'wouter-preact';
import { address, body, client } from '../api/client';
import type { LogFile } from '../api/types';
import { Badge, Empty, Loaded, Page, When } from '../components/basics';
import { Chips, Search, Toggles } from '../components/choose';
import { type LogHandle, LogLines } from '../components/log';
import { useBusy } from '../components/run';
import { downloadSupport } from '../components/support';
import { tell } from '../components/toast';
import { bytes } from '../lib/format';
import { type Level, levelOf } from '../lib/logline';
import { useResource } from '../lib/resource';
import { followLog } from '../live/log';
import { status } from '../live/state';

/** Lines the page holds; older ones leave. The file itself may be of any size. */
const HELD = 20_000;
/** Lines that the daemon searches out when older ones are asked for. */
const FOUND = 5_000;
const LEVELS: readonly Level[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];

export default function Logs() {
  const files = useResource((signal) => client.GET('/api/logs', { signal }).then(body), [], ['runs']);
  const wanted = useParams<{ name?: string }>().name;
  const [, go] = useLocation();
  const busy = useBusy();
  return (
    <Page
      title="Logs"
      actions={
        <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(tell(downloadSupport()))}>
          <LifeBuoy size={16} aria-hidden="true" /> Support information
        </button>
      }
    >
      <Loaded of={files}>
        {({ logs }) => {
          const name = wanted ? decodeURIComponent(wanted) : usual(logs);
          if (!name) return <Empty>No log was written yet.</Empty>;
          return (
            <>
              <Chips
                label="Log files"
                value={name}
                onValue={(file) => go(`/logs/${encodeURIComponent(file)}`)}
                options={logs.map((log) => ({ value: log.name, name: log.name, aside: bytes(log.size) }))}
              />
              <Viewer key={name} name={name} file={logs.find((log) => log.name === name)} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

/** The log of the run that is on or was last; before the first run, the daemon's. */
function usual(logs: readonly LogFile[]): string | undefined {
  const names = logs.map((log) => log.name);
  return [status.value?.active_log, 'Scriptlog.log', 'BackendServer.log', ...names].find(
    (name) => name !== undefined && names.includes(name),
  );
}

function Viewer({ name, file }: { name: string; file: LogFile | undefined }) {
  const [levels, setLevels] = useState<Level[]>([...LEVELS]);
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const [paused, setPaused] = useState(false);
  const [marked, setMarked] = useState<number>();
  const live = useLiveLog(name, paused);
  const lines = useMemo(() => filtered(live.lines, levels, search), [live.lines, levels, search]);
  const handle = useRef<LogHandle>(null);

  function jump(step: 1 | -1) {
    const from = marked ?? (step > 0 ? -1 : lines.length);
    for (let at = from + step; at >= 0 && at < lines.length; at += step) {
      if (levelOf(lines[at] ?? '') === 'ERROR') {
        setFollow(false);
        setMarked(at);
        handle.current?.scrollTo(at);
        return;
      }
    }
  }

  return (
    <section class="log-page" aria-label={name}>
      <div class="row toolbar">
        <Search label="Search in the log" value={search} onValue={setSearch} />
        <Toggles
          label="Levels"
          values={levels}
          onValues={setLevels}
          options={LEVELS.map((value) => ({ value, name: value.toLowerCase() }))}
        />
        <button
          type="button"
          class="icon-button"
          aria-label="Error before"
          title="Error before"
          onClick={() => jump(-1)}
        >
          <ChevronUp size={18} />
        </button>
        <button type="button" class="icon-button" aria-label="Next error" title="Next error" onClick={() => jump(1)}>
          <ChevronDown size={18} />
        </button>
        <button type="button" class="button small" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? <Play size={14} /> : <Pause size={14} />} {paused ? 'Go on' : 'Pause'}
        </button>
        {!follow && (
          <button type="button" class="button small" onClick={() => setFollow(true)}>
            <ArrowDown size={14} /> To the end
          </button>
        )}
        <button type="button" class="button small" onClick={() => live.older(levels, search)}>
          {search || levels.length < LEVELS.length ? 'Search the whole file' : 'Load older lines'}
        </button>
        <a class="button small" href={address(`/api/logs/${encodeURIComponent(name)}/download`)} download={name}>
          <Download size={14} /> Download
        </a>
      </div>
      {lines.length === 0 && live.connected && (
        <Empty>{live.lines.length ? 'No line fits.' : 'This log is empty.'}</Empty>
      )}
      <LogLines lines={lines} follow={follow && !paused} onFollow={setFollow} handle={handle} marked={marked} />
      <p class="muted small-text row">
        <Badge tone={live.connected ? 'good' : 'warn'}>
          {live.connected ? (paused ? 'paused' : 'live') : 'connecting'}
        </Badge>
        <span>
          {lines.length.toLocaleString()} lines shown
          {live.file !== name && `, of ${live.file}`}
        </span>
        {file && (
          <span>
            {bytes(file.size)}, written <When at={file.modified} />
          </span>
        )}
        {live.problem && <span class="problem">{live.problem}</span>}
      </p>
    </section>
  );
}

function filtered(lines: readonly string[], levels: readonly Level[], search: string): readonly string[] {
  const needle = search.trim().toLowerCase();
  if (!needle && levels.length === LEVELS.length) return lines;
  let kept = true;
  return lines.filter((line) => {
    const level = levelOf(line);
    // A continuation goes with the line it continues.
    if (level) kept = levels.includes(level);
    return kept && (!needle || line.toLowerCase().includes(needle));
  });
}

interface LiveLog {
  lines: readonly string[];
  connected: boolean;
  file: string;
  problem: string | undefined;
  /** Replaces what is shown by what the daemon finds in the whole file. */
  older: (levels: readonly Level[], search: string) => void;
}

function useLiveLog(name: string, paused: boolean): LiveLog {
  const [lines, setLines] = useState<readonly string[]>([]);
  const [connected, setConnected] = useState(false);
  const [file, setFile] = useState(name);
  const [problem, setProblem] = useState<string>();
  const waiting = useRef<string[]>([]);
  const holds = useRef(paused);
  holds.current = paused;

  useEffect(() => {
    return followLog(name, {
      lines: (more) => {
        waiting.current = waiting.current.concat(more).slice(-HELD);
        if (!holds.current) take();
      },
      restarted: (from) => {
        waiting.current = [];
        setFile(from);
        setLines([]);
      },
      state: setConnected,
    });
  }, [name]);

  useEffect(() => {
    if (!paused) take();
  }, [paused]);

  function take() {
    const more = waiting.current;
    waiting.current = [];
    if (more.length) setLines((before) => before.concat(more).slice(-HELD));
  }

  async function older(levels: readonly Level[], search: string) {
    const query = {
      tail: FOUND,
      ...(levels.length < LEVELS.length ? { level: levels.join(',') } : {}),
      ...(search.trim() ? { q: search.trim() } : {}),
    };
    try {
      const answer = body(await client.GET('/api/logs/{log_name}', { params: { path: { log_name: file }, query } }));
      setLines((answer as unknown as { content: string[] }).content);
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return { lines, connected, file, problem, older };
}
