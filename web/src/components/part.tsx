/**
 * A page, loaded when it is first visited.
 *
 * Its code may be missing: the daemon is away, or was updated under an open tab and has code under other names now. Then
 * the page says so, tries again when the daemon is back, and reloads the whole once for each version of the daemon; the
 * menu goes on working.
 */
import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { address } from '../api/client';
import { unsaved } from '../lib/edits';
import { connection } from '../live/stream';
import type { Route } from '../routes';
import { t } from '../texts';
import { Loading, Page } from './basics';

/** Pages that were loaded, by their paths. */
const loaded = new Map<string, ComponentType>();

type Trouble = 'away' | 'missing';

export function Part({ route }: { route: Route }) {
  const [trouble, setTrouble] = useState<Trouble>();
  const [round, setRound] = useState(0);
  const View = loaded.get(route.path);
  // When the daemon is back it is tried again.
  const answers = connection.value === 'live' || connection.value === 'polling';

  useEffect(() => {
    if (loaded.has(route.path)) return;
    let left = false;
    load(route).then((found) => {
      if (left) return;
      setTrouble(found);
      setRound((before) => before + 1);
    });
    return () => {
      left = true;
    };
  }, [route, answers]);

  if (View) return <View key={round} />;
  if (trouble) return <Missing name={t(route.name)} trouble={trouble} />;
  return <Loading />;
}

/** Loads a page's code; tells what is wrong where that fails. Reloads the whole where that may help. */
async function load(route: Route): Promise<Trouble | undefined> {
  try {
    loaded.set(route.path, (await route.load()).default);
    return undefined;
  } catch (cause) {
    console.warn(`the page ${route.name} could not be loaded`, cause);
  }
  const version = await servedVersion();
  if (version === undefined) return 'away';
  // What is not saved would be lost.
  if (unsaved.value === 0 && firstTime(version)) location.reload();
  return 'missing';
}

/** What tells one build of the web UI from another: the name of its main script. Undefined where the daemon is away. */
async function servedVersion(): Promise<string | undefined> {
  try {
    const answer = await fetch(address('/'), { cache: 'no-store' });
    if (!answer.ok) return undefined;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    return page.querySelector('script[type=module]')?.getAttribute('src') ?? '';
  } catch {
    return undefined;
  }
}

const RELOADED_FOR = 'reloaded-for';

/** Whether the page was not yet reloaded for this version; from now on it was. */
export function firstTime(version: string): boolean {
  try {
    if (sessionStorage.getItem(RELOADED_FOR) === version) return false;
    sessionStorage.setItem(RELOADED_FOR, version);
    return true;
  } catch {
    // Without a memory it would reload for ever.
    return false;
  }
}

function Missing({ name, trouble }: { name: string; trouble: Trouble }) {
  return (
    <Page title={name}>
      <div class="notice tone-bad" role="alert">
        <span>{trouble === 'away' ? t('frame.page_away') : t('frame.page_missing')}</span>
        <Reload />
      </div>
    </Page>
  );
}

function Reload() {
  return (
    <button type="button" class="button small" onClick={() => location.reload()}>
      {t('frame.reload')}
    </button>
  );
}

interface BoundaryProps {
  /** Where the user is; an error stays on the page that it came from. */
  place: string;
  children: ComponentChildren;
}

/** Keeps a page that fails from taking the menu with it. */
export class Boundary extends Component<BoundaryProps, { error?: Error | undefined }> {
  override state: { error?: Error | undefined } = {};

  static override getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  override componentDidUpdate(before: BoundaryProps) {
    if (this.state.error && before.place !== this.props.place) this.setState({ error: undefined });
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Page title={t('frame.failed_title')}>
        <div class="notice tone-bad" role="alert">
          <span>{t('frame.failed', { reason: error.message })}</span>
          <Reload />
        </div>
      </Page>
    );
  }
}
