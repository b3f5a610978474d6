/** Any log of the script or the daemon: live, filtered, searched. */
import { ArrowDown, ChevronDown, ChevronUp, Download, LifeBuoy, Pause, Play, WrapText } from 'lucide-preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation, useParams } from 'wouter-preact';
import { address, body, client } from '../api/client';
import type { LogFile } from '../api/types';
import { Badge, Empty, Loaded, Page, When } from '../components/basics';
import { useBusy } from '../components/busy';
import { Chips, Search, Toggles } from '../components/choose';
import { type LogHandle, LogLines, wrapped } from '../components/log';
import { downloadSupport } from '../components/support';
import { decoded } from '../lib/decoded';
import { bytes } from '../lib/format';
import { type Level, levelOf } from '../lib/logline';
import { useResource } from '../lib/resource';
import { tell } from '../lib/toast';
import { followLog, type LogListener, POLL_MS, type Way } from '../live/log';
import { status } from '../live/state';
import { t } from '../texts';

const SCRIPT_LOG = 'Scriptlog.log';
/** Lines the page holds; older ones leave. The file itself may be of any size. */
const HELD = 20_000;
/** Lines that the daemon searches out when older ones are asked for. */
const FOUND = 5_000;
/** How many times as many the next time. */
const MORE = 4;
const LEVELS: readonly Level[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];

export default function Logs() {
  const files = useResource((signal) => client.GET('/api/logs', { signal }).then(body), [], ['runs']);
  const wanted = useParams<{ name?: string }>().name;
  const [, go] = useLocation();
  const busy = useBusy();
  return (
    <Page
      title={t('nav.logs')}
      help="troubleshooting"
      actions={
        <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(tell(downloadSupport()))}>
          <LifeBuoy size={16} aria-hidden="true" /> {t('about.support')}
        </button>
      }
    >
      <Loaded of={files}>
        {({ logs }) => {
          const name = wanted ? decoded(wanted) : usual(logs);
          if (!name) return <Empty>{t('logs.no_logs')}</Empty>;
          return (
            <>
              <Chips
                label={t('logs.files')}
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
  return [status.value?.active_log, SCRIPT_LOG, 'BackendServer.log', ...names].find(
    (name) => name !== undefined && names.includes(name),
  );
}

function Viewer({ name, file }: { name: string; file: LogFile | undefined }) {
  const [levels, setLevels] = useState<Level[]>([...LEVELS]);
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const [paused, setPaused] = useState(false);
  const [marked, setMarked] = useState<number>();
  const live = useLiveLog(name, paused, filterOf(levels, search));
  const lines = useMemo(() => filtered(live.lines, levels, search), [live.lines, levels, search]);
  const handle = useRef<LogHandle>(null);
  const isFiltered = search.trim() !== '' || levels.length < LEVELS.length;
  const isPartly = isFiltered && !live.whole;

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
        <Search label={t('logs.search')} value={search} onValue={setSearch} onEnter={() => live.older()} />
        <Toggles
          label={t('logs.levels')}
          values={levels}
          onValues={setLevels}
          options={LEVELS.map((value) => ({ value, name: value.toLowerCase() }))}
        />
        <button
          type="button"
          class="icon-button"
          aria-label={t('logs.previous_error')}
          title={t('logs.previous_error')}
          onClick={() => jump(-1)}
        >
          <ChevronUp size={18} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={t('logs.next_error')}
          title={t('logs.next_error')}
          onClick={() => jump(1)}
        >
          <ChevronDown size={18} />
        </button>
        <button type="button" class="button small" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? <Play size={14} /> : <Pause size={14} />} {paused ? t('logs.resume') : t('logs.pause')}
        </button>
        <button
          type="button"
          class="button small"
          aria-pressed={wrapped.value}
          onClick={() => {
            wrapped.value = !wrapped.value;
          }}
        >
          <WrapText size={14} /> {t('logs.wrap')}
        </button>
        {!follow && (
          <button type="button" class="button small" onClick={() => setFollow(true)}>
            <ArrowDown size={14} /> {t('logs.to_end')}
          </button>
        )}
        {!live.whole && (
          <button type="button" class="button small" disabled={live.busy} onClick={() => live.older()}>
            {live.busy ? t('frame.loading') : isFiltered ? t('logs.search_file') : t('logs.older')}
          </button>
        )}
        <a class="button small" href={address(`/api/logs/${encodeURIComponent(name)}/download`)} download={name}>
          <Download size={14} /> {t('common.download')}
        </a>
      </div>
      {live.way === 'polling' && (
        <div class="banner muted" role="status">
          {live.why
            ? t('logs.refused', { reason: live.why, seconds: POLL_MS / 1000 })
            : t('logs.no_socket', { seconds: POLL_MS / 1000 })}
        </div>
      )}
      {lines.length === 0 && live.loaded && !live.problem && (
        <Empty>{t(isPartly ? 'logs.no_match_loaded' : isFiltered ? 'logs.no_match' : 'logs.empty')}</Empty>
      )}
      <LogLines
        lines={lines}
        follow={follow && !paused}
        onFollow={setFollow}
        handle={handle}
        marked={marked}
        needle={search.trim()}
      />
      <p class="muted small-text row">
        {/* What cannot be read is not followed. */}
        {!live.problem && (
          <Badge tone={live.way === 'socket' ? 'good' : 'warn'}>
            {paused && live.way !== 'connecting' ? t('logs.paused') : t(`logs.${live.way}`)}
          </Badge>
        )}
        <span>
          {t('logs.shown', { n: lines.length })}
          {live.file !== name && ` · ${live.file}`}
        </span>
        {isPartly && lines.length > 0 && <span>{t('logs.searched_loaded')}</span>}
        {file && (
          <span>
            {bytes(file.size)} · <When at={file.modified} />
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
  /** How new lines come, and why not over the socket. */
  way: Way;
  why: string | undefined;
  /** Whether the log was read at all. */
  loaded: boolean;
  file: string;
  problem: string | undefined;
  /** Whether nothing older is in the file, of what is looked for. */
  whole: boolean;
  /** Replaces what is shown by what the daemon finds in the whole file; each time there are more of them. */
  older: () => void;
  /** Whether they are on the way. */
  busy: boolean;
}

/** What the daemon is asked for, of a log. */
interface Filter {
  level?: string;
  q?: string;
}

function filterOf(levels: readonly Level[], search: string): Filter {
  const q = search.trim();
  return { ...(levels.length < LEVELS.length ? { level: levels.join(',') } : {}), ...(q ? { q } : {}) };
}

const NO_FILTER = JSON.stringify({});

function useLiveLog(name: string, paused: boolean, filter: Filter): LiveLog {
  const [lines, setLines] = useState<readonly string[]>([]);
  const [[way, why], setState] = useState<[Way, string | undefined]>(['connecting', undefined]);
  const [loaded, setLoaded] = useState(false);
  const [file, setFile] = useState(name);
  const [problem, setProblem] = useState<string>();
  const [asked, setAsked] = useState<{ filter: string; lines: number; whole: boolean }>();
  const wanted = JSON.stringify(filter);
  const waiting = useRef<string[]>([]);
  const holds = useRef(paused);
  holds.current = paused;

  useEffect(() => {
    const listener: LogListener = {
      lines: (more) => {
        waiting.current = waiting.current.concat(more).slice(-HELD);
        if (!holds.current) take();
      },
      restarted: (from) => {
        waiting.current = [];
        setFile(from);
        setLines([]);
        setLoaded(true);
      },
      state: (now, reason) => setState([now, reason]),
      problem: setProblem,
    };
    // What the daemon does by itself over the socket: the script's log goes with the runs.
    const current = () => (name === SCRIPT_LOG && status.value?.active_log) || name;
    return followLog(name, listener, current);
  }, [name]);

  useEffect(() => {
    if (!paused) take();
  }, [paused]);

  // What was found in the whole file by one search is not the log, nor what another search finds.
  const reading = useRef<string>();
  /** What is on the way: it is not asked for twice. */
  const pending = useRef<string>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    // What is still on the way for another search comes too late.
    if (reading.current !== NO_FILTER) reading.current = undefined;
    if (asked && asked.filter !== wanted && asked.filter !== NO_FILTER) void read({}, FOUND);
  }, [wanted]);

  function take() {
    const more = waiting.current;
    waiting.current = [];
    if (more.length) setLines((before) => before.concat(more).slice(-Math.max(HELD, before.length)));
  }

  function older() {
    return read(filter, asked?.filter === wanted ? asked.lines * MORE : FOUND);
  }

  async function read(only: Filter, tail: number) {
    const query = { tail, ...only };
    const key = JSON.stringify(only);
    const wish = `${tail} ${key}`;
    if (pending.current === wish) return;
    pending.current = wish;
    setBusy(true);
    reading.current = key;
    try {
      const answer = body(await client.GET('/api/logs/{log_name}', { params: { path: { log_name: file }, query } }));
      const { content } = answer as unknown as { content: string[] };
      if (reading.current !== key) return;
      setLines(content);
      setAsked({ filter: key, lines: tail, whole: content.length < tail });
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      if (pending.current === wish) {
        pending.current = undefined;
        setBusy(false);
      }
    }
  }

  // All of the log has whatever is looked for.
  const whole = asked?.whole === true && [wanted, NO_FILTER].includes(asked.filter);
  return { lines, way, why, loaded, file, problem, whole, older, busy };
}
