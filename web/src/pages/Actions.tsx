/** The Action Center: pictures that need attention, why, and what can be done. */
import { useMemo, useState } from 'preact/hooks';
import { useParams } from 'wouter-preact';
import type { components } from '../../types/schema';
import { body, client } from '../api/client';
import { Badge, Empty, Loaded, More, Page } from '../components/basics';
import { useBusy } from '../components/busy';
import { Pick, Search, Tabs } from '../components/choose';
import { ask } from '../components/dialog';
import { Thumbnail } from '../components/thumbnail';
import { languageName, providerName } from '../lib/assets';
import { CATEGORIES, type Category } from '../lib/library';
import { type SetQuery, useQuery } from '../lib/query';
import { useResource } from '../lib/resource';
import { matcher } from '../lib/search';
import { tell, toast } from '../lib/toast';
import { type Tone, typeName } from '../lib/words';
import { changed } from '../live/state';
import { t } from '../texts';
import { restore, trashIsOn } from './library/delete';
import { Replace } from './library/Replace';

type Choice = components['schemas']['OverviewRecord'];
type Told = components['schemas']['AssetOverview'];

/** The daemon tells every category. */
interface Overview extends Told {
  categories: Told['categories'] & Record<Category, Told['categories'][string]>;
}

const TONES: Record<Category, Tone> = {
  assets_with_issues: 'warn',
  missing_assets: 'bad',
  missing_assets_fav_provider: 'plain',
  non_primary_lang: 'plain',
  non_primary_provider: 'plain',
  truncated_text: 'warn',
  resolved: 'good',
};

const PAGE = 100;

export default function Actions() {
  const wanted = useParams<{ category?: string }>().category;
  const category = CATEGORIES.find((one) => one === wanted) ?? 'assets_with_issues';
  const overview = useResource(
    (signal) => client.GET('/api/assets/overview', { signal }).then((answer) => body(answer) as Overview),
    [],
    ['assets'],
  );
  return (
    <Page title={t('nav.actions')} help="fix-a-picture">
      <Loaded of={overview}>
        {(of) => (
          <>
            <Tabs
              label={t('actions.categories')}
              below="/actions"
              value={category}
              options={CATEGORIES.map((value) => ({
                value,
                name: t(`category.${value}`),
                aside: of.categories[value].count,
              }))}
            />
            <Center key={category} of={of} category={category} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Center({ of, category }: { of: Overview; category: Category }) {
  const [query, setQuery] = useQuery();
  const search = query.get('q') ?? '';
  const library = query.get('library') ?? '';
  const type = query.get('type') ?? '';
  const set = (changes: Parameters<SetQuery>[0]) => setQuery(changes, { replace: true });
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const all = of.categories[category].assets;
  const reasons = useMemo(() => reasonsOf(of), [of]);
  const found = useMemo(() => {
    const fits = matcher(search);
    return all.filter(
      (one) =>
        (!library || one.LibraryName === library) &&
        (!type || one.Type === type) &&
        fits(`${one.Title} ${one.Rootfolder}`),
    );
  }, [all, search, library, type]);

  function toggle(id: number) {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  }
  const picked = found.filter((one) => chosen.has(one.id));
  const forget = () => setChosen(new Set());
  const busy = useBusy();

  const isWell = category === 'assets_with_issues';
  if (all.length === 0) {
    return <Empty>{isWell ? t('actions.all_well') : t('actions.none')}</Empty>;
  }
  return (
    <>
      <div class="row toolbar">
        <Search label={t('actions.search')} value={search} onValue={(q) => set({ q })} />
        <Pick
          label={t('common.library')}
          value={library}
          onValue={(next) => set({ library: next })}
          options={[{ value: '', name: t('common.all_libraries') }, ...valuesOf(all, (one) => one.LibraryName)]}
        />
        <Pick
          label={t('actions.type')}
          value={type}
          onValue={(next) => set({ type: next })}
          options={[{ value: '', name: t('actions.all_types') }, ...valuesOf(all, (one) => one.Type, typeName)]}
        />
        <span class="muted small-text grow">
          {t('common.pictures', { n: found.length })}
          {of.config.primary_language && ` · ${favourites(of.config)}`}
        </span>
        <label class="row">
          <input
            type="checkbox"
            checked={picked.length > 0 && picked.length === found.length}
            onChange={(event) => setChosen(new Set(event.currentTarget.checked ? found.map((one) => one.id) : []))}
          />
          {t('actions.choose_all')}
        </label>
        {picked.length > 0 && (
          <>
            <button
              type="button"
              class="button"
              disabled={busy.on}
              onClick={() => busy.while(resolve(picked, category !== 'resolved').then((isDone) => isDone && forget()))}
            >
              {category === 'resolved'
                ? t('actions.reopen_n', { n: picked.length })
                : t('actions.resolve_n', { n: picked.length })}
            </button>
            <button
              type="button"
              class="button danger"
              disabled={busy.on}
              onClick={() => busy.while(remove(picked).then((isDone) => isDone && forget()))}
            >
              {t('actions.delete_n', { n: picked.length })}
            </button>
          </>
        )}
      </div>
      {found.length === 0 && <Empty>{t('common.nothing_matches')}</Empty>}
      <More of={found} page={PAGE}>
        {(shown) => (
          <ul class="list issues">
            {shown.map((one) => (
              <Issue
                key={one.id}
                of={one}
                reasons={reasons.get(one.id) ?? []}
                chosen={chosen.has(one.id)}
                onChoose={() => toggle(one.id)}
              />
            ))}
          </ul>
        )}
      </More>
    </>
  );
}

function favourites({ primary_language: language, primary_provider: provider }: Overview['config']): string {
  const names = [language && languageName(language), provider && providerName(provider)].filter(Boolean);
  return t('actions.favourites', { names: names.join(', ') });
}

/** What records can be told apart by. */
function valuesOf(
  records: readonly Choice[],
  of: (record: Choice) => string | null | undefined,
  name = (value: string) => value,
) {
  const values = [...new Set(records.map(of))].filter((value): value is string => Boolean(value));
  return values.sort().map((value) => ({ value, name: name(value) }));
}

/** Which categories each record is in: a record stands in several of them. */
function reasonsOf(of: Overview): Map<number, Category[]> {
  const reasons = new Map<number, Category[]>();
  for (const category of CATEGORIES) {
    if (category === 'assets_with_issues') continue;
    for (const { id } of of.categories[category].assets) {
      const known = reasons.get(id);
      if (known) known.push(category);
      else reasons.set(id, [category]);
    }
  }
  return reasons;
}

interface IssueProps {
  of: Choice;
  reasons: Category[];
  chosen: boolean;
  onChoose: () => void;
}

function Issue({ of, reasons, chosen, onChoose }: IssueProps) {
  const [replacing, setReplacing] = useState(false);
  const path = pathOf(of);
  const resolved = reasons.includes('resolved');
  const link = of.FavProviderLink?.startsWith('http') ? of.FavProviderLink : undefined;
  return (
    <li>
      <input
        type="checkbox"
        aria-label={t('actions.choose', { title: of.Title })}
        checked={chosen}
        onChange={onChoose}
      />
      {of.poster_url ? (
        <Thumbnail url={of.poster_url} width={160} class="issue-picture" />
      ) : (
        <span class="issue-picture" />
      )}
      <div class="grow">
        <div class="row">
          <strong>{of.Title}</strong>
          <span class="muted small-text">
            {[
              typeName(of.Type),
              of.LibraryName,
              of.Language && of.Language !== 'false' ? languageName(of.Language) : undefined,
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </div>
        <div class="chips">
          {reasons.map((reason) => (
            <Badge key={reason} tone={TONES[reason]}>
              {t(`category.${reason}`)}
            </Badge>
          ))}
          {link && (
            <a class="small-text" href={link} target="_blank" rel="noreferrer">
              {t('actions.at_provider')}
            </a>
          )}
        </div>
      </div>
      <div class="row">
        {path && (
          <button type="button" class="button small" onClick={() => setReplacing(true)}>
            {t('replace.open')}
          </button>
        )}
        <button type="button" class="button small" onClick={() => resolve([of], !resolved)}>
          {resolved ? t('actions.reopen') : t('actions.resolve')}
        </button>
        <button type="button" class="button small" onClick={() => remove([of])}>
          {t('common.delete')}
        </button>
      </div>
      {replacing && path && (
        <Replace path={path} url={of.poster_url} type={of.Type} onClose={() => setReplacing(false)} />
      )}
    </li>
  );
}

/** Where the asset of a record is, or would be. */
function pathOf({ poster_url: url, LibraryName: library, Rootfolder: folder, Type: type, Title: title }: Choice) {
  if (url?.startsWith(ASSETS)) return decodeURIComponent(url.slice(ASSETS.length));
  if (!library || !folder) return undefined;
  const file = fileOf(type ?? '', title);
  return file && `${library}/${folder}/${file}.jpg`;
}

const ASSETS = '/poster_assets/';
/** What the files of seasons begin with: names, not texts. */
const SEASON = 'Season';

function fileOf(type: string, title: string): string | undefined {
  if (/background/i.test(type)) return 'background';
  if (/season/i.test(type)) {
    const number = /season\s*(\d+)/i.exec(title)?.[1];
    return number && SEASON + number.padStart(2, '0');
  }
  if (/episode|title/i.test(type)) return /S\d+E\d+/i.exec(title)?.[0].toUpperCase();
  return 'poster';
}

/** Marks records as seen to, or not. */
async function resolve(records: Choice[], yes: boolean): Promise<boolean> {
  const n = records.length;
  const question = yes
    ? { title: t('actions.resolve_title', { n }), text: t('actions.resolve_text'), confirm: t('actions.resolve') }
    : { title: t('actions.reopen_title', { n }), text: t('actions.reopen_text'), confirm: t('actions.reopen') };
  if (n > 1 && !(await ask(question))) return false;
  const ids = records.map(({ id }) => id);
  return await mark(ids, yes);
}

async function mark(ids: number[], resolved: boolean): Promise<boolean> {
  const done = await tell(client.POST('/api/imagechoices/resolve', { body: { ids, resolved } }).then(body));
  changed('assets');
  if (!done) return false;
  const n = done.changed.length;
  const undo = n > 0 ? { label: t('common.undo'), run: () => void mark(done.changed, !resolved) } : undefined;
  toast(resolved ? t('actions.resolved', { n }) : t('actions.reopened', { n }), 'good', undo);
  if (done.unknown.length > 0) toast(t('actions.gone', { n: done.unknown.length }), 'bad');
  return true;
}

async function remove(records: Choice[]): Promise<boolean> {
  const [first] = records;
  if (!first) return false;
  const sure = await ask({
    title:
      records.length === 1
        ? t('actions.delete_one', { title: first.Title, type: typeName(first.Type) ?? t('kind.poster') })
        : t('library.delete_many', { n: records.length }),
    text: t((await trashIsOn()) ? 'actions.delete_text' : 'actions.delete_text_for_good'),
    confirm: t('common.delete'),
    danger: true,
  });
  if (!sure) return false;
  const wanted = { record_ids: records.map((record) => record.id) };
  const done = await tell(client.POST('/api/assets/bulk-delete-assets', { body: wanted }).then(body));
  const ids = done?.trash_ids ?? [];
  const undo = ids.length ? { label: t('common.undo'), run: () => void restore(ids) } : undefined;
  if (done && done.deleted_count > 0) toast(t('library.deleted', { n: done.deleted_count }), 'good', undo);
  if (done && done.failed_count > 0) toast(t('actions.not_deleted', { n: done.failed_count }), 'bad');
  changed('assets');
  return done !== undefined;
}
