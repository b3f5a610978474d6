/** Versions, releases, health, and the look of this page. */
import { address, body, client } from '../api/client';
import { Badge, Card, Empty, Facts, Loaded, Page, When } from '../components/basics';
import { useBusy } from '../components/busy';
import { SelectField, Switch } from '../components/fields';
import { downloadSupport } from '../components/support';
import { exactTimes } from '../lib/clock';
import { duration } from '../lib/format';
import { useResource } from '../lib/resource';
import { ACCENTS, accent, THEMES, theme } from '../lib/theme';
import { tell } from '../lib/toast';
import { version } from '../live/state';
import { rich, t, word } from '../texts';
import { Licences } from './about/Licences';

export default function About() {
  return (
    <Page title={t('about.title')}>
      <div class="cards small">
        <Versions />
        <HealthCard />
        <Look />
        <Support />
      </div>
      <Licences />
      <Releases />
    </Page>
  );
}

function Versions() {
  const known = version.value;
  return (
    <Card title={t('about.versions')}>
      <Facts
        of={[
          [t('about.daemon'), known?.daemon],
          [t('about.script'), known?.local ?? t('about.no_script')],
          [
            t('about.newest'),
            <>
              {known?.remote ?? t('about.not_known')}{' '}
              {known?.is_update_available && <Badge tone="accent">{t('about.update')}</Badge>}
            </>,
          ],
          [t('about.looked_up'), <When key="w" at={known?.checked_at} />],
        ]}
      />
      <p class="small-text muted">{rich('about.api', { link: (text) => <a href={address('/docs/')}>{text}</a> })}</p>
    </Card>
  );
}

function HealthCard() {
  const health = useResource((signal) => client.GET('/api/health', { signal }).then(body));
  return (
    <Card title={t('about.health')}>
      <Loaded of={health}>
        {(of) => (
          <>
            <Facts
              of={[
                ...Object.entries(of.checks).map(([name, state]): [string, preact.ComponentChildren] => [
                  word('health_check', name),
                  <Badge key={name} tone={state === 'ok' ? 'good' : state === 'degraded' ? 'warn' : 'bad'}>
                    {word('health', String(state))}
                  </Badge>,
                ]),
                [t('about.up_for'), duration(of.uptime_seconds)],
              ]}
            />
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Look() {
  return (
    <Card title={t('about.look')}>
      <div class="fields">
        <SelectField
          label={t('about.theme')}
          value={theme.value}
          onValue={(value) => {
            theme.value = value as (typeof THEMES)[number];
          }}
          options={THEMES.map((name) => [name, t(`theme.${name}`)])}
        />
        <SelectField
          label={t('about.accent')}
          value={accent.value}
          onValue={(value) => {
            accent.value = value as (typeof ACCENTS)[number];
          }}
          options={ACCENTS.map((name) => [name, t(`accent.${name}`)])}
        />
      </div>
      <Switch
        label={t('about.exact_times')}
        help={t('about.exact_times_help')}
        on={exactTimes.value}
        onValue={(on) => {
          exactTimes.value = on;
        }}
      />
      <p class="small-text muted">{t('about.remembered')}</p>
    </Card>
  );
}

function Support() {
  const busy = useBusy();
  return (
    <Card title={t('about.support')}>
      <p>{t('about.support_help')}</p>
      <div>
        <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(tell(downloadSupport()))}>
          {t('common.download')}
        </button>
      </div>
    </Card>
  );
}

function Releases() {
  const releases = useResource((signal) => client.GET('/api/releases', { signal }).then(body));
  return (
    <Card title={t('about.releases')}>
      <Loaded of={releases}>
        {(of) =>
          of.releases.length === 0 ? (
            <Empty>{of.error ?? t('about.no_releases')}</Empty>
          ) : (
            <div class="stack">
              {of.releases.map((release) => (
                <details key={release.version} class="release">
                  <summary>
                    <strong>{release.name || release.version}</strong>{' '}
                    <span class="muted">
                      <When at={release.published_at} />
                    </span>{' '}
                    {release.is_prerelease && <Badge tone="warn">{t('about.prerelease')}</Badge>}
                  </summary>
                  <pre class="payload">{release.body}</pre>
                  <a href={release.html_url} target="_blank" rel="noreferrer">
                    {t('about.at_github')}
                  </a>
                </details>
              ))}
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
