/** The daemon's own settings: how each stands, what set it, and what it does. They are changed where they are set. */
import { useState } from 'preact/hooks';
import type { components } from '../../../types/schema';
import { body, client } from '../../api/client';
import { Badge, Card, Empty, Loaded, Told } from '../../components/basics';
import { Search, Toggles } from '../../components/choose';
import { useResource } from '../../lib/resource';
import { matcher } from '../../lib/search';
import { rich, t, word } from '../../texts';

type DaemonSetting = components['schemas']['DaemonSetting'];

export function Daemon() {
  const settings = useResource((signal) => client.GET('/api/settings', { signal }).then(body));
  const [search, setSearch] = useState('');
  const [only, setOnly] = useState<'set'[]>([]);
  const fits = matcher(search.trim());
  return (
    <Loaded of={settings}>
      {(of) => {
        const shown = of.settings
          .filter(({ source }) => only.length === 0 || source !== 'default')
          .filter(({ key, help, variable }) => fits(`${key} ${help} ${variable}`));
        return (
          <>
            <p>
              {rich(of.file_read ? 'daemon.about' : 'daemon.about_new', { file: () => <code>{of.file}</code> })}{' '}
              {t('daemon.order')}
            </p>
            <div class="row">
              <Search label={t('daemon.search')} value={search} onValue={setSearch} />
              <Toggles
                label={t('daemon.filter')}
                options={[{ value: 'set', name: t('daemon.only_set') }]}
                values={only}
                onValues={setOnly}
              />
            </div>
            {shown.length === 0 && <Empty>{t('settings.no_match')}</Empty>}
            {sections(shown).map(([name, settings]) => (
              <Card key={name} title={name === '' ? t('daemon.general') : `[${name}]`}>
                <dl class="daemon-settings">
                  {settings.map((setting) => (
                    <One key={setting.key} of={setting} />
                  ))}
                </dl>
              </Card>
            ))}
          </>
        );
      }}
    </Loaded>
  );
}

function One({ of }: { of: DaemonSetting }) {
  const isSet = of.source !== 'default';
  return (
    <div>
      <dt>
        <code>{of.key}</code>
        {isSet && <Badge tone="accent">{word('setting_source', of.source)}</Badge>}
      </dt>
      <dd>
        <p>
          <Told>{of.help}</Told>
        </p>
        <p class="row">
          <strong>
            <code>{of.value ?? defaultOf(of.default)}</code>
          </strong>
          {of.set_by && <span class="muted">{rich('daemon.set_by', { name: () => <code>{of.set_by}</code> })}</span>}
        </p>
        <p class="muted small-text">
          {isSet && `${t('daemon.default', { value: defaultOf(of.default) })} · `}
          <code>{of.variable}</code> · <code>{of.form ? `${of.flag} ${of.form}` : of.flag}</code>
        </p>
      </dd>
    </div>
  );
}

/** By the tables of the file, as they come. */
function sections(settings: readonly DaemonSetting[]): [name: string, settings: DaemonSetting[]][] {
  const found = new Map<string, DaemonSetting[]>();
  for (const setting of settings) {
    const name = setting.key.includes('.') ? (setting.key.split('.')[0] ?? '') : '';
    found.set(name, [...(found.get(name) ?? []), setting]);
  }
  return [...found];
}

/** A default in words, where it is nothing. */
function defaultOf(text: string): string {
  return text === '' || text === 'none' ? t('settings.none') : text;
}
