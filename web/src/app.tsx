/** The frame around the pages: menu, state of the connection, the page itself, notices and questions. */
import { CircleUserRound, Ellipsis, LogOut } from 'lucide-preact';
import { type ComponentType, lazy, Suspense } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { Link, Router, Route as Shown, Switch, useLocation } from 'wouter-preact';
import { basePath } from './api/client';
import { Badge, Empty, Loading, Page } from './components/basics';
import { Questions } from './components/dialog';
import { RunBadge } from './components/run';
import { Toasts, tell } from './components/toast';
import { start, status, version } from './live/state';
import { connection } from './live/stream';
import { SignIn } from './pages/SignIn';
import { unsaved } from './pages/settings/edits';
import { routes } from './routes';
import { check, session, signOut } from './session';

const pages: readonly [string, ComponentType][] = routes.map((route) => [route.path, lazy(route.load)]);

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
      {(session.value === 'open' || session.value === 'signed_in') && <Frame />}
      <Questions />
      <Toasts />
    </>
  );
}

function Frame() {
  useEffect(start, []);
  return (
    <Router base={basePath}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="shell">
        <Side />
        <main class="main" id="main">
          <ConnectionBanner />
          <Suspense fallback={<Loading />}>
            <Switch>
              {pages.map(([path, View]) => (
                <Shown path={path} key={path}>
                  <View />
                </Shown>
              ))}
              <Shown>
                <Page title="Nothing here">
                  <Empty>
                    This address belongs to no page. <Link href="/">Go to the dashboard.</Link>
                  </Empty>
                </Page>
              </Shown>
            </Switch>
          </Suspense>
        </main>
      </div>
    </Router>
  );
}

/** How many pages are always seen in the menu of a phone. */
const AT_HAND = 4;

function Side() {
  const [location] = useLocation();
  // Pages of single runs belong to the history.
  const place = location.replace(/^\/runs\//, '/history/');
  const inside = (link: string) => place === link || (link !== '/' && place.startsWith(`${link}/`));
  // On a phone the first pages are at hand, and the others behind a button.
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [location]);
  const others = routes.filter(({ link }) => link).slice(AT_HAND);
  const inOthers = others.some(({ link }) => link && inside(link));
  return (
    <div class="side">
      <Link href="/" class="brand">
        <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
          <rect x="3" y="2" width="26" height="28" rx="6" fill="currentColor" />
          <path d="M10 24V8h7.2a5.1 5.1 0 0 1 0 10.2H13V24z" fill="var(--on-accent)" />
        </svg>
        posterizarrd
      </Link>
      <nav aria-label="Pages">
        <ul class={open ? 'menu open' : 'menu'}>
          {routes.map(
            ({ link, name, icon: Icon }, index) =>
              link && (
                <li key={link} class={index < AT_HAND ? undefined : 'other'}>
                  <Link href={link} aria-current={inside(link) ? 'page' : undefined}>
                    <Icon size={18} aria-hidden="true" />
                    {name}
                    {link === '/run' && <RunBadge />}
                    {link === '/settings' && unsaved.value > 0 && <Badge tone="warn">{unsaved.value} unsaved</Badge>}
                    {link === '/triggers' && Boolean(status.value?.queued) && <Badge>{status.value?.queued}</Badge>}
                  </Link>
                </li>
              ),
          )}
          <li class="more">
            <button
              type="button"
              aria-expanded={open}
              data-inside={inOthers ? true : undefined}
              onClick={() => setOpen(!open)}
            >
              <Ellipsis size={18} aria-hidden="true" />
              {open ? 'Less' : 'More'}
              {!open && Boolean(status.value?.queued) && <Badge>{status.value?.queued}</Badge>}
            </button>
          </li>
        </ul>
      </nav>
      <div class="side-foot">
        <VersionLine />
        {session.value === 'signed_in' && (
          <button type="button" class="button small" onClick={() => tell(signOut())}>
            <LogOut size={14} aria-hidden="true" /> Sign out
          </button>
        )}
        {session.value === 'open' && (
          <Link href="/settings/webui" class="row muted">
            <CircleUserRound size={14} aria-hidden="true" /> No login is set
          </Link>
        )}
      </div>
    </div>
  );
}

function VersionLine() {
  const known = version.value;
  if (!known) return null;
  return (
    <Link href="/about" class="muted">
      {known.daemon}
      {known.is_update_available && <Badge tone="accent">{known.remote} is out</Badge>}
    </Link>
  );
}

function ConnectionBanner() {
  if (connection.value === 'lost') {
    return (
      <div class="banner tone-bad notice" role="alert">
        The daemon does not answer. What you see is the last that was known; this page goes on by itself when it is
        back.
      </div>
    );
  }
  if (connection.value === 'polling') {
    return (
      <div class="banner muted" role="status">
        Live events do not get through to this browser (a proxy may hold them back); the page asks every 15 seconds
        instead.
      </div>
    );
  }
  return null;
}
