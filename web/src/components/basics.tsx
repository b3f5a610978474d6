/** The small parts that pages are made of. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import type { HelpTarget } from '../../types/help';
import type { ApiError } from '../api/client';
import { exactTimes, now } from '../lib/clock';
import { ago, exact } from '../lib/format';
import type { Resource } from '../lib/resource';
import type { Tone } from '../lib/words';
import { language, t } from '../texts';
import { HelpLink } from './help';

/** The heading of the page that is shown. */
export const pageTitle = signal('');

interface PageProps {
  title: string;
  /** What can be done on the page as a whole. */
  actions?: ComponentChildren;
  /** What the help says about the page. */
  help?: HelpTarget;
  children: ComponentChildren;
}

/** A page with its heading, which is also the window's title. */
export function Page({ title, actions, help, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · posterizarrd`;
    pageTitle.value = title;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div class="row">
          <h1>{title}</h1>
          {help && <HelpLink to={help} />}
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {children}
    </>
  );
}

interface CardProps {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}

export function Card({ title, aside, children, class: extra = '' }: CardProps) {
  const id = useId();
  return (
    <section class={`card ${extra}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge tone-${tone}`}>{children}</span>;
}

/** An instant as `5 minutes ago`, or as it is: what is not shown is its title. A press on one changes them all. */
export function When({ at }: { at: string | number | Date | null | undefined }) {
  if (at === null || at === undefined || at === '') return <span class="muted">{t('frame.never')}</span>;
  const date = new Date(typeof at === 'number' ? at * 1000 : at);
  if (Number.isNaN(date.getTime())) return <span>{String(at)}</span>;
  return (
    <time dateTime={date.toISOString()} title={exactTimes.value ? ago(date, now.value) : exact(date)}>
      {exactTimes.value ? exact(date) : ago(date, now.value)}
    </time>
  );
}

/** Shows what was loaded, why it was not, or that it is being loaded. */
export function Loaded<T>({ of, children }: { of: Resource<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {of.error && <Problem error={of.error} retry={of.reload} />}
      {of.data !== undefined ? children(of.data) : !of.error && <Loading />}
    </>
  );
}

export function Loading() {
  return (
    <p class="muted loading" role="status">
      {t('frame.loading')}
    </p>
  );
}

export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="notice tone-bad" role="alert">
      <span>{error.message}</span>
      {retry && (
        <button type="button" class="button small" onClick={retry}>
          {t('frame.try_again')}
        </button>
      )}
    </div>
  );
}

/** Words of the daemon, which speaks English: read aloud as such also where the page is in another language. */
export function Told({ children }: { children: ComponentChildren }) {
  return <span lang={language() === 'en' ? undefined : 'en'}>{children}</span>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

interface MoreProps<T> {
  of: readonly T[];
  /** How many are shown at first, and how many more each time. */
  page: number;
  children: (shown: readonly T[]) => ComponentChildren;
}

/** The beginning of a long list, and a button for more of it. */
export function More<T>({ of, page, children }: MoreProps<T>) {
  const [shown, setShown] = useState(page);
  return (
    <>
      {children(of.slice(0, shown))}
      {of.length > shown && (
        <button type="button" class="button" onClick={() => setShown(shown + page)}>
          {t('frame.show_more')}
        </button>
      )}
    </>
  );
}

/** A number with a word below it. */
export function Figure({ value, label, tone = 'plain' }: { value: ComponentChildren; label: string; tone?: Tone }) {
  return (
    <div class={`figure tone-${tone}`}>
      <strong>{value}</strong>
      <span>{label}</span>
    </div>
  );
}

/** Terms and what they stand at. */
export function Facts({ of }: { of: (readonly [term: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value ?? '—'}</dd>
        </div>
      ))}
    </dl>
  );
}
