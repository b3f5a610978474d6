/** The Action Center: pictures that need attention, why, and what can be done. */
import { useMemo, useState } from 'preact/hooks';
import { useParams } from 'wouter-preact';
import { request } from '../api/client';
import { Badge, Empty, Loaded, More, Page } from '../components/basics';
import { Pick, Search, Tabs } from '../components/choose';
import { ask } from '../components/dialog';
import { tell } from '../components/toast';
import { CATEGORIES, CATEGORY_NAMES, type Category, thumbnail } from '../lib/library';
import { useResource } from '../lib/resource';
import { plural, type Tone } from '../lib/words';
import { changed } from '../live/state';

interface Choice {
  id: number;
  Title: string;
  Type: string | null;
  Rootfolder: string | null;
  LibraryName: string | null;
  Language: string | null;
  Fallback: string | null;
  TextTruncated: string | null;
  DownloadSource: string | null;
  FavProviderLink: string | null;
  Manual: string | null;
  poster_url: string | null;
}

interface Overview {
  categories: Record<Category, { count: number; assets: Choice[] }>;
  config: { primary_language: string | null; primary_provider: string | null };
}

const TONES: Record<Category, Tone> = {
  assets_with_issues: 'warn',
  missing_assets: 'bad',
  missing_assets_fav_provider: 'warn',
  non_primary_lang: 'warn',
  non_primary_provider: 'plain',
  truncated_text: 'warn',
  resolved: 'good',
};

const PAGE = 100;

export default function Actions() {
  const wanted = useParams<{ category?: string }>().category;
  const category = CATEGORIES.find((one) => one === wanted) ?? 'assets_with_issues';
  const overview = useResource(
    (signal) => request<Overview>('GET', '/api/assets/overview', { signal }),
    [],
    ['assets'],
  );
  return (
    <Page title="Action Center">
      <Loaded of={overview}>
        {(of) => (
          <>
            <Tabs
              label="Categories"
              below="/actions"
              value={category}
              options={CATEGORIES.map((value) => ({
                value,
                name: CATEGORY_NAMES[value],
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
  const [search, setSearch] = useState('');
  const [library, setLibrary] = useState('');
  const [type, setType] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const all = of.categories[category].assets;
  const reasons = useMemo(() => reasonsOf(of), [of]);
  const found = useMemo(() => {
    const needle = search.trim().toLowerCase();
    return all.filter(
      (one) =>
        (!library || one.LibraryName === library) &&
        (!type || one.Type === type) &&
        (!needle || `${one.Title} ${one.Rootfolder}`.toLowerCase().includes(needle)),
    );
  }, [all, search, library, type]);

  function toggle(id: number) {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  }
  const picked = found.filter((one) => chosen.has(one.id));
  const forget = () => setChosen(new Set());

  const isWell = category === 'assets_with_issues';
  if (all.length === 0) {
    return <Empty>{isWell ? 'All is well: no picture needs attention.' : 'No picture is in this category.'}</Empty>;
  }
  return (
    <>
      <div class="row toolbar">
        <Search label="Search for a title" value={search} onValue={setSearch} />
        <Pick
          label="Library"
          value={library}
          onValue={setLibrary}
          options={valuesOf(all, 'LibraryName', 'libraries')}
        />
        <Pick label="Type" value={type} onValue={setType} options={valuesOf(all, 'Type', 'types')} />
        <span class="muted small-text grow">
          {plural(found.length, 'picture')}
          {of.config.primary_language &&
            `, wanted: ${of.config.primary_language} from ${of.config.primary_provider ?? 'any provider'}`}
        </span>
        <label class="row">
          <input
            type="checkbox"
            checked={picked.length > 0 && picked.length === found.length}
            onChange={(event) => setChosen(new Set(event.currentTarget.checked ? found.map((one) => one.id) : []))}
          />
          Choose all
        </label>
        {picked.length > 0 && (
          <>
            <button type="button" class="button" onClick={() => resolve(picked, category !== 'resolved').then(forget)}>
              {category === 'resolved' ? 'Open again' : 'Resolve'} {picked.length}
            </button>
            <button type="button" class="button danger" onClick={() => remove(picked).then(forget)}>
              Delete {picked.length}
            </button>
          </>
        )}
      </div>
      {found.length === 0 && <Empty>Nothing fits.</Empty>}
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

/** What records can be told apart by, and all of them first. */
function valuesOf(records: readonly Choice[], field: 'LibraryName' | 'Type', all: string) {
  const values = [...new Set(records.map((one) => one[field]))].filter((value) => typeof value === 'string' && value);
  return [{ value: '', name: `All ${all}` }, ...(values as string[]).sort().map((value) => ({ value, name: value }))];
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
  const resolved = reasons.includes('resolved');
  const link = of.FavProviderLink?.startsWith('http') ? of.FavProviderLink : undefined;
  return (
    <li>
      <input type="checkbox" aria-label={`Choose ${of.Title}`} checked={chosen} onChange={onChoose} />
      {of.poster_url ? (
        <img src={thumbnail(of.poster_url, 160)} alt="" loading="lazy" class="issue-picture" />
      ) : (
        <span class="issue-picture" />
      )}
      <div class="grow">
        <div class="row">
          <strong>{of.Title}</strong>
          <span class="muted small-text">
            {[of.Type, of.LibraryName, of.Language && of.Language !== 'false' ? of.Language : undefined]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </div>
        <div class="chips">
          {reasons.map((reason) => (
            <Badge key={reason} tone={TONES[reason]}>
              {CATEGORY_NAMES[reason]}
            </Badge>
          ))}
          {link && (
            <a class="small-text" href={link} target="_blank" rel="noreferrer">
              At the provider
            </a>
          )}
        </div>
      </div>
      <div class="row">
        <button type="button" class="button small" onClick={() => resolve([of], !resolved)}>
          {resolved ? 'Open again' : 'Resolve'}
        </button>
        <button type="button" class="button small" onClick={() => remove([of])}>
          Delete
        </button>
      </div>
    </li>
  );
}

const FIELDS = [
  'Title',
  'Type',
  'Rootfolder',
  'LibraryName',
  'Language',
  'Fallback',
  'TextTruncated',
  'DownloadSource',
  'FavProviderLink',
] as const;

/** Marks records as seen to, or not. */
async function resolve(records: Choice[], yes: boolean) {
  const work = async () => {
    for (const record of records) {
      const fields = Object.fromEntries(FIELDS.map((field) => [field, record[field]]));
      await request('PUT', `/api/imagechoices/${record.id}`, { body: { ...fields, Manual: yes ? 'Yes' : 'No' } });
    }
  };
  await tell(work(), `${plural(records.length, 'picture')} ${yes ? 'resolved' : 'opened again'}`);
  changed('assets');
}

async function remove(records: Choice[]) {
  const [first] = records;
  if (!first) return;
  const sure = await ask({
    title:
      records.length === 1
        ? `Delete ${first.Type ?? 'the picture'} of ${first.Title}?`
        : `Delete ${plural(records.length, 'picture')}?`,
    text: 'The files move to the trash, the records go. The next run makes the pictures anew.',
    confirm: 'Delete',
    danger: true,
  });
  if (!sure) return;
  const body = { record_ids: records.map((record) => record.id) };
  await tell(request<{ message: string }>('POST', '/api/assets/bulk-delete-assets', { body }), (done) => done.message);
  changed('assets');
}
