/** What a save would change, for a last look. */
import type { ComponentChildren } from 'preact';
import { useBusy } from '../../components/busy';
import { Dialog } from '../../components/dialog';
import { type Column, Table } from '../../components/table';
import type { Change, Shown } from '../../lib/config';
import { t } from '../../texts';

const columns = (): readonly Column<Change>[] => [
  {
    name: t('settings.setting'),
    cell: ({ field }) => (
      <>
        {field.label}
        <div class="muted small-text mono">{field.key}</div>
      </>
    ),
  },
  { name: t('settings.before'), cell: (change) => <del>{written(change.before)}</del> },
  { name: t('settings.after'), cell: (change) => <ins>{written(change.after)}</ins> },
];

/** A value as it is read. */
function written(value: Shown): string {
  if (value.kind === 'text') return value.text;
  return value.kind === 'none' ? t('settings.none') : t('settings.empty');
}

interface ReviewProps {
  title: string;
  /** What the button says that does it. */
  confirm: string;
  changes: readonly Change[];
  /** What leads back. */
  cancel: string;
  onClose: () => void;
  onSave: () => Promise<void>;
  children?: ComponentChildren;
}

export function Review({ title, confirm, changes, cancel, onClose, onSave, children }: ReviewProps) {
  const busy = useBusy();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      wide
      actions={
        <>
          <button type="button" class="button" onClick={onClose}>
            {cancel}
          </button>
          <button type="button" class="button primary" disabled={busy.on} onClick={() => busy.while(onSave())}>
            {confirm}
          </button>
        </>
      }
    >
      {children}
      <Table columns={columns()} rows={changes} rowKey={(change) => change.field.key} />
      <p class="muted small-text">{t('settings.backup_kept')}</p>
    </Dialog>
  );
}
