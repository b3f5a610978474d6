/** The portable settings as a file: out for somebody else's installation, and in, after a look at what would change. */
import { Download } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { type ApiError, address, body, client } from '../../api/client';
import { Card } from '../../components/basics';
import { useBusy } from '../../components/busy';
import { Drop } from '../../components/drop';
import { type Change, changesTold, type FieldModel } from '../../lib/config';
import { asError } from '../../lib/errors';
import { toast } from '../../lib/toast';
import { sentence } from '../../lib/words';
import { t } from '../../texts';
import { Review } from './Review';

type Sections = Record<string, unknown>;
type Saved = components['schemas']['ConfigSaved'];

interface BlueprintProps {
  fields: ReadonlyMap<string, FieldModel>;
  reload: () => void;
}

/** A file that was looked at, and what it would change. */
interface Looked {
  sections: Sections;
  changes: Change[];
}

export function Blueprint({ fields, reload }: BlueprintProps) {
  const [looked, setLooked] = useState<Looked>();
  const [problems, setProblems] = useState<string[]>([]);
  const busy = useBusy();

  async function look([file]: readonly File[]) {
    setProblems([]);
    const sections = file && (await sectionsOf(file));
    if (!sections) return setProblems([t('settings.no_blueprint', { name: file?.name ?? '' })]);
    try {
      const changes = changesTold(fields, (await post(sections, true)).changes);
      if (changes.length === 0) toast(t('settings.blueprint_same'));
      else setLooked({ sections, changes });
    } catch (cause) {
      setProblems(told(asError(cause), fields));
    }
  }

  async function take({ sections, changes }: Looked) {
    try {
      await post(sections, false);
      toast(t('settings.saved', { n: changes.length }), 'good');
      reload();
    } catch (cause) {
      setProblems(told(asError(cause), fields));
    }
    setLooked(undefined);
  }

  return (
    <Card title={t('settings.blueprint')}>
      <p>{t('settings.blueprint_text')}</p>
      <div class="row">
        <a class="button" href={address('/api/config/export')} download="custom_blueprint.json">
          <Download size={16} aria-hidden="true" /> {t('settings.blueprint_export')}
        </a>
      </div>
      <Drop low accept=".json,application/json" onFiles={(files) => busy.while(look(files))}>
        {t('settings.blueprint_import')}
      </Drop>
      {problems.length > 0 && (
        <div class="notice tone-bad" role="alert">
          <div>
            {t('settings.not_saved')}
            <ul class="plain-list">
              {problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {looked && (
        <Review
          title={t('settings.blueprint_review')}
          confirm={t('settings.blueprint_apply', { n: looked.changes.length })}
          cancel={t('common.cancel')}
          changes={looked.changes}
          onClose={() => setLooked(undefined)}
          onSave={() => take(looked)}
        />
      )}
    </Card>
  );
}

/** What a file holds; undefined where that can be no blueprint. */
async function sectionsOf(file: File): Promise<Sections | undefined> {
  try {
    const read: unknown = JSON.parse(await file.text());
    const isObject = typeof read === 'object' && read !== null && !Array.isArray(read);
    return isObject ? (read as Sections) : undefined;
  } catch {
    return undefined;
  }
}

async function post(sections: Sections, dryRun: boolean): Promise<Saved> {
  // The generated type of an object without known keys has none.
  const options = { params: { query: { dry_run: dryRun } }, body: sections as Record<string, never> };
  return body(await client.POST('/api/config/import', options));
}

/** Each thing that is wrong, with the setting's own name where it is about one. */
function told({ problems, message }: ApiError, fields: ReadonlyMap<string, FieldModel>): string[] {
  if (problems.length === 0) return [message];
  return problems.map(({ place, reason }) => {
    const name = place.split('.').at(-1) ?? place;
    return sentence(`${fields.get(name)?.label ?? name}: ${reason}`);
  });
}
