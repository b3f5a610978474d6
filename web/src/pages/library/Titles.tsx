/** The library by title: movies, shows and collections by name, each with the way to all that there is of it. */
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { Empty, Loaded } from '../../components/basics';
import { Chips, Search } from '../../components/choose';
import { Grid, type Place } from '../../components/grid';
import { Thumbnail } from '../../components/thumbnail';
import { useQuery } from '../../lib/query';
import { useResource } from '../../lib/resource';
import { asFiles, matcher } from '../../lib/search';
import { firstOfLetters, linkTo, type Title, titles } from '../../lib/titles';
import { t } from '../../texts';
import { Letters } from './Letters';

const WIDTH = 160;
const RATIO = 2 / 3;

/** An episode or a season, which is looked for on the page of its title. */
const PART = /\bS(?:eason)?\d{2,}(?:E\d{2,})?\b/g;

export function Titles() {
  const [query, setQuery] = useQuery();
  const [, navigate] = useLocation();
  const known = useResource(titles, [], ['assets']);
  const [goTo, setGoTo] = useState<{ index: number }>();
  const search = query.get('q') ?? '';
  const library = query.get('library') ?? '';
  const wanted = asFiles(search);
  const part = wanted.match(PART)?.at(-1);
  const fits = matcher(wanted.replace(PART, ''));
  const link = (title: Title) => linkTo(title.path, part ? `#${part}` : '');

  return (
    <Loaded of={known}>
      {(all) => {
        if (all.length === 0) return <Empty>{t('library.no_posters')}</Empty>;
        const shown = all.filter(
          (title) => (!library || title.library === library) && fits(`${title.name} ${title.library}`),
        );
        return (
          <>
            <Libraries of={all} chosen={library} onChoose={(next) => setQuery({ library: next }, { replace: true })} />
            <form
              class="row toolbar"
              onSubmit={(event) => {
                event.preventDefault();
                if (shown[0]) navigate(link(shown[0]));
              }}
            >
              <Search
                label={t('library.search_titles')}
                value={search}
                onValue={(q) => setQuery({ q }, { replace: true })}
              />
              <span class="muted small-text" role="status">
                {t('library.count_titles', { n: shown.length })}
              </span>
            </form>
            <Letters first={firstOfLetters(shown.map(({ name }) => name))} onGo={setGoTo} />
            {shown.length === 0 ? (
              <Empty>{t('common.nothing_matches')}</Empty>
            ) : (
              <Grid
                count={shown.length}
                width={WIDTH}
                ratio={RATIO}
                label={t('library.titles')}
                goTo={goTo}
                tile={(index, place) => {
                  const title = shown[index];
                  return title && <TitleTile key={title.path} of={title} href={link(title)} place={place} />;
                }}
              />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function TitleTile({ of, href, place }: { of: Title; href: string; place: Place }) {
  return (
    <Link class="tile" href={href} {...place}>
      <span class="thumb">
        {of.poster ? (
          <Thumbnail url={of.poster.url} width={320} modified={of.poster.modified} inTurns />
        ) : (
          <span class="no-picture">{t('library.no_poster')}</span>
        )}
      </span>
      <span class="truncate">{of.name}</span>{' '}
      <span class="truncate muted small-text">
        {of.library} · {t('run.items', { n: of.items })}
      </span>
    </Link>
  );
}

interface LibrariesProps {
  of: readonly Title[];
  chosen: string;
  onChoose: (library: string) => void;
}

function Libraries({ of, chosen, onChoose }: LibrariesProps) {
  const counts = new Map<string, number>();
  for (const { library } of of) counts.set(library, (counts.get(library) ?? 0) + 1);
  if (counts.size < 2) return null;
  return (
    <Chips
      label={t('library.libraries')}
      value={chosen}
      onValue={onChoose}
      options={[
        { value: '', name: t('common.all_libraries') },
        ...[...counts].map(([name, count]) => ({ value: name, name, aside: count })),
      ]}
    />
  );
}
