/** The Action Center: pictures that need attention, why, and what can be done. */
import { useMemo, useState } from 'preact/hooks';
import { request } from '../api/client';
import { Badge, Empty, Loaded, Page } from '../components/basics';
import { ask } from '../components/dialog';
import { tell } from '../components/toast';
import { CATEGORIES, type Category, thumbnail } from '../lib/library';
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

const NAMES: Record<Category, [name: string, tone: Tone]> = {
  assets_with_issues: ['All with issues', 'warn'],
  missing_assets: ['Missing', 'bad'],
  missing_assets_fav_provider: ['Missing at the favourite provider', 'warn'],
  non_primary_lang: ['Other language', 'warn'],
  non_primary_provider: ['Other provider', 'plain'],
  truncated_text: ['Text cut off', 'warn'],
  resolved: ['Resolved', 'good'],
};

const PAGE = 100;

export default function Actions() {
  const overview = useResource(
    (signal) => request<Overview>('GET', '/api/assets/overview', { signal }),
    [],
    ['assets'],
  );
  return (
    <Page title="Action Center">
      <Loaded of={overview}>{(of) => <Center of={of} />}</Loaded>
    </Page>
  );
}

function Center({ of }: { of: Overview }) {
  const [category, setCategory] = useState<Category>('assets_with_issues');
  const [search, setSearch] = useState('');
  const [library, setLibrary] = useState('');
  const [type, setType] = useState('');
  const [shown, setShown] = useState(PAGE);
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
  const values = (field: 'LibraryName' | 'Type') =>
    [...new Set(all.map((one) => one[field]).filter(Boolean))].sort() as string[];

  function choose(next: Category) {
    setCategory(next);
    setShown(PAGE);
    setChosen(new Set());
  }
  function toggle(id: number) {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  }
  const picked = found.filter((one) => chosen.has(one.id));

  return (
    <>
      <div class="chips">
        {CATEGORIES.map((one) => (
          <button type="button" class="chip" key={one} aria-pressed={one === category} onClick={() => choose(one)}>
            {NAMES[one][0]} <small>{of.categories[one].count.toLocaleString()}</small>
          </button>
        ))}
      </div>
      <div class="row">
        <input
          type="search"
          class="search"
          aria-label="Search"
          placeholder="Search"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <Choose label="Library" value={library} onValue={setLibrary} values={values('LibraryName')} />
        <Choose label="Type" value={type} onValue={setType} values={values('Type')} />
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
            <button
              type="button"
              class="button"
              onClick={() => resolve(picked, category !== 'resolved').then(() => setChosen(new Set()))}
            >
              {category === 'resolved' ? 'Open again' : 'Resolve'} {picked.length}
            </button>
            <button type="button" class="button danger" onClick={() => remove(picked).then(() => setChosen(new Set()))}>
              Delete {picked.length}
            </button>
          </>
        )}
      </div>
      {found.length === 0 ? (
        <Empty>Nothing here needs attention.</Empty>
      ) : (
        <ul class="list issues">
          {found.slice(0, shown).map((one) => (
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
      {found.length > shown && (
        <button type="button" class="button" onClick={() => setShown(shown + PAGE)}>
          Show more
        </button>
      )}
    </>
  );
}

function Choose({
  label,
  value,
  onValue,
  values,
}: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  values: string[];
}) {
  return (
    <select class="fit" aria-label={label} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
      <option value="">{label}: all</option>
      {values.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  );
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
            <Badge key={reason} tone={NAMES[reason][1]}>
              {NAMES[reason][0]}
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
