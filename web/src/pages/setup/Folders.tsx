/** Where artwork is kept, on the daemon's machine. */
import { useState } from 'preact/hooks';
import { body, client } from '../../api/client';
import { FolderField } from '../../components/folder';
import { asError } from '../../lib/errors';
import { adviceOf, messageOf } from '../../lib/readiness';
import { type Facts, stepOf } from '../../lib/steps';
import { t } from '../../texts';
import { StepForm } from './StepForm';
import { differing, useSave } from './save';

const FOLDERS = ['AssetPath', 'ManualAssetPath', 'BackupPath'] as const;
type Folders = Record<(typeof FOLDERS)[number], string>;

export function FoldersStep({ facts: { values, readiness } }: { facts: Facts }) {
  const [folders, setFolders] = useState<Folders>(
    () => Object.fromEntries(FOLDERS.map((key) => [key, String(values[key] ?? '')])) as Folders,
  );
  const { problems, setProblems, error, save } = useSave();
  const told = readiness.checks.find((check) => stepOf(check) === 'folders');
  const changes = differing(folders, values);

  async function submit(): Promise<boolean> {
    if (!(await save(changes))) return false;
    try {
      const { checks } = body(await client.GET('/api/readiness'));
      const wrong = checks.find((check) => stepOf(check) === 'folders' && check.state === 'error');
      if (!wrong) return true;
      setProblems({ AssetPath: adviceOf(wrong) });
    } catch (cause) {
      setProblems({ AssetPath: asError(cause).message });
    }
    return false;
  }

  return (
    <StepForm step="folders" optional error={error} onSubmit={submit}>
      {FOLDERS.map((key) => (
        <FolderField
          key={key}
          label={t(`setup.${key}`)}
          help={
            key === 'AssetPath' && told?.state === 'ok' && !(key in changes) ? messageOf(told) : t(`setup.${key}_help`)
          }
          value={folders[key]}
          problem={problems[key]}
          onValue={(value) => setFolders({ ...folders, [key]: value })}
        />
      ))}
    </StepForm>
  );
}
