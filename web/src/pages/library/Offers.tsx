/** The pictures that providers have for an asset, to choose one of them. */
import { useEffect, useState } from 'preact/hooks';
import { Badge, Empty, Loading, Problem } from '../../components/basics';
import { Chips, Pick, Search } from '../../components/choose';
import { languageName, providerName } from '../../lib/assets';
import { list } from '../../lib/format';
import {
  type Asset,
  isWide,
  type MediaType,
  type Offer,
  type Offers as Offered,
  offers,
  PROVIDERS,
} from '../../lib/replacing';
import { useResource } from '../../lib/resource';
import { t } from '../../texts';

interface OffersProps {
  asset: Asset;
  media: MediaType;
  /** The address of the one that is chosen. */
  chosen: string | undefined;
  onChoose: (offer: Offer) => void;
}

export function Offers({ asset, media: likely, chosen, onChoose }: OffersProps) {
  const [title, setTitle] = useState(asset.title);
  const [asked, setAsked] = useState({ title: asset.title, media: likely });
  const found = useResource((signal) => offers(asset, asked, signal), [asset.path, asset.kind, asked]);
  return (
    <section class="stack" aria-label={t('replace.providers')}>
      <div class="row">
        <Search
          label={t('replace.search')}
          value={title}
          onValue={setTitle}
          onEnter={() => setAsked({ ...asked, title })}
        />
        <Pick
          label={t('replace.media')}
          value={asked.media}
          onValue={(media) => setAsked({ ...asked, media })}
          options={[
            { value: 'movie', name: t('replace.movie') },
            { value: 'tv', name: t('replace.show') },
          ]}
        />
        <button type="button" class="button" onClick={() => setAsked({ ...asked, title })}>
          {t('replace.find')}
        </button>
      </div>
      {found.loading ? (
        <Loading />
      ) : found.error ? (
        <Problem error={found.error} retry={found.reload} />
      ) : (
        found.data && <Found of={found.data} wide={isWide(asset.kind)} chosen={chosen} onChoose={onChoose} />
      )}
    </section>
  );
}

interface FoundProps extends Omit<OffersProps, 'asset' | 'media'> {
  of: Offered;
  wide: boolean;
}

function Found({ of, wide, chosen, onChoose }: FoundProps) {
  const [provider, setProvider] = useState<'' | (typeof PROVIDERS)[number]>('');
  const failed = PROVIDERS.filter((name) => of.problems[name]);
  const shown = provider ? of.results[provider] : PROVIDERS.flatMap((name) => of.results[name]);
  return (
    <>
      {failed.map((name) => (
        <p key={name} class="notice tone-warn small-text">
          {t('replace.problem', { provider: providerName(name), reason: of.problems[name] ?? '' })}
        </p>
      ))}
      {of.total_count > 0 && (
        <Chips
          label={t('replace.provider')}
          value={provider}
          onValue={setProvider}
          options={[
            { value: '' as const, name: t('common.all'), aside: of.total_count },
            ...PROVIDERS.map((value) => ({ value, name: providerName(value), aside: of.results[value].length })),
          ]}
        />
      )}
      {shown.length === 0 ? (
        <Empty>{t('replace.nothing', { providers: list(PROVIDERS.map(providerName)) })}</Empty>
      ) : (
        <ul class={wide ? 'offers wide' : 'offers'}>
          {shown.map((offer) => (
            <li key={offer.original_url}>
              <One of={offer} on={offer.original_url === chosen} onChoose={onChoose} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function One({ of, on, onChoose }: { of: Offer; on: boolean; onChoose: (offer: Offer) => void }) {
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [of.url]);
  const language = of.language ? languageName(of.language) : t('asset.textless');
  const size = of.width && of.height ? `${of.width} × ${of.height}` : undefined;
  const name = [providerName(of.source.replace('.tv', '')), language, size].filter(Boolean).join(', ');
  return (
    <button type="button" class={on ? 'offer chosen' : 'offer'} aria-pressed={on} onClick={() => onChoose(of)}>
      <span class="visually-hidden">{name}</span>
      {broken ? (
        <span class="no-picture">{t('common.broken')}</span>
      ) : (
        <img src={of.url} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      )}
      <span class="row small-text" aria-hidden="true">
        <Badge>{language}</Badge>
        {size && <span class="muted">{size}</span>}
      </span>
    </button>
  );
}
