/** Why a picture of the library is the one that it is: by which rule it was chosen, and where it is from. */
import { body, client } from '../../api/client';
import { Facts } from '../../components/basics';
import { Reason } from '../../components/finding';
import { HelpLink } from '../../components/help';
import { type AssetSource, providerName, sourceText } from '../../lib/assets';
import { list } from '../../lib/format';
import { useResource } from '../../lib/resource';
import { sentence } from '../../lib/words';
import { t, word } from '../../texts';

/** `path`: below the asset folder. */
export function Why({ path, modified }: { path: string; modified: number | undefined }) {
  const told = useResource(
    (signal) => client.GET('/api/assets/why', { params: { query: { path } }, signal }).then(body),
    [path, modified],
  );
  const of = told.data;
  // Without an answer the picture is still a picture.
  if (!of) return null;
  if (!of.made_here) return <p class="muted small-text">{t('why.nothing')}</p>;
  const source = of.source as AssetSource | null | undefined;
  return (
    <section aria-label={t('why.title')}>
      <h3>{t('why.title')}</h3>
      <Facts
        of={[
          [
            t('why.chosen_as'),
            of.why ? (
              <Reason key="w" family="because" of={of.because} english={sentence(of.why)} />
            ) : (
              t('why.not_noted')
            ),
          ],
          [t('why.from'), source ? <From key="f" of={source} /> : '—'],
          [t('why.server'), word('upload', of.server)],
        ]}
      />
      {of.provisional.length > 0 && (
        <p class="notice tone-warn small-text">
          {t('why.provisional', { providers: list(of.provisional.map(providerName)) })}{' '}
          <HelpLink to="words#provisional" about={t('why.title')} />
        </p>
      )}
    </section>
  );
}

function From({ of }: { of: AssetSource }) {
  if (!/^https?:/.test(of.address)) return <>{sourceText(of)}</>;
  return (
    <a href={of.address} target="_blank" rel="noreferrer">
      {sourceText(of)}
    </a>
  );
}
