/** Which pictures were chosen for a title, as the records of runs have it. There may be many of them: they are read when asked for. */
import { useState } from 'preact/hooks';
import { body, client } from '../../api/client';
import { Card, Empty, Loaded } from '../../components/basics';
import { type Column, Table } from '../../components/table';
import { languageName } from '../../lib/assets';
import { useResource } from '../../lib/resource';
import { typeName } from '../../lib/words';
import { t } from '../../texts';

export function Choices({ path }: { path: string }) {
  const [wanted, setWanted] = useState(false);
  return (
    <Card title={t('title.choices')}>
      {wanted ? (
        <Told path={path} />
      ) : (
        <div>
          <button type="button" class="button" onClick={() => setWanted(true)}>
            {t('title.show_choices')}
          </button>
        </div>
      )}
    </Card>
  );
}

async function choicesOf(path: string, signal: AbortSignal) {
  const [library, folder] = [path.slice(0, path.indexOf('/')), path.slice(path.indexOf('/') + 1)];
  const all = body(await client.GET('/api/imagechoices', { signal }));
  return all.filter((choice) => choice.Rootfolder === folder && choice.LibraryName === library);
}

type Choice = Awaited<ReturnType<typeof choicesOf>>[number];

const columns = (): readonly Column<Choice>[] => [
  { name: t('title.chosen_for'), cell: ({ Title, Type }) => `${Title ?? ''} — ${typeName(Type ?? '')}` },
  { name: t('title.language'), cell: ({ Language }) => (Language ? languageName(Language) : '—') },
  { name: t('why.from'), cell: (choice) => <Source of={choice.DownloadSource} /> },
];

function Told({ path }: { path: string }) {
  const choices = useResource((signal) => choicesOf(path, signal), [path], ['assets']);
  return (
    <Loaded of={choices}>
      {(all) =>
        all.length === 0 ? (
          <Empty>{t('title.no_choices')}</Empty>
        ) : (
          <Table columns={columns()} rows={all} rowKey={({ id }) => String(id)} />
        )
      }
    </Loaded>
  );
}

function Source({ of }: { of: string | null | undefined }) {
  if (!of || !/^https?:/.test(of)) return <>—</>;
  return (
    <a href={of} target="_blank" rel="noreferrer">
      {new URL(of).hostname}
    </a>
  );
}
