/** The help: the pages of `docs/`, which the build made into HTML. They are in English. */
import '../styles/help.css';

import { entries, pages } from 'virtual:help/index';
import { useEffect, useRef } from 'preact/hooks';
import { Link, useLocation, useParams } from 'wouter-preact';
import { Card, Empty, Loaded, Page } from '../components/basics';
import { useResource } from '../lib/resource';
import { language, rich, t } from '../texts';

export default function Help() {
  const slug = useParams<{ page?: string }>().page;
  if (!slug) return <Contents />;
  const load = pages[slug];
  if (load) return <Article key={slug} load={load} />;
  return (
    <Page title={t('help.title')}>
      <Empty>{rich('help.no_page', { link: (text) => <Link href="/help">{text}</Link> })}</Empty>
    </Page>
  );
}

function Contents() {
  const groups = [...new Set(entries.map(({ group }) => group))];
  return (
    <Page title={t('help.title')}>
      <OnlyEnglish />
      <div class="cards" lang="en">
        {groups.map((group) => (
          <Card title={group} key={group}>
            <ul class="help-contents">
              {entries
                .filter((entry) => entry.group === group)
                .map(({ slug, title, about }) => (
                  <li key={slug}>
                    <Link href={`/help/${slug}`}>{title}</Link>
                    <p class="muted">{about}</p>
                  </li>
                ))}
            </ul>
          </Card>
        ))}
      </div>
    </Page>
  );
}

type Load = (typeof pages)[string];

function Article({ load }: { load: Load }) {
  const page = useResource(async () => (await load()).default, [load]);
  return (
    <Loaded of={page}>
      {({ title, html }) => (
        <Page
          title={title}
          actions={
            <Link class="button" href="/help">
              {t('help.all')}
            </Link>
          }
        >
          <OnlyEnglish />
          <Prose html={html} />
        </Page>
      )}
    </Loaded>
  );
}

function Prose({ html }: { html: string }) {
  const article = useRef<HTMLElement>(null);
  const [, navigate] = useLocation();
  /** Goes to the heading that the address names. */
  function show() {
    const found = heading(article.current);
    found?.scrollIntoView();
    found?.focus({ preventScroll: true });
  }

  useEffect(() => {
    show();
    addEventListener('hashchange', show);
    return () => removeEventListener('hashchange', show);
  }, []);

  /** Follows links between pages without loading the whole anew. */
  function follow(event: MouseEvent) {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-help]');
    if (!link) return;
    event.preventDefault();
    navigate(`/${link.getAttribute('href')}`);
    // Within this page; another one does it when it is there.
    show();
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: what is pressed is a link, which keys press likewise
    <article
      class="card prose"
      lang="en"
      ref={article}
      onClick={follow}
      // Made by our build of our docs/: nothing else gets in.
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}

/** The heading that the address names. */
function heading(within: HTMLElement | null): HTMLElement | null | undefined {
  const anchor = location.hash.slice(1);
  return anchor ? within?.querySelector<HTMLElement>(`#${CSS.escape(decodeURIComponent(anchor))}`) : undefined;
}

function OnlyEnglish() {
  return language() === 'en' ? null : <p class="muted">{t('help.only_english')}</p>;
}
