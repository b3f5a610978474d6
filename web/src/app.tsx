/** The frame around the pages: menu, state of the connection, the page itself, notices and questions. */
import { CircleUserRound, Ellipsis, LogOut, Tag } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link, Router, Route as Shown, Switch, useLocation, useSearch } from 'wouter-preact';
import { basePath } from './api/client';
import { Badge, Empty, Page, pageTitle } from './components/basics';
import { Questions } from './components/dialog';
import { HeldBadge } from './components/held';
import { LanguageChoice } from './components/language';
import { Fresh, NoticeBell, NoticeCentre, useNotices } from './components/notices';
import { Boundary, Part } from './components/part';
import { RunBadge } from './components/run';
import { Shortcuts, ShortcutsButton } from './components/shortcuts';
import { Toasts } from './components/toast';
import { unsaved } from './lib/edits';
import { keepFocus } from './lib/focus';
import { tell } from './lib/toast';
import { start, status, version } from './live/state';
import { connection, refusal } from './live/stream';
import { Refused, SignIn } from './pages/SignIn';
import { routes } from './routes';
import { check, session, signOut } from './session';
import { rich, t } from './texts';

export function App() {
  useEffect(() => {
    check().catch(() => {
      // The event stream tells that the daemon is away; what the page shows then does not depend on a login.
      session.value = 'open';
    });
  }, []);
  return (
    <>
      {session.value === 'signed_out' && <SignIn />}
      {session.value === 'refused' && <Refused />}
      {(session.value === 'open' || session.value === 'signed_in') && <Frame />}
      <Questions />
      <Toasts />
    </>
  );
}

/** Leads to where the page begins. `#main` alone would lead below the base address, which is another page. */
function Skip() {
  useLocation();
  useSearch();
  return (
    <a class="skip" href={`${location.pathname}${location.search}#main`}>
      {t('frame.skip')}
    </a>
  );
}

/** Tells whoever does not see it that another page is shown. */
function Announcement() {
  return (
    <p class="visually-hidden" aria-live="polite">
      {pageTitle.value}
    </p>
  );
}

function Frame() {
  useEffect(start, []);
  useEffect(keepFocus, []);
  const { notices, fresh } = useNotices();
  return (
    <Router base={basePath}>
      <Skip />
      <Announcement />
      <div class="shell">
        <Side fresh={fresh} />
        <main class="main" id="main" tabIndex={-1}>
          <ConnectionBanner />
          <Pages />
        </main>
      </div>
      <NoticeCentre notices={notices} />
      <Shortcuts />
    </Router>
  );
}

function Pages() {
  const [place] = useLocation();
  return (
    <Boundary place={place}>
      <Switch>
        {routes.map((route) => (
          <Shown path={route.path} key={route.path}>
            <Part route={route} />
          </Shown>
        ))}
        <Shown>
          <Page title={t('frame.nothing_here')}>
            <Empty>{rich('frame.no_such_page', { link: (text) => <Link href="/">{text}</Link> })}</Empty>
          </Page>
        </Shown>
      </Switch>
    </Boundary>
  );
}

/** How many pages are always seen in the menu of a phone. */
const AT_HAND = 4;

/** `fresh`: how many notices are new. */
function Side({ fresh }: { fresh: number }) {
  const [location] = useLocation();
  // Pages of single runs belong to the history.
  const place = location.replace(/^\/runs\//, '/history/');
  const inside = (link: string) => place === link || (link !== '/' && place.startsWith(`${link}/`));
  // On a phone the first pages are at hand, and the others behind a button.
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [location]);
  const side = useRef<HTMLElement>(null);
  useEffect(() => (open ? whenLeft(side.current, () => setOpen(false)) : undefined), [open]);
  const others = routes.filter(({ link }) => link).slice(AT_HAND);
  const inOthers = others.some(({ link }) => link && inside(link));
  return (
    <header class="side" ref={side}>
      <Link href="/" class="brand">
        <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
          <rect x="3" y="2" width="26" height="28" rx="6" fill="currentColor" />
          <path d="M10 24V8h7.2a5.1 5.1 0 0 1 0 10.2H13V24z" fill="var(--on-accent)" />
        </svg>
        posterizarrd
      </Link>
      <nav aria-label={t('frame.pages')}>
        <ul class={open ? 'menu open' : 'menu'}>
          {routes.map(
            ({ link, name, icon: Icon }, index) =>
              link && (
                <li key={link} class={index < AT_HAND ? undefined : 'other'}>
                  <Link href={link} aria-current={inside(link) ? 'page' : undefined}>
                    <Icon size={18} aria-hidden="true" />
                    {t(name)}
                    {link === '/run' && <RunBadge />}
                    {link === '/settings' && unsaved.value > 0 && <Badge tone="warn">{t('frame.unsaved')}</Badge>}
                    {link === '/triggers' && <Waiting />}
                  </Link>
                </li>
              ),
          )}
          <li class="other">
            <NoticeBell fresh={fresh} />
          </li>
          <li class="more">
            <button
              type="button"
              aria-expanded={open}
              data-inside={inOthers ? true : undefined}
              onClick={() => setOpen(!open)}
            >
              <Ellipsis size={18} aria-hidden="true" />
              {open ? t('frame.less') : t('frame.more')}
              {!open && <Behind fresh={fresh} />}
            </button>
          </li>
        </ul>
      </nav>
      <div class="side-foot">
        <LanguageChoice />
        <ShortcutsButton />
        <VersionLine />
        {session.value === 'signed_in' && (
          <button type="button" class="button small" onClick={() => tell(signOut())}>
            <LogOut size={14} aria-hidden="true" /> {t('frame.sign_out')}
          </button>
        )}
        {session.value === 'open' && (
          <Link href="/settings/webui" class="row nowrap muted">
            <CircleUserRound size={14} aria-hidden="true" /> {t('frame.no_login')}
          </Link>
        )}
      </div>
    </header>
  );
}

/** What the closed menu of a phone hides: what is not saved; and new notices, else who waits. */
function Behind({ fresh }: { fresh: number }) {
  return (
    <>
      {unsaved.value > 0 && (
        <span class="unsaved">
          <Badge tone="warn">
            {unsaved.value} <span class="visually-hidden">{t('frame.unsaved')}</span>
          </Badge>
        </span>
      )}
      {fresh > 0 ? <Fresh n={fresh} /> : <Waiting />}
    </>
  );
}

/** How many jobs wait, and whether the queue is on hold. */
function Waiting() {
  const queued = status.value?.queued;
  return (
    <>
      {Boolean(queued) && <Badge>{queued}</Badge>}
      <HeldBadge />
    </>
  );
}

/** Calls it when something else is pressed, or Escape; gives what ends it. */
function whenLeft(element: HTMLElement | null, leave: () => void): () => void {
  const pressed = (event: Event) => !element?.contains(event.target as Node) && leave();
  const key = (event: KeyboardEvent) => event.key === 'Escape' && leave();
  addEventListener('pointerdown', pressed);
  addEventListener('keydown', key);
  return () => {
    removeEventListener('pointerdown', pressed);
    removeEventListener('keydown', key);
  };
}

function VersionLine() {
  const known = version.value;
  if (!known) return null;
  return (
    <Link href="/about" class="row muted">
      <Tag size={14} aria-hidden="true" /> {known.daemon}
      {known.is_update_available && <Badge tone="accent">{t('frame.update', { version: known.remote ?? '' })}</Badge>}
    </Link>
  );
}

function ConnectionBanner() {
  if (connection.value === 'lost') {
    return (
      <div class="banner tone-bad notice" role="alert">
        {refusal.value ? t('frame.refuses', { reason: refusal.value }) : t('frame.away')}
      </div>
    );
  }
  if (connection.value === 'polling') {
    return (
      <div class="banner muted" role="status">
        {t('frame.polling')}
      </div>
    );
  }
  return null;
}
