/** The notice centre: a bell in the menu with how many notices are new, and all of them behind it. */

import { signal } from '@preact/signals';
import { Bell, CircleAlert, CircleX, Info } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { failedJobs, latestCounts, latestHealth, latestRun } from '../lib/latest';
import { type Notice, noticesOf, type Sources, stillSeen } from '../lib/notices';
import { lastReadiness } from '../lib/readiness';
import { useResource } from '../lib/resource';
import { remembered } from '../lib/settings';
import { scheduler } from '../live/state';
import { t } from '../texts';
import { Badge, Empty, When } from './basics';
import { Dialog } from './dialog';

/** The notices that were seen, by their ids. */
const seen = remembered<string[]>('notices-seen', []);

/** Read anew when there is news of them, and never by the clock. */
function useSources(): Sources {
  const health = useResource(latestHealth, [], ['runs', 'config', 'held']);
  const jobs = useResource(failedJobs, [], ['queue']);
  const run = useResource(latestRun, [], ['runs']);
  const counts = useResource(latestCounts, [], ['assets']);
  return {
    readiness: lastReadiness.value,
    health: health.data,
    jobs: jobs.data,
    schedule: scheduler.value,
    runs: run.data && [run.data],
    pictures: counts.data?.assets_with_issues,
  };
}

/** The number that a menu which is closed tells, too. */
export function useNotices(): { notices: Notice[]; fresh: number } {
  const sources = useSources();
  const notices = noticesOf(sources);
  useEffect(() => {
    const still = stillSeen(seen.peek(), sources);
    if (still.length < seen.peek().length) seen.value = still;
  });
  return { notices, fresh: notices.filter(({ id }) => !seen.value.includes(id)).length };
}

const open = signal(false);

export function NoticeBell({ fresh }: { fresh: number }) {
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      onClick={() => {
        open.value = true;
      }}
    >
      <Bell size={18} aria-hidden="true" />
      {t('notices.title')}
      <Fresh n={fresh} />
    </button>
  );
}

/** How many are new. */
export function Fresh({ n }: { n: number }) {
  if (n === 0) return null;
  return (
    <Badge tone="bad">
      {n} <span class="visually-hidden">{t('notices.fresh')}</span>
    </Badge>
  );
}

/** What is behind the bell. */
export function NoticeCentre({ notices }: { notices: readonly Notice[] }) {
  if (!open.value) return null;
  const close = () => {
    open.value = false;
  };
  return <Notices of={notices} onClose={close} />;
}

function Notices({ of, onClose }: { of: readonly Notice[]; onClose: () => void }) {
  const isSeen = ({ id }: Notice) => seen.value.includes(id);
  const fresh = of.filter((notice) => !isSeen(notice));
  const see = (notices: readonly Notice[]) => {
    seen.value = [...new Set([...seen.value, ...notices.map(({ id }) => id)])];
  };
  return (
    <Dialog
      title={t('notices.title')}
      onClose={onClose}
      actions={
        fresh.length > 0 && (
          <button type="button" class="button" onClick={() => see(fresh)}>
            {t('notices.all_seen')}
          </button>
        )
      }
    >
      {of.length === 0 && <Empty>{t('notices.none')}</Empty>}
      <ul class="checks">
        {[...fresh, ...of.filter(isSeen)].map((notice) => (
          <li key={notice.id} class={isSeen(notice) ? 'seen' : undefined}>
            <One of={notice} onClose={onClose} onSeen={isSeen(notice) ? undefined : () => see([notice])} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

const ICONS = { bad: CircleX, warn: CircleAlert, plain: Info };

interface OneProps {
  of: Notice;
  onClose: () => void;
  /** Absent: it was seen. */
  onSeen: (() => void) | undefined;
}

function One({ of: { tone, title, text, at, way }, onClose, onSeen }: OneProps) {
  const Icon = ICONS[tone];
  return (
    <>
      <span class={`check-icon ${tone}`}>
        <Icon size={20} aria-hidden="true" />
        <span class="visually-hidden">{t(`notices.tone_${tone}`)}: </span>
      </span>
      <div>
        <strong>{title}</strong>
        <div class="small-text">
          {text}
          {at && (
            <div class="muted">
              <When at={at} />
            </div>
          )}
        </div>
      </div>
      <div class="row check-ways">
        <Link class="button small" href={way.href} onClick={onClose}>
          {way.label}
        </Link>
        {onSeen && (
          <button type="button" class="button small" aria-label={t('notices.see_one', { title })} onClick={onSeen}>
            {t('notices.see')}
          </button>
        )}
      </div>
    </>
  );
}
