/** Versions, releases, health, and the look of this page. */
import { address, body, client } from '../api/client';
import { Badge, Card, Empty, Facts, Loaded, Page, When } from '../components/basics';
import { SelectField } from '../components/fields';
import { useBusy } from '../components/run';
import { downloadSupport } from '../components/support';
import { tell } from '../components/toast';
import { duration } from '../lib/format';
import { useResource } from '../lib/resource';
import { ACCENTS, accent, THEMES, theme } from '../lib/theme';
import { version } from '../live/state';
import { Licences } from './about/Licences';

export default function About() {
  return (
    <Page title="About">
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
    <Card title="Versions">
      <Facts
        of={[
          ['Daemon', known?.daemon],
          ['Posterizarr', known?.local ?? 'no script here'],
          [
            'Newest',
            <>
              {known?.remote ?? 'not known yet'} {known?.is_update_available && <Badge tone="accent">update</Badge>}
            </>,
          ],
          ['Looked up', <When key="w" at={known?.checked_at} />],
        ]}
      />
      <p class="small-text muted">
        The <a href={address('/docs/')}>API</a> is described as OpenAPI.
      </p>
    </Card>
  );
}

function HealthCard() {
  const health = useResource((signal) => client.GET('/api/health', { signal }).then(body));
  return (
    <Card title="Health">
      <Loaded of={health}>
        {(of) => (
          <>
            <Facts
              of={[
                ...Object.entries(of.checks).map(([name, state]): [string, preact.ComponentChildren] => [
                  name,
                  <Badge key={name} tone={state === 'ok' ? 'good' : state === 'degraded' ? 'warn' : 'bad'}>
                    {String(state)}
                  </Badge>,
                ]),
                ['Up for', duration(of.uptime_seconds)],
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
    <Card title="Look">
      <div class="fields">
        <SelectField
          label="Theme"
          value={theme.value}
          onValue={(value) => {
            theme.value = value as (typeof THEMES)[number];
          }}
          options={THEMES}
        />
        <SelectField
          label="Accent"
          value={accent.value}
          onValue={(value) => {
            accent.value = value as (typeof ACCENTS)[number];
          }}
          options={ACCENTS}
        />
      </div>
      <p class="small-text muted">Remembered by this browser.</p>
    </Card>
  );
}

function Support() {
  const busy = useBusy();
  return (
    <Card title="Support information">
      <p>Logs, versions and settings in one file, with all secrets removed, for a bug report.</p>
      <div>
        <button type="button" class="button" disabled={busy.on} onClick={() => busy.while(tell(downloadSupport()))}>
          Download
        </button>
      </div>
    </Card>
  );
}

function Releases() {
  const releases = useResource((signal) => client.GET('/api/releases', { signal }).then(body));
  return (
    <Card title="Releases of Posterizarr">
      <Loaded of={releases}>
        {(of) =>
          of.releases.length === 0 ? (
            <Empty>{of.error ?? 'None known yet.'}</Empty>
          ) : (
            <div class="stack">
              {of.releases.map((release) => (
                <details key={release.version} class="release">
                  <summary>
                    <strong>{release.name || release.version}</strong>{' '}
                    <span class="muted">
                      <When at={release.published_at} />
                    </span>{' '}
                    {release.is_prerelease && <Badge tone="warn">pre-release</Badge>}
                  </summary>
                  <pre class="payload">{release.body}</pre>
                  <a href={release.html_url} target="_blank" rel="noreferrer">
                    At GitHub
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
